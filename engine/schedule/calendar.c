/* Reading a schedule: which of the three languages it is written in, and its zone; and the sets themselves. */
#include <base/mem.h>
#include <ctype.h>
#include <schedule/calendar.h>
#include <schedule/civil.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 500 };

int cal_error(struct rbk_error *err, int column, const char *hint, const char *fmt, ...)
{
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    rbk_error_set(err, RBK_EINVAL, "column %d: %s", column, message);
    rbk_error_at(err, NULL, 0, column);
    return rbk_error_hint(err, "%s", hint);
}

/* ---- sets ---- */

void cal_minute_set(rbk_calendar *c, int minute)
{
    c->minutes[minute / 64] |= UINT64_C(1) << (minute % 64);
}

bool cal_minute_has(const rbk_calendar *c, int minute)
{
    return c->minutes[minute / 64] >> (minute % 64) & 1;
}

int cal_minute_from(const rbk_calendar *c, int from)
{
    for (int i = from / 64; from < CAL_MINUTES && i < CAL_WORDS; i++) {
        uint64_t rest = i == from / 64 ? c->minutes[i] & (~UINT64_C(0) << (from % 64)) : c->minutes[i];
        if (rest)
            return i * 64 + __builtin_ctzll(rest);
    }
    return -1;
}

void cal_every_day(rbk_calendar *c)
{
    c->months = CAL_ALL_MONTHS;
    c->days = CAL_ALL_DAYS;
    c->weekdays = CAL_ALL_WEEKDAYS;
    c->star_day = c->star_weekday = true;
}

bool cal_has_nth(const rbk_calendar *c)
{
    for (int i = 0; i < 7; i++)
        if (c->nth[i])
            return true;
    return false;
}

static bool step_fits(const rbk_calendar *c, int64_t day)
{
    /* Weeks begin on Monday; 1969-12-29 was one. */
    int64_t number = c->step_weeks ? rbk_floor_div(day + 3, 7) : day;
    return c->step <= 1 || number - rbk_floor_div(number, c->step) * c->step == 0;
}

bool cal_day_fits(const rbk_calendar *c, int64_t day)
{
    struct rbk_civil date = {0};
    rbk_day_civil(day, &date);
    if (!(c->months >> date.month & 1) || !step_fits(c, day))
        return false;
    int weekday = rbk_day_weekday(day), last = rbk_month_days(date.year, date.month);
    bool day_fits = (c->days >> date.day & 1) || (c->days_before_end >> (last - date.day) & 1);
    bool weekday_fits = (c->weekdays >> weekday & 1) || (c->nth[weekday] >> ((date.day + 6) / 7) & 1) ||
                        ((c->nth[weekday] >> CAL_LAST & 1) && date.day + 7 > last);
    return c->star_day || c->star_weekday ? day_fits && weekday_fits : day_fits || weekday_fits;
}

/* A star matters only beside a restricted field: without one, all that means the same becomes the same. */
static void normalize(rbk_calendar *c)
{
    if (c->star_weekday && c->weekdays == CAL_ALL_WEEKDAYS) {
        c->star_day = c->days == CAL_ALL_DAYS;
        memset(c->nth, 0, sizeof c->nth);
    }
    if (c->star_day && c->days == CAL_ALL_DAYS) {
        c->star_weekday = c->weekdays == CAL_ALL_WEEKDAYS;
        c->days_before_end = 0;
    }
    if (c->step <= 1) {
        c->step = 0;
        c->step_weeks = false;
    }
    for (int i = 0; i < 7; i++)
        if (c->weekdays >> i & 1)
            c->nth[i] = 0;
    if (c->days == CAL_ALL_DAYS)
        c->days_before_end = 0;
}

/* ---- the text ---- */

