/* A POSIX timer on the processor-time clock of this process, delivered as SIGVTALRM; its value points to the watchdog.
 * The handler does only what is safe in one: lua_sethook (which its manual allows there), write and _exit. The handler
 * stays installed; without a timer of ours it ignores the signal. */
#include <lua/watchdog.h>

#include <lua/fail.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WATCHDOG_SIGNAL = SIGVTALRM, GRACE_MS = 1000 };

/* Raises. The first time it leaves a while for what a script has to close; then every instruction raises, so that a
 * loop around pcall is unwound too. */
static void watchdog_stop_script(lua_State *L, lua_Debug *ar)
{
    enum { CLOSING_INSTRUCTIONS = 1000000 };
    (void)ar;
    struct rbk_watchdog *w = rbk_lua_watchdog(L);
    lua_sethook(L, watchdog_stop_script, LUA_MASKCOUNT, w->raised ? 1 : CLOSING_INSTRUCTIONS);
    w->raised = true;
    rbk_lua_fail_hint(L, "an endless loop?", "stopped after %g s of processor time", (double)w->limit_ms / 1000);
}

static void watchdog_on_signal(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)context;
    if (info->si_code != SI_TIMER)
        return;
    struct rbk_watchdog *w = info->si_value.sival_ptr;
    if (!w->running)
        return;
    if (w->fired) {
        ssize_t ignored = write(STDERR_FILENO, w->last_words, strlen(w->last_words));
        (void)ignored;
        _exit(w->exit_status);
    }
    w->fired = 1;
    lua_sethook(w->running, watchdog_stop_script, LUA_MASKCOUNT, 1);
}

int rbk_watchdog_init(struct rbk_watchdog *w, struct rbk_error *err)
{
    struct sigaction action = {.sa_sigaction = watchdog_on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(WATCHDOG_SIGNAL, &action, NULL) != 0)
        return rbk_error_errno(err, RBK_ESTORE, "cannot watch over scripts");
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = WATCHDOG_SIGNAL, .sigev_value.sival_ptr = w};
    if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &w->timer) != 0)
        return rbk_error_errno(err, RBK_ESTORE, "cannot watch over scripts");
    w->have_timer = true;
    return 0;
}

void rbk_watchdog_fini(struct rbk_watchdog *w)
{
    w->running = NULL;
    if (w->have_timer)
        timer_delete(w->timer);
    w->have_timer = false;
}

void rbk_watchdog_describe(struct rbk_watchdog *w, int exit_status, const char *what, const char *next)
{
    w->exit_status = exit_status;
    snprintf(w->last_words, sizeof w->last_words,
             "runbook: %s does not end, and cannot be stopped: a pattern over a huge string?\n  %s\n", what, next);
}

static void watchdog_set(struct rbk_watchdog *w, int64_t first_ms, int64_t then_ms)
{
    struct itimerspec when = {
        .it_value = {first_ms / 1000, first_ms % 1000 * 1000000},
        .it_interval = {then_ms / 1000, then_ms % 1000 * 1000000},
    };
    timer_settime(w->timer, 0, &when, NULL);
}

void rbk_watchdog_start(struct rbk_watchdog *w, lua_State *L, int64_t limit_ms)
{
    w->fired = 0;
    w->raised = false;
    w->limit_ms = limit_ms;
    w->running = L;
    watchdog_set(w, limit_ms, GRACE_MS);
}

void rbk_watchdog_stop(struct rbk_watchdog *w)
{
    watchdog_set(w, 0, 0);
    lua_State *L = w->running;
    w->running = NULL;
    if (w->fired && L)
        lua_sethook(L, NULL, 0, 0);
}
