/* The daemon: decides what is due, starts a process for each firing, and sleeps until the next one. It holds nothing
 * that the store does not: it can be killed anywhere, and two of them share one store. */
#ifndef RBK_SCHEDULE_DAEMON_H
#define RBK_SCHEDULE_DAEMON_H

#include <loop/loop.h>
#include <schedule/firing.h>

struct rbk_daemon;

struct rbk_daemon_options {
    struct rbk_loop *loop;
    struct rbk_store *store;
    char *const *command; /* what carries out a firing; its number is put behind it. NULL-terminated */
    const char *cwd;
    /* One line for people about what is done; may be NULL. */
    void (*say)(void *arg, const char *line);
    /* Something else to look after whenever the daemon is awake: returns when it wants to be woken next. May be NULL;
     * not called with `once`. */
    int64_t (*chore)(void *arg, int64_t now_ms);
    void *arg;
    /* Look once: begin what is due now and what waits for that, and stop the loop when these have ended. Neither what
     * becomes due meanwhile is begun nor are other runs waited for: the next look does. */
    bool once;
    bool verbose; /* say also what another scheduler does */
};

/* `entries` is borrowed until it is replaced. */
int rbk_daemon_new(const struct rbk_daemon_options *o, const struct rbk_entries *entries, struct rbk_daemon **out,
                   struct rbk_error *err);
/* The schedules were read again, or enabled or disabled. */
void rbk_daemon_replace(struct rbk_daemon *d, const struct rbk_entries *entries);
/* What is due now; called by itself at each due time. */
void rbk_daemon_tick(void *daemon);
/* The first error that stopped the loop, 0 = none; and the worst exit status of what was started. */
int rbk_daemon_error(const struct rbk_daemon *d, struct rbk_error *err);
int rbk_daemon_exit(const struct rbk_daemon *d);
void rbk_daemon_free(struct rbk_daemon *d); /* what it started goes on */

#endif
