/* A schedule as sets: which days, and which minutes of such a day. Cron's fields and the words are two ways to fill it;
 * one way to print it and one to find the next due time serve both. */
#ifndef RBK_SCHEDULE_CALENDAR_H
#define RBK_SCHEDULE_CALENDAR_H

#include <base/buf.h>
#include <runbook/schedule.h>
#include <stddef.h>

enum {
    CAL_MINUTES = 1440,
    CAL_WORDS = CAL_MINUTES / 64 + 1,
    CAL_ALL_MONTHS = 0x1ffe,
    CAL_ALL_WEEKDAYS = 0x7f,
    CAL_LAST = 6 /* bit of nth: the last such weekday of the month */
};
#define CAL_ALL_DAYS UINT32_C(0xfffffffe)

struct rbk_calendar {
    char *zone;                  /* named by the text, or NULL */
    int64_t elapsed;             /* seconds; > 0: due whenever that much time has passed, and nothing below counts */
    uint64_t minutes[CAL_WORDS]; /* of the day */
    uint32_t months;             /* bits 1 to 12 */
    uint32_t days;               /* bits 1 to 31 */
    uint32_t days_before_end;    /* bit n: n days before the last day of the month */
    uint32_t weekdays;           /* bits 0 (Sunday) to 6 */
    uint8_t nth[7];              /* by weekday: bits 1 to 5, and CAL_LAST */
    bool star_day, star_weekday; /* the field began with '*': both fields must fit; else one of them is enough */
    int step;                    /* > 1: every so many days, or weeks */
    bool step_weeks;
};

/* One word of the text and where it stands. */
struct cal_word {
    const char *text; /* lower case, owned by the list */
    int column;       /* from 1 */
};
struct cal_words {
    struct cal_word *items; /* ends with an empty text */
    size_t count;
    char *storage;
};

void cal_minute_set(rbk_calendar *c, int minute);
bool cal_minute_has(const rbk_calendar *c, int minute);
/* The first minute of the set from `from` on, -1 when there is none. */
int cal_minute_from(const rbk_calendar *c, int from);
/* Every day, no minute yet. */
void cal_every_day(rbk_calendar *c);
bool cal_day_fits(const rbk_calendar *c, int64_t day);
bool cal_has_nth(const rbk_calendar *c);

/* How many times are due after `after` (exclusive) up to `until`. Arithmetic by days, but for those within two of a
 * change of the clocks, on which each due time is searched for: an every-minute schedule costs a second for each change
 * that is passed over, and nothing to speak of where the clocks are never changed. */
int64_t cal_count(const rbk_calendar *c, const rbk_zone *zone, const struct rbk_dst_policy *dst, int64_t after,
                  int64_t until);

/* "column 3: ..." with the mend as hint. */
int cal_error(struct rbk_error *err, int column, const char *hint, const char *fmt, ...) RBK_PRINTF(4, 5);

/* calendar_names.c: the number of a name or of its first three letters, in any case; -1. */
int cal_month(const char *word, size_t len);
int cal_weekday(const char *word, size_t len);
/* What to write instead of a word that people try and that is none here, or NULL. */
const char *cal_instead(const char *word);
extern const char *const cal_month_names[13];  /* from 1 */
extern const char *const cal_weekday_names[7]; /* 0 = sunday */

int cal_parse_cron(const struct cal_words *fields, rbk_calendar *c, struct rbk_error *err);
int cal_parse_macro(const struct cal_word *word, rbk_calendar *c, struct rbk_error *err);
int cal_parse_words(const struct cal_words *words, rbk_calendar *c, struct rbk_error *err);
/* calendar_clock.c: "8:00", "8am", "20:30", "noon" as a minute of the day; -1 when it is no time of day. */
int cal_clock(const char *word);

#endif
