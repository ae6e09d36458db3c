/* Times are read and written the same way everywhere, whatever the time zone; run ids sort by birth. */
#include <base/clock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* 2026-11-22T08:22:11.123Z */
static const int64_t NOW = INT64_C(1795335731123);

static void use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void times_are_written_in_utc_and_in_local_time(void **state)
{
    (void)state;
    char text[RBK_TIME_SIZE];
    use_zone("Europe/Berlin");
    rbk_time_rfc3339(NOW, text);
    assert_string_equal(text, "2026-11-22T08:22:11.123Z");
    rbk_time_local(NOW, text);
    assert_string_equal(text, "2026-11-22 09:22:11");
    rbk_time_local_hms(NOW, text);
    assert_string_equal(text, "09:22:11");
    rbk_time_rfc3339(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    rbk_time_rfc3339(INT64_MAX, text); /* must not overflow the text */
    assert_true(strlen(text) < RBK_TIME_SIZE);
    rbk_time_rfc3339(INT64_MIN, text);
}

static void assert_time(const char *text, const char *expected)
{
    int64_t ms;
    struct rbk_error err;
    char back[RBK_TIME_SIZE];
    if (rbk_time_parse(text, NOW, &ms, &err) != RBK_OK)
        fail_msg("%s", err.message);
    rbk_time_rfc3339(ms, back);
    assert_string_equal(back, expected);
}

static void every_accepted_form_is_read(void **state)
{
    (void)state;
    use_zone("Europe/Berlin");
    assert_time("2026-11-22T08:22:11.123Z", "2026-11-22T08:22:11.123Z");
    assert_time("2026-11-22t08:22:11z", "2026-11-22T08:22:11.000Z");
    assert_time("2026-11-22T08:22:11.123456789+02:00", "2026-11-22T06:22:11.123Z");
    assert_time("2026-11-22 08:22:11-05:30", "2026-11-22T13:52:11.000Z");
    assert_time("2026-11-22T08:22Z", "2026-11-22T08:22:00.000Z");
    assert_time("2026-11-22", "2026-11-21T23:00:00.000Z");
    assert_time("2026-11-22 18:00", "2026-11-22T17:00:00.000Z");
    assert_time("2026-07-01 18:00", "2026-07-01T16:00:00.000Z"); /* summer time */
    assert_time("24h", "2026-11-21T08:22:11.123Z");
    assert_time("1h30m", "2026-11-22T06:52:11.123Z");
    assert_time("now", "2026-11-22T08:22:11.123Z");
    assert_time("today", "2026-11-21T23:00:00.000Z");
    assert_time("today 01:00", "2026-11-22T00:00:00.000Z");
    assert_time("yesterday", "2026-11-20T23:00:00.000Z");
    assert_time("yesterday 18:00", "2026-11-21T17:00:00.000Z");
    assert_time("2024-02-29", "2024-02-28T23:00:00.000Z");
    assert_time("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"); /* the last leap second */
    assert_time("1969-12-31T23:59:59.500Z", "1969-12-31T23:59:59.500Z");
}

static void the_day_before_a_change_of_the_clock_is_a_day(void **state)
{
    (void)state;
    use_zone("Europe/Berlin");
    int64_t ms;
    char text[RBK_TIME_SIZE];
    /* 2026-03-29 is 23 hours long there; noon of that day looks back to the midnight before it. */
    assert_int_equal(rbk_time_parse("2026-03-29 12:00", 0, &ms, NULL), RBK_OK);
    assert_int_equal(rbk_time_parse("yesterday 12:00", ms, &ms, NULL), RBK_OK);
    rbk_time_local(ms, text);
    assert_string_equal(text, "2026-03-28 12:00:00");
}

static void what_is_no_time_is_refused_with_examples(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "tomorrow",
        "2026",
        "2026-13-01",
        "2026-02-29",
        "2026-11-22T",
        "2026-11-22T25:00",
        "2026-11-22T08:60",
        "2026-11-22T08:22:61Z",
        "2026-11-22T08:22:11.Z",
        "2026-11-22T08:22:11+2",
        "24",
        "-24h",
        "5%",
        "yesterday18:00",
        "yesterday ",
        "today 8:00",
        "now ",
        "2026-11-22 18:00 x",
        "99999999999999w",
        "2026-1-1",
        "22.11.2026",
        "todayish",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms = 7;
        struct rbk_error err;
        if (rbk_time_parse(bad[i], NOW, &ms, &err) != RBK_EINVAL)
            fail_msg("accepted \"%s\"", bad[i]);
        assert_non_null(strstr(err.hint, "yesterday 18:00"));
        assert_int_equal(ms, 7);
    }
}

static void durations_are_short_for_people(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0.0s"},         {199, "0.2s"},       {5300, "5.3s"},        {9949, "9.9s"},     {9950, "10s"},
        {41000, "41s"},      {59499, "59s"},      {59500, "1m 00s"},     {185000, "3m 05s"}, {3599000, "59m 59s"},
        {3600000, "1h 00m"}, {7800000, "2h 10m"}, {172800000, "2d 00h"}, {-5, "0.0s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[RBK_TIME_SIZE];
        rbk_duration_format(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void ids_are_unique_and_sort_by_birth(void **state)
{
    (void)state;
    char last[RBK_ULID_SIZE] = "", id[RBK_ULID_SIZE];
    for (int i = 0; i < 50000; i++) {
        assert_int_equal(rbk_ulid_new(id, NULL), RBK_OK);
        assert_int_equal(strlen(id), 26);
        assert_int_equal(strspn(id, "0123456789abcdefghjkmnpqrstvwxyz"), 26);
        assert_true(id[0] <= '7');
        assert_true(strcmp(id, last) > 0);
        memcpy(last, id, sizeof id);
    }
}

static void an_id_holds_its_time(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    char id[RBK_ULID_SIZE];
    int64_t before = rbk_clock_wall_ms();
    assert_int_equal(rbk_ulid_new(id, NULL), RBK_OK);
    int64_t ms = 0;
    for (int i = 0; i < 10; i++)
        ms = ms * 32 + (strchr(alphabet, id[i]) - alphabet);
    assert_true(ms >= before - 1000 && ms <= rbk_clock_wall_ms());
}

static void the_monotonic_clock_does_not_go_back(void **state)
{
    (void)state;
    int64_t last = rbk_clock_mono_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = rbk_clock_mono_us();
        assert_true(now >= last);
        last = now;
    }
    assert_true(rbk_clock_mono_ms() >= last / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_utc_and_in_local_time),
        cmocka_unit_test(every_accepted_form_is_read),
        cmocka_unit_test(the_day_before_a_change_of_the_clock_is_a_day),
        cmocka_unit_test(what_is_no_time_is_refused_with_examples),
        cmocka_unit_test(durations_are_short_for_people),
        cmocka_unit_test(ids_are_unique_and_sort_by_birth),
        cmocka_unit_test(an_id_holds_its_time),
        cmocka_unit_test(the_monotonic_clock_does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
