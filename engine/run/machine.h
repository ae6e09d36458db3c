/* The step machine seen from inside: the three things it is made of. A session is one process carrying a root run and
 * the runs it calls; a run walks the nodes of one plan; a step is one node being carried out (for `each`, one item of
 * it). Steps and called runs live until the root run is freed, so a pointer to one is good in every callback; only the
 * items of an `each` go as soon as their end is on record, unless something is to be known or undone of them later.
 *
 * A step goes through its phases (step.c). A phase either lets it go on or waits: then a callback moves the phase on
 * and calls rbk_step_go. Whatever way a step takes, it ends in rbk_step_end, once. */
#ifndef RBK_RUN_MACHINE_H
#define RBK_RUN_MACHINE_H

#include <base/mem.h>
#include <loop/proc.h>
#include <run/record.h>
#include <run/run.h>
#include <run/subst.h>
#include <store/lock.h>
#include <store/log.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Why something is being stopped; a higher one overrides a lower one. */
enum rbk_stop { RBK_STOP_NONE, RBK_STOP_FAIL_FAST, RBK_STOP_TIMEOUT, RBK_STOP_CANCEL, RBK_STOP_INTERRUPT };

enum rbk_role { RBK_ROLE_PLAIN, RBK_ROLE_PARALLEL, RBK_ROLE_EACH, RBK_ROLE_ITEM };

/* In order. */
enum rbk_phase {
    RBK_PHASE_DOUBT,
    RBK_PHASE_SELECT,
    RBK_PHASE_WHEN,
    RBK_PHASE_SINGLE,
    RBK_PHASE_CONFIRM,
    RBK_PHASE_MANUAL,
    RBK_PHASE_ASK,
    RBK_PHASE_LOCK,
    RBK_PHASE_SECRETS,
    RBK_PHASE_REMEDY,
    RBK_PHASE_INTENT,
    RBK_PHASE_BODY,
    RBK_PHASE_CHECK,
    RBK_PHASE_DONE,
    RBK_PHASE_COUNT
};

/* What was decided about a step that was in flight when its process died. */
enum rbk_doubt { RBK_DOUBT_NONE, RBK_DOUBT_REPEAT, RBK_DOUBT_DONE, RBK_DOUBT_VERIFY, RBK_DOUBT_ASK };

struct rbk_held; /* a lock held by this process (locks.c) */
struct rbk_job;  /* a process of a step (command.c) */
struct rbk_step;

struct rbk_session {
    struct rbk_run_options o; /* from, only, by, params: not kept here */
    char *by;
    struct rbk_redactor *own_redactor; /* when the caller gave none */
    struct rbk_run *root;
    struct rbk_recorder recorder;
    struct rbk_timer *poll;       /* looks for a cancel request */
    struct rbk_question question; /* what a person is reading now */
    struct rbk_step *asking;      /* whose it is */
    struct rbk_step *questions;   /* who asks next, linked by gate.next */
    struct rbk_held *held;        /* named and instance locks */
    rbk_value *secrets;           /* name -> value, looked up once */
    struct rbk_plan **plans;      /* of called runbooks, owned */
    size_t plan_count, plan_cap;
    struct rbk_net *net; /* made with the first request */
    bool effects;        /* some body was started by this process */
};

struct rbk_run {
    struct rbk_session *session;
    struct rbk_run *parent; /* NULL for the root */
    struct rbk_step *caller;
    const struct rbk_plan *plan;
    struct rbk_run_row row;
    char short_id[RBK_ULID_SIZE];
    rbk_value *params, *facts; /* maps; params with its secret ones in clear */
    struct rbk_step **steps;   /* every instance, owned; NULL = forgotten (rbk_step_forget) */
    size_t step_count, step_cap, restored_count;
    struct rbk_gate_row *gates; /* recorded decisions, for a resumed run */
    size_t gate_count;
    rbk_value *each_lists;      /* step key -> list, for a resumed run */
    rbk_value *restored_places; /* step key -> index in steps, likewise */
    struct rbk_run **children;
    size_t child_count, child_cap;
    const struct rbk_node *from, *only, *retry;
    struct rbk_lock *lock;
    struct rbk_held *instance;
    struct rbk_timer *deadline;
    int64_t began_ms;  /* monotonic: when this process took it up */
    int64_t before_ms; /* time it had run before that */

