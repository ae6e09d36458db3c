/* See daemon.h. */
#include <base/clock.h>
#include <base/mem.h>
#include <schedule/alarm.h>
#include <schedule/children.h>
#include <schedule/civil.h>
#include <schedule/daemon.h>
#include <schedule/due.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A run that is waited for is looked at so often, unless it is our own child, whose end is told. */
enum { LOOK_AGAIN_MS = 5000 };
/* Records kept of each runbook: years of one that is due every four hours, a week of one that is due every minute. */
enum { KEPT = 10000, PRUNE_EVERY_MS = 24 * 3600 * 1000, NAME_SIZE = 280 };

struct rbk_daemon {
    struct rbk_daemon_options o;
    const struct rbk_entries *entries;
    struct rbk_due due; /* of each entry */
    struct rbk_alarm *alarm;
    struct rbk_children *children;
    int64_t called_ms; /* with `once`: what is due until then is looked after; 0 = not yet looked */
    int worst_exit;
    int64_t prune_day;
    struct rbk_error error;
};

static void say(struct rbk_daemon *d, const char *fmt, ...) RBK_PRINTF(2, 3);
static void say(struct rbk_daemon *d, const char *fmt, ...)
{
    char line[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (d->o.say)
        d->o.say(d->o.arg, line);
}

/* "a/b, due 2026-11-22T12:00:00+01:00": what a line is about. */
static void put_name(const struct rbk_daemon *d, const char *runbook, int64_t due_ms, char out[NAME_SIZE])
{
    char due[RBK_ZONED_SIZE] = "";
    const struct rbk_entry *e = rbk_entries_find(d->entries, runbook);
    if (e)
        rbk_zone_format(e->zone, rbk_floor_div(due_ms, 1000), due);
    snprintf(out, NAME_SIZE, "%.200s%s%s", runbook, e ? ", due " : "", due);
}

static void daemon_on_end(void *arg, const char *runbook, int64_t due_ms, int status)
{
    struct rbk_daemon *d = arg;
    char name[NAME_SIZE];
    bool busy = status == rbk_exit_status(RBK_EBUSY);
    put_name(d, runbook, due_ms, name);
    if (!busy && status > d->worst_exit)
        d->worst_exit = status;
    if (!busy)
        say(d, "%s, ended with exit %d", name, status);
    else if (d->o.verbose)
        say(d, "%s, was not begun by this one: another scheduler has taken it, or another run goes on", name);
    rbk_loop_defer(d->o.loop, rbk_daemon_tick, d);
}

/* ---- what is planned ---- */

struct planned {
    struct rbk_firing *items;
    size_t count, cap;
};

static int collect(void *arg, const struct rbk_firing *f)
{
    struct planned *p = arg;
    RBK_GROW(p->items, p->count, p->cap);
    p->items[p->count] = *f;
    p->items[p->count].runbook = rbk_strdup(f->runbook);
    p->items[p->count].reason = p->items[p->count].run = NULL;
    p->count++;
    return 0;
}

static void begin(struct rbk_daemon *d, const struct rbk_firing *f, int64_t now)
{
    struct rbk_error why = {0};
    char name[NAME_SIZE];
    put_name(d, f->runbook, f->due_ms, name);
    if (rbk_children_start(d->children, f, now, &why) < 0)
        say(d, "%s, cannot be started: %s", name, why.message);
    else
        say(d, "%s, starts%s", name, f->late ? " (late)" : "");
}

static void say_dropped(struct rbk_daemon *d, const struct rbk_firing *f)
{
    char name[NAME_SIZE];
    put_name(d, f->runbook, f->due_ms, name);
    say(d, "%s, is skipped: `runbook schedule why %s` says why", name, f->runbook);
}

/* Begins it, drops it, or finds out when to look again. `once` does not wait for runs that are not its own: the next
 * call looks again. */
static int consider(struct rbk_daemon *d, const struct rbk_entry *e, const struct rbk_firing *f, int64_t now,
                    int64_t *again, struct rbk_error *err)
{
    enum rbk_begin what;
    int64_t rests = 0;
    bool busy = rbk_children_busy(d->children, f->runbook);
    int rc = rbk_firing_consider(d->o.store, e, f, busy, now, &what, err);
    if (rc == 0 && what == RBK_BEGIN_DROPPED)
        say_dropped(d, f);
    if (rc < 0 || what == RBK_BEGIN_DROPPED)
        return rc;
    if (f->start_ms > now) {
        *again = f->start_ms;
    } else if (what == RBK_BEGIN_LATER) {
        *again = busy || d->o.once ? INT64_MAX : now + LOOK_AGAIN_MS;
    } else if (rbk_children_of(d->children, f->id, now, &rests) == RBK_CHILD_GIVEN_UP) {
        return rbk_firing_skip(d->o.store, f->id, "its process could not be started; see the daemon's log", now, err);
    } else {
        begin(d, f, now);
        if (rbk_children_of(d->children, f->id, now, again) == RBK_CHILD_LIVES)
            *again = INT64_MAX;
    }
    return 0;
}

/* What a planned firing wants now; *again is when to look at it again. */
static int handle(struct rbk_daemon *d, const struct rbk_firing *f, int64_t now, int64_t *again, struct rbk_error *err)
{
    int64_t rests = INT64_MAX;
    const struct rbk_entry *e = rbk_entries_find(d->entries, f->runbook);
    enum rbk_child child = rbk_children_of(d->children, f->id, now, &rests);
    *again = INT64_MAX;
    if (child == RBK_CHILD_LIVES || (d->o.once && f->due_ms > d->called_ms))
        return 0;
    if (child == RBK_CHILD_RESTS) {
        *again = rests;
        return 0;
    }
    if (!e)
        return rbk_firing_skip(d->o.store, f->id, "the runbook has no schedule any more", now, err);
    return consider(d, e, f, now, again, err);
}

static int handle_planned(struct rbk_daemon *d, int64_t now, int64_t *wake, struct rbk_error *err)
{
    struct planned p = {0};
    int rc = rbk_firings_planned(d->o.store, collect, &p, err);
    if (rc == 0)
        rbk_children_keep(d->children, p.items, p.count);
    for (size_t i = 0; rc == 0 && i < p.count; i++) {
        int64_t again;
        rc = handle(d, &p.items[i], now, &again, err);
        *wake = again < *wake ? again : *wake;
    }
    for (size_t i = 0; i < p.count; i++)
        rbk_firing_fini(&p.items[i]);
    free(p.items);
    return rc;
}

/* ---- what is due ---- */

/* Decides whatever is due. What was decided in a transaction that fails is asked again. */
static int decide_due(struct rbk_daemon *d, int64_t now, struct rbk_error *err)
{
    size_t i = 0;
    int64_t next;
    if (rbk_due_first(&d->due, NULL) > now)
        return 0;
    int rc = rbk_store_begin(d->o.store, err);
    if (rc < 0)
        return rc;
    now = rbk_clock_wall_ms(); /* another daemon may have decided while we waited; its clock was not ahead */
    while (rc == 0 && rbk_due_first(&d->due, &i) <= now) {
        rc = rbk_schedule_decide(d->o.store, &d->entries->items[i], now, &next, err);
        if (rc == 0)
            rbk_due_set(&d->due, i, next);
    }
    if (rc < 0)
        rbk_store_rollback(d->o.store);
    else
        rc = rbk_store_commit(d->o.store, err);
    if (rc < 0)
        rbk_due_forget(&d->due);
    return rc;
}

/* Once a day, when it is awake anyway. */
static int prune(struct rbk_daemon *d, int64_t now, struct rbk_error *err)
{
    if (now / PRUNE_EVERY_MS == d->prune_day)
        return 0;
    d->prune_day = now / PRUNE_EVERY_MS;
    return rbk_firings_prune(d->o.store, KEPT, err);
}

static int tick(struct rbk_daemon *d, struct rbk_error *err)
{
    int64_t now = rbk_clock_wall_ms(), wake = INT64_MAX;
    int rc = d->called_ms ? 0 : decide_due(d, now, err);
    if (rc == 0 && d->o.once && !d->called_ms)
        d->called_ms = rbk_clock_wall_ms();
    if (rc == 0)
        rc = rbk_firings_settle(d->o.store, now, err);
    if (rc == 0)
        rc = handle_planned(d, now, &wake, err);
    if (rc == 0)
        rc = prune(d, now, err);
    if (rc == 0 && d->o.once && rbk_children_living(d->children) == 0 && wake == INT64_MAX)
        rbk_loop_stop(d->o.loop);
    if (rc == 0 && d->o.chore && !d->o.once) {
        int64_t again = d->o.chore(d->o.arg, now);
        wake = again < wake ? again : wake;
    }
    int64_t due = d->o.once ? INT64_MAX : rbk_due_first(&d->due, NULL);
    return rc == 0 ? rbk_alarm_set(d->alarm, due < wake ? due : wake, err) : rc;
}

void rbk_daemon_tick(void *daemon)
{
    struct rbk_daemon *d = daemon;
    struct rbk_error err = {0};
    int rc = tick(d, &err);
    if (rc == RBK_EBUSY && rbk_alarm_set(d->alarm, rbk_clock_wall_ms() + LOOK_AGAIN_MS, &err) == 0)
        return;
    if (rc < 0) {
        d->error = err;
        rbk_loop_stop(d->o.loop);
    }
}

static void daemon_on_alarm(void *arg, bool clock_was_set)
{
    struct rbk_daemon *d = arg;
    if (clock_was_set)
        rbk_due_forget(&d->due);
    rbk_daemon_tick(d);
}

void rbk_daemon_replace(struct rbk_daemon *d, const struct rbk_entries *entries)
{
    d->entries = entries;
    rbk_due_fini(&d->due);
    rbk_due_init(&d->due, entries->count);
    rbk_daemon_tick(d);
}

int rbk_daemon_new(const struct rbk_daemon_options *o, const struct rbk_entries *entries, struct rbk_daemon **out,
                   struct rbk_error *err)
{
    struct rbk_daemon *d = rbk_alloc(sizeof *d);
    d->o = *o;
    d->entries = entries;
    rbk_due_init(&d->due, entries->count);
    d->children = rbk_children_new(&(struct rbk_children_options){
        .loop = o->loop, .command = o->command, .cwd = o->cwd, .on_end = daemon_on_end, .arg = d});
    int rc = rbk_alarm_open(o->loop, daemon_on_alarm, d, &d->alarm, err);
    if (rc < 0) {
        rbk_daemon_free(d);
        return rc;
    }
    rbk_loop_defer(o->loop, rbk_daemon_tick, d);
    *out = d;
    return 0;
}

int rbk_daemon_error(const struct rbk_daemon *d, struct rbk_error *err)
{
    if (d->error.code && err)
        *err = d->error;
    return d->error.code;
}

int rbk_daemon_exit(const struct rbk_daemon *d)
{
    return d->worst_exit;
}

void rbk_daemon_free(struct rbk_daemon *d)
{
    if (!d)
        return;
    rbk_children_free(d->children);
    rbk_alarm_close(d->alarm);
    rbk_due_fini(&d->due);
    free(d);
}
