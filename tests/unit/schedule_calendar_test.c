/* Schedules: every spelling means what it says, mistakes are named by column, the one spelling reads back as itself,
 * and the next due time is the one that a look at every single minute finds, whatever the clocks do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <runbook/schedule.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rbk_calendar *parse(const char *text)
{
    rbk_calendar *c = NULL;
    struct rbk_error err = {0};
    if (rbk_calendar_parse(text, &c, &err) != 0)
        fail_msg("%s: %s (%s)", text, err.message, err.hint);
    return c;
}

/* What two spellings have in common is their one spelling. */
static void same_spelling(void **state)
{
    static const char *const pairs[][2] = {
        {"weekdays at 8:00", "0 8 * * 1-5"},
        {"every weekday at 8am", "0 8 * * 1-5"},
        {"@daily", "0 0 * * *"},
        {"daily 18:00", "0 18 * * *"},
        {"every 4h", "0 */4 * * *"},
        {"every 4 hours", "0 */4 * * *"},
        {"first monday at 09:00", "0 9 * * 1#1"},
        {"0 9 * * MON#1", "0 9 * * 1#1"},
        {"fourth monday", "0 0 * * 1#4"},
        {"last friday at 17:30", "30 17 * * 5L"},
        {"last day at noon", "0 12 L * *"},
        {"1st and 15th of january at 6:00", "0 6 1,15 1 *"},
        {"first monday in may at 9:00", "0 9 * 5 1#1"},
        {"monday, wednesday and friday at 9", "0 9 * * 1,3,5"},
        {"0 0 * * 7", "0 0 * * 0"},
        {"0 0 * * fri-mon", "0 0 * * 0,1,5,6"},
        {"0 9,17 * jan-mar ?", "0 9,17 * 1-3 *"},
        {"weekdays at 8:00 and 18:30", "weekdays at 08:00, 18:30"},
        {"every 90 minutes", "daily every 90m"},
        {"every 2 weeks on friday at 17:00", "every 2 weeks friday at 17:00"},
        {"every other friday at 17:00", "every 2 weeks friday at 17:00"},
        {"every 5h", "every 5h"},
        {"@monthly in Europe/Berlin", "0 0 1 * * in Europe/Berlin"},
        {"0 8 */2 * mon", "0 8 */2 * 1"},
        {"0 8 */2 * *", "0 8 */2 * *"},
        {"noon", "0 12 * * *"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        rbk_calendar *c = parse(pairs[i][0]);
        char *text = rbk_calendar_text(c);
        assert_string_equal(text, pairs[i][1]);
        rbk_calendar *again = parse(text);
        char *same = rbk_calendar_text(again);
        assert_string_equal(same, text);
        free(text);
        free(same);
        rbk_calendar_free(c);
        rbk_calendar_free(again);
    }
}

static void mistakes_have_a_column_and_a_mend(void **state)
{
    static const struct {
        const char *text;
        int column;
        const char *message, *hint;
    } rows[] = {
        {"", 1, "no schedule", "weekdays"},
        {"61 * * * *", 1, "\"61\" is no minute", "0 to 59"},
        {"0 24 * * *", 3, "\"24\" is no hour", "0 to 23"},
        {"0 8 32 * *", 5, "day of the month", "1 to 31"},
        {"0 8 * foo *", 7, "\"foo\" is no month", "jan"},
        {"0 8 * * 1,9", 11, "day of the week", "mon"},
        {"0 8 * *", 8, "only 4 of five", "0 8 * * *"},
        {"0 8 * * * *", 11, "sixth", "no seconds"},
        {"50-10 * * * *", 1, "backwards", "50-59,0-10"},
        {"*/0 * * * *", 2, "no step", "*/15"},
        {"0 0 30 2 *", 1, "no such day", "30 February"},
        {"0 0 15W * *", 7, "too much", "comma"},
        {"0 0 * * mon#6", 9, "no weekday of a month", "MON#5"},
        {"wekdays at 8:00", 1, "not understood", "weekdays"},
        {"weekdays at 25:00", 13, "no time of day", "8:00"},
        {"every 5 parsecs", 7, "no interval", "every 4h"},
        {"every 5h on weekdays", 1, "over midnight", "every 4h"},
        {"every 4h at 8:00", 1, "no times", "leave out"},
        {"last", 5, "the last of what", "last friday"},
        {"@dialy", 1, "not known", "@daily"},
        {"@daily 8:00", 8, "may follow", "only word"},
        {"first monday at", 16, "no time of day", "8:00"},
        {"day 15 and monday", 1, "both", "the one or the other"},
        {"1st every 2 weeks", 1, "both", "the one or the other"},
        {"every 28w hourly", 17, "said twice", "two schedules"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rbk_calendar *c = NULL;
        struct rbk_error err = {0};
        int rc = rbk_calendar_parse(rows[i].text, &c, &err);
        if (rc != RBK_EINVAL || err.column != rows[i].column || !strstr(err.message, rows[i].message) ||
            !strstr(err.hint, rows[i].hint))
            fail_msg("\"%s\": %d, column %d: %s (%s)", rows[i].text, rc, err.column, err.message, err.hint);
    }
}

/* ---- against every minute ---- */

typedef bool fits_fn(const struct rbk_civil *c, int weekday);

static bool every_half_hour(const struct rbk_civil *c, int weekday)
{
    (void)weekday;
    return c->minute % 30 == 0;
}

static bool at_half_past_two(const struct rbk_civil *c, int weekday)
{
    (void)weekday;
    return c->hour == 2 && c->minute == 30;
}

static bool around_midnight(const struct rbk_civil *c, int weekday)
{
    (void)weekday;
    return (c->hour == 23 || c->hour == 0) && c->minute % 20 == 10;
}

static bool sunday_or_the_first(const struct rbk_civil *c, int weekday)
{
    return (weekday == 0 || c->day == 1) && c->hour == 1 && c->minute % 15 == 0;
}

static bool last_sunday(const struct rbk_civil *c, int weekday)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int last = days[c->month - 1] + (c->month == 2 && c->year % 4 == 0);
    return weekday == 0 && c->day > last - 7 && c->hour == 2 && c->minute == 15;
}

static const struct {
    const char *text;
    fits_fn *fits;
} models[] = {{"*/30 * * * *", every_half_hour},
              {"30 2 * * *", at_half_past_two},
              {"10-59/20 0,23 * * *", around_midnight},
              {"*/15 1 1 * sun", sunday_or_the_first},
              {"last sunday at 2:15", last_sunday}};

/* Sakamoto's method; independent of the engine's. */
static int weekday_of(int y, int m, int d)
{
    static const int t[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    y -= m < 3;
    return (y + y / 4 - y / 100 + y / 400 + t[m - 1] + d) % 7;
}

static int64_t as_utc(const struct rbk_civil *c)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t days = (int64_t)(c->year - 1970) * 365 + (c->year - 1969) / 4 + before[c->month - 1] + c->day - 1 +
                   (c->month > 2 && c->year % 4 == 0);
    return days * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
}

static bool fits(fits_fn *fn, const struct rbk_civil *c)
{
    return fn(c, weekday_of(c->year, c->month, c->day));
}

/* Whether a minute is due, said by its own clock reading and those of the minutes before it alone. `highest` is the
 * latest reading so far: what is above it was never shown yet, what jumps over it was skipped. */
static bool model_due(const rbk_zone *utc, const rbk_zone *zone, fits_fn *fn, const struct rbk_dst_policy *dst,
                      int64_t at, int64_t *highest)
{
    struct rbk_civil c;
    rbk_zone_civil(zone, at, &c);
    int64_t reading = as_utc(&c);
    bool repeated = reading <= *highest, due = fits(fn, &c) && (!repeated || dst->twice_repeat);
    for (int64_t skipped = *highest + 60; skipped < reading && !dst->skip_gap; skipped += 60) {
        struct rbk_civil s;
        rbk_zone_civil(utc, skipped, &s);
        due = due || fits(fn, &s);
    }
    *highest = reading > *highest ? reading : *highest;
    return due;
}

static void compare(const rbk_zone *utc, const rbk_zone *zone, size_t model, const struct rbk_dst_policy *dst,
                    int64_t begin, int64_t end)
{
    rbk_calendar *c = parse(models[model].text);
    struct rbk_civil first;
    int64_t at = begin, next;
    rbk_zone_civil(zone, begin, &first);
    int64_t highest = as_utc(&first);
    assert_int_equal(rbk_calendar_next(c, zone, dst, begin, &next, NULL), 0);
    for (at += 60; at < end; at += 60) {
        bool due = model_due(utc, zone, models[model].fits, dst, at, &highest);
        if (due != (at == next))
            fail_msg("%s in %s: %lld is %sdue, the next one is said to be %lld", models[model].text,
                     rbk_zone_name(zone), (long long)at, due ? "" : "not ", (long long)next);
        if (due)
            assert_int_equal(rbk_calendar_next(c, zone, dst, at, &next, NULL), 0);
    }
    rbk_calendar_free(c);
}

static void every_minute_agrees(void **state)
{
    /* Whole hours, half hours, changes at midnight, a day that never was, an hour of summer that is negative. */
    static const struct {
        const char *zone;
        int64_t change;
    } changes[] = {
        {"Europe/Berlin", 1774746000},     {"Europe/Berlin", 1792890000},       {"America/New_York", 1772953200},
        {"America/New_York", 1793512800},  {"Australia/Lord_Howe", 1775314800}, {"Australia/Lord_Howe", 1791041400},
        {"America/Sao_Paulo", 1541300400}, {"America/Sao_Paulo", 1550368800},   {"Pacific/Apia", 1325239200},
        {"Europe/Dublin", 1792890000},     {"Africa/Casablanca", 1741485600},   {"Asia/Kathmandu", 1774746000},
        {"America/Havana", 1793509200},    {"Antarctica/Troll", 1774746000}};
    static const struct rbk_dst_policy policies[] = {{false, false}, {true, false}, {false, true}, {true, true}};
    (void)state;
    rbk_zones *zones = rbk_zones_new(NULL);
    const rbk_zone *utc;
    assert_int_equal(rbk_zones_get(zones, "UTC", &utc, NULL), 0);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const rbk_zone *zone;
        if (rbk_zones_get(zones, changes[i].zone, &zone, NULL) != 0) {
            print_message("no zone %s here: not checked\n", changes[i].zone);
            continue;
        }
        for (size_t m = 0; m < sizeof models / sizeof *models; m++)
            for (size_t p = 0; p < 4; p++)
                compare(utc, zone, m, &policies[p], changes[i].change - 2 * 86400, changes[i].change + 2 * 86400);
    }
    rbk_zones_free(zones);
}

static void far_and_rare_days_are_found(void **state)
{
    (void)state;
    rbk_zones *zones = rbk_zones_new(NULL);
    const rbk_zone *utc;
    int64_t at;
    assert_int_equal(rbk_zones_get(zones, "UTC", &utc, NULL), 0);
    rbk_calendar *c = parse("0 0 * feb mon#5"); /* a leap day that is a Monday: 2044-02-29 */
    assert_int_equal(rbk_calendar_next(c, utc, NULL, 1795300000, &at, NULL), 0);
    assert_int_equal(at, 2340316800);
    rbk_calendar_free(c);
    rbk_zones_free(zones);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_spelling),
        cmocka_unit_test(mistakes_have_a_column_and_a_mend),
        cmocka_unit_test(every_minute_agrees),
        cmocka_unit_test(far_and_rare_days_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
