"""Incidents from the command line: opened, escalated, acknowledged, resolved, written up."""

import concurrent.futures
import sqlite3

import pytest
from conftest import wait_for

PROJECT = """project: shop
timezone: UTC
contacts:
  on-call-engineer: {oncall: primary}
  alice: {address: "12-34"}
oncall:
  primary:
    members: [alice, bob]
    start: 2026-11-02 09:00
    overrides: [{from: 2026-12-24, to: 2026-12-26, who: carol}]
"""


@pytest.fixture
def shop(project):
    project.write("runbook.yaml", PROJECT)
    return project


def lines(project, key):
    return [(t["kind"], t["text"]) for t in project.ok("incident", "show", key, "--json").json["timeline"]]


def make_overdue(project, key):
    """As if the response time were up: what waiting would do."""
    with sqlite3.connect(project.root / ".runbook" / "state.db") as db:
        assert db.execute("UPDATE incidents SET due_ms = 1 WHERE key = ?", (key,)).rowcount == 1


def test_from_open_to_postmortem(shop):
    opened = shop.ok("incident", "open", "checkout-down", "payments", "fail", "-p", "high", "--json").json
    assert (opened["state"], opened["level"], opened["called"]) == ("open", 1, "Engineering lead")
    again = shop.ok("incident", "open", "checkout-down", "still", "--json").json
    assert again["id"] == opened["id"]
    assert "checkout-down" in shop.ok("incident", "list").out
    row = shop.ok("incident", "list", "--json").json["incidents"][0]
    assert (row["key"], row["priority"], row["state"], row["acknowledged_by"]) == ("checkout-down", "high", "open", None)
    acked = shop.ok("incident", "ack", str(opened["id"]), "on it", "--json").json
    assert (acked["state"], acked["next_call"]) == ("acknowledged", None) and acked["acknowledged_by"]
    shop.ok("incident", "note", "checkout-down", "made | room <b>")
    shop.ok("incident", "resolve", "checkout-down", "works again")
    assert shop.ok("incident", "list", "--json").json["incidents"] == []
    assert len(shop.ok("incident", "list", "--all", "--json").json["incidents"]) == 1
    assert [kind for kind, _ in lines(shop, "checkout-down")] == ["opened", "again", "acknowledged", "noted", "resolved"]
    path = shop.ok("incident", "postmortem", "checkout-down", "--json").json["path"]
    text = open(path).read()
    assert path.startswith(str(shop.root / "docs" / "post-mortems")) and path.endswith("-checkout-down.md")
    assert "made \\| room &lt;b>" in text and "## Root cause" in text and "works again" in text
    assert shop.run("incident", "postmortem", "checkout-down").exit == 2
    assert open(path).read() == text


def test_the_next_command_calls_the_next_contact_once(shop):
    shop.ok("incident", "open", "db", "-p", "high")
    make_overdue(shop, "db")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(shop.ok, "metrics", "record", "x", str(n)) for n in range(8)]:
            done.result()
    kinds = lines(shop, "db")
    assert [kind for kind, _ in kinds] == ["opened", "escalated"]
    assert "(On-call engineer)" in kinds[1][1]
    shop.ok("incident", "ack", "db")
    shop.ok("metrics", "record", "x", "1")
    assert len(lines(shop, "db")) == 3


def test_whoever_acts_late_calls_nobody_else(shop):
    for key, word in (("db", "ack"), ("web", "resolve")):
        shop.ok("incident", "open", key, "-p", "high")
    for key, word in (("db", "ack"), ("web", "resolve")):
        make_overdue(shop, key)
        shop.ok("incident", word, key)
    assert [kind for kind, _ in lines(shop, "db")] == ["opened", "acknowledged"]
    assert [kind for kind, _ in lines(shop, "web")] == ["opened", "resolved"]


def test_a_zone_that_there_is_not_is_found_by_check(shop):
    shop.write("runbook.yaml", PROJECT.replace("timezone: UTC", "timezone: Mars/Phobos"))
    done = shop.run("check")
    assert done.exit == 2 and 'no time zone "Mars/Phobos"' in done.out