    size_t next;                /* index of the next node */
    struct rbk_step *current;   /* top-level step in flight */
    struct rbk_step *undoing;   /* step whose undo is in flight */
    size_t undo_next;           /* one beyond the next step to look at; 0 = not begun */
    enum rbk_stop stop;         /* asked for from outside */
    int signo;                  /* that asked for it */
    bool now;                   /* without the `always` steps */
    bool halted;                /* only `always` steps from here */
    enum rbk_run_state verdict; /* the state of a halted run */
    bool red;                   /* some step failed: never green */
    bool busy;                  /* a lock was not to be had and nothing was run */
    enum rbk_run_state parked;  /* WAITING or INTERRUPTED: it cannot go on now; else RUNNING */
    bool wants_undo, undone, escalated, recorded, dirty, advancing, ended;
};

typedef void rbk_body_done_fn(struct rbk_step *step, const struct rbk_error *failed, bool timed_out);
typedef void rbk_step_end_fn(struct rbk_step *step);
enum rbk_decision { RBK_DECIDED_NO, RBK_DECIDED_YES, RBK_DECIDED_LATER };
typedef void rbk_gate_fn(struct rbk_step *step, enum rbk_decision decision);

struct rbk_step {
    struct rbk_run *run;
    struct rbk_step *parent; /* enclosing step or NULL */
    const struct rbk_node *node;
    enum rbk_role role;
    size_t index; /* in its group, or its plan */
    size_t place; /* in the run's steps */
    struct rbk_step_row row;
    char *number;
    int depth;
    rbk_value *item;
    enum rbk_phase phase;
    enum rbk_stop stop;
    enum rbk_doubt doubt;
    int tries; /* of its body since it was begun (anew): what `retry` counts */
    bool dirty, ended, timed_out, looked_up;
    bool rejected, wants_undo; /* it failed so that what is done must be undone */
    int64_t began_ms, usual_ms;
    rbk_step_end_fn *on_end;

    rbk_value *facts;   /* set but not yet recorded; NULL when none */
    struct rbk_buf out; /* its stdout, bounded: what `capture` reads */
    struct rbk_log *log;
    char *log_path, *command; /* absolute path; the command line to show (rbk_command_row_failed) */
    bool command_failed;
    struct rbk_timer *timeout, *delay;
    struct rbk_held *lock;
    int64_t lock_until;

    const struct rbk_body *body; /* in flight: run, undo or verify; NULL = none */
    rbk_body_done_fn *body_done;
    int body_exit; /* exit status of its command; -1 while it has none */
    struct rbk_job *jobs;
    struct rbk_request *requests; /* under way */
    struct rbk_proc *secret;      /* a command that prints one */
    struct rbk_perform *perform;
    struct rbk_run *child; /* of a call; a restored one until it is begun */
    bool called;

    struct {                     /* of a parallel or an each */
        struct rbk_step **steps; /* NULL: an item that is not begun, or not needed any more */
        rbk_value *list;         /* of an each */
        size_t count, next, running, cap;
        bool advancing, stopped, over;
    } group;

    struct {
        const char *kind; /* NULL = no question is open */
        char *text;
        const struct rbk_param *ask;
        size_t ask_count;
        struct rbk_param *own;      /* made for facts */
        struct rbk_strv needed_for; /* what reads each of those, as its text */
        rbk_gate_fn *fn;
        struct rbk_step *next;
    } gate;
};

/* session.c */
struct rbk_session *rbk_session_new(const struct rbk_run_options *o);
void rbk_session_free(struct rbk_session *s);
void rbk_session_fail(struct rbk_session *s); /* the recorder's failure ends the run: exit 5 */

/* run.c */
struct rbk_run *rbk_run_new(struct rbk_session *s, const struct rbk_plan *plan, const rbk_value *params);
/* Gives it an id, its locks and its first row. */
int rbk_run_open(struct rbk_run *run, struct rbk_error *err);
void rbk_run_name(struct rbk_run *run); /* its short id */
int rbk_run_take_instance(struct rbk_run *run, struct rbk_error *err);
void rbk_run_begin(struct rbk_run *run);
void rbk_run_end(struct rbk_run *run, enum rbk_run_state state, int exit_code, const char *reason);
void rbk_run_stop(struct rbk_run *run, enum rbk_stop stop, bool now);
void rbk_run_destroy(struct rbk_run *run);
/* plan_record.c: the plan as the journal keeps it, and hashes. */
rbk_value *rbk_plan_record(const struct rbk_plan *plan);
void rbk_plan_record_hash(const rbk_value *record, char out[17]);
const char *rbk_node_record_kind(const struct rbk_node *node);

