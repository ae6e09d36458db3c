/* Finding the next due time, and counting them: days that fit are looked at one by one, and on each the first minute
 * that is late enough. On a day whose clocks are not changed that is arithmetic; around a change every minute of the
 * set is asked when it is shown. */
#include <schedule/calendar.h>
#include <schedule/civil.h>

enum { YEARS = 45, NEAR_A_CHANGE = 26 * 3600 };
#define NEVER INT64_MAX

struct search {
    const rbk_calendar *calendar;
    const rbk_zone *zone;
    struct rbk_dst_policy dst;
    int64_t after;
};

/* Whether the clocks keep their offset all day long and well around it. */
static bool is_plain_day(const struct search *s, int64_t day, int32_t *offset)
{
    struct rbk_offset o;
    int64_t change, begin = day * RBK_DAY_SECONDS - NEAR_A_CHANGE;
    rbk_zone_at(s->zone, begin, &o);
    *offset = o.seconds;
    return !rbk_zone_next_change(s->zone, begin, &change) || change > begin + RBK_DAY_SECONDS + 2 * NEAR_A_CHANGE;
}

static int64_t first_on_plain_day(const struct search *s, int64_t day, int32_t offset)
{
    int64_t midnight = day * RBK_DAY_SECONDS - offset;
    int64_t late = rbk_floor_div(s->after - midnight, 60) + 1;
    int minute = late >= CAL_MINUTES ? -1 : cal_minute_from(s->calendar, late > 0 ? (int)late : 0);
    return minute < 0 ? NEVER : midnight + minute * 60;
}

/* The first instant after s->after at which one reading is due. */
static int64_t due_at_reading(const struct search *s, const struct rbk_civil *reading)
{
    int64_t first, second;
    enum rbk_reading shown = rbk_zone_instants(s->zone, reading, &first, &second);
    if (shown == RBK_READ_NEVER && s->dst.skip_gap)
        return NEVER;
    if (first > s->after)
        return first;
    return shown == RBK_READ_TWICE && s->dst.twice_repeat && second > s->after ? second : NEVER;
}

static int64_t first_on_changing_day(const struct search *s, int64_t day)
{
    struct rbk_civil reading = {0};
    int64_t best = NEVER;
    rbk_day_civil(day, &reading);
    for (int m = cal_minute_from(s->calendar, 0); m >= 0; m = cal_minute_from(s->calendar, m + 1)) {
        reading.hour = m / 60;
        reading.minute = m % 60;
        int64_t due = due_at_reading(s, &reading);
        best = due < best ? due : best;
    }
    return best;
}

static int64_t first_on_day(const struct search *s, int64_t day)
{
    int32_t offset;
    if (!cal_day_fits(s->calendar, day))
        return NEVER;
    return is_plain_day(s, day, &offset) ? first_on_plain_day(s, day, offset) : first_on_changing_day(s, day);
}

/* Clocks that are put back over midnight show the end of a day after the beginning of the next: so the day after the
 * one that was found is asked, too. */
static int64_t find_due(const struct search *s)
{
    struct rbk_offset offset;
    rbk_zone_at(s->zone, s->after, &offset);
    int64_t today = rbk_floor_div(s->after + offset.seconds, RBK_DAY_SECONDS);
    for (int64_t day = today - 1; day < today + YEARS * 366; day++) {
        int64_t due = first_on_day(s, day);
        if (due == NEVER)
            continue;
        int64_t next = first_on_day(s, day + 1);
        return next < due ? next : due;
    }
    return NEVER;
}

int rbk_calendar_next(const rbk_calendar *calendar, const rbk_zone *zone, const struct rbk_dst_policy *dst,
                      int64_t after, int64_t *out, struct rbk_error *err)
{
    struct search s = {calendar, zone, dst ? *dst : (struct rbk_dst_policy){0}, after};
    if (after < -INT64_C(60000000000) || after > INT64_C(250000000000))
        return rbk_error_set(err, RBK_EINVAL, "that time is too far away for a calendar");
    if (calendar->elapsed) {
        *out = (rbk_floor_div(after, calendar->elapsed) + 1) * calendar->elapsed;
        return 0;
    }
    *out = find_due(&s);
    if (*out == NEVER)
        return rbk_error_set(err, RBK_ENOENT, "nothing is due within %d years", YEARS);
    return 0;
}

static int64_t count_minutes(const rbk_calendar *c, int from)
{
    int64_t count = 0;
    for (int m = cal_minute_from(c, from); m >= 0; m = cal_minute_from(c, m + 1))
        count++;
    return count;
}

/* How many are due on a plain day after one that is, when the whole day lies before `until`: then *after steps to its
 * end. Days beside a plain one have its offset, so their times do not mix with its own. */
static int64_t rest_of_day(const struct search *s, int64_t until, int64_t *after)
{
    int32_t seconds;
    struct rbk_offset offset;
    rbk_zone_at(s->zone, s->after, &offset);
    int64_t day = rbk_floor_div(s->after + offset.seconds, RBK_DAY_SECONDS);
    if (!is_plain_day(s, day, &seconds))
        return 0;
    int64_t midnight = day * RBK_DAY_SECONDS - seconds, last = midnight + RBK_DAY_SECONDS - 1;
    if (last > until)
        return 0;
    *after = last;
    return count_minutes(s->calendar, (int)((s->after - midnight) / 60) + 1);
}

int64_t cal_count(const rbk_calendar *calendar, const rbk_zone *zone, const struct rbk_dst_policy *dst, int64_t after,
                  int64_t until)
{
    int64_t count = 0, due = NEVER;
    if (until <= after)
        return 0;
    if (calendar->elapsed)
        return rbk_floor_div(until, calendar->elapsed) - rbk_floor_div(after, calendar->elapsed);
    while (rbk_calendar_next(calendar, zone, dst, after, &due, NULL) == 0 && due <= until) {
        struct search s = {calendar, zone, dst ? *dst : (struct rbk_dst_policy){0}, due};
        after = due;
        count += 1 + rest_of_day(&s, until, &after);
    }
    return count;
}
