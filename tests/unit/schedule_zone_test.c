/* Time zones: what the files say, from every thread alike; names that are none are refused, and so are broken files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <runbook/schedule.h>
#include <schedule/zone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const rbk_zone *zone_or_skip(rbk_zones *zones, const char *name)
{
    const rbk_zone *zone = NULL;
    if (rbk_zones_get(zones, name, &zone, NULL) != 0) {
        print_message("no zone %s here: not checked\n", name);
        rbk_zones_free(zones);
        skip();
    }
    return zone;
}

static void gaps_and_repeats_are_told(void **state)
{
    (void)state;
    rbk_zones *zones = rbk_zones_new(NULL);
    const rbk_zone *berlin = zone_or_skip(zones, "Europe/Berlin");
    int64_t first, second;
    struct rbk_civil once = {2026, 7, 1, 8, 0, 0}, never = {2026, 3, 29, 2, 30, 0}, twice = {2026, 10, 25, 2, 30, 0};
    assert_int_equal(rbk_zone_instants(berlin, &once, &first, &second), RBK_READ_ONCE);
    assert_int_equal(first, 1782885600);
    assert_int_equal(rbk_zone_instants(berlin, &never, &first, &second), RBK_READ_NEVER);
    assert_int_equal(first, 1774746000); /* 03:00 +02:00, when the gap ends */
    assert_int_equal(rbk_zone_instants(berlin, &twice, &first, &second), RBK_READ_TWICE);
    assert_int_equal(first, 1792888200);
    assert_int_equal(second - first, 3600);
    rbk_zones_free(zones);
}

static void times_beyond_the_file_follow_its_rule(void **state)
{
    (void)state;
    rbk_zones *zones = rbk_zones_new(NULL);
    char text[RBK_ZONED_SIZE];
    rbk_zone_format(zone_or_skip(zones, "Europe/Berlin"), 4118256000, text);
    assert_string_equal(text, "2100-07-03T02:00:00+02:00");
    rbk_zones_free(zones);
}

static void unknown_names_are_refused(void **state)
{
    static const char *const names[] = {"Europe/Berln", "",         "../../../etc/passwd", "/etc/localtime",
                                        "Europe",       "zone.tab", "Europe//Berlin",      "Mars/Olympus",
                                        "UTC+99x\n"};
    (void)state;
    rbk_zones *zones = rbk_zones_new(NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const rbk_zone *zone = NULL;
        struct rbk_error err = {0};
        assert_int_equal(rbk_zones_get(zones, names[i], &zone, &err), RBK_EINVAL);
        assert_null(zone);
        assert_true(err.hint[0]);
    }
    rbk_zones_free(zones);
}

static void a_zone_is_read_once(void **state)
{
    (void)state;
    rbk_zones *zones = rbk_zones_new(NULL);
    const rbk_zone *again = NULL, *zone = zone_or_skip(zones, "Asia/Tokyo");
    assert_int_equal(rbk_zones_get(zones, "Asia/Tokyo", &again, NULL), 0);
    assert_ptr_equal(zone, again);
    rbk_zones_free(zones);
}

static void broken_files_are_refused(void **state)
{
    unsigned char data[64] = "TZif2";
    rbk_zone *zone = NULL;
    struct rbk_error err = {0};
    (void)state;
    for (size_t len = 0; len <= sizeof data; len++)
        assert_int_equal(tz_file_parse("X", data, len, &zone, &err), RBK_EMALFORMED);
    memset(data + 20, 0xff, 24);
    assert_int_equal(tz_file_parse("X", data, sizeof data, &zone, &err), RBK_EMALFORMED);
}

static void rules_are_read_as_posix_writes_them(void **state)
{
    static const char *const good[] = {"UTC0",
                                       "CET-1CEST,M3.5.0,M10.5.0/3",
                                       "<+0330>-3:30",
                                       "IST-1GMT0,M10.5.0,M3.5.0/1",
                                       "EST5EDT,J60,J300",
                                       "XXX3EDT4,0/0,J365/23",
                                       "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"};
    static const char *const bad[] = {"",
                                      "UTC",
                                      "C1",
                                      "CET-1CEST",
                                      "CET-1CEST,M13.1.0,M10.5.0",
                                      "CET-99",
                                      "CET-1x",
                                      "CET-1CEST,M3.5.0,M10.5.0/3x",
                                      "<+03-3",
                                      "CET-1CEST,J0,J300"};
    struct tz_rule rule;
    struct rbk_offset o;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!tz_rule_parse(good[i], strlen(good[i]), &rule))
            fail_msg("%s was refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (tz_rule_parse(bad[i], strlen(bad[i]), &rule))
            fail_msg("%s was taken", bad[i]);
    assert_true(tz_rule_parse(good[5], strlen(good[5]), &rule)); /* summer time all year long */
    for (int64_t at = 1767225600; at < 1767225600 + 800 * 86400; at += 3600) {
        tz_rule_at(&rule, at, &o);
        assert_int_equal(o.seconds, -4 * 3600);
    }
}

static void *read_zones(void *arg)
{
    static const char *const names[] = {"Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney"};
    const rbk_zone *zone;
    struct rbk_offset o;
    for (int i = 0; i < 400; i++)
        if (rbk_zones_get(arg, names[i % 4], &zone, NULL) == 0)
            rbk_zone_at(zone, 1795335731 + i * 86400, &o);
    return NULL;
}

static void threads_share_a_cache(void **state)
{
    pthread_t threads[4];
    (void)state;
    rbk_zones *zones = rbk_zones_new(NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_zones, zones), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    rbk_zones_free(zones);
}

static void the_local_zone_is_that_of_tz(void **state)
{
    const rbk_zone *zone;
    struct rbk_offset o;
    (void)state;
    rbk_zones *zones = rbk_zones_new(NULL);
    setenv("TZ", "ABC-5:30", 1);
    assert_int_equal(rbk_zones_local(zones, &zone, NULL), 0);
    rbk_zone_at(zone, 0, &o);
    assert_int_equal(o.seconds, 19800);
    setenv("TZ", "No/Such", 1);
    assert_int_equal(rbk_zones_local(zones, &zone, NULL), RBK_EINVAL);
    unsetenv("TZ");
    rbk_zones_free(zones);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_and_repeats_are_told), cmocka_unit_test(times_beyond_the_file_follow_its_rule),
        cmocka_unit_test(unknown_names_are_refused), cmocka_unit_test(a_zone_is_read_once),
        cmocka_unit_test(broken_files_are_refused),  cmocka_unit_test(rules_are_read_as_posix_writes_them),
        cmocka_unit_test(threads_share_a_cache),     cmocka_unit_test(the_local_zone_is_that_of_tz),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
