/* The watchdog: stops a script that will not stop by itself. Time is processor time, so that a suspended laptop, a
 * stopped process or a busy machine is never taken for an endless loop.
 *
 * When the time is up a signal arms a count hook, which raises at the next Lua instruction, and again until everything
 * is unwound. What no hook can stop (a C function such as string.find, a finalizer) has a
 * grace time; then the process says its last words and ends. */
#ifndef RBK_LUA_WATCHDOG_H
#define RBK_LUA_WATCHDOG_H

#include <lua.h>
#include <runbook/error.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct rbk_watchdog {
    timer_t timer;
    bool have_timer;
    lua_State *volatile running; /* the thread to stop, NULL while the watchdog sleeps */
    volatile sig_atomic_t fired;
    volatile sig_atomic_t starts;  /* so far */
    sig_atomic_t seen, ticks;      /* of the handler: the start it saw last, and how many of its ticks ago */
    volatile sig_atomic_t tick_ms; /* 0: the timer rests */
    bool raised;
    int64_t limit_ms;
    int exit_status;
    char what[256]; /* runs, and what is to be done when it ended the process: the last words */
    const char *next;
};

int rbk_watchdog_init(struct rbk_watchdog *w, struct rbk_error *err);
void rbk_watchdog_fini(struct rbk_watchdog *w);
/* What ends the process says, and how it exits, when the grace time is over too. `what` is "loading a.lua"
 * and copied; `next` is borrowed as long as there is no other. */
void rbk_watchdog_describe(struct rbk_watchdog *w, int exit_status, const char *what, const char *next);
void rbk_watchdog_start(struct rbk_watchdog *w, lua_State *L, int64_t limit_ms);
void rbk_watchdog_stop(struct rbk_watchdog *w);

#endif
