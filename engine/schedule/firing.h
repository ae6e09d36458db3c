/* What became of due times. A due time is decided once, in one transaction that also moves the schedule's mark past it:
 * it is then planned, or recorded as skipped with the reason. A planned one is taken by the process that carries it
 * out, in a transaction of its own; only one process can. So whatever dies when, no due time fires twice, and none is
 * lost without a record. */
#ifndef RBK_SCHEDULE_FIRING_H
#define RBK_SCHEDULE_FIRING_H

#include <base/clock.h>
#include <schedule/entry.h>
#include <store/lock.h>
#include <store/store.h>

extern const struct rbk_schema rbk_schedule_schema;
#define RBK_PAUSED "paused (schedule: in runbook.yaml)"

enum rbk_firing_state {
    RBK_FIRING_PLANNED, /* decided, not begun: waits for its jitter, or for a run to end */
    RBK_FIRING_RUNNING, /* a process has taken it */
    RBK_FIRING_ENDED,   /* with `exit` */
    RBK_FIRING_SKIPPED, /* with `reason`; `count` due times from first_ms to due_ms */
    RBK_FIRING_LOST     /* taken, and its process died before the end was recorded */
};
const char *rbk_firing_state_name(enum rbk_firing_state s);

struct rbk_firing {
    int64_t id;
    char *runbook;
    int64_t due_ms, first_ms, count; /* first_ms == due_ms and count 1 unless many were skipped */
    enum rbk_firing_state state;
    char *reason; /* NULL */
    int64_t decided_ms, start_ms, started_ms, ended_ms;
    bool late; /* it makes up for a missed due time */
    char *run; /* id, NULL while it is not known */
    int exit;  /* -1 while it has none */
};
void rbk_firing_fini(struct rbk_firing *f);

/* Whether a schedule is enabled, since when and by whom; what was never touched is off. */
struct rbk_schedule_state {
    bool enabled;
    int64_t mark_ms, changed_ms; /* due times up to the mark are decided */
    char by[64];
    char *expression; /* that the mark was made under, NULL; heap, the caller's */
};
int rbk_schedule_get(struct rbk_store *s, const char *runbook, struct rbk_schedule_state *out, struct rbk_error *err);
/* Enabling sets the mark to now: what was due before is not made up for. Disabling skips what is planned. */
int rbk_schedule_set(struct rbk_store *s, const char *runbook, bool enabled, const char *by, int64_t now_ms,
                     struct rbk_error *err);

/* decide.c: decides all due times of an enabled schedule up to now. `*next_ms` is when to ask again (INT64_MAX: never).
 * Inside a transaction of the caller. */
int rbk_schedule_decide(struct rbk_store *s, const struct rbk_entry *e, int64_t now_ms, int64_t *next_ms,
                        struct rbk_error *err);

/* overlap.c: what is to be done about a planned firing now. `busy`: the caller knows that a run of the runbook is going
 * on, though it may not be recorded yet. */
enum rbk_begin { RBK_BEGIN_NOW, RBK_BEGIN_LATER, RBK_BEGIN_DROPPED };
int rbk_firing_consider(struct rbk_store *s, const struct rbk_entry *e, const struct rbk_firing *f, bool busy,
                        int64_t now_ms, enum rbk_begin *out, struct rbk_error *err);
/* What a planned firing waits for. */
enum rbk_waits_for {
    RBK_WAITS_FOR_START,    /* its jitter: start_ms is to come */
    RBK_WAITS_FOR_RUN,      /* another run of the runbook to end */
    RBK_WAITS_FOR_SCHEDULER /* nothing stands against it: the daemon, or `schedule once`, to look */
};
struct rbk_firing_wait {
    enum rbk_waits_for what;
    char run[RBK_ULID_SIZE]; /* that goes on, "" = not known */
    int64_t since_ms;        /* when that run began, 0 = not known */
    int64_t ahead;           /* so many firings get their turn before this one */
};
int rbk_firing_waits(struct rbk_store *s, const struct rbk_entry *e, const struct rbk_firing *f, int64_t now_ms,
                     struct rbk_firing_wait *out, struct rbk_error *err);

/* begin.c. */
/* Takes a planned firing for this process, to be carried out as that run, and holds it until *lock is released.
 * RBK_EBUSY when it is not there to be taken (somebody else has, or it was skipped). */
int rbk_firing_take(struct rbk_store *s, int64_t id, const char *run, int64_t now_ms, struct rbk_firing *out,
                    struct rbk_lock **lock, struct rbk_error *err);
/* `run` is NULL when none was begun. */
int rbk_firing_end(struct rbk_store *s, int64_t id, const char *run, int exit_status, int64_t now_ms,
                   struct rbk_error *err);
/* Gives a firing that this process has taken back to be planned: its run could not begin, for another one went on. */
int rbk_firing_return(struct rbk_store *s, int64_t id, struct rbk_error *err);
int rbk_firing_skip(struct rbk_store *s, int64_t id, const char *reason, int64_t now_ms, struct rbk_error *err);
/* Firings whose process died become lost. */
int rbk_firings_settle(struct rbk_store *s, int64_t now_ms, struct rbk_error *err);

/* Removes what has its end but for the newest `keep` of each runbook. Counted, not by age: a clock that is years ahead
 * for an hour must not take the history with it. */
int rbk_firings_prune(struct rbk_store *s, int64_t keep, struct rbk_error *err);

/* firing.c: reading. Newest due time first, or planned ones in order of their start. The callback borrows the row. */
typedef int rbk_firing_fn(void *arg, const struct rbk_firing *f);
int rbk_firings_of(struct rbk_store *s, const char *runbook, int limit, rbk_firing_fn *fn, void *arg,
                   struct rbk_error *err);
int rbk_firings_planned(struct rbk_store *s, rbk_firing_fn *fn, void *arg, struct rbk_error *err);
int rbk_firings_running(struct rbk_store *s, rbk_firing_fn *fn, void *arg, struct rbk_error *err);
/* Skipped ones that nobody was told of, oldest first: not those of schedules that a person paused or disabled. */
int rbk_firings_untold(struct rbk_store *s, rbk_firing_fn *fn, void *arg, struct rbk_error *err);
/* Whether there are any: 1, 0 or a negative code. */
int rbk_firings_to_tell(struct rbk_store *s, struct rbk_error *err);
/* They are told now; in the transaction that read them. */
int rbk_firings_told(struct rbk_store *s, struct rbk_error *err);
/* Whether the process that took it lives: 1, 0 or a negative code. */
int rbk_firing_alive(struct rbk_store *s, int64_t id, struct rbk_error *err);

#endif