def test_who_is_on_call(shop):
    found = shop.ok("incident", "oncall", "--at", "2026-12-25T12:00:00Z", "--json").json
    assert found["rotas"] == [
        {"rota": "primary", "who": "carol", "until": "2026-12-26T00:00:00.000Z", "next": "bob", "from": "override", "error": None}
    ]
    assert "alice" in shop.ok("incident", "oncall", "primary", "--at", "2026-11-02T09:00:00Z").out
    assert shop.run("incident", "oncall", "second").exit == 2


def test_a_turn_ends_by_the_clocks_of_its_rota(shop):
    shop.write("runbook.yaml", PROJECT.replace("    start:", "    timezone: Europe/Berlin\n    start:"))
    asked = ("incident", "oncall", "--at", "2026-11-03T09:00:00Z")
    assert "alice  until 2026-11-09 09:00 +01:00, then bob" in shop.ok(*asked, env={"TZ": "America/New_York"}).out
    assert shop.ok(*asked, "--json").json["rotas"][0]["until"] == "2026-11-09T08:00:00.000Z"


def test_a_slip_in_a_key_is_mended(shop):
    shop.ok("incident", "open", "checkout-down")
    assert "did you mean checkout-down?" in shop.run("incident", "ack", "checkout-dwn").err
    assert "incident list --all" in shop.run("incident", "show", "elsewhere").err


def test_whoever_has_it_already_is_told_so(shop):
    shop.ok("incident", "open", "db")
    assert shop.ok("incident", "ack", "db").err == ""
    again = shop.ok("incident", "ack", "db", "--json")
    assert again.json["state"] == "acknowledged" and "tester has it already, since" in again.err
    assert "text is noted" in shop.ok("incident", "ack", "db", "still on it").err
    assert shop.ok("incident", "ack", "db", "-q").err == ""
    assert [kind for kind, _ in lines(shop, "db")] == ["opened", "acknowledged", "noted"]
    taken = shop.ok("incident", "ack", "db", "--json", env={"USER": "bob"})
    assert taken.json["acknowledged_by"] == "bob" and taken.err == ""
    assert [kind for kind, _ in lines(shop, "db")] == ["opened", "acknowledged", "noted", "acknowledged"]


def test_a_rota_that_cannot_be_asked_is_no_silence(project):
    project.write("runbook.yaml", "project: t\noncall: {primary: {command: 'false'}}\n")
    done = project.run("incident", "oncall")
    assert done.exit == 1 and "not known" in done.out


def test_what_is_wrong_is_said(shop):
    assert shop.run("incident", "ack", "db").exit == 2
    assert not (shop.root / ".runbook").exists()
    assert "digits alone" in shop.run("incident", "open", "a b").err
    assert "did you mean high?" in shop.run("incident", "open", "db", "-p", "hihg").err
    shop.ok("incident", "open", "db")
    shop.ok("incident", "resolve", "db")
    assert "was resolved by" in shop.run("incident", "ack", "db").err


def test_a_runbook_says_what_it_is_about(shop):
    opened = shop.ok("incident", "open", "incident/test-failures", "--json").json
    assert (opened["priority"], opened["runbook"]) == ("high", "incident/test-failures")
    assert opened["title"].startswith("Test Failures")
    shop.runbook("queue", 'runbook "The queue" { priority = "high" }\nstep "Look" { run = "true" }\n')
    opened = shop.ok("incident", "open", "queue", "--json").json
    assert (opened["priority"], opened["runbook"], opened["title"]) == ("high", "queue", "The queue")


ESCALATES = """
runbook "Bad numbers" { priority = "high", escalate = { when = "n > 20", to = "engineering-lead" } }
param "n" { type = "integer", required = true }
step "Measure" { run = { "echo", "n=$n" }, capture = { seen = "n=(%d+)" } }
step "Look" { run = "true", check = "seen < 100" }
"""


