/* See daemon.h. */
#include <base/clock.h>
#include <base/mem.h>
#include <inttypes.h>
#include <loop/detach.h>
#include <schedule/alarm.h>
#include <schedule/civil.h>
#include <schedule/daemon.h>
#include <schedule/due.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A process that could not take its firing is started again so often, so much later. A run that is waited for is looked
 * at as often, unless it is our own child, whose end is told. */
enum { ATTEMPTS_MAX = 3, LOOK_AGAIN_MS = 5000 };
/* Records kept of each runbook: years of one that is due every four hours, a week of one that is due every minute. */
enum { KEPT = 10000, PRUNE_EVERY_MS = 24 * 3600 * 1000 };

struct child {
    struct rbk_daemon *daemon;
    struct rbk_detached *process; /* NULL: it has ended */
    int64_t firing;
    char *runbook;
    int attempts;
    int64_t again_ms; /* not to be started again before */
};

struct rbk_daemon {
    struct rbk_daemon_options o;
    const struct rbk_entries *entries;
    struct rbk_due due; /* of each entry */
    struct rbk_alarm *alarm;
    struct child **children;
    size_t child_count, child_cap;
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

/* ---- children ---- */

static struct child *child_of(const struct rbk_daemon *d, int64_t firing)
{
    for (size_t i = 0; i < d->child_count; i++)
        if (d->children[i]->firing == firing)
            return d->children[i];
    return NULL;
}

static bool is_busy(const struct rbk_daemon *d, const char *runbook)
{
    for (size_t i = 0; i < d->child_count; i++)
        if (d->children[i]->process && strcmp(d->children[i]->runbook, runbook) == 0)
            return true;
    return false;
}

static size_t living_children(const struct rbk_daemon *d)
{
    size_t count = 0;
    for (size_t i = 0; i < d->child_count; i++)
        count += d->children[i]->process != NULL;
    return count;
}

static void child_free(struct child *c)
{
    rbk_detached_forget(&c->process);
    free(c->runbook);
    free(c);
}

static void child_on_exit(void *arg, int status)
{
    struct child *c = arg;
    c->process = NULL;
    /* Busy: somebody else has the firing, or it was given back because of a run that goes on; it will be looked at. */
    if (status == rbk_exit_status(RBK_EBUSY))
        c->attempts--;
    else if (status > c->daemon->worst_exit)
        c->daemon->worst_exit = status;
    say(c->daemon, "%s ended with exit %d", c->runbook, status);
    rbk_loop_defer(c->daemon->o.loop, rbk_daemon_tick, c->daemon);
}

static struct child *child_new(struct rbk_daemon *d, const struct rbk_firing *f)
{
    struct child *c = rbk_alloc(sizeof *c);
    *c = (struct child){.daemon = d, .firing = f->id, .runbook = rbk_strdup(f->runbook)};
    RBK_GROW(d->children, d->child_count, d->child_cap);
    return d->children[d->child_count++] = c;
}

static int start_child(struct rbk_daemon *d, struct child *c, struct rbk_error *err)
{
    char number[24];
    size_t count = 0;
    snprintf(number, sizeof number, "%" PRId64, c->firing);
    while (d->o.command[count])
        count++;
    char **argv = rbk_alloc((count + 2) * sizeof *argv);
    memcpy(argv, d->o.command, count * sizeof *argv);
    argv[count] = number;
    struct rbk_detach_options o = {.argv = argv, .cwd = d->o.cwd, .on_exit = child_on_exit, .arg = c};
    c->attempts++;
    int rc = rbk_detach(d->o.loop, &o, &c->process, err);
    free(argv);
    return rc;
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

/* Starts the process of a firing, or gives up on one that never manages to take it. */
static int begin(struct rbk_daemon *d, const struct rbk_entry *e, const struct rbk_firing *f, int64_t now,
                 struct rbk_error *err)
{
    struct child *c = child_of(d, f->id);
    struct rbk_error why = {0};
    if (c && c->attempts >= ATTEMPTS_MAX)
        return rbk_firing_skip(d->o.store, f->id, "its process could not be started; see the daemon's log", now, err);
    if (!c)
        c = child_new(d, f);
    c->again_ms = now + LOOK_AGAIN_MS;
    char due[RBK_ZONED_SIZE];
    rbk_zone_format(e->zone, rbk_floor_div(f->due_ms, 1000), due);
    if (start_child(d, c, &why) < 0)
        say(d, "%s, due %s, cannot be started: %s", f->runbook, due, why.message);
    else
        say(d, "%s, due %s, starts%s", f->runbook, due, f->late ? " (late)" : "");
    return 0;
}

/* What a planned firing wants now; *again is when to look at it again. */
static int handle(struct rbk_daemon *d, const struct rbk_firing *f, int64_t now, int64_t *again, struct rbk_error *err)
{
    enum rbk_begin what;
    const struct rbk_entry *e = rbk_entries_find(d->entries, f->runbook);
    const struct child *c = child_of(d, f->id);
    *again = INT64_MAX;
    if (c && c->process)
        return 0;
    if (c && c->again_ms > now && c->again_ms <= now + LOOK_AGAIN_MS) {
        *again = c->again_ms;
        return 0;
    }
    if (!e)
        return rbk_firing_skip(d->o.store, f->id, "the runbook has no schedule any more", now, err);
    bool busy = is_busy(d, f->runbook);
    int rc = rbk_firing_consider(d->o.store, e, f, busy, now, &what, err);
    if (rc == 0 && what == RBK_BEGIN_NOW)
        rc = begin(d, e, f, now, err);
    c = child_of(d, f->id);
    if (f->start_ms > now)
        *again = f->start_ms;
    else if ((what == RBK_BEGIN_LATER && !busy) || (what == RBK_BEGIN_NOW && c && !c->process))
        *again = now + LOOK_AGAIN_MS;
    return rc;
}

/* Children whose firing is no longer planned have done their part. */
static void drop_finished(struct rbk_daemon *d, const struct planned *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->child_count; i++) {
        struct child *c = d->children[i];
        bool keep = c->process != NULL;
        for (size_t j = 0; j < p->count; j++)
            keep = keep || p->items[j].id == c->firing;
        if (keep)
            d->children[kept++] = c;
        else
            child_free(c);
    }
    d->child_count = kept;
}

static int handle_planned(struct rbk_daemon *d, int64_t now, int64_t *wake, struct rbk_error *err)
{
    struct planned p = {0};
    int rc = rbk_firings_planned(d->o.store, collect, &p, err);
    if (rc == 0)
        drop_finished(d, &p);
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
    int rc = decide_due(d, now, err);
    if (rc == 0)
        rc = rbk_firings_settle(d->o.store, now, err);
    if (rc == 0)
        rc = handle_planned(d, now, &wake, err);
    if (rc == 0)
        rc = prune(d, now, err);
    if (rc == 0 && d->o.once && living_children(d) == 0 && wake == INT64_MAX)
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
    for (size_t i = 0; i < d->child_count; i++)
        child_free(d->children[i]);
    free(d->children);
    rbk_alarm_close(d->alarm);
    rbk_due_fini(&d->due);
    free(d);
}
