/* Cron's five fields as in cron(8) of Vixie and crontab(5): lists, ranges, steps, names; with L and # as Quartz has
 * them: L the last day of the month, L-3 three days before it, 5L or FRIL the last Friday, MON#1 the first Monday. */
#include <base/str.h>
#include <ctype.h>
#include <schedule/calendar.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
    const char *name; /* "minute" */
    int min, max;
    int (*named)(const char *word, size_t len); /* NULL: numbers only */
};
static const struct field minute_field = {"minute", 0, 59, NULL}, hour_field = {"hour", 0, 23, NULL},
                          day_field = {"day of the month", 1, 31, NULL}, month_field = {"month", 1, 12, cal_month},
                          weekday_field = {"day of the week", 0, 7, cal_weekday};

/* One field being read. */
struct reading {
    const struct field *field;
    const char *start, *p;
    int column; /* of start */
    struct rbk_error *err;
};

static int fail(const struct reading *r, const char *at, const char *hint, const char *what)
{
    size_t len = strcspn(at, ",");
    return cal_error(r->err, r->column + (int)(at - r->start), hint, "%s: \"%.*s\" is %s", r->field->name,
                     len > 60 ? 60 : (int)len, at, what);
}

static int fail_value(const struct reading *r, const char *at)
{
    char hint[120], what[60];
    snprintf(what, sizeof what, "no %s", r->field->name);
    snprintf(hint, sizeof hint, "write %d to %d%s, *, a list (1,3), a range (1-3) or a step (*/2)", r->field->min,
             r->field->max, r->field->named ? ", a name (mon, jan)" : "");
    return fail(r, at, hint, what);
}

/* A number or a name at r->p. */
static int take_value(struct reading *r, int *out)
{
    const char *at = r->p;
    if (isdigit((unsigned char)*at)) {
        char *end;
        long n = strtol(at, &end, 10);
        if (n < r->field->min || n > r->field->max || end - at > 4)
            return fail_value(r, at);
        *out = (int)n;
        r->p = end;
        return 0;
    }
    size_t len = 0;
    while (isalpha((unsigned char)at[len]))
        len++;
    /* "fril": the L behind a weekday's three letters is no part of its name */
    if (len == 4 && at[3] == 'l' && r->field == &weekday_field)
        len = 3;
    *out = r->field->named && len ? r->field->named(at, len) : -1;
    r->p += len;
    return *out < 0 ? fail_value(r, at) : 0;
}

static int take_step(struct reading *r, int *step)
{
    const char *at = r->p;
    *step = 1;
    if (*at != '/')
        return 0;
    char *end;
    long n = isdigit((unsigned char)at[1]) ? strtol(at + 1, &end, 10) : 0;
    if (n < 1 || n > 1000)
        return fail(r, at, "write a step as a number from 1, as in */15", "no step");
    *step = (int)n;
    r->p = end;
    return 0;
}

static int refuse_backwards(const struct reading *r, const char *at, int from, int to)
{
    char hint[80];
    snprintf(hint, sizeof hint, "write two ranges: %d-%d,%d-%d", from, r->field->max, r->field->min, to);
    return fail(r, at, hint, "a range that runs backwards");
}

/* "*", "a", "a-b", each with a step. Weekdays may wrap around: fri-mon. */
static int take_range(struct reading *r, uint64_t *bits)
{
    const char *at = r->p;
    int from = r->field->min, to = r->field->max, step, rc = 0;
    bool star = *at == '*' || *at == '?';
    if (r->field == &weekday_field && star)
        to = 6;
    if (star)
        r->p++;
    else if ((rc = take_value(r, &from)) < 0)
        return rc;
    bool range = !star && *r->p == '-';
    if (range) {
        r->p++;
        if ((rc = take_value(r, &to)) < 0)
            return rc;
    }
    bool stepped = *r->p == '/';
    if ((rc = take_step(r, &step)) < 0)
        return rc;
    if (!star && !range && !stepped)
        to = from;
    if (to < from && r->field != &weekday_field)
        return refuse_backwards(r, at, from, to);
    if (to < from)
        to += 7;
    for (int i = from; i <= to; i += step)
        *bits |= UINT64_C(1) << ((unsigned)(r->field == &weekday_field ? i % 7 : i) & 63);
    return 0;
}

static int take_end(const struct reading *r)
{
    return *r->p == ',' || *r->p == '\0' ? 0 : fail(r, r->p, "separate parts with a comma", "too much");
}

static struct reading begin(const struct field *field, const struct cal_word *word, struct rbk_error *err)
{
    return (struct reading){field, word->text, word->text, word->column, err};
}

static int read_list(const struct field *field, const struct cal_word *word, uint64_t *bits, struct rbk_error *err)
{
    struct reading r = begin(field, word, err);
    for (;; r.p++) {
        int rc = take_range(&r, bits);
        if (rc == 0)
            rc = take_end(&r);
        if (rc < 0 || *r.p == '\0')
            return rc;
    }
}