def test_an_escalation_opens_the_incident_of_its_runbook(shop):
    shop.runbook("demo/numbers", ESCALATES.replace("n > 20", "seen > 20"))
    shop.ok("demo/numbers", "--n", "7")
    assert shop.ok("incident", "list", "--json").json["incidents"] == []
    runs = [shop.ok("demo/numbers", "--n", "21", "--json").json["run"] for _ in range(2)]
    incident = shop.ok("incident", "show", "demo/numbers", "--json").json
    assert sorted(incident["runs"]) == sorted(runs)
    assert (incident["priority"], incident["called"], incident["title"]) == ("high", "engineering-lead", "Bad numbers")
    assert lines(shop, "demo/numbers") == [
        ("opened", "seen > 20, now 21: nobody was told: engineering-lead has no channel, and no rule is about it"),
        ("again", "seen > 20, now 21"),
    ]
    text = shop.ok("incident", "postmortem", "demo/numbers", "--output", "-").out
    assert "nobody was told: engineering-lead has no channel" in text
    assert "| Measure | succeeded |" in text and text.count("### demo/numbers") == 2


REMEDY = """
runbook "Mend" { priority = "high" }
step "Restart" { remediates = "shop-down", run = "echo x >> ledger" }
"""


def test_a_remedy_has_a_budget_over_all_runs(shop):
    shop.write("runbook.yaml", PROJECT + "incidents: {remediation: {max: 2, window: 1h}}\n")
    shop.runbook("demo/mend", REMEDY)
    shop.runbook("demo/again", REMEDY)
    shop.ok("demo/mend")
    shop.ok("demo/again")
    refused = shop.run("demo/mend")
    assert refused.exit == 1 and "2 of 2 remediations within 1h are used up" in refused.out + refused.err
    assert len(shop.ledger()) == 2
    incident = shop.ok("incident", "show", "shop-down", "--json").json
    assert incident["state"] == "open" and len(incident["runs"]) == 1
    assert incident["priority"] == "high"


def test_what_remediates_must_be_a_key(shop):
    shop.runbook("demo/mend", REMEDY.replace("shop-down", "shop down"))
    done = shop.run("demo/mend")
    assert done.exit == 1 and "cannot be the key of an incident" in done.out + done.err
    assert shop.ledger() == []


JUNIT = """<testsuite name="s"><testcase name="a"/><testcase name="b"><failure message="no"/></testcase></testsuite>"""
CALLED_FOR = """
runbook "Queue" { priority = "high", trigger = "%s" }
step "Look" { run = "true" }
"""


def suggested(project, *args):
    return {s["runbook"]: s for s in project.ok("incident", "suggest", *args, "--json").json["suggestions"]}


def test_suggest_says_what_holds_and_why(shop):
    assert suggested(shop) == {}
    assert suggested(shop, "--all")["incident/test-failures"]["holds"] is None
    assert "no trigger holds" in shop.ok("incident", "suggest").out
    shop.write("report.xml", JUNIT)
    shop.ok("tests", "import", "report.xml")
    shop.runbook("demo/queue", CALLED_FOR % "metric.queue_size > 1000 and service_up.db == 0 and services_down_count == 1")
    shop.ok("metrics", "record", "queue_size", "2000")
    shop.ok("metrics", "record", "service_up", "0", "service=db")
    shop.ok("metrics", "record", "service_up", "1", "service=mail")
    found = suggested(shop)
    assert sorted(found) == ["demo/queue", "incident/test-failures"]
    assert found["incident/test-failures"]["facts"][0]["value"] == 0.5
    values = {f["name"]: f["value"] for f in found["demo/queue"]["facts"]}
    assert values == {"metric.queue_size": 2000, "service_up.db": 0, "services_down_count": 1}
    assert all(f["measured"] for f in found["demo/queue"]["facts"])
    shop.ok("incident", "open", "demo/queue")
    assert suggested(shop)["demo/queue"]["incident"] == 1
    assert "failure_rate 50%" in shop.ok("incident", "suggest").out
    shop.ok("metrics", "record", "service_up", "1", "service=db")
    assert list(suggested(shop)) == ["incident/test-failures"]
    assert suggested(shop, "--all")["demo/queue"]["holds"] is False


