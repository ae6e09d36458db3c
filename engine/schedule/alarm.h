/* An alarm on the wall clock: rings at a time, however the clock gets there (a suspended machine, a clock that is put
 * forward), and also when the clock is set, so that whoever waits can think again. Between that nothing wakes. */
#ifndef RBK_SCHEDULE_ALARM_H
#define RBK_SCHEDULE_ALARM_H

#include <loop/loop.h>

struct rbk_alarm;
typedef void rbk_alarm_fn(void *arg, bool clock_was_set);
int rbk_alarm_open(struct rbk_loop *loop, rbk_alarm_fn *fn, void *arg, struct rbk_alarm **out, struct rbk_error *err);
/* INT64_MAX: rings only when the clock is set. */
int rbk_alarm_set(struct rbk_alarm *a, int64_t wall_ms, struct rbk_error *err);
void rbk_alarm_close(struct rbk_alarm *a); /* NULL is fine */

#endif
