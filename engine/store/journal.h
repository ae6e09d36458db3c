/* The journal of runs: intent row -> effect -> result row. It records what happened and decides nothing. Writers must
 * be inside a store transaction (rbk_store_begin); several records may share one commit. Readers need none.
 *
 * A step instance is known by its key: the ids from the root of the plan, with the index of each `each` item, joined by
 * '/', e.g. "restart", "checks/disk", "rerun[2]". Keys are unique in a run and survive edits of other steps. */
#ifndef RBK_STORE_JOURNAL_H
#define RBK_STORE_JOURNAL_H

#include <base/clock.h>
#include <base/str.h>
#include <store/store.h>

extern const struct rbk_schema rbk_journal_schema;

#define RBK_RUN_STATES(X)     \
    X(RUNNING, "running")     \
    X(SUCCEEDED, "succeeded") \
    X(FAILED, "failed")       \
    X(WAITING, "waiting") X(INTERRUPTED, "interrupted") X(CANCELLED, "cancelled") X(TIMED_OUT, "timed-out")
#define RBK_STEP_STATES(X)    \
    X(PENDING, "pending")     \
    X(RUNNING, "running")     \
    X(SUCCEEDED, "succeeded") \
    X(FAILED, "failed")       \
    X(SKIPPED, "skipped")     \
    X(WAITING, "waiting")     \
    X(IN_DOUBT, "in-doubt") X(CANCELLED, "cancelled") X(TIMED_OUT, "timed-out") X(UNDONE, "undone")

enum rbk_run_state {
#define X(name, text) RBK_RUN_##name,
    RBK_RUN_STATES(X)
#undef X
};
enum rbk_step_state {
#define X(name, text) RBK_STEP_##name,
    RBK_STEP_STATES(X)
#undef X
};
const char *rbk_run_state_name(enum rbk_run_state s);
const char *rbk_step_state_name(enum rbk_step_state s);
int rbk_run_state_parse(const char *name, enum rbk_run_state *out);   /* RBK_EINVAL */
int rbk_step_state_parse(const char *name, enum rbk_step_state *out); /* RBK_EINVAL */

/* In the options of a run that was begun in the environment of a trace: that trace, and its tracestate. */
#define RBK_OPTION_TRACEPARENT "traceparent"
#define RBK_OPTION_TRACESTATE  "tracestate"
/* In the options of a run that its schedule bounds: milliseconds. */
#define RBK_OPTION_TIMEOUT  "timeout_ms"
#define RBK_OPTION_PRIORITY "priority" /* its runbook's, for whoever finds that its process was killed */

/* One run. All strings are owned by the struct once read (rbk_run_row_fini), borrowed when written. */
struct rbk_run_row {
    char id[RBK_ULID_SIZE];
    char *runbook, *title, *path;
    enum rbk_run_state state;
    int exit;                     /* -1 while it has none */
    int64_t started_ms, ended_ms; /* wall; ended 0 while running */
    int64_t duration_ms;          /* time spent running, pauses for people and crashes not counted */
    char *by, *host;              /* who started it, where */
    int64_t pid;
    char *root, *parent, *parent_step; /* run ids and the step key of the `call`; NULL for a root run */
    rbk_value *params;                 /* map */
    rbk_value *options;                /* map: from, only, traceparent.., whatever resume must know */
    rbk_value *plan;                   /* list of {key, id, title, kind, hash}, in order: what resume compares with */
    char *plan_hash;
    int64_t expires_ms;    /* a waiting run's end of patience; 0 = none */
    bool cancel_requested; /* `runbook cancel` asked for it */
    char *reason;          /* one line: why it ended as it did */
};

struct rbk_step_row {
    char *key, *id, *title, *kind; /* kind: shell argv function action manual call parallel each */
    char *parent;                  /* key of the enclosing step, NULL at the top */
    char *item;                    /* text of $item, NULL */
    char *child_run;               /* run id of a `call`, NULL */
    enum rbk_step_state state;
    int attempts;
    int exit_code; /* -1 none */
    int signal;
    int64_t started_ms, ended_ms, duration_ms, cpu_ms, max_rss_kb; /* -1 not measured (the last three) */
    int64_t session;                                               /* pid of the session leader while running; 0 */
    char *hash;                                                    /* of the body when it was started */
    bool idempotent;
    bool undo_done;
    rbk_value *checks;   /* list of {expr, value, result, text} or NULL */
    rbk_value *approved; /* {by, at, why, answers} or NULL */
    char *error;         /* one line, NULL */
    char *log;           /* path relative to DIR/logs, NULL */
    char *detail;        /* what is shown under the title: notes of the action, reason of a skip */
};

struct rbk_command_row { /* one process of a step */
    char *argv;          /* as it can be pasted, redacted */
    int exit_code, signal;
    int64_t started_ms, duration_ms, cpu_ms, max_rss_kb;
    int leftovers;
    char *end; /* "exit", "signal", "timeout", "cancel", "cpu", "memory" */
};

/* It exited otherwise than with 0, or was ended. Of a step's commands the last of these is the one to show, and the
 * last of all where none failed. */
bool rbk_command_row_failed(const struct rbk_command_row *r);

/* What a person must answer or has answered. */
struct rbk_gate_row {
    char *step; /* key */
    char *kind; /* confirm manual ask fact */
    char *question;
    rbk_value *spec; /* ask: map name -> {type, choices, default, help}; fact: {name}; else NULL */
    char *decision;  /* NULL while open; approved rejected */
    rbk_value *answers;
    char *by, *why;
    int64_t asked_ms, answered_ms;
};

