/* The one spelling of a schedule: cron's five fields where hours and minutes are independent of each other, else words.
 */
#include <base/mem.h>
#include <inttypes.h>
#include <schedule/calendar.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- cron ---- */

/* The step that gives all of `bits` from `min` on, 0 = none. */
static int step_of(uint64_t bits, int min, int max)
{
    for (int step = 2; min + 2 * step <= max; step++) {
        uint64_t all = 0;
        for (int i = min; i <= max; i += step)
            all |= UINT64_C(1) << i;
        if (all == bits)
            return step;
    }
    return 0;
}

static void put_comma(struct rbk_buf *out, size_t begin)
{
    if (out->len > begin)
        rbk_buf_putc(out, ',');
}

static void put_ranges(struct rbk_buf *out, uint64_t bits, int min, int max)
{
    size_t begin = out->len;
    for (int i = min; i <= max; i++) {
        int last = i;
        if (!(bits >> i & 1))
            continue;
        while (last < max && (bits >> (last + 1) & 1))
            last++;
        put_comma(out, begin);
        if (last > i)
            rbk_buf_printf(out, "%d%c%d", i, last > i + 1 ? '-' : ',', last);
        else
            rbk_buf_printf(out, "%d", i);
        i = last;
    }
}

static void put_field(struct rbk_buf *out, uint64_t bits, int min, int max)
{
    uint64_t all = ((UINT64_C(1) << (max - min + 1)) - 1) << min;
    int step = step_of(bits, min, max);
    if (bits == all)
        rbk_buf_putc(out, '*');
    else if (step)
        rbk_buf_printf(out, "*/%d", step);
    else
        put_ranges(out, bits, min, max);
}

/* A set whose field must begin with a star: the finest step that lies within it, and the rest. */
static void put_starred(struct rbk_buf *out, uint64_t bits, int min, int max)
{
    for (int step = 1; step <= max + 1; step++) {
        uint64_t all = 0;
        for (int i = min; i <= max; i += step)
            all |= UINT64_C(1) << i;
        if (all & ~bits)
            continue;
        rbk_buf_puts(out, "*");
        if (step > 1)
            rbk_buf_printf(out, "/%d", step);
        if (bits & ~all) {
            rbk_buf_putc(out, ',');
            put_ranges(out, bits & ~all, min, max);
        }
        return;
    }
}

static void put_days(struct rbk_buf *out, const rbk_calendar *c)
{
    size_t begin = out->len;
    if (c->star_day)
        put_starred(out, c->days, 1, 31);
    else if (c->days)
        put_field(out, c->days, 1, 31);
    for (int n = 0; n <= 30; n++)
        if (c->days_before_end >> n & 1) {
            put_comma(out, begin);
            rbk_buf_putc(out, 'L');
            if (n)
                rbk_buf_printf(out, "-%d", n);
        }
}

static void put_weekdays(struct rbk_buf *out, const rbk_calendar *c)
{
    size_t begin = out->len;
    if (c->star_weekday)
        put_starred(out, c->weekdays, 0, 6);
    else if (c->weekdays)
        put_ranges(out, c->weekdays, 0, 6);
    for (int weekday = 0; weekday < 7; weekday++)
        for (int n = 1; n <= CAL_LAST; n++)
            if (c->nth[weekday] >> n & 1) {
                put_comma(out, begin);
                if (n == CAL_LAST)
                    rbk_buf_printf(out, "%dL", weekday);
                else
                    rbk_buf_printf(out, "%d#%d", weekday, n);
            }
}

/* The minutes of the day as hours times minutes; false when they are no such product. */
static bool split_minutes(const rbk_calendar *c, uint64_t *hours, uint64_t *minutes)
{
    *hours = *minutes = 0;
    for (int m = 0; m < CAL_MINUTES; m++)
        if (cal_minute_has(c, m)) {
            *hours |= UINT64_C(1) << (m / 60);
            *minutes |= UINT64_C(1) << (m % 60);
        }
    for (int m = 0; m < CAL_MINUTES; m++)
        if ((*hours >> (m / 60) & 1) && (*minutes >> (m % 60) & 1) && !cal_minute_has(c, m))
            return false;
    return true;
}

static void put_cron(struct rbk_buf *out, const rbk_calendar *c, uint64_t hours, uint64_t minutes)
{
    put_field(out, minutes, 0, 59);
    rbk_buf_putc(out, ' ');
    put_field(out, hours, 0, 23);
    rbk_buf_putc(out, ' ');
    put_days(out, c);
    rbk_buf_putc(out, ' ');
    put_field(out, c->months, 1, 12);
    rbk_buf_putc(out, ' ');
    put_weekdays(out, c);
}