/* "l" or "l-3" */
static int take_before_end(struct reading *r, rbk_calendar *c)
{
    const char *at = r->p++;
    long n = 0;
    if (*r->p == '-') {
        char *end;
        n = isdigit((unsigned char)r->p[1]) ? strtol(r->p + 1, &end, 10) : -1;
        if (n < 0 || n > 30)
            return fail(r, at, "write L for the last day, L-3 for three days before it", "no day before the end");
        r->p = end;
    }
    if (*r->p == 'w')
        return fail(r, at, "there is no W here; name the days of the week instead", "not known");
    c->days_before_end |= UINT32_C(1) << n;
    return 0;
}

static int read_days(const struct cal_word *word, rbk_calendar *c, struct rbk_error *err)
{
    struct reading r = begin(&day_field, word, err);
    uint64_t bits = 0;
    c->star_day = *r.p == '*' || *r.p == '?';
    for (;; r.p++) {
        int rc = *r.p == 'l' ? take_before_end(&r, c) : take_range(&r, &bits);
        if (rc == 0)
            rc = take_end(&r);
        c->days = (uint32_t)bits;
        if (rc < 0 || *r.p == '\0')
            return rc;
    }
}

/* "mon#2", "5l": true when it was one, with *rc. */
static bool take_nth(struct reading *r, rbk_calendar *c, int *rc)
{
    struct reading ahead = *r;
    struct rbk_error ignored;
    int weekday;
    ahead.err = &ignored;
    if (take_value(&ahead, &weekday) < 0 || (*ahead.p != '#' && *ahead.p != 'l'))
        return false;
    char which = ahead.p[0] == 'l' ? 'l' : ahead.p[1];
    *rc = 0;
    if (which == 'l') {
        r->p = ahead.p + 1;
        c->nth[weekday % 7] |= 1 << CAL_LAST;
    } else if (which >= '1' && which <= '5') {
        r->p = ahead.p + 2;
        c->nth[weekday % 7] |= (uint8_t)(1 << (which - '0'));
    } else {
        *rc = fail(r, r->p, "write MON#1 to MON#5, or MONL for the last", "no weekday of a month");
    }
    return true;
}

static int read_weekdays(const struct cal_word *word, rbk_calendar *c, struct rbk_error *err)
{
    struct reading r = begin(&weekday_field, word, err);
    uint64_t bits = 0;
    c->star_weekday = *r.p == '*' || *r.p == '?';
    for (;; r.p++) {
        int rc = 0;
        if (!take_nth(&r, c, &rc))
            rc = take_range(&r, &bits);
        if (rc == 0)
            rc = take_end(&r);
        c->weekdays = (uint32_t)bits;
        if (rc < 0 || *r.p == '\0')
            return rc;
    }
}

static void set_minutes(rbk_calendar *c, uint64_t hours, uint64_t minutes)
{
    for (int m = 0; m < CAL_MINUTES; m++)
        if ((hours >> (m / 60) & 1) && (minutes >> (m % 60) & 1))
            cal_minute_set(c, m);
}

static int wrong_count(const struct cal_words *w, struct rbk_error *err)
{
    if (w->count > 5)
        return cal_error(err, w->items[5].column,
                         "the five fields are minute, hour, day of the month, month, day of the week; there are no "
                         "seconds and no years",
                         "a sixth field");
    return cal_error(err, w->items[w->count].column,
                     "the five fields are minute, hour, day of the month, month, day of the week: 0 8 * * *",
                     "only %zu of five fields", w->count);
}

int cal_parse_cron(const struct cal_words *w, rbk_calendar *c, struct rbk_error *err)
{
    uint64_t minutes = 0, hours = 0, months = 0;
    if (w->count != 5)
        return wrong_count(w, err);
    int rc = read_list(&minute_field, &w->items[0], &minutes, err);
    if (rc == 0)
        rc = read_list(&hour_field, &w->items[1], &hours, err);
    if (rc == 0)
        rc = read_days(&w->items[2], c, err);
    if (rc == 0)
        rc = read_list(&month_field, &w->items[3], &months, err);
    if (rc == 0)
        rc = read_weekdays(&w->items[4], c, err);
    c->months = (uint32_t)months;
    set_minutes(c, hours, minutes);
    return rc;
}

int cal_parse_macro(const struct cal_word *word, rbk_calendar *c, struct rbk_error *err)
{
    static const char *const names[] = {"@hourly",  "@daily",  "@midnight", "@weekly",
                                        "@monthly", "@yearly", "@annually"};
    enum { HOURLY, DAILY, MIDNIGHT, WEEKLY, MONTHLY, YEARLY, ANNUALLY, COUNT };
    int which = 0;
    while (which < COUNT && strcmp(word->text, names[which]) != 0)
        which++;
    if (which == COUNT) {
        const char *near = rbk_did_you_mean(word->text, names, COUNT);
        char hint[100] = "known are @hourly, @daily, @weekly, @monthly and @yearly";
        if (near)
            snprintf(hint, sizeof hint, "did you mean %s?", near);
        return cal_error(err, word->column, hint, "\"%.40s\" is not known", word->text);
    }
    cal_every_day(c);
    set_minutes(c, which == HOURLY ? 0xffffff : 1, 1);
    if (which == WEEKLY) {
        c->weekdays = 1;
        c->star_weekday = false;
    }
    if (which >= MONTHLY) {
        c->days = 1 << 1;
        c->star_day = false;
    }
    if (which >= YEARLY)
        c->months = 1 << 1;
    return 0;
}
