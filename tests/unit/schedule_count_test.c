/* Due times are counted by days, and found backwards: it comes to the same as walking over every one of them, whatever
 * the clocks do. */
#include "schedule_fixture.h"

#include <schedule/calendar.h>

#define DAY_SECONDS INT64_C(86400)

static const char *const texts[] = {"* * * * *",         "*/7 * * * *",   "0 8 * * *",           "30 2 * * *",
                                    "0 0 * * *",         "59 23 * * *",   "*/20 0-3 * * mon",    "every 5h",
                                    "every 7m",          "every 2 weeks", "last friday at 2:30", "0 0 29 2 *",
                                    "15 1,2,3 25-31 * *"};
/* Half an hour of summer time, a day that was left out, clocks that are put back over midnight, seconds long ago. */
static const char *const zones[] = {"UTC",          "Europe/Berlin",  "America/New_York", "Australia/Lord_Howe",
                                    "Pacific/Apia", "America/Havana", "Africa/Casablanca"};
enum { TEXTS = sizeof texts / sizeof *texts, ZONES = sizeof zones / sizeof *zones, RANGES = 2 };

static int64_t walk(const rbk_calendar *c, const rbk_zone *zone, const struct rbk_dst_policy *dst, int64_t after,
                    int64_t until)
{
    int64_t count = 0, due;
    while (rbk_calendar_next(c, zone, dst, after, &due, NULL) == 0 && due <= until) {
        after = due;
        count++;
    }
    return count;
}

static int64_t random_below(int64_t most)
{
    return ((int64_t)rand() * RAND_MAX + rand()) % most;
}

static void compare(const rbk_calendar *c, const char *text, const rbk_zone *zone, const struct rbk_dst_policy *dst)
{
    for (int i = 0; i < RANGES; i++) {
        int64_t after = INT64_C(1262304000) + random_below(20 * 365 * DAY_SECONDS); /* from 2010 on */
        int64_t until = after + random_below(i ? 9 * DAY_SECONDS : 40 * DAY_SECONDS);
        int64_t found = cal_count(c, zone, dst, after, until), expected = walk(c, zone, dst, after, until);
        if (found != expected)
            fail_msg("\"%s\" in %s after %lld until %lld: %lld, not %lld", text, rbk_zone_name(zone), (long long)after,
                     (long long)until, (long long)found, (long long)expected);
    }
}

static void counting_is_walking(void **state)
{
    rbk_zones *all = rbk_zones_new(NULL);
    (void)state;
    srand(3);
    for (size_t z = 0; z < ZONES; z++) {
        const rbk_zone *zone = NULL;
        if (rbk_zones_get(all, zones[z], &zone, NULL) != 0) {
            print_message("no zone %s here: not checked\n", zones[z]);
            continue;
        }
        for (size_t t = 0; t < TEXTS; t++) {
            rbk_calendar *c = NULL;
            assert_int_equal(rbk_calendar_parse(texts[t], &c, NULL), 0);
            for (int policy = 0; policy < 4; policy += 3)
                compare(c, texts[t], zone,
                        &(struct rbk_dst_policy){.skip_gap = policy & 1, .twice_repeat = policy & 2});
            rbk_calendar_free(c);
        }
    }
    rbk_zones_free(all);
}

static void nothing_is_due_in_no_time(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "* * * * *");
    assert_int_equal(cal_count(w.entry.calendar, w.entry.zone, NULL, 600, 600), 0);
    assert_int_equal(cal_count(w.entry.calendar, w.entry.zone, NULL, 660, 600), 0);
    assert_int_equal(cal_count(w.entry.calendar, w.entry.zone, NULL, 599, 600), 1);
    world_fini(&w);
}

static void the_one_before_is_found_from_near_and_far(void **state)
{
    static const int64_t far[] = {2, 30, 400, 9 * 366};
    (void)state;
    for (size_t t = 0; t < TEXTS; t++) {
        struct world w;
        world_init(&w, texts[t]);
        int64_t first = rbk_entry_next(&w.entry, BEGIN);
        for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
            int64_t due = rbk_entry_next(&w.entry, first + far[i] * 24 * HOUR);
            int64_t before = rbk_entry_before(&w.entry, first, due);
            assert_true(before >= first && before < due);
            assert_true(rbk_entry_next(&w.entry, before) == due);
        }
        world_fini(&w);
    }
}

/* A century in which the machine was off, or a clock that jumps so far, is one record. */
static void a_century_of_minutes_is_one_record(void **state)
{
    static const int64_t minutes = INT64_C(100) * 365 * 24 * 60;
    char expected[120];
    struct world w;
    (void)state;
    world_init(&w, "* * * * *");
    w.entry.missed = RBK_MISSED_ALL;
    w.entry.catch_up = 2;
    decide(&w, BEGIN + minutes * MINUTE);
    snprintf(expected, sizeof expected, "-1..%lld/%lld +%lld +%lld", (long long)minutes - 2, (long long)minutes - 2,
             (long long)minutes - 1, (long long)minutes);
    assert_story(&w, expected);
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counting_is_walking),
        cmocka_unit_test(nothing_is_due_in_no_time),
        cmocka_unit_test(the_one_before_is_found_from_near_and_far),
        cmocka_unit_test(a_century_of_minutes_is_one_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