/* sequence.c */
void rbk_sequence_go(struct rbk_run *run);
void rbk_sequence_reason(struct rbk_run *run, const struct rbk_step *step); /* why the run is red, if none is known */
/* select.c: --from and --only */
/* There is no such step: which is meant, and what lists them. */
int rbk_select_unknown(const struct rbk_plan *plan, const char *name, const char *where, struct rbk_error *err);
int rbk_select_resolve(struct rbk_run *run, const char *from, const char *only, struct rbk_error *err);
const char *rbk_select_skip(const struct rbk_run *run, const struct rbk_node *node);  /* reason or NULL */
bool rbk_select_contains(const struct rbk_node *node, const struct rbk_node *other);  /* below it */
size_t rbk_select_position(const struct rbk_plan *plan, const struct rbk_node *node); /* in order of writing */

/* instance.c: making, finding and ending step instances */
struct rbk_step *rbk_step_new(struct rbk_run *run, const struct rbk_node *node, struct rbk_step *parent,
                              enum rbk_role role, size_t index, const rbk_value *item);
void rbk_step_destroy(struct rbk_step *step);
void rbk_step_forget(struct rbk_step *step); /* destroys one that has ended, before the run has */
void rbk_step_end(struct rbk_step *step, enum rbk_step_state state, const char *error);
void rbk_step_end_stopped(struct rbk_step *step);
void rbk_step_end_unasked(struct rbk_step *step);
void rbk_step_end_rejected(struct rbk_step *step);
bool rbk_step_is_done(const struct rbk_step *step); /* recorded with a final state */
bool rbk_step_is_container(const struct rbk_step *step);
bool rbk_step_has_begun(const struct rbk_step *step); /* its body was started, and it was not begun anew since */
void rbk_step_note(struct rbk_step *step, const char *fmt, ...) RBK_PRINTF(2, 3);
/* step.c */
void rbk_step_start(struct rbk_step *step, rbk_step_end_fn *on_end);
void rbk_step_go(struct rbk_step *step);
void rbk_step_next(struct rbk_step *step); /* the phase is through: go on with the next */
void rbk_step_stop(struct rbk_step *step, enum rbk_stop stop, bool now);
/* verdict.c: `when` and `check` */
bool rbk_verdict_when(struct rbk_step *step);
bool rbk_verdict_checks(struct rbk_step *step);
/* attempt.c */
void rbk_attempt_begin(struct rbk_step *step);
void rbk_attempt_ended(struct rbk_step *step, enum rbk_step_state state, const char *error);
void rbk_attempt_could_not(struct rbk_step *step, const struct rbk_error *failed); /* ended, with its hint */
void rbk_attempt_failed(struct rbk_step *step, enum rbk_step_state state, const char *error);
void rbk_attempt_halt(struct rbk_step *step, enum rbk_stop stop, bool now);
/* capture.c */
int rbk_capture_facts(struct rbk_step *step, struct rbk_error *err);
/* body.c: one body in flight per step */
int rbk_body_start(struct rbk_step *step, const struct rbk_body *body, rbk_body_done_fn *done, struct rbk_error *err);
void rbk_body_stop(struct rbk_step *step, enum rbk_proc_end reason, bool now);
void rbk_body_ended(struct rbk_step *step, const struct rbk_error *failed, bool timed_out);
/* command.c */
int rbk_command_start(struct rbk_step *step, const struct rbk_command *command, rbk_command_fn *fn, void *arg,
                      struct rbk_error *err); /* capture_max 0: nothing is kept */
void rbk_command_stop_all(struct rbk_step *step, enum rbk_proc_end reason, bool now);
void rbk_command_forget_all(struct rbk_step *step); /* their callbacks are not called any more */
/* Output that is no process's: to the log, and for `capture`. Redacted by now. */
void rbk_command_take(struct rbk_step *step, const char *data, size_t len);
/* 0 when it went well; else a negative code and the reason. */
int rbk_command_failure(const struct rbk_proc_result *r, struct rbk_error *err);
/* http.c */
int rbk_request_start(struct rbk_step *step, const struct rbk_step_request *request, rbk_net_fn *fn, void *arg,
                      struct rbk_request **out, struct rbk_error *err);
void rbk_request_cancel_all(struct rbk_step *step); /* their callbacks are not called any more */
/* environ.c */
int rbk_environ_build(struct rbk_step *step, const char *shell_text, const rbk_value *extra, struct rbk_strv *env,
                      struct rbk_error *err);
/* step_output.c: where what a step prints goes */
int rbk_step_output_write(struct rbk_step *step, int stream, const char *data, size_t len, bool quiet);
void rbk_step_output_close(struct rbk_step *step);
char *rbk_step_output_folder(struct rbk_step *step, const char *suffix, struct rbk_error *err); /* made; heap */
char *rbk_step_output_redacted(const struct rbk_session *s, const char *text); /* heap; NULL gives NULL */
/* secret.c: 1 when all that the step needs are known, 0 when `then` will tell (NULL: they are), negative when they
 * cannot be had. */
