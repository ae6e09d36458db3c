/* A schedule in words while it is being read: what calendar_words.c and calendar_days.c share. */
#ifndef RBK_SCHEDULE_WORDS_H
#define RBK_SCHEDULE_WORDS_H

#include <schedule/calendar.h>

/* The text being read, word by word; commas are words of their own. */
struct words {
    const struct cal_word *at; /* the next word; the last one is empty */
    rbk_calendar *c;
    struct rbk_error *err;
    bool days, times, months; /* clauses that were there */
    int64_t interval;         /* seconds; 0 = none */
};

bool words_accept(struct words *w, const char *word); /* steps over it when it is the next one */
bool words_accept_any(struct words *w, const char *const *list);
int words_unknown(const struct words *w);
int words_said_twice(const struct words *w, const char *what);
void words_skip_and(struct words *w); /* commas, "and", "the" */

/* calendar_days.c */
void words_only_weekdays(struct words *w, uint32_t bits);
void words_day_of_month(struct words *w, int number, bool last);
/* "first" to "fifth" and "last" give 1 to 6; "15th" gives 15 and *is_number. 0 = none. */
int words_ordinal(const char *word, bool *is_number);
int words_read_ordinals(struct words *w);    /* "first [and third] monday", "last day", "1st and 15th" */
int words_read_day_numbers(struct words *w); /* "15", "1 and 15", behind "day" */
bool words_read_weekdays(struct words *w);   /* false when the next word is none */

#endif