@pytest.mark.parametrize(
    "trigger, samples, holds",
    [
        ("slowdown > 2", [10, 10, 11, 25], True),
        ("slowdown > 2", [10, 10, 11, 15], False),
        ("slowdown.unit > 2", [10, 10, 11, 25], True),
        ("slowdown > 2", [10, 25], None),
    ],
)
def test_slower_than_usual(shop, trigger, samples, holds):
    shop.runbook("demo/queue", CALLED_FOR % trigger)
    for minute, value in enumerate(samples):
        shop.ok("metrics", "record", "tests_duration_seconds", f"{value}s", "level=unit", "--at", f"{50 - minute}m")
    assert suggested(shop, "--all")["demo/queue"]["holds"] is holds


def test_a_trigger_reads_facts_of_recent_runs(shop):
    shop.runbook("demo/numbers", ESCALATES.replace("n > 20", "seen > 1000"))
    shop.runbook("demo/queue", CALLED_FOR % "seen > 5")
    assert suggested(shop, "--all")["demo/queue"]["holds"] is None
    run = shop.ok("demo/numbers", "--n", "7", "--json").json["run"]
    fact = suggested(shop)["demo/queue"]["facts"][0]
    assert fact["value"] == 7 and run[:12] in fact["source"]
    shop.ok("demo/numbers", "--n", "3")
    assert suggested(shop) == {}


def test_check_knows_the_words_of_triggers(shop):
    shop.runbook("demo/queue", CALLED_FOR % "failure_rate > 5% or metric.queue_size > 3")
    assert "no step sets" not in shop.ok("check", "demo/queue").out
    shop.runbook("demo/queue", CALLED_FOR % "failurerate > 5%")
    assert "no step sets `failurerate`" in shop.run("check", "demo/queue").out


def test_incidents_open_by_themselves_once_for_each_measurement(shop):
    shop.write("runbook.yaml", PROJECT + "incidents: {open: automatic}\n")
    shop.runbook("demo/numbers", ESCALATES.replace("n > 20", "seen > 1000"))
    shop.runbook("demo/other", 'runbook "Other" {}\nstep "x" { run = "true" }\n')
    shop.runbook("demo/queue", CALLED_FOR % "seen > 5")
    shop.ok("demo/numbers", "--n", "3")
    assert shop.ok("incident", "list", "--json").json["incidents"] == []
    done = shop.ok("demo/numbers", "--n", "7", "--json")
    run = done.json["run"]
    assert "incident        demo/queue: seen > 5, now 7" in done.err
    assert "nobody is told of incident demo/queue" in done.err
    shop.ok("demo/other")
    incident = shop.ok("incident", "show", "demo/queue", "--json").json
    assert (incident["priority"], incident["runs"], incident["opened_by"]) == ("high", [run], "trigger")
    assert lines(shop, "demo/queue") == [
        ("opened", "seen > 5, now 7: nobody was told: Engineering lead has no channel, and no rule is about it")
    ]
    shop.ok("incident", "resolve", "demo/queue")
    shop.ok("demo/other")
    assert shop.ok("incident", "list", "--json").json["incidents"] == []
    shop.ok("demo/numbers", "--n", "8")
    assert [i["id"] for i in shop.ok("incident", "list", "--json").json["incidents"]] == [incident["id"] + 1]


TOLD = """project: shop
channels:
  everybody: {type: file, path: everybody.log}
  lead: {type: file, path: lead.log}
contacts:
  engineering-lead: {channels: [lead]}
"""


def told(project, name):
    project.ok("notify", "flush")
    file = project.root / f"{name}.log"
    return file.read_text() if file.exists() else ""


def test_whoever_is_called_is_told_and_hears_how_it_ends(project):
    project.write("runbook.yaml", TOLD)
    project.ok("incident", "open", "db", "disk full", "-p", "high")
    assert "disk full" in told(project, "lead") and told(project, "everybody") == ""
    make_overdue(project, "db")
    project.ok("incident", "resolve", "db", "made room")
    assert "made room" in told(project, "lead")