typedef void rbk_secret_fn(struct rbk_step *step, const struct rbk_error *failed);
int rbk_secret_lookup(struct rbk_step *step, rbk_secret_fn *then, struct rbk_error *err);
void rbk_secret_hide(const struct rbk_session *s, const rbk_value *v); /* from what is printed and recorded */
/* perform.c */
int rbk_perform_start(struct rbk_step *step, const struct rbk_body *body, struct rbk_error *err);
void rbk_perform_stop(struct rbk_step *step);
void rbk_perform_settle(struct rbk_step *step); /* a process of it has gone */
/* group.c, parallel.c, each.c */
void rbk_group_stop(struct rbk_step *group, enum rbk_stop stop, bool now);
enum rbk_role rbk_role_of(const struct rbk_node *node);
void rbk_group_start(struct rbk_step *group, size_t cap);
void rbk_group_adopt(struct rbk_step *group); /* a done group's children, from the record */
void rbk_parallel_children(struct rbk_step *group);
int rbk_each_children(struct rbk_step *group, struct rbk_error *err);
void rbk_parallel_start(struct rbk_step *group);
void rbk_each_start(struct rbk_step *group);
/* call.c, call_check.c */
int rbk_call_start(struct rbk_step *step, struct rbk_error *err);
void rbk_call_ended(struct rbk_run *child);
int rbk_call_check(struct rbk_session *s, const struct rbk_plan *plan, struct rbk_error *err);
int rbk_call_plan(struct rbk_session *s, const char *id, const struct rbk_plan **out, struct rbk_error *err);
/* gate.c */
void rbk_gate_open(struct rbk_step *step, const char *kind, const char *text, const struct rbk_param *ask,
                   size_t ask_count, rbk_gate_fn *fn);
void rbk_gate_open_facts(struct rbk_step *step, const struct rbk_strv *names, const struct rbk_strv *needed_for,
                         rbk_gate_fn *fn);
void rbk_gate_withdraw(struct rbk_step *step);
void rbk_gate_recall(struct rbk_step *step); /* a resumed step gets the facts that it was answered */
void rbk_gate_close(struct rbk_step *step);
/* gate_spec.c */
rbk_value *rbk_gate_spec(const struct rbk_param *ask, size_t count);
int rbk_gate_spec_parse(const rbk_value *spec, const rbk_value *given, rbk_value **out, struct rbk_error *err);
/* facts.c */
const rbk_value *rbk_fact_lookup(void *step, const char *name);
const rbk_value *rbk_fact_lookup_run(void *run, const char *name);
int rbk_fact_set(struct rbk_step *step, const char *name, rbk_value *v, struct rbk_error *err);
rbk_value *rbk_fact_redacted(const struct rbk_session *s, rbk_value *v); /* takes v */
bool rbk_fact_was_redacted(const rbk_value *v);                          /* something of it was not stored */
rbk_value *rbk_fact_from_text(const char *text, size_t len);
/* escalate.c */
void rbk_escalate_check(struct rbk_run *run, struct rbk_step *step, const char *fact);
/* undo.c: undoes what is done, last first, then goes on with the sequence */
bool rbk_undo_go(struct rbk_run *run);
bool rbk_undo_is_due(const struct rbk_step *step); /* should the run be undone */
/* restore.c: a run from its record, with the called runs that are not over */
int rbk_restore_run(struct rbk_session *s, const struct rbk_plan *plan, struct rbk_run_row *row, struct rbk_run **out,
                    struct rbk_error *err); /* takes the row's contents */
const struct rbk_node *rbk_restore_node(const struct rbk_plan *plan, const char *key);
/* retry.c */
int rbk_retry_prepare(struct rbk_run *run, const char *step, struct rbk_error *err);
/* resume_compare.c */
int rbk_resume_compare(struct rbk_run *run, bool accept, struct rbk_error *err);
/* doubt.c */
int rbk_doubt_decide(struct rbk_run *run, enum rbk_assume assume, struct rbk_error *err);
bool rbk_doubt_settle(struct rbk_step *step);
/* locks.c */
int rbk_locks_take(struct rbk_run *run, enum rbk_lock_kind kind, const char *key, struct rbk_held **out,
                   struct rbk_error *err);
void rbk_locks_drop(struct rbk_session *s, struct rbk_held **held);
bool rbk_locks_step(struct rbk_step *step);
void rbk_locks_busy(struct rbk_session *s); /* one was not to be had */
/* observe.c */
void rbk_observe_step(struct rbk_step *step);
void rbk_observe_output(struct rbk_step *step, int stream, const char *data, size_t len);
void rbk_observe_note(struct rbk_run *run, struct rbk_step *step, const char *text);

#endif