static void split(const char *text, size_t len, struct cal_words *out)
{
    size_t words = 0;
    out->storage = rbk_alloc(2 * len + 2);
    out->items = rbk_alloc((len + 2) * sizeof *out->items);
    char *to = out->storage;
    for (size_t i = 0; i < len;) {
        if (isspace((unsigned char)text[i])) {
            i++;
            continue;
        }
        out->items[words++] = (struct cal_word){to, (int)i + 1};
        while (i < len && !isspace((unsigned char)text[i]))
            *to++ = (char)tolower((unsigned char)text[i++]);
        *to++ = '\0';
    }
    out->count = words;
    out->items[words] = (struct cal_word){"", (int)len + 1};
}

/* "... in Europe/Berlin": the zone keeps its letters as written. Returns the length of what stands before it. */
static size_t take_zone(const char *text, rbk_calendar *c)
{
    size_t end = strlen(text);
    while (end && isspace((unsigned char)text[end - 1]))
        end--;
    size_t word = end;
    while (word && !isspace((unsigned char)text[word - 1]))
        word--;
    size_t before = word;
    while (before && isspace((unsigned char)text[before - 1]))
        before--;
    if (cal_month(text + word, end - word) > 0) /* "in january" is a clause */
        return end;
    if (before < 3 || before == word || word == end || strncasecmp(text + before - 2, "in", 2) != 0 ||
        !isspace((unsigned char)text[before - 3]))
        return end;
    c->zone = rbk_strndup(text + word, end - word);
    return before - 2;
}

/* Cron's fields begin with a digit or a star, and there is no word among the first two. */
static bool looks_like_cron(const struct cal_words *w)
{
    static const char letters[] = "0123456789*/,-?";
    return w->count >= 2 && strspn(w->items[0].text, letters) == strlen(w->items[0].text) &&
           strspn(w->items[1].text, letters) == strlen(w->items[1].text);
}

static int parse_text(const struct cal_words *w, rbk_calendar *c, struct rbk_error *err)
{
    if (w->count == 0)
        return cal_error(err, 1, "write 0 8 * * *, weekdays at 8:00 or every 4h", "there is no schedule");
    if (w->items[0].text[0] == '@')
        return w->count == 1 ? cal_parse_macro(&w->items[0], c, err)
                             : cal_error(err, w->items[1].column, "give it as the only word",
                                         "nothing but a zone may follow %s", w->items[0].text);
    return looks_like_cron(w) ? cal_parse_cron(w, c, err) : cal_parse_words(w, c, err);
}

static int never_due(struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "column 1: no such day ever comes");
    rbk_error_at(err, NULL, 0, 1);
    return rbk_error_hint(err, "look at the day and the month: there is no 30 February");
}

/* Any day of the calendar's 400 years stands for all; 45 of them hold every combination of leap day and weekday. */
static bool ever_due(const rbk_calendar *c)
{
    int64_t first = rbk_day_of(2000, 1, 1);
    for (int64_t day = first; c->elapsed == 0 && day < first + 45 * 366; day++)
        if (cal_day_fits(c, day))
            return true;
    return c->elapsed > 0;
}

int rbk_calendar_parse(const char *text, rbk_calendar **out, struct rbk_error *err)
{
    struct cal_words words = {0};
    if (strlen(text) > TEXT_MAX)
        return cal_error(err, TEXT_MAX + 1, "write a shorter one", "the schedule is longer than %d bytes", TEXT_MAX);
    for (const char *p = text; *p; p++)
        if (iscntrl((unsigned char)*p) && *p != '\t')
            return cal_error(err, (int)(p - text) + 1, "write it as one line", "a schedule is one line of text");
    rbk_calendar *c = rbk_alloc(sizeof *c);
    split(text, take_zone(text, c), &words);
    int rc = parse_text(&words, c, err);
    normalize(c);
    if (rc == 0 && !ever_due(c))
        rc = never_due(err);
    free(words.items);
    free(words.storage);
    if (rc < 0)
        rbk_calendar_free(c);
    else
        *out = c;
    return rc;
}

void rbk_calendar_free(rbk_calendar *calendar)
{
    if (!calendar)
        return;
    free(calendar->zone);
    free(calendar);
}

const char *rbk_calendar_zone(const rbk_calendar *calendar)
{
    return calendar->zone;
}