void rbk_run_row_fini(struct rbk_run_row *r);
void rbk_step_row_fini(struct rbk_step_row *r);
void rbk_gate_row_fini(struct rbk_gate_row *r);

/* Writing (inside a transaction). */
int rbk_journal_run_add(struct rbk_store *s, const struct rbk_run_row *r, struct rbk_error *err);
/* Updates state, exit, ended, duration, pid, plan, plan_hash, expires, reason of r->id. A NULL plan or plan_hash leaves
 * the recorded one (a plan is written again only when it changed). RBK_ENOENT when there is no such run. */
int rbk_journal_run_update(struct rbk_store *s, const struct rbk_run_row *r, struct rbk_error *err);
int rbk_journal_step_put(struct rbk_store *s, const char *run, const struct rbk_step_row *r,
                         struct rbk_error *err); /* insert or replace by key */
int rbk_journal_command_add(struct rbk_store *s, const char *run, const char *step, const struct rbk_command_row *r,
                            struct rbk_error *err);
int rbk_journal_fact_put(struct rbk_store *s, const char *run, const char *step, const char *name, const rbk_value *v,
                         struct rbk_error *err);
int rbk_journal_gate_ask(struct rbk_store *s, const char *run, const struct rbk_gate_row *g, struct rbk_error *err);
int rbk_journal_gate_answer(struct rbk_store *s, const char *run, const struct rbk_gate_row *g,
                            struct rbk_error *err); /* by step + kind; RBK_ENOENT, RBK_EINVAL when it was answered */
/* Drops what was asked about a step, and the answers: for a step that is carried out again. */
int rbk_journal_gates_forget(struct rbk_store *s, const char *run, const char *step, struct rbk_error *err);
int rbk_journal_event_add(struct rbk_store *s, const char *run, const char *step, const char *kind,
                          const rbk_value *data, struct rbk_error *err);
int rbk_journal_cancel_request(struct rbk_store *s, const char *run, const char *by, const char *why,
                               struct rbk_error *err);
/* Forgets the request: for a run that is resumed after it was cancelled. */
int rbk_journal_cancel_clear(struct rbk_store *s, const char *run, struct rbk_error *err);

/* Reading. `find` takes any unique prefix of a run id (at least 4 characters): RBK_ENOENT, RBK_EINVAL when ambiguous.
 * Where it fits a root run and called ones, the root run is meant. */
int rbk_journal_run_find(struct rbk_store *s, const char *prefix, struct rbk_run_row *out, struct rbk_error *err);
int rbk_journal_run_get(struct rbk_store *s, const char *id, struct rbk_run_row *out, struct rbk_error *err);
bool rbk_journal_cancel_requested(struct rbk_store *s, const char *run);
/* The shortest prefix of at least 12 characters by which `find` finds it. */
int rbk_journal_run_short(struct rbk_store *s, const char *id, char out[RBK_ULID_SIZE], struct rbk_error *err);

struct rbk_run_filter {
    const char *runbook, *state; /* NULL = any */
    int64_t since_ms, until_ms;  /* 0 = open */
    const char *parent;          /* children of this run; NULL = root runs only unless `all` */
    bool all, oldest_first;
    int limit; /* 0 = no limit */
};
/* Newest first. The callback borrows the row; non-zero stops and is returned. */
typedef int rbk_run_row_fn(void *arg, const struct rbk_run_row *r);
int rbk_journal_runs(struct rbk_store *s, const struct rbk_run_filter *f, rbk_run_row_fn *fn, void *arg,
                     struct rbk_error *err);
/* Adds the ids of the waiting root runs whose end of patience has come. */
int rbk_journal_expired(struct rbk_store *s, int64_t now_ms, struct rbk_strv *ids, struct rbk_error *err);
/* Adds the ids of the root runs that are recorded as running, whether a process carries them or not. */
int rbk_journal_running(struct rbk_store *s, struct rbk_strv *ids, struct rbk_error *err);
typedef int rbk_step_row_fn(void *arg, const struct rbk_step_row *r);
int rbk_journal_steps(struct rbk_store *s, const char *run, rbk_step_row_fn *fn, void *arg,
                      struct rbk_error *err); /* in order of first record */
/* One of them by its id and key; RBK_ENOENT when it is not there. */
int rbk_journal_step(struct rbk_store *s, const char *run, const char *id, const char *key, rbk_step_row_fn *fn,
                     void *arg, struct rbk_error *err);
typedef int rbk_gate_row_fn(void *arg, const struct rbk_gate_row *g);
int rbk_journal_gates(struct rbk_store *s, const char *run, rbk_gate_row_fn *fn, void *arg, struct rbk_error *err);
typedef int rbk_command_row_fn(void *arg, const char *step, const struct rbk_command_row *c);
int rbk_journal_commands(struct rbk_store *s, const char *run, rbk_command_row_fn *fn, void *arg,
                         struct rbk_error *err);
typedef int rbk_event_row_fn(void *arg, int64_t at_ms, const char *step, const char *kind, const rbk_value *data);
int rbk_journal_events(struct rbk_store *s, const char *run, rbk_event_row_fn *fn, void *arg, struct rbk_error *err);
/* All facts of a run as a new map (latest value of each name). */
int rbk_journal_facts(struct rbk_store *s, const char *run, rbk_value **out, struct rbk_error *err);
/* Median duration of the last `n` successful, measured instances of a step in runs of this runbook; -1 when there is
 * none. */
int64_t rbk_journal_usual_ms(struct rbk_store *s, const char *runbook, const char *step_id, int n);

#endif
