/* Waiting that is shared by processes or outlives one: turns of a rate limit, and the ends of sleeps. Slots, which are
 * held and not waited out, are locks (lock.h) and need no table. */
#ifndef RBK_STORE_TIMING_H
#define RBK_STORE_TIMING_H

#include <store/store.h>

extern const struct rbk_schema rbk_timing_schema;

enum { RBK_TURNS_MAX = 1000 }; /* the largest `n` */

/* Takes one of `n` turns per `per_us` under a name, across all processes on this store: 0, and the turn is to be used
 * now; or RBK_EBUSY, with nothing taken, and *free_us is when the next one may be had on the monotonic clock. No window
 * of `per_us`, wherever it begins, holds more than n turns. Those who wait are not queued: whoever asks first after
 * *free_us gets it. RBK_EINVAL for an n beyond 1 .. RBK_TURNS_MAX or a `per_us` that is not positive. */
int rbk_turn_take(struct rbk_store *s, const char *name, int n, int64_t per_us, int64_t *free_us,
                  struct rbk_error *err);

/* A step's sleep until a wall time: *kept_ms is that of the first call for this run and step, so that a resumed run
 * sleeps what is left. One sleep at a time for each step. */
int rbk_sleep_begin(struct rbk_store *s, const char *run, const char *step, int64_t until_ms, int64_t *kept_ms,
                    struct rbk_error *err);
/* It is over: the next sleep of that step is a new one. */
int rbk_sleep_end(struct rbk_store *s, const char *run, const char *step, struct rbk_error *err);

#endif
