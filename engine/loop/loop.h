/* The event loop: timers, signals, descriptors and deferred calls on one thread. The only room that knows libuv. Every
 * callback runs on the thread that calls rbk_loop_run, never from inside the function that registered it. */
#ifndef RBK_LOOP_LOOP_H
#define RBK_LOOP_LOOP_H

#include <runbook/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rbk_loop;
typedef void rbk_loop_fn(void *arg);

/* From then on SIGPIPE is ignored in this process (a write says EPIPE), unless a handler is set, and SIGCHLD is not. */
int rbk_loop_new(struct rbk_loop **out, struct rbk_error *err);
/* All timers, watches and processes must be gone; what is left is closed, and in debug builds reported. */
void rbk_loop_free(struct rbk_loop *loop);
/* Timers, signals, watches and processes that nobody has ended yet: 0 before a clean rbk_loop_free. For tests. */
size_t rbk_loop_unclosed(const struct rbk_loop *loop);
/* Runs until rbk_loop_stop, or until nothing is left to wait for. */
int rbk_loop_run(struct rbk_loop *loop, struct rbk_error *err);
void rbk_loop_stop(struct rbk_loop *loop);

/* Calls fn once, in this iteration or the next, before the loop blocks. In order of registration. */
void rbk_loop_defer(struct rbk_loop *loop, rbk_loop_fn *fn, void *arg);
/* Calls fn once per iteration at its end, just before the loop would block, while armed: this is where writes of one
 * iteration are committed together. Arm again from wherever work is added; fn is called once per arming. */
void rbk_loop_before_block(struct rbk_loop *loop, rbk_loop_fn *fn, void *arg);

/* One-shot (repeat_ms 0) or repeating timers on the monotonic clock. The handle is owned by the loop; a one-shot timer
 * is gone once its callback has been entered. Cancel is idempotent through the pointer: it sets *timer to NULL. */
struct rbk_timer;
struct rbk_timer *rbk_timer_start(struct rbk_loop *loop, int64_t after_ms, int64_t repeat_ms, rbk_loop_fn *fn,
                                  void *arg);
void rbk_timer_cancel(struct rbk_timer **timer);
/* Until it is due; 0 when it is overdue because something has kept the loop busy. */
int64_t rbk_timer_left_ms(struct rbk_timer *timer);

/* Signals, delivered as events. Returns a handle, NULL with err on failure. They do not keep the loop running. */
struct rbk_signal;
typedef void rbk_signal_fn(void *arg, int signo);
struct rbk_signal *rbk_signal_watch(struct rbk_loop *loop, int signo, rbk_signal_fn *fn, void *arg,
                                    struct rbk_error *err);
void rbk_signal_unwatch(struct rbk_signal **signal);

/* Readable descriptors (a terminal, a pidfd). The descriptor stays the caller's; unwatch before closing it. */
struct rbk_watch;
struct rbk_watch *rbk_watch_readable(struct rbk_loop *loop, int fd, rbk_loop_fn *fn, void *arg, struct rbk_error *err);
/* A non-blocking descriptor in both directions (a socket of a library that does its own reading and writing); only one
 * such watch per descriptor. An error on the descriptor counts as both. At least one of the two must be asked for. */
typedef void rbk_watch_fn(void *arg, bool readable, bool writable);
struct rbk_watch *rbk_watch_both(struct rbk_loop *loop, int fd, bool readable, bool writable, rbk_watch_fn *fn,
                                 void *arg, struct rbk_error *err);
void rbk_watch_change(struct rbk_watch *watch, bool readable, bool writable);
void rbk_watch_stop(struct rbk_watch **watch);

#endif