/* ---- words ---- */

static void put_item(struct rbk_buf *out, const char *item)
{
    bool first = out->len == 0 || out->data[out->len - 1] == ' ';
    rbk_buf_printf(out, "%s%s", first ? "" : ", ", item);
}

static void put_nth_words(struct rbk_buf *out, const rbk_calendar *c)
{
    static const char *const names[] = {"", "first", "second", "third", "fourth", "fifth", "last"};
    for (int n = 1; n <= CAL_LAST; n++)
        for (int weekday = 0; weekday < 7; weekday++)
            if (c->nth[weekday] >> n & 1) {
                char item[32];
                snprintf(item, sizeof item, "%s %s", names[n], cal_weekday_names[weekday]);
                put_item(out, item);
            }
}

static void put_weekday_words(struct rbk_buf *out, const rbk_calendar *c)
{
    if (c->weekdays == 0x3e)
        put_item(out, "weekdays");
    else if (c->weekdays == 0x41)
        put_item(out, "weekends");
    else
        for (int i = 0; i < 7; i++)
            if (c->weekdays >> i & 1)
                put_item(out, cal_weekday_names[i]);
    put_nth_words(out, c);
}

static void put_day_numbers(struct rbk_buf *out, const rbk_calendar *c)
{
    if (c->days)
        rbk_buf_puts(out, "days ");
    for (int i = 1; i <= 31; i++)
        if (c->days >> i & 1) {
            char item[16];
            snprintf(item, sizeof item, "%d", i);
            put_item(out, item);
        }
}

static void put_day_words(struct rbk_buf *out, const rbk_calendar *c)
{
    if (c->step > 1)
        rbk_buf_printf(out, "every %d %s ", c->step, c->step_weeks ? "weeks" : "days");
    if (!c->star_weekday) {
        put_weekday_words(out, c);
    } else if (!c->star_day) {
        put_day_numbers(out, c);
        if (c->days_before_end & 1)
            put_item(out, "last day");
    } else if (c->step <= 1) {
        put_item(out, "daily");
    }
    if (out->len && out->data[out->len - 1] != ' ')
        rbk_buf_putc(out, ' ');
}

/* The interval in minutes whose multiples are the times of day, 0 = none. */
static int interval_of(const rbk_calendar *c)
{
    int interval = cal_minute_from(c, 1);
    if (interval < 0 || CAL_MINUTES % interval)
        return 0;
    for (int m = 0; m < CAL_MINUTES; m++)
        if (cal_minute_has(c, m) != (m % interval == 0))
            return 0;
    return interval;
}

static void put_times(struct rbk_buf *out, const rbk_calendar *c)
{
    rbk_buf_puts(out, "at ");
    for (int m = cal_minute_from(c, 0); m >= 0; m = cal_minute_from(c, m + 1)) {
        char item[16];
        snprintf(item, sizeof item, "%02d:%02d", m / 60, m % 60);
        put_item(out, item);
    }
}

static void put_words(struct rbk_buf *out, const rbk_calendar *c)
{
    int interval = interval_of(c);
    put_day_words(out, c);
    if (c->months != CAL_ALL_MONTHS) {
        rbk_buf_puts(out, "of ");
        for (int i = 1; i <= 12; i++)
            if (c->months >> i & 1)
                put_item(out, cal_month_names[i]);
        rbk_buf_putc(out, ' ');
    }
    if (interval)
        rbk_buf_printf(out, "every %dm", interval);
    else
        put_times(out, c);
}

static void put_elapsed(struct rbk_buf *out, int64_t seconds)
{
    if (seconds % 3600 == 0)
        rbk_buf_printf(out, "every %" PRId64 "h", seconds / 3600);
    else
        rbk_buf_printf(out, "every %" PRId64 "m", seconds / 60);
}

char *rbk_calendar_text(const rbk_calendar *c)
{
    struct rbk_buf out = {0};
    uint64_t hours, minutes;
    if (c->elapsed)
        put_elapsed(&out, c->elapsed);
    else if (c->step <= 1 && split_minutes(c, &hours, &minutes))
        put_cron(&out, c, hours, minutes);
    else
        put_words(&out, c);
    if (c->zone)
        rbk_buf_printf(&out, " in %s", c->zone);
    return rbk_buf_take(&out);
}
