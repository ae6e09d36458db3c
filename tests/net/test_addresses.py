"""What is denied is not connected to, however it is written: spellings of addresses, redirects, names that change their
address. A preloaded witness writes down every connection that is tried."""

import ipaddress

import kit

DENY = "net: {deny: [private, loopback]}\n"


def send(tmp_path, requests, config=DENY, names=""):
    """The results, and the addresses that were connected to."""
    log = tmp_path / "connects"
    log.write_text("")
    results = kit.send(tmp_path, requests, config, {"NAMES": names, "CONNECTS": str(log)})
    return results, log.read_text().split()


def numbers(address):
    """One IPv4 address in the spellings that inet_aton and browsers read."""
    a, b, c, d = ipaddress.IPv4Address(address).packed
    whole = int(ipaddress.IPv4Address(address))
    yield from (f"{a}.{b}.{c}.{d}", f"{a}.{b}.{c}.{d}.", f"{whole}", f"{whole:#x}", f"0X{whole:X}", f"0{whole:o}")
    yield from (f"{a}.{b}.{c * 256 + d}", f"{a}.{whole & 0xffffff}", f"{a:#x}.{b:#x}.{c:#x}.{d:#x}")
    yield from (f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"000{a:o}.{b}.{c}.{d}", f"{a:#x}.0{b:o}.{c}.{d}", f"{a}.{b}.{c}.{d:#x}")
    yield "".join(f"%{ord(ch):02x}" for ch in f"{a}.{b}.{c}.{d}")
    yield f"{a}.{b}.{c}.{d}".replace(".", "%2e")
    yield "".join(chr(ord(ch) + 0xfee0) if ch.isdigit() else "\u3002" for ch in f"{a}.{b}.{c}.{d}")
    yield f"{a}\uff0e{b}\uff61{c}\u3002{d}"
    yield from (f"example.org@{a}.{b}.{c}.{d}", f"user:pass@{a}.{b}.{c}.{d}", f"8.8.8.8:80@{a}.{b}.{c}.{d}")


def carried(address):
    """IPv6 addresses that lead to an IPv4 address."""
    v4 = ipaddress.IPv4Address(address)
    high, low = int(v4) >> 16, int(v4) & 0xffff
    yield from (f"[::ffff:{v4}]", f"[::ffff:{high:x}:{low:x}]", f"[0:0:0:0:0:ffff:{high:04X}:{low:04X}]",
                f"[0000:0000:0000:0000:0000:FFFF:{v4}]", f"[::{v4}]", f"[::ffff:0:{v4}]", f"[64:ff9b::{v4}]",
                f"[64:ff9b::{high:x}:{low:x}]", f"[64:ff9b:1::{high:x}:{low:x}]", f"[2002:{high:x}:{low:x}::1]",
                f"[2002:{high:x}:{low:x}:1234::5678]", f"[2001:0:{high:x}:{low:x}::]",
                f"[2001:0:808:808::{high ^ 0xffff:x}:{low ^ 0xffff:x}]", f"[2001:db8::5efe:{v4}]",
                f"[2001:db8::200:5efe:{v4}]")


OTHERS = ["[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[0::1]", "[::]", "[0:0:0:0:0:0:0:0]", "[::1%25lo]", "[fe80::1]",
          "[fe80::1%25eth0]", "[fe80::a9fe:a9fe]", "[fd00::1]", "[fdff:ffff::1]", "[fc00::1]", "[fec0::1]", "[fd00:ec2::254]",
          "[fd20:ce::254]", "[ff02::1]", "[ff05::2]", "[100::1]", "0.0.0.0", "0", "0x0", "0.0", "00000000", "0.1.2.3",
          "127.255.255.254", "127.0.0.2", "127.53.0.9", "localhost", "LOCALHOST", "LocalHost", "localhost.", "224.0.0.1",
          "239.255.255.250", "255.255.255.255", "4294967295", "240.0.0.1", "198.18.0.1", "192.0.0.192", "168.63.129.16",
          "100.100.100.200", "100.64.0.1", "169.254.170.2", "10.255.255.255", "172.31.255.254", "192.168.255.255"]