def test_rules_hear_of_every_change(project):
    project.write("runbook.yaml", TOLD + "notify: {rules: [{on: [incident.*], to: [everybody]}]}\n")
    project.ok("incident", "open", "db", "disk full", "-p", "high")
    assert "disk full" in told(project, "everybody")
    make_overdue(project, "db")
    assert "not acknowledged" in told(project, "everybody")
    for word in ("ack", "note", "resolve"):
        project.ok("incident", word, "db", f"said {word}")
        assert f"said {word}" in told(project, "everybody")


@pytest.mark.parametrize(
    "rules, said",
    [
        ("", "told engineering-lead through lead"),
        ("notify: {rules: [{on: [incident.*], to: [everybody]}]}\n", "told engineering-lead through lead"),
    ],
)
def test_a_call_names_the_channel_that_it_went_through(project, rules, said):
    project.write("runbook.yaml", TOLD + rules)
    project.runbook("demo/numbers", ESCALATES.replace("n > 20", "seen > 20"))
    assert "nobody is told" not in project.ok("demo/numbers", "--n", "21").err
    assert lines(project, "demo/numbers") == [("opened", f"seen > 20, now 21: {said}")]


def test_a_rule_that_is_about_it_is_enough(project):
    project.write("runbook.yaml", TOLD + "notify: {rules: [{on: [incident.*], to: [everybody]}]}\n")
    assert "nobody is told" not in project.ok("incident", "open", "db").err
    assert lines(project, "db") == [("opened", "QA team has no channel: the rules of notify say who is told")]


NOBODY = TOLD.replace("engineering-lead:", "on-call-engineer:")


def test_nobody_to_tell_is_said(project):
    assert "nobody is told" in project.ok("incident", "open", "db").err
    project.write("runbook.yaml", NOBODY + "notify: {rules: [{on: [run.failed], to: [everybody]}]}\n")
    assert "nobody is told of incident queue" in project.ok("incident", "open", "queue").err
    project.runbook("demo/numbers", ESCALATES.replace("n > 20", "seen > 20"))
    done = project.ok("demo/numbers", "--n", "21")
    assert "escalate: call engineering-lead" in done.out
    assert "nobody is told of incident demo/numbers" in done.err
    project.write("runbook.yaml", NOBODY + "notify: {rules: [{on: [run.escalated], to: [everybody]}]}\n")
    assert "nobody is told" not in project.ok("demo/numbers", "--n", "21").err


ROTA = """project: shop
channels:
  lead: {type: file, path: lead.log}
contacts:
  enginering-lead: {channels: [lead]}
  on-call-engineer: {oncall: primary, channels: [lead]}
  qa-team: {channels: [lead]}
  development-team: {channels: [lead]}
  alice: {address: "12-34"}
  warehouse: {address: "56-78"}
oncall:
  primary: {members: [alice], start: 2026-11-02}
"""


def warnings(project):
    found = project.ok("check", "--json").json["problems"]
    return [(p["file"].rsplit("/")[-1], p["line"], p["column"], p["message"], p["hint"]) for p in found]


def test_check_knows_whom_nothing_calls_and_who_is_not_reached(project):
    project.write("runbook.yaml", ROTA)
    project.runbook("demo/numbers", ESCALATES.replace("n > 20", "seen > 20"))
    unreached, misspelt, unused = warnings(project)
    assert unreached[:2] == ("numbers.lua", 1) and "nobody is told: engineering-lead has no channel" in unreached[3]
    assert misspelt[:3] == ("runbook.yaml", 5, 3) and misspelt[4] == "did you mean engineering-lead?"
    assert unused[:3] == ("runbook.yaml", 10, 3) and "no runbook calls it" in unused[3]
    assert "nobody is told of a high incident: Engineering lead" in " ".join(project.ok("doctor").out.split())
    project.write("runbook.yaml", ROTA.replace("enginering", "engineering").replace('  warehouse: {address: "56-78"}\n', ""))
    assert warnings(project) == []
    assert "of every priority somebody is told" in project.ok("doctor").out
    command = "oncall:\n  primary: {command: [echo, dana]}\n"
    project.write("runbook.yaml", ROTA.split("oncall:\n")[0].replace("enginering", "engineering") + command)
    assert warnings(project) == []


