/* The rule at the end of a zone file: POSIX TZ strings (XBD 8.3) with the wider hours of RFC 9636, e.g.
 * "CET-1CEST,M3.5.0,M10.5.0/3". */
#include <ctype.h>
#include <schedule/civil.h>
#include <schedule/zone.h>
#include <string.h>

struct tz_text {
    const char *p, *end;
};

static bool take(struct tz_text *t, char c)
{
    if (t->p == t->end || *t->p != c)
        return false;
    t->p++;
    return true;
}

static bool take_number(struct tz_text *t, int max, int *out)
{
    const char *start = t->p;
    *out = 0;
    for (; t->p < t->end && isdigit((unsigned char)*t->p) && t->p - start < 4; t->p++)
        *out = *out * 10 + (*t->p - '0');
    return t->p > start && *out <= max;
}

/* "EST", or "<+03>" for names that are not letters alone. */
static bool take_name(struct tz_text *t, char out[16])
{
    bool quoted = take(t, '<');
    const char *start = t->p;
    while (t->p < t->end && (isalpha((unsigned char)*t->p) ||
                             (quoted && (isdigit((unsigned char)*t->p) || *t->p == '+' || *t->p == '-'))))
        t->p++;
    size_t len = (size_t)(t->p - start);
    if (len < 3 || len > 15)
        return false;
    memcpy(out, start, len);
    out[len] = '\0';
    return !quoted || take(t, '>');
}

/* [+-]hh[:mm[:ss]] in seconds */
static bool take_time(struct tz_text *t, int hours_max, int32_t *out)
{
    int sign = take(t, '-') ? -1 : 1, hours, minutes = 0, seconds = 0;
    if (sign == 1)
        take(t, '+');
    if (!take_number(t, hours_max, &hours))
        return false;
    if (take(t, ':') && !take_number(t, 59, &minutes))
        return false;
    if (minutes >= 0 && take(t, ':') && !take_number(t, 59, &seconds))
        return false;
    *out = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool take_month_week(struct tz_text *t, struct tz_date *d)
{
    d->kind = TZ_MONTH_WEEK;
    return take_number(t, 12, &d->month) && take(t, '.') && take_number(t, 5, &d->week) && take(t, '.') &&
           take_number(t, 6, &d->weekday) && d->month >= 1 && d->week >= 1;
}

static bool take_date(struct tz_text *t, struct tz_date *d)
{
    bool ok;
    if (take(t, 'M')) {
        ok = take_month_week(t, d);
    } else {
        d->kind = take(t, 'J') ? TZ_JULIAN : TZ_DAY;
        ok = take_number(t, 365, &d->day) && (d->kind == TZ_DAY || d->day >= 1);
    }
    d->seconds = 2 * 3600;
    return ok && (!take(t, '/') || take_time(t, 167, &d->seconds));
}

static bool take_dst(struct tz_text *t, struct tz_rule *rule)
{
    int32_t west;
    if (!take_name(t, rule->dst.name))
        return false;
    rule->has_dst = rule->dst.dst = true;
    rule->dst.seconds = rule->std.seconds + 3600;
    if (t->p < t->end && *t->p != ',') {
        if (!take_time(t, 24, &west))
            return false;
        rule->dst.seconds = -west;
    }
    return take(t, ',') && take_date(t, &rule->dst_begins) && take(t, ',') && take_date(t, &rule->dst_ends);
}

bool tz_rule_parse(const char *text, size_t len, struct tz_rule *out)
{
    struct tz_text t = {text, text + len};
    int32_t west;
    *out = (struct tz_rule){0};
    if (!take_name(&t, out->std.name) || !take_time(&t, 24, &west))
        return false;
    out->std.seconds = -west;
    if (t.p < t.end && !take_dst(&t, out))
        return false;
    out->there = true;
    return t.p == t.end;
}

/* The day in a year on which a date falls. */
static int64_t date_day(const struct tz_date *d, int year)
{
    if (d->kind == TZ_DAY)
        return rbk_day_of(year, 1, 1) + d->day;
    if (d->kind == TZ_JULIAN) /* February 29 is never counted */
        return rbk_day_of(year, 1, 1) + d->day - 1 + (d->day >= 60 && rbk_month_days(year, 2) == 29);
    int64_t first = rbk_day_of(year, d->month, 1);
    int64_t day = first + (d->weekday - rbk_day_weekday(first) + 7) % 7 + 7 * (d->week - 1);
    return day >= first + rbk_month_days(year, d->month) ? day - 7 : day;
}

struct rule_change {
    int64_t at;
    bool to_dst;
};
enum { AROUND = 6 }; /* the changes of three years */

static bool before(const struct rule_change *a, const struct rule_change *b)
{
    return a->at < b->at || (a->at == b->at && !a->to_dst && b->to_dst);
}

/* All changes of the year of `at` and of its neighbours, in order; of two at one instant summer time has the last word,
 * so that a rule can say "always". */
static void changes_around(const struct tz_rule *rule, int64_t at, struct rule_change out[AROUND])
{
    struct rbk_civil c;
    int count = 0;
    rbk_day_civil(rbk_floor_div(at + rule->std.seconds, RBK_DAY_SECONDS), &c);
    for (int year = c.year - 1; year <= c.year + 1; year++)
        for (int ends = 0; ends < 2; ends++) {
            const struct tz_date *d = ends ? &rule->dst_ends : &rule->dst_begins;
            int32_t offset = ends ? rule->dst.seconds : rule->std.seconds;
            struct rule_change change = {date_day(d, year) * RBK_DAY_SECONDS + d->seconds - offset, !ends};
            int i = count++;
            for (; i > 0 && before(&change, &out[i - 1]); i--)
                out[i] = out[i - 1];
            out[i] = change;
        }
}

void tz_rule_at(const struct tz_rule *rule, int64_t at, struct rbk_offset *out)
{
    struct rule_change changes[AROUND] = {0};
    bool dst = false;
    if (rule->has_dst) {
        changes_around(rule, at, changes);
        dst = !changes[0].to_dst;
        for (int i = 0; i < AROUND && changes[i].at <= at; i++)
            dst = changes[i].to_dst;
    }
    *out = dst ? rule->dst : rule->std;
}

bool tz_rule_next(const struct tz_rule *rule, int64_t after, int64_t *at)
{
    struct rule_change changes[AROUND] = {0};
    if (!rule->has_dst)
        return false;
    changes_around(rule, after, changes);
    for (int i = 0; i < AROUND; i++)
        if (changes[i].at > after) {
            *at = changes[i].at;
            return true;
        }
    return false;
}
