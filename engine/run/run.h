/* A run: one execution of one runbook, recorded in the journal as it goes. Drives the plan on the event loop; talks to
 * a person through struct rbk_gate_ops and to whoever watches through struct rbk_run_observer. */
#ifndef RBK_RUN_RUN_H
#define RBK_RUN_RUN_H

#include <base/redact.h>
#include <config/config.h>
#include <run/script.h>
#include <store/journal.h>

struct rbk_run;

/* A step instance as observers see it; all strings borrowed. Fields grow valid as the step goes on. */
struct rbk_step_view {
    const struct rbk_node *node;
    const char *key, *number; /* "3", "3.1", "2[1]" */
    const char *parent;       /* key or NULL */
    const char *item;         /* text of $item or NULL */
    int depth;
    enum rbk_step_state state;
    int attempt;                   /* 1-based */
    int64_t duration_ms, usual_ms; /* usual -1 = no history */
    const char *detail;            /* notes so far, '\n' between lines; or why it was skipped */
    const rbk_value *checks;       /* list of {expr, value, result, text} or NULL */
    const char *error;             /* or NULL */
    const char *command;           /* the command that failed, else the last, as it can be pasted; or NULL */
    const char *log;               /* absolute path or NULL */
    const char *child_run;         /* run id or NULL */
    int exit_code;
};

struct rbk_question {
    const char *kind; /* confirm manual ask fact doubt step */
    const char *step, *title, *text;
    const struct rbk_param *ask; /* for ask and fact: what is wanted */
    size_t ask_count;
};
/* decision: 1 yes/done, 0 no/reject, -1 the person left (Ctrl-D): the run waits. `answers` map of typed values or NULL,
 * taken. */
typedef void rbk_answer_fn(void *arg, int decision, rbk_value *answers, const char *why);
struct rbk_gate_ops { /* NULL ops: nobody is there; the run becomes `waiting` */
    void (*ask)(void *self, const struct rbk_question *q, rbk_answer_fn *answer, void *arg);
    void (*withdraw)(void *self); /* the question is moot (cancelled) */
};

struct rbk_run_observer { /* every member may be NULL */
    void (*started)(void *self, const struct rbk_run *run);
    void (*step)(void *self, const struct rbk_run *run,
                 const struct rbk_step_view *step); /* on every change of state */
    void (*output)(void *self, const struct rbk_run *run, const struct rbk_step_view *step, int stream,
                   const char *data, size_t len);
    void (*note)(void *self, const struct rbk_run *run, const struct rbk_step_view *step,
                 const char *text); /* escalations, warnings */
    void (*ended)(void *self, const struct rbk_run *run);
};

/* Measures and tells what has ended, and hears of events. The members are called while the transaction that records it
 * is open, `write` once, as the last before its commit: what it writes costs no commit of its own. */
struct rbk_run_meter {
    void (*run)(void *self, const struct rbk_run_row *run);
    void (*step)(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step);
    void (*command)(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step,
                    const struct rbk_command_row *command);
    void (*event)(void *self, const struct rbk_run_row *run, const char *step, const char *kind, const rbk_value *data);
    /* A root run that came to rest and is not over: waiting or interrupted. NULL: nobody asks. */
    void (*parked)(void *self, const struct rbk_run_row *run);
    /* What the journal does not keep: "attempt-failed" {error, attempt, attempts}, "over-budget" {took_ms, budget_ms};
     * `step` NULL = the run's. NULL: nobody asks, and no commit is made for it. */
    void (*aside)(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step, const char *kind,
                  const rbk_value *data);
    int (*write)(void *self, struct rbk_store *store, struct rbk_error *err);
};

/* Asked before a step that `remediates` acts: negative refuses, and the step fails with the error's words. Called
 * outside transactions, with everything before it on record. `priority` is the runbook's, or NULL. */
typedef int rbk_run_remediate_fn(void *self, const struct rbk_run_row *run, const char *priority,
                                 const struct rbk_step_row *step, const char *key, struct rbk_error *err);

struct rbk_run_options {
    struct rbk_loop *loop;
    struct rbk_store *store;
    const struct rbk_config *config;
    const struct rbk_script_ops *script;
    void *host;
    struct rbk_redactor *redactor; /* secrets of the run are added to it */
    const struct rbk_run_observer *observer;
    void *observer_self;
    const struct rbk_run_meter *meter; /* NULL: nothing is measured */
    void *meter_self;
    rbk_run_remediate_fn *remediate; /* NULL: there is no budget */
    void *remediate_self;
    const struct rbk_gate_ops *gates;
    void *gates_self;
    const rbk_value *params; /* bound (rbk_params_bind) */
    bool yes;                /* confirm = yes */
    bool step_by_step;       /* ask before every step */
    bool traced;             /* commands get a TRACEPARENT below the span of their step (base/trace.h) */
    const char *from, *only; /* step id or number; NULL */
    const char *by;          /* who; NULL = the user's name */
    const char *id;          /* of a fresh run, a ULID; NULL = a new one */
    int64_t timeout_ms;      /* of a fresh run, beside the runbook's own: the shorter counts, also when it is resumed */
};

