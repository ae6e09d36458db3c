/* A POSIX timer on the processor-time clock of this process, delivered as SIGVTALRM; its value points to the watchdog.
 * The handler does only what is safe in one: lua_sethook (which its manual allows there), timer_settime, write and
 * _exit. It stays installed; without a timer of ours it ignores the signal.
 *
 * Scripts run for microseconds, thousands of times, and setting a timer is a system call: it ticks from the first start
 * on, TICKS times within the limit, and counts the ticks that find the same start still running. It rests when a tick
 * finds none. So a script has the limit and at most one tick more. */
#include <lua/watchdog.h>

#include <errno.h>
#include <lua/fail.h>
#include <string.h>
#include <unistd.h>

enum { WATCHDOG_SIGNAL = SIGVTALRM, GRACE_MS = 1000, TICKS = 10 };

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

static void set_timer(struct rbk_watchdog *w, int64_t every_ms)
{
    struct timespec t = {every_ms / 1000, every_ms % 1000 * 1000000};
    struct itimerspec when = {.it_value = t, .it_interval = t};
    w->tick_ms = (sig_atomic_t)every_ms;
    timer_settime(w->timer, 0, &when, NULL);
}

static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static _Noreturn void watchdog_end_process(const struct rbk_watchdog *w)
{
    say("runbook: ");
    say(w->what);
    say(" does not end, and cannot be stopped: a pattern over a huge string?\n  ");
    say(w->next);
    say("\n");
    _exit(w->exit_status);
}

static void watchdog_fire(struct rbk_watchdog *w)
{
    w->fired = 1;
    set_timer(w, GRACE_MS);
    lua_sethook(w->running, watchdog_stop_script, LUA_MASKCOUNT, 1);
}

static void watchdog_on_signal(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)context;
    if (info->si_code != SI_TIMER)
        return;
    struct rbk_watchdog *w = info->si_value.sival_ptr;
    int saved = errno;
    if (!w->running) {
        set_timer(w, 0);
    } else if (w->fired) {
        watchdog_end_process(w);
    } else if (w->seen != w->starts) {
        w->seen = w->starts;
        w->ticks = 0;
    } else if (++w->ticks >= TICKS) {
        watchdog_fire(w);
    }
    errno = saved;
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
    size_t len = strnlen(what, sizeof w->what - 1);
    w->exit_status = exit_status;
    memcpy(w->what, what, len);
    w->what[len] = '\0';
    w->next = next;
}

static int64_t tick_of(int64_t limit_ms)
{
    return limit_ms > TICKS ? limit_ms / TICKS : 1;
}

void rbk_watchdog_start(struct rbk_watchdog *w, lua_State *L, int64_t limit_ms)
{
    w->fired = 0;
    w->raised = false;
    w->limit_ms = limit_ms;
    w->starts = (w->starts + 1) & 0xffff;
    w->running = L;
    if (w->tick_ms != tick_of(limit_ms))
        set_timer(w, tick_of(limit_ms));
}

void rbk_watchdog_stop(struct rbk_watchdog *w)
{
    lua_State *L = w->running;
    w->running = NULL;
    if (!w->fired)
        return;
    set_timer(w, 0);
    if (L)
        lua_sethook(L, NULL, 0, 0);
}