BASES = ["127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "0.0.0.0"]


def spellings():
    found = [s for base in BASES for s in (*numbers(base), *carried(base))] + OTHERS
    return list(dict.fromkeys(found))


def test_no_spelling_of_an_address_leads_to_a_connection(tmp_path):
    hosts = spellings()
    assert len(hosts) >= 200
    with kit.everywhere() as listener:
        requests = [{"url": f"http://{host}:{listener.port}/latest/meta-data", "allow_http": True} for host in hosts]
        results, connects = send(tmp_path, requests)
    assert connects == []
    assert listener.accepts == 0
    for host, result in zip(hosts, results):
        said = ("denied", "this is no URL", "this URL cannot be used", "has no address", "not written in ASCII")
        assert any(words in result.get("error", "") for words in said), (host, result)
        assert result["failure"] in ("never", "refused"), (host, result)
        assert "pass@" not in result["error"]
    assert sum("denied" in r["error"] for r in results) >= 200


def test_mail_goes_the_same_way(tmp_path):
    hosts = ["127.0.0.1", "localhost", "[::1]", "2130706433", "[::ffff:127.0.0.1]", "0"]
    with kit.everywhere() as listener:
        requests = [{"url": f"smtp://{h}:{listener.port}", "from": "a@example.org", "to": ["b@example.org"], "text": "x"}
                    for h in hosts]
        results, connects = send(tmp_path, requests)
    assert (connects, listener.accepts) == ([], 0)
    assert all(r["failure"] == "never" for r in results), results


def test_unwanted_addresses_are_denied_without_any_configuration(tmp_path):
    hosts = ["169.254.169.254", "[fe80::1]", "224.0.0.1", "0.0.0.0", "[::]", "[fd00:ec2::254]", "100.100.100.200",
             "[::ffff:169.254.169.254]", "255.255.255.255"]
    results, connects = send(tmp_path, [{"url": f"http://{h}/", "allow_http": True} for h in hosts], "")
    assert connects == []
    assert all(r["failure"] == "never" and "net.allow" in r["hint"] for r in results), results


def test_allow_lifts_what_is_unwanted_and_deny_wins(tmp_path):
    def serve(connection, _):
        return kit.answer(connection, body=b"yes")

    with kit.Listener(serve) as listener:
        request = [{"url": f"http://0.0.0.0:{listener.port}/", "allow_http": True}]
        allowed, connects = send(tmp_path, request, "net: {allow: [0.0.0.0]}\n")
        assert (allowed[0]["body"], connects) == ("yes", ["0.0.0.0"])
        denied, connects = send(tmp_path, request, "net: {allow: [0.0.0.0], deny: [unspecified]}\n")
        assert (denied[0]["failure"], connects) == ("never", [])
    assert listener.accepts == 1


def test_a_redirect_to_a_denied_address_is_not_followed(tmp_path):
    with kit.Listener() as target:
        targets = [f"http://127.0.0.1:{target.port}/", f"//127.0.0.1:{target.port}/", f"http://2130706433:{target.port}/",
                   f"http://[::ffff:127.0.0.1]:{target.port}/", f"http://x@127.0.0.1:{target.port}/",
                   "http://169.254.169.254/latest", "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:6379/_x",
                   "dict://127.0.0.1:11211/", "smtp://127.0.0.1/", "http://127.0.0.1 /"]

        def serve(connection, request):
            number = int(request.split()[1].lstrip(b"/"))
            return kit.answer(connection, "302 Found", headers=[f"Location: {targets[number]}"])

        with kit.Listener(serve, host="127.0.0.2") as listener:
            requests = [{"url": f"http://127.0.0.2:{listener.port}/{i}", "redirects": 3} for i in range(len(targets))]
            results, connects = send(tmp_path, requests, "net: {deny: [127.0.0.1]}\n")
    assert target.accepts == 0
    assert set(connects) == {"127.0.0.2"}
    for where, result in zip(targets, results):
        assert result.get("failure") == "never" or result["status"] == 302, (where, result)


def test_a_name_that_changes_its_address_gains_nothing(tmp_path):
    """The first look-up gives an address that may be reached; its server sends the client back to the same name."""
    with kit.Listener() as target:
        def serve(connection, _):
            return kit.answer(connection, "302 Found", headers=[f"Location: http://rebind.test:{target.port}/"])

        with kit.Listener(serve, host="127.0.0.2") as first:
            request = {"url": f"http://rebind.test:{first.port}/", "allow_http": True, "redirects": 3}
            results, connects = send(tmp_path, [request], "net: {deny: [127.0.0.1]}\n", "127.0.0.2,127.0.0.1")
    assert first.accepts == 1 and target.accepts == 0
    assert connects == ["127.0.0.2"]
    assert results[0]["failure"] == "never" and "denied" in results[0]["error"], results


def test_a_wide_range_does_not_let_the_metadata_service_in(tmp_path):
    hosts = ["169.254.169.254", "[::ffff:169.254.170.2]", "100.100.100.200", "192.0.0.192"]
    requests = [{"url": f"http://{h}/", "allow_http": True} for h in hosts]
    results, connects = send(tmp_path, requests, "net: {allow: [link-local, 100.64.0.0/10, reserved]}\n")
    assert connects == []
    assert all(r["failure"] == "never" and "it is metadata" in r["error"] for r in results), results


def test_of_several_addresses_only_those_allowed_are_tried(tmp_path):
    def serve(connection, _):
        return kit.answer(connection, body=b"right")

    with kit.Listener(serve, host="127.0.0.2") as right:
        request = {"url": f"http://rebind.test:{right.port}/", "allow_http": True}
        results, connects = send(tmp_path, [request], "net: {deny: [127.0.0.1]}\n", "127.0.0.1+127.0.0.2")
    assert connects == ["127.0.0.2"] and results[0]["body"] == "right", results


def test_an_allowed_address_that_is_down_may_come_back(tmp_path):
    """A denied one beside it does not make that a case for giving up."""
    for names in ("127.0.0.1+127.0.0.2", "127.0.0.2+127.0.0.1"):
        with kit.deaf("127.0.0.2") as server:
            request = {"url": f"http://rebind.test:{server.getsockname()[1]}/", "allow_http": True}
            results, connects = send(tmp_path, [request], "net: {deny: [127.0.0.1]}\n", names)
        assert connects == ["127.0.0.2"] and results[0]["failure"] == "refused", results
        assert "Connection refused" in results[0]["error"], results


def test_a_name_that_claims_to_be_this_machine_is_held_to_it(tmp_path):
    """http is for loopback; a name is not, wherever it leads today."""
    with kit.Listener() as target:
        results, connects = send(tmp_path, [{"url": f"http://rebind.test:{target.port}/"}], "", "127.0.0.1")
    assert (connects, target.accepts) == ([], 0)
    assert results[0]["failure"] == "never" and "http is not encrypted" in results[0]["error"], results


def test_a_look_up_that_hangs_is_left_behind(tmp_path):
    """Neither the request nor the end of the program waits for it."""
    results, _ = send(tmp_path, [{"url": "https://hang.test/", "connect_ms": 200},
                                 {"url": "https://hang.test/", "cancel_ms": 100}], "")
    assert results[0]["code"] == -9 and results[0]["failure"] == "refused", results
    assert results[1] == "cancelled"


def test_the_proxy_is_judged_too(tmp_path):
    with kit.Listener() as proxy:
        results, connects = send(tmp_path, [
            {"url": "https://example.org/", "proxy": f"http://127.0.0.1:{proxy.port}"},
            {"url": "http://169.254.169.254/", "allow_http": True, "proxy": f"http://127.0.0.1:{proxy.port}"}])
    assert (connects, proxy.accepts) == ([], 0)
    assert all(r["failure"] == "never" for r in results), results