/* What a run promises about its steps, beside DESIGN: `timeout` counts for each attempt, from the start of its body to
 * the end of it; `retry` repeats body, capture and check; `each` asks, locks and confirms once and checks every item;
 * a rejection undoes what is done whatever on_fail says; undo goes over the steps of one run, not into called ones. */

/* What stands against a fresh run, before there is a store or a loop (neither need be set): an unknown --from or
 * --only, a program or a secret that is not there, a call that cannot be made. A start asks again. */
int rbk_run_check(const struct rbk_plan *plan, const struct rbk_run_options *o, struct rbk_error *err);
/* Starts a fresh run of `plan` (which must outlive the run). Takes the instance lock: RBK_EBUSY. The loop must then be
 * run; `observer.ended` is called once, after which rbk_run_free is due. */
int rbk_run_start(const struct rbk_plan *plan, const struct rbk_run_options *o, struct rbk_run **out,
                  struct rbk_error *err);

enum rbk_assume { RBK_ASSUME_NOTHING, RBK_ASSUME_DONE, RBK_ASSUME_NOT_DONE };
struct rbk_resume_options {
    bool accept_changes;
    enum rbk_assume assume; /* decides steps in doubt */
    const char *retry;      /* step id: run it (and what did not succeed after it) again; NULL */
};
/* Goes on with a recorded run. Ends what is left of the dead run's processes, then decides about steps in doubt.
 * Errors: RBK_EBUSY (it is running), RBK_EDOUBT, RBK_EWAITING (nobody has approved), RBK_EINVAL (changed plan; already
 * ended). */
int rbk_run_resume(const struct rbk_plan *plan, const char *run_id, const struct rbk_resume_options *r,
                   const struct rbk_run_options *o, struct rbk_run **out, struct rbk_error *err);
/* Orderly cancel, or at once. `signo` 0 = cancelled (exit 130); SIGTERM, SIGHUP: the run is left `interrupted`. */
void rbk_run_cancel(struct rbk_run *run, int signo, bool now);
void rbk_run_free(struct rbk_run *run);

const char *rbk_run_id(const struct rbk_run *run);
const char *rbk_run_short_id(const struct rbk_run *run);
const struct rbk_plan *rbk_run_plan(const struct rbk_run *run);
const rbk_value *rbk_run_params(const struct rbk_run *run);
const rbk_value *rbk_run_facts(const struct rbk_run *run);
enum rbk_run_state rbk_run_get_state(const struct rbk_run *run);
int rbk_run_exit(const struct rbk_run *run);
int64_t rbk_run_duration_ms(const struct rbk_run *run);
const char *rbk_run_reason(const struct rbk_run *run);
const struct rbk_run *rbk_run_parent(const struct rbk_run *run); /* NULL for a root run */

/* ---- recorded runs, for status, history and JSON (run/report.c)
 * ------------------------------------------------------ */

/* The row with its state corrected by the lock: a `running` run that nobody carries is interrupted, its running steps
 * are in doubt (idempotent ones pending again); an expired waiting run is cancelled; the duration of a running one is
 * the time since its start. Reads only. */
int rbk_report_state(struct rbk_store *s, struct rbk_run_row *row, struct rbk_error *err);
/* Ends the waiting runs whose time is up (`cancelled`): due at the start of every command that opens the store to
 * write. */
int rbk_run_expire(struct rbk_store *s, struct rbk_error *err);

/* Records as interrupted what was running and is carried by no process any more, each in a transaction of its own in
 * which fn is called; negative from it undoes it. */
typedef int rbk_orphan_fn(void *arg, const struct rbk_run_row *row, struct rbk_error *err);
int rbk_run_orphans(struct rbk_store *s, rbk_orphan_fn *fn, void *arg, struct rbk_error *err);
/* 1 = there is such a run. Reads only. */
int rbk_run_orphaned(struct rbk_store *s, struct rbk_error *err);

/* Records a person's decision about a waiting run (a root run's id; the questions of runs that it called are among
 * its own). `step` is a key as `waiting_for` shows it, or a step's id; NULL when only one step asks (a rejection with
 * NULL is one of all). `answers` maps names to the strings that the person typed, or is NULL; they are typed against
 * what was asked. Nothing is run: resume does that. RBK_EINVAL: nothing is asked, an answer does not fit, the run has
 * expired; RBK_ENOENT: no such question. */
struct rbk_decision_given {
    bool approve;
    const char *step, *by, *why;
    const rbk_value *answers;
};
int rbk_gate_decide(struct rbk_store *s, const char *run_id, const struct rbk_decision_given *d, struct rbk_error *err);

/* {"schema":"runbook.run/1",...} of a recorded run (running or ended). */
int rbk_report_value(struct rbk_store *s, const char *run_id, rbk_value **out, struct rbk_error *err);
/* The same as JSON text with a final newline, in portions: in memory is never more than a few steps. What the sink
 * returns other than 0 stops it, and is returned. */
typedef int rbk_report_sink_fn(void *arg, const char *text, size_t len);
int rbk_report_write(struct rbk_store *s, const char *run_id, rbk_report_sink_fn *sink, void *arg,
                     struct rbk_error *err);
/* Its "waiting_for" alone, of a run that waits. */
int rbk_report_waiting(struct rbk_store *s, const char *run_id, rbk_value **out, struct rbk_error *err);

#endif
