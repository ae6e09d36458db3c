/* Addresses and what the policy says of them: the ranges, the words, and the IPv4 addresses inside IPv6 ones. */
#include <arpa/inet.h>
#include <base/mem.h>
#include <net/policy.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *word_of(const char *address)
{
    struct rbk_policy policy = {0};
    struct rbk_config *config = NULL;
    struct rbk_error err = {0};
    static char message[256];
    static const char yaml[] = "net: {deny: [private, loopback]}\n";
    assert_int_equal(rbk_config_parse("t", yaml, sizeof yaml - 1, &config, &err), 0);
    assert_int_equal(rbk_policy_init(&policy, config, &err), 0);
    err.message[0] = '\0';
    int rc = rbk_policy_admit_host(&policy, address, &err);
    snprintf(message, sizeof message, "%s", rc < 0 ? err.message : "");
    rbk_policy_fini(&policy);
    rbk_config_free(config);
    return message;
}

static void expect(const char *address, const char *word)
{
    const char *said = word_of(address);
    if (*word ? !strstr(said, word) : *said)
        fail_msg("%s: \"%s\", not \"%s\"", address, said, word);
}

static void special_addresses_are_known(void **state)
{
    static const char *const rows[][2] = {
        {"127.0.0.1", "loopback"},
        {"127.255.255.255", "loopback"},
        {"::1", "loopback"},
        {"10.0.0.0", "private"},
        {"10.255.255.255", "private"},
        {"172.16.0.0", "private"},
        {"172.31.255.255", "private"},
        {"192.168.255.255", "private"},
        {"100.64.0.1", "private"},
        {"fd00::1", "private"},
        {"169.254.0.1", "link-local"},
        {"169.254.169.254", "metadata"},
        {"fd00:ec2::254", "private"},
        {"fe80::1", "link-local"},
        {"febf::1", "link-local"},
        {"224.0.0.1", "multicast"},
        {"239.255.255.255", "multicast"},
        {"ff02::1", "multicast"},
        {"0.0.0.0", "unspecified"},
        {"::", "unspecified"},
        {"255.255.255.255", "reserved"},
        {"64:ff9b:1::7f00:1", "private"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(rows[i][0], rows[i][1]);
}

static void their_neighbours_are_not(void **state)
{
    static const char *const addresses[] = {
        "126.255.255.255", "128.0.0.0",        "9.255.255.255",  "11.0.0.0",    "172.15.255.255",  "172.32.0.0",
        "192.167.255.255", "192.169.0.0",      "100.63.255.255", "100.128.0.0", "169.253.255.255", "169.255.0.0",
        "223.255.255.255", "1.0.0.0",          "239.0.0.0.1",    "2001:db8::1", "2606:4700::1111", "fbff::1",
        "::2:0:0:0",       "64:ff9b::808:808", "2002:808:808::", "::8.8.8.8",   "::ffff:8.8.8.8",  "example.org"};
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        expect(addresses[i], "");
}

static void addresses_inside_addresses_are_found(void **state)
{
    static const char *const rows[] = {
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "2002:7f00:1::",
        "2002:7f00:1:ffff::1",
        "2001:0:7f00:1::",

        "2001:db8::5efe:7f00:1",
        "2001:db8::200:5efe:7f00:1",
        "2001:0:808:808:0:0:80ff:fffe",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(rows[i], "127.0.0.1 is denied (net.deny: loopback)");
}

static struct rbk_policy policy_of(const char *yaml)
{
    struct rbk_policy policy = {0};
    struct rbk_config *config = NULL;
    struct rbk_error err = {0};
    if (rbk_config_parse("t", yaml, strlen(yaml), &config, &err) != 0 || rbk_policy_init(&policy, config, &err) != 0)
        fail_msg("%s", err.message);
    rbk_config_free(config);
    return policy;
}

static void what_is_allowed_does_not_excuse_what_is_carried_along(void **state)
{
    struct rbk_policy policy = policy_of("net: {allow: [169.254.170.2, 'fe80::/10']}\n");
    (void)state;
    assert_int_equal(rbk_policy_admit_host(&policy, "169.254.170.2", NULL), 0);
    assert_int_equal(rbk_policy_admit_host(&policy, "::ffff:169.254.170.2", NULL), 0);
    assert_true(rbk_policy_admit_host(&policy, "169.254.170.3", NULL) < 0);
    assert_true(rbk_policy_admit_host(&policy, "fe80::5efe:169.254.169.254", NULL) < 0);
    /* Teredo: an allowed server before a denied client */
    assert_true(rbk_policy_admit_host(&policy, "2001:0:a9fe:aa02::5601:5601", NULL) < 0);
    rbk_policy_fini(&policy);
}

static struct sockaddr_in ipv4(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, text, &in.sin_addr), 1);
    return in;
}

static void a_request_for_this_machine_stays_here(void **state)
{
    struct rbk_policy policy = policy_of("");
    struct sockaddr_in here = ipv4("127.0.0.1"), there = ipv4("192.0.2.1");
    struct sockaddr local = {.sa_family = AF_UNIX};
    (void)state;
    assert_int_equal(rbk_policy_admit(&policy, (const void *)&here, true, NULL), 0);
    assert_true(rbk_policy_admit(&policy, (const void *)&there, true, NULL) < 0);
    assert_int_equal(rbk_policy_admit(&policy, (const void *)&there, false, NULL), 0);
    assert_true(rbk_policy_admit(&policy, &local, false, NULL) < 0);
    assert_true(rbk_host_is_loopback("LocalHost"));
    assert_true(rbk_host_is_loopback("[::1]"));
    assert_true(rbk_host_is_loopback("127.9.9.9"));
    assert_false(rbk_host_is_loopback("127.0.0.1.example.org"));
    assert_false(rbk_host_is_loopback("localhost.example.org"));
    assert_false(rbk_host_is_loopback("10.0.0.1"));
    rbk_policy_fini(&policy);
}

static void ranges_are_read_or_refused(void **state)
{
    static const char *const wrong[] = {"",           "x",    "1.2.3",   "1.2.3.4/33", "1.2.3.4/",    "::/129",
                                        "/8",         "1/8",  "PRIVATE", "1.2.3.4/+8", "1.2.3.4/8 ",  "01.2.3.4/0x8",
                                        "fe80::1%lo", "[::1", "::1]",    "1.2.3.4.5",  "1.2.3.4/1/2", "1.2.3.4/0008"};
    struct rbk_ranges ranges = {0};
    struct rbk_error err = {0};
    struct rbk_address address;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (rbk_ranges_add(&ranges, wrong[i], &err) != RBK_EINVAL || !*err.hint)
            fail_msg("\"%s\" was taken", wrong[i]);
    assert_int_equal(ranges.count, 0);
    assert_int_equal(rbk_ranges_add(&ranges, "192.0.2.128/25", &err), 0);
    assert_int_equal(rbk_ranges_add(&ranges, "2001:db8::/33", &err), 0);
    assert_true(rbk_address_parse("192.0.2.129", &address) && rbk_ranges_find(&ranges, &address));
    assert_true(rbk_address_parse("192.0.2.127", &address) && !rbk_ranges_find(&ranges, &address));
    assert_true(rbk_address_parse("2001:db8:7fff::1", &address) && rbk_ranges_find(&ranges, &address));
    assert_true(rbk_address_parse("2001:db8:8000::1", &address) && !rbk_ranges_find(&ranges, &address));
    assert_int_equal(rbk_ranges_add(&ranges, "0.0.0.0/0", &err), 0);
    assert_true(rbk_address_parse("8.8.8.8", &address) && rbk_ranges_find(&ranges, &address));
    rbk_ranges_fini(&ranges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_addresses_are_known),
        cmocka_unit_test(their_neighbours_are_not),
        cmocka_unit_test(addresses_inside_addresses_are_found),
        cmocka_unit_test(what_is_allowed_does_not_excuse_what_is_carried_along),
        cmocka_unit_test(a_request_for_this_machine_stays_here),
        cmocka_unit_test(ranges_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
