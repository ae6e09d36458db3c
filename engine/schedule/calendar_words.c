/* Schedules in words. Clauses may stand in any order, each once: days ("weekdays", "monday and friday", "first monday",
 * "last day", "1st and 15th", "every 2 weeks"), times ("at 8:00, 18:30"), months ("of january", "in january"),
 * intervals ("every 4h"). */
#include <base/mem.h>
#include <base/str.h>
#include <ctype.h>
#include <schedule/words.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const vocabulary[] = {
    "at",       "every",  "on",       "of",      "the",       "and",     "weekdays",  "weekends", "daily",
    "hourly",   "weekly", "monthly",  "yearly",  "first",     "second",  "third",     "fourth",   "fifth",
    "last",     "day",    "month",    "noon",    "monday",    "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "midnight", "minutes", "hours",     "weeks",   "january",   "february", "march",
    "april",    "june",   "july",     "august",  "september", "october", "november",  "december"};

static bool words_is(const struct words *w, const char *word)
{
    return strcmp(w->at->text, word) == 0;
}

bool words_accept(struct words *w, const char *word)
{
    bool there = words_is(w, word);
    if (there)
        w->at++;
    return there;
}

bool words_accept_any(struct words *w, const char *const *list)
{
    for (; *list; list++)
        if (words_accept(w, *list))
            return true;
    return false;
}

int words_unknown(const struct words *w)
{
    char hint[160] = "write it like: weekdays at 8:00, first monday at 09:00, every 4h, or as cron's five fields";
    const char *near = rbk_did_you_mean(w->at->text, vocabulary, sizeof vocabulary / sizeof *vocabulary);
    if (cal_instead(w->at->text))
        snprintf(hint, sizeof hint, "%s", cal_instead(w->at->text));
    else if (near)
        snprintf(hint, sizeof hint, "did you mean \"%s\"?", near);
    if (!w->at->text[0])
        return cal_error(w->err, w->at->column, hint, "something is missing at the end");
    return cal_error(w->err, w->at->column, hint, "\"%.40s\" is not understood here", w->at->text);
}

int words_said_twice(const struct words *w, const char *what)
{
    return cal_error(w->err, w->at->column, "say it once; two schedules need two entries", "%s are said twice", what);
}

/* ---- times ---- */

/* A time that needs no "at" before it: a bare number does. */
static bool is_clear_time(const char *word)
{
    return cal_clock(word) >= 0 && strspn(word, "0123456789") != strlen(word);
}

static int read_times(struct words *w)
{
    if (w->times)
        return words_said_twice(w, "times of day");
    w->times = true;
    for (;;) {
        int minute = cal_clock(w->at->text);
        if (minute < 0)
            return cal_error(w->err, w->at->column, "write 8:00, 20:30, 8am or noon", "\"%.40s\" is no time of day",
                             w->at->text);
        cal_minute_set(w->c, minute);
        w->at++;
        const struct cal_word *before = w->at;
        bool more = false;
        while (words_accept(w, ",") || words_accept(w, "and") || words_accept(w, "at"))
            more = true;
        if (cal_clock(w->at->text) < 0 || (!more && !is_clear_time(w->at->text))) {
            w->at = before;
            return 0;
        }
    }
}

/* ---- months ---- */

static int read_months(struct words *w)
{
    static const char *const fillers[] = {"the", "each", "every", NULL};
    words_accept_any(w, fillers);
    if (words_accept(w, "month") || words_accept(w, "months"))
        return 0;
    if (w->months)
        return words_said_twice(w, "months");
    w->months = true;
    w->c->months = 0;
    for (int month; (month = cal_month(w->at->text, strlen(w->at->text))) > 0;) {
        w->c->months |= UINT32_C(1) << month;
        w->at++;
        const struct cal_word *before = w->at;
        words_skip_and(w);
        if (cal_month(w->at->text, strlen(w->at->text)) < 0)
            w->at = before;
    }
    return w->c->months ? 0 : words_unknown(w);
}

/* ---- intervals ---- */

/* Seconds of one unit; 0 = no unit. */
static int64_t unit_seconds(const char *word)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"m", 60},       {"min", 60},    {"mins", 60},     {"minute", 60},   {"minutes", 60},
                 {"h", 3600},     {"hour", 3600}, {"hours", 3600},  {"d", 86400},     {"day", 86400},
                 {"days", 86400}, {"w", 604800},  {"week", 604800}, {"weeks", 604800}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, word) == 0)
            return units[i].seconds;
    return 0;
}

/* Every `n` whole days or weeks. */
static void set_step(struct words *w, int64_t seconds, int64_t n)
{
    w->c->step = (int)n;
    w->c->step_weeks = seconds == 604800;
    if (seconds == 604800 && n == 1)
        words_only_weekdays(w, 1); /* as @weekly */
}

static int take_interval(struct words *w, int64_t seconds, int64_t n)
{
    if (w->interval || w->c->step)
        return words_said_twice(w, "intervals");
    if (seconds >= 86400)
        set_step(w, seconds, n);
    else
        w->interval = seconds * n;
    return 0;
}

