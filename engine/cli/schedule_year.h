/* A long preview in short: schedules that come in an even rhythm are one line, so that a year fits on a page or two. */
#ifndef RBK_CLI_SCHEDULE_YEAR_H
#define RBK_CLI_SCHEDULE_YEAR_H

#include <cli/schedules.h>

struct rbk_due {
    int64_t at_ms;
    const struct rbk_entry *entry;
    bool told; /* a line of rbk_year_sum says it */
};

/* Writes "every day", "weekdays" or "every Mon" with the times of each schedule that keeps to one of them, and marks
 * what these lines tell. Days that differ, as when clocks change, are left to be shown by themselves. The due times are
 * in order. */
void rbk_year_sum(struct rbk_due *items, size_t count, struct rbk_buf *out);

#endif
