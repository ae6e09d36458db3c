/* One reader of times for every command, so that --since means the same everywhere. */
#include <base/clock.h>

#include <math.h>
#include <runbook/units.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Exactly `digits` digits. */
static bool take_digits(const char **p, int digits, int *out)
{
    *out = 0;
    for (int i = 0; i < digits; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        *out = *out * 10 + (**p - '0');
    }
    return true;
}

static bool take_char(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_date(const char **p, struct tm *t)
{
    int year, month, day;
    if (!take_digits(p, 4, &year) || !take_char(p, '-') || !take_digits(p, 2, &month) || !take_char(p, '-') ||
        !take_digits(p, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    t->tm_year = year - 1900;
    t->tm_mon = month - 1;
    t->tm_mday = day;
    return true;
}

/* hh:mm[:ss[.fraction]]; second 60 is a leap second, which becomes the next minute. */
static bool take_clock(const char **p, struct tm *t, int *ms)
{
    *ms = 0;
    t->tm_sec = 0;
    if (!take_digits(p, 2, &t->tm_hour) || !take_char(p, ':') || !take_digits(p, 2, &t->tm_min))
        return false;
    if (take_char(p, ':') && !take_digits(p, 2, &t->tm_sec))
        return false;
    if (**p == '.') {
        (*p)++;
        int weight = 100;
        const char *start = *p;
        for (; **p >= '0' && **p <= '9'; (*p)++, weight /= 10)
            *ms += (**p - '0') * weight;
        if (*p == start)
            return false;
    }
    return t->tm_hour <= 23 && t->tm_min <= 59 && t->tm_sec <= 60;
}

/* "Z" or "+hh:mm"; without one the time is local. */
static bool take_offset(const char **p, bool *local, int *seconds)
{
    int hours, minutes;
    *local = false;
    *seconds = 0;
    if (take_char(p, 'Z') || take_char(p, 'z'))
        return true;
    if (**p != '+' && **p != '-') {
        *local = true;
        return true;
    }
    int sign = *(*p)++ == '-' ? -1 : 1;
    if (!take_digits(p, 2, &hours) || !take_char(p, ':') || !take_digits(p, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static int64_t libc_instant(const void *zone, const struct tm *t)
{
    struct tm copy = *t;
    (void)zone;
    copy.tm_isdst = -1;
    return (int64_t)mktime(&copy);
}

static void libc_civil(const void *zone, int64_t seconds, struct tm *out)
{
    time_t at = (time_t)seconds;
    (void)zone;
    localtime_r(&at, out);
}

static const struct rbk_time_zone libc_zone = {libc_instant, libc_civil, NULL};

static int64_t local_ms(const struct rbk_time_zone *zone, const struct tm *t)
{
    return zone->instant(zone->zone, t) * 1000;
}

/* A date, then nothing or a clock time. */
static bool parse_absolute(const char *text, const struct rbk_time_zone *zone, int64_t *out_ms)
{
    struct tm t = {0};
    const char *p = text;
    if (!take_date(&p, &t))
        return false;
    if (*p == '\0') {
        *out_ms = local_ms(zone, &t);
        return true;
    }
    int ms, offset;
    bool local;
    if (!take_char(&p, 'T') && !take_char(&p, 't') && !take_char(&p, ' '))
        return false;
    if (!take_clock(&p, &t, &ms) || !take_offset(&p, &local, &offset) || *p != '\0')
        return false;
    *out_ms = (local ? local_ms(zone, &t) : ((int64_t)timegm(&t) - offset) * 1000) + ms;
    return true;
}

/* "today", "yesterday", each with an optional clock time. */
static bool parse_day_word(const char *text, int64_t now_ms, const struct rbk_time_zone *zone, int64_t *out_ms)
{
    bool yesterday = strncmp(text, "yesterday", 9) == 0;
    if (!yesterday && strncmp(text, "today", 5) != 0)
        return false;
    const char *p = text + (yesterday ? 9 : 5);
    struct tm t = {0};
    int ms = 0;
    zone->civil(zone->zone, now_ms / 1000 - (now_ms % 1000 < 0), &t);
    t.tm_hour = t.tm_min = t.tm_sec = 0;
    t.tm_mday -= yesterday;
    if (*p && (!take_char(&p, ' ') || !take_clock(&p, &t, &ms) || *p))
        return false;
    *out_ms = local_ms(zone, &t) + ms;
    return true;
}

static bool parse_ago(const char *text, int64_t now_ms, int64_t *out_ms)
{
    struct rbk_quantity q;
    if (rbk_quantity_parse(text, strlen(text), &q, NULL) != RBK_OK || q.unit != RBK_UNIT_SECONDS)
        return false;
    if (q.value < 0 || q.value > 1e11)
        return false;
    *out_ms = now_ms - llround(q.value * 1000);
    return true;
}

int rbk_time_parse(const char *text, int64_t now_ms, int64_t *out_ms, struct rbk_error *err)
{
    return rbk_time_parse_in(text, now_ms, &libc_zone, out_ms, err);
}

int rbk_time_parse_in(const char *text, int64_t now_ms, const struct rbk_time_zone *zone, int64_t *out_ms,
                      struct rbk_error *err)
{
    if (strcmp(text, "now") == 0) {
        *out_ms = now_ms;
        return RBK_OK;
    }
    if (parse_day_word(text, now_ms, zone, out_ms) || parse_absolute(text, zone, out_ms) ||
        parse_ago(text, now_ms, out_ms))
        return RBK_OK;
    rbk_error_set(err, RBK_EINVAL, "\"%.100s\" is not a time", text);
    rbk_error_hint(err, "write 24h (that long ago), 2026-11-22, \"2026-11-22 18:00\", 2026-11-22T18:00:00Z, now, "
                        "today, yesterday or \"yesterday 18:00\"");
    return RBK_EINVAL;
}
