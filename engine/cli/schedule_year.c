/* See schedule_year.h. The due times of a schedule are put together by day; the rhythm is in the days' distances, and
 * the times are those that most of the days have. */
#include <cli/schedule_year.h>

#include <base/mem.h>
#include <schedule/civil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_MIN = 8, TIMES_SHOWN = 6, MONDAY = 1, FRIDAY = 5 };

struct day {
    int64_t number;
    size_t first, count; /* of its times */
};

struct table { /* of one schedule */
    struct rbk_due **due;
    int *minute; /* of the day, beside each of `due` */
    size_t count, due_cap, minute_cap;
    struct day *days;
    size_t day_count, day_cap;
};

static void add_due(struct table *t, struct rbk_due *due)
{
    struct rbk_civil c;
    rbk_zone_civil(due->entry->zone, due->at_ms / 1000, &c);
    int64_t number = rbk_day_of(c.year, c.month, c.day);
    size_t minutes = t->count;
    RBK_GROW(t->due, t->count, t->due_cap);
    RBK_GROW(t->minute, minutes, t->minute_cap);
    t->due[t->count] = due;
    t->minute[t->count++] = c.hour * 60 + c.minute;
    if (t->day_count == 0 || t->days[t->day_count - 1].number != number) {
        RBK_GROW(t->days, t->day_count, t->day_cap);
        t->days[t->day_count++] = (struct day){.number = number, .first = t->count - 1};
    }
    t->days[t->day_count - 1].count++;
}

/* What is told of one schedule, and where it stands among the others: by rhythm, then by the time of day. */
struct line {
    int rank, minute;
    const char *runbook;
    struct rbk_buf text;
};

static void table_fini(struct table *t)
{
    free(t->due);
    free(t->minute);
    free(t->days);
}

/* In the order in which they are told. */
static const char *const rhythms[] = {"every day", "weekdays",  "every Mon", "every Tue", "every Wed",
                                      "every Thu", "every Fri", "every Sat", "every Sun"};
enum { EVERY_DAY, WEEKDAYS, EVERY_MONDAY, NO_RHYTHM = -1 };

static int rhythm_of(const struct table *t)
{
    bool daily = true, weekdays = true, same_weekday = true;
    if (t->day_count < DAYS_MIN)
        return NO_RHYTHM;
    for (size_t i = 1; i < t->day_count; i++) {
        int64_t gap = t->days[i].number - t->days[i - 1].number;
        int weekday = rbk_day_weekday(t->days[i].number);
        daily &= gap == 1;
        same_weekday &= gap == 7;
        weekdays &= weekday >= MONDAY && weekday <= FRIDAY && gap == (weekday == MONDAY ? 3 : 1);
    }
    if (daily)
        return EVERY_DAY;
    if (same_weekday)
        return EVERY_MONDAY + (rbk_day_weekday(t->days[0].number) + 6) % 7;
    return weekdays ? WEEKDAYS : NO_RHYTHM;
}

static bool has_minute(const struct table *t, const struct day *d, int minute)
{
    for (size_t i = 0; i < d->count; i++)
        if (t->minute[d->first + i] == minute)
            return true;
    return false;
}

/* Whether all times of `d` are times of `usual`, too. */
static bool is_within(const struct table *t, const struct day *d, const struct day *usual)
{
    for (size_t i = 0; i < d->count; i++)
        if (!has_minute(t, usual, t->minute[d->first + i]))
            return false;
    return true;
}

static bool is_same(const struct table *t, const struct day *a, const struct day *b)
{
    return a->count == b->count && is_within(t, a, b);
}

/* The day whose times most days have (Boyer and Moore, "MJRTY - A Fast Majority Vote Algorithm", 1981). */
static const struct day *usual_day(const struct table *t)
{
    const struct day *usual = NULL;
    size_t votes = 0;
    for (size_t i = 0; i < t->day_count; i++) {
        if (votes == 0)
            usual = &t->days[i];
        votes = votes == 0 || is_same(t, &t->days[i], usual) ? votes + 1 : votes - 1;
    }
    return usual;
}