def test_a_contact_needs_channels_that_are_there(project):
    project.write("runbook.yaml", TOLD.replace("[lead]", "[pager]"))
    assert 'there is no channel "pager"' in project.run("incident", "open", "db").err


def test_the_scheduler_calls_and_delivers(project):
    project.write("runbook.yaml", TOLD + "notify: {rules: [{on: [incident.escalated], to: [everybody]}]}\n")
    project.ok("incident", "open", "db", "-p", "high")
    wait_for(lambda: (project.root / "lead.log").exists(), "the first call")
    make_overdue(project, "db")
    daemon = project.start("schedule", "run")
    try:
        log = project.root / "everybody.log"
        wait_for(lambda: log.exists() and "not acknowledged" in log.read_text(), "the call of the scheduler")
        assert log.read_text().count("not acknowledged") == 1
    finally:
        daemon.terminate()
        daemon.communicate(timeout=60)
    assert daemon.returncode == 0


CANARY = "canary-7f3a91"
TELLS = """
runbook "Tells" { priority = "high", escalate = { when = "seen == '%s'", to = "engineering-lead" } }
param "token" { secret = true, required = true }
step "Set" { run = function(ctx) ctx:set { seen = ctx:get "token" } end }
step "Open" { run = incident.open { key = "leak", title = "t $token", text = "x $token" } }
step "Note" { run = incident.note { key = "leak", text = "y $token" } }
step "About it" { run = incident.open { key = "leak-$token", contact = "c $token" } }
step "It is over" { run = incident.resolve { key = "leak-$token", text = "z $token" } }
""" % CANARY


def test_no_secret_reaches_an_incident_or_a_message(project):
    project.write("runbook.yaml", TOLD + "notify: {rules: [{on: [incident.*], to: [everybody]}]}\n")
    project.runbook("demo/tells", TELLS)
    project.run("demo/tells", "--token", CANARY)
    shown = project.ok("incident", "show", "leak", "--json").out
    assert "x ***" in shown and "y ***" in shown and CANARY not in shown
    assert "x ***" in told(project, "everybody")
    for file in (project.root / ".runbook").rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes(), file
    assert all(CANARY not in f.read_text() for f in project.root.glob("*.log"))
    assert CANARY not in project.ok("incident", "list", "--all", "--json").out


def test_a_command_tells_the_scheduler_what_is_outstanding(project):
    project.write("runbook.yaml", TOLD + "incidents: {immediate: 1s}\n")
    daemon = project.start("schedule", "run")
    try:
        wait_for(lambda: (project.root / ".runbook" / "wake").is_dir(), "the daemon")
        project.ok("incident", "open", "db", "-p", "critical", "-c", "nobody yet")
        log = project.root / "lead.log"
        wait_for(lambda: log.exists() and "not acknowledged" in log.read_text(), "the call of the scheduler")
    finally:
        daemon.terminate()
        daemon.communicate(timeout=60)


def test_a_runbook_whose_id_is_a_number_escalates_too(shop):
    shop.runbook("42", ESCALATES.replace("n > 20", "seen > 20"))
    shop.ok("run", "42", "--n", "21")
    assert [i["key"] for i in shop.ok("incident", "list", "--json").json["incidents"]] == ["runbook/42"]


def test_status_names_the_open_incidents(project):
    assert project.ok("status").out == "nothing runs, nothing waits\n"
    project.ok("incident", "open", "shop/checkout", "--title", "It is slow")
    project.ok("incident", "open", "shop/mail")
    said = project.ok("status").out
    assert "2 incidents open: shop/mail, shop/checkout\n" in said and "runbook incident list" in said, said
    assert set(project.ok("status", "--json").json) == {"schema", "runs"}
    for key in ("shop/mail", "shop/checkout"):
        project.ok("incident", "resolve", key)
    assert project.ok("status").out == "nothing runs, nothing waits\n"
