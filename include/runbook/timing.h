/* Measuring and bounding time on the monotonic clock, which no change of the wall clock moves: a stopwatch says how
 * long something has taken, a deadline how long it still may. Both are plain values, copied freely, with nothing to
 * free. */
#ifndef RUNBOOK_TIMING_H
#define RUNBOOK_TIMING_H

#include <runbook/error.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rbk_stopwatch {
    int64_t started_us; /* on the monotonic clock */
};

struct rbk_deadline {
    int64_t at_us; /* on the monotonic clock; INT64_MAX = never */
};

/* Starts now. */
RBK_API struct rbk_stopwatch rbk_stopwatch_start(void);
/* Microseconds since the start; never negative. */
RBK_API int64_t rbk_stopwatch_elapsed_us(const struct rbk_stopwatch *watch);

/* That many milliseconds from now: 0 or less is over at once, INT64_MAX never. */
RBK_API struct rbk_deadline rbk_deadline_after(int64_t ms);
/* Milliseconds left, rounded up so that sleeping for them reaches the deadline; 0 once it is over, INT64_MAX without
 * one. */
RBK_API int64_t rbk_deadline_left_ms(const struct rbk_deadline *deadline);
RBK_API bool rbk_deadline_over(const struct rbk_deadline *deadline);

#ifdef __cplusplus
}
#endif
#endif