/* Marks what the line of the usual day tells; returns how many days differ. The first and the last day are cut. */
static size_t mark_told(struct table *t, const struct day *usual)
{
    size_t differ = 0;
    for (size_t i = 0; i < t->day_count; i++) {
        const struct day *d = &t->days[i];
        bool cut = i == 0 || i + 1 == t->day_count, told = cut ? is_within(t, d, usual) : is_same(t, d, usual);
        differ += !told;
        for (size_t n = 0; n < d->count; n++)
            t->due[d->first + n]->told = told;
    }
    return differ;
}

static void put_line(const struct table *t, const char *rhythm, const struct day *usual, size_t differ,
                     struct rbk_buf *out)
{
    rbk_buf_printf(out, "%-14s ", rhythm);
    for (size_t i = 0; i < usual->count && i < TIMES_SHOWN; i++) {
        int minute = t->minute[usual->first + i];
        rbk_buf_printf(out, " %02d:%02d", minute / 60, minute % 60);
    }
    if (usual->count > TIMES_SHOWN)
        rbk_buf_printf(out, " and %zu more", usual->count - TIMES_SHOWN);
    rbk_buf_puts(out, "  ");
    rbk_style_fit(out, t->due[0]->entry->runbook, 100);
    if (t->due[0]->entry->paused)
        rbk_buf_puts(out, "  (paused)");
    if (differ)
        rbk_buf_printf(out, "  (%zu %s, below)", differ, differ == 1 ? "day differs" : "days differ");
    rbk_buf_putc(out, '\n');
}

/* The due times of one schedule, in order. False when they have no rhythm. */
static bool sum_entry(struct rbk_due **due, size_t count, struct line *out)
{
    struct table t = {0};
    *out = (struct line){0};
    for (size_t i = 0; i < count; i++)
        add_due(&t, due[i]);
    int rhythm = rhythm_of(&t);
    if (rhythm != NO_RHYTHM) {
        const struct day *usual = usual_day(&t);
        size_t differ = mark_told(&t, usual);
        *out = (struct line){.rank = rhythm, .minute = t.minute[usual->first], .runbook = due[0]->entry->runbook};
        put_line(&t, rhythms[rhythm], usual, differ, &out->text);
    }
    table_fini(&t);
    return rhythm != NO_RHYTHM;
}

static int by_rhythm_and_time(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank - y->rank;
    return x->minute != y->minute ? x->minute - y->minute : strcmp(x->runbook, y->runbook);
}

static void put_lines(struct line *lines, size_t count, struct rbk_buf *out)
{
    if (count)
        qsort(lines, count, sizeof *lines, by_rhythm_and_time);
    for (size_t i = 0; i < count; i++) {
        rbk_buf_append(out, lines[i].text.data, lines[i].text.len);
        rbk_buf_fini(&lines[i].text);
    }
}

static int by_entry_and_time(const void *a, const void *b)
{
    const struct rbk_due *x = *(struct rbk_due *const *)a, *y = *(struct rbk_due *const *)b;
    int order = strcmp(x->entry->runbook, y->entry->runbook);
    return order ? order : (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
}

void rbk_year_sum(struct rbk_due *items, size_t count, struct rbk_buf *out)
{
    struct rbk_due **sorted = rbk_alloc((count + 1) * sizeof *sorted);
    struct line *lines = NULL;
    size_t line_count = 0, cap = 0;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &items[i];
    if (count)
        qsort(sorted, count, sizeof *sorted, by_entry_and_time);
    for (size_t first = 0, i = 1; i <= count; i++)
        if (i == count || sorted[i]->entry != sorted[first]->entry) {
            RBK_GROW(lines, line_count, cap);
            line_count += sum_entry(sorted + first, i - first, &lines[line_count]);
            first = i;
        }
    put_lines(lines, line_count, out);
    free(lines);
    free(sorted);
}