/* "4h", "4 hours", "2 weeks", "other day" */
static int read_interval(struct words *w)
{
    const struct cal_word *begin = w->at;
    char *end = NULL;
    bool other = words_accept(w, "other");
    if (other && words_read_weekdays(w)) /* "every other friday" */
        return take_interval(w, 604800, 2);
    long n = other ? 2 : isdigit((unsigned char)w->at->text[0]) ? strtol(w->at->text, &end, 10) : 1;
    const char *unit = w->at->text;
    if (end && *end) {
        unit = end;
    } else if (end) {
        w->at++;
        unit = w->at->text;
    }
    int64_t seconds = unit_seconds(unit);
    if (seconds == 0 || n < 1 || n > 5000)
        return cal_error(w->err, begin->column,
                         "write every 15m, every 4h, every 2 days or every 2 weeks; a minute is the least",
                         "\"%.40s\" is no interval", begin->text);
    w->at++;
    return take_interval(w, seconds, n);
}

static int read_every(struct words *w)
{
    bool is_number;
    if (words_accept(w, "month")) {
        words_day_of_month(w, 1, false);
        return 0;
    }
    if (words_read_weekdays(w))
        return 0;
    if (words_ordinal(w->at->text, &is_number))
        return words_read_ordinals(w);
    return read_interval(w);
}

/* "daily" and its like: 1 = read, 0 = the next word is none of them. */
static int read_frequency(struct words *w)
{
    int rc = 0;
    if (words_accept(w, "daily"))
        return 1;
    if (words_accept(w, "hourly"))
        rc = take_interval(w, 3600, 1);
    else if (words_accept(w, "weekly"))
        rc = take_interval(w, 604800, 1);
    else if (words_accept(w, "monthly"))
        words_day_of_month(w, 1, false);
    else if (words_accept(w, "yearly") || words_accept(w, "annually")) {
        words_day_of_month(w, 1, false);
        w->c->months = 1 << 1;
    } else
        return 0;
    return rc < 0 ? rc : 1;
}

/* ---- all of it ---- */

static int read_clause(struct words *w)
{
    static const char *const fillers[] = {"on", "the", "and", ",", NULL};
    bool is_number;
    if (words_accept_any(w, fillers) || words_read_weekdays(w))
        return 0;
    int frequency = read_frequency(w);
    if (frequency)
        return frequency < 0 ? frequency : 0;
    if (words_accept(w, "at") || is_clear_time(w->at->text))
        return read_times(w);
    if (words_accept(w, "every"))
        return read_every(w);
    if (words_accept(w, "of") || words_accept(w, "in"))
        return read_months(w);
    if (words_accept(w, "day") || words_accept(w, "days"))
        return words_read_day_numbers(w);
    if (words_ordinal(w->at->text, &is_number))
        return words_read_ordinals(w);
    return words_unknown(w);
}

/* An interval that divides the day is a set of times, counted from midnight; any other passes over midnight. */
static int settle_interval(struct words *w, int column)
{
    if (w->times)
        return cal_error(w->err, column, "leave out the times, or the interval",
                         "an interval of less than a day has no times of day");
    if (86400 % w->interval == 0) {
        for (int64_t m = 0; m < CAL_MINUTES; m += w->interval / 60)
            cal_minute_set(w->c, (int)m);
        return 0;
    }
    if (w->days || w->months || w->c->step)
        return cal_error(w->err, column, "use one that divides a day, such as every 4h or every 6h",
                         "this interval runs on over midnight, so it cannot be kept to some days");
    w->c->elapsed = w->interval;
    return 0;
}

static int settle(struct words *w, int column)
{
    rbk_calendar *c = w->c;
    if (c->step > 1 && c->step_weeks && c->star_weekday) {
        c->weekdays = 1 << 1; /* a week begins on Monday */
        c->star_weekday = false;
    }
    if (!c->star_day && !c->star_weekday)
        return cal_error(w->err, column, "name the one or the other", "both days of the month and days of the week");
    if (c->star_day)
        c->days = CAL_ALL_DAYS;
    if (c->star_weekday)
        c->weekdays = CAL_ALL_WEEKDAYS;
    if (w->interval)
        return settle_interval(w, column);
    if (!w->times)
        cal_minute_set(c, 0);
    return 0;
}

/* Commas that hang on words become words. */
static struct cal_word *separate_commas(const struct cal_words *in, char *storage)
{
    size_t most = 0;
    for (size_t i = 0; i < in->count; i++)
        most += strlen(in->items[i].text) + 1;
    struct cal_word *out = rbk_alloc((most + 1) * sizeof *out);
    size_t count = 0;
    for (size_t i = 0; i < in->count; i++)
        for (const char *p = in->items[i].text; *p;) {
            size_t len = *p == ',' ? 1 : strcspn(p, ",");
            out[count++] = (struct cal_word){storage, in->items[i].column + (int)(p - in->items[i].text)};
            memcpy(storage, p, len);
            storage += len;
            *storage++ = '\0';
            p += len;
        }
    out[count] = (struct cal_word){"", in->items[in->count].column};
    return out;
}

int cal_parse_words(const struct cal_words *words, rbk_calendar *c, struct rbk_error *err)
{
    char storage[1200];
    struct cal_word *items = separate_commas(words, storage);
    struct words w = {.at = items, .c = c, .err = err};
    cal_every_day(c);
    c->days = c->weekdays = 0;
    int rc = 0;
    while (rc == 0 && w.at->text[0])
        rc = read_clause(&w);
    if (rc == 0)
        rc = settle(&w, items->column);
    free(items);
    return rc;
}
