/* Recording: rows wait in memory and are written together, in one transaction, at the end of the loop's iteration, so
 * that the result of one step and the intent of the next share one synced commit. What must not happen before its
 * intent is safe is started by rbk_record_then. */
#ifndef RBK_RUN_RECORD_H
#define RBK_RUN_RECORD_H

#include <loop/loop.h>
#include <store/journal.h>

struct rbk_session;
struct rbk_run;
struct rbk_step;
struct rbk_record;

struct rbk_record_wake {
    rbk_loop_fn *fn;
    void *arg;
};

struct rbk_recorder {
    struct rbk_record *items; /* in order */
    size_t count, cap;
    struct rbk_record_wake *wakes;
    size_t wake_count, wake_cap;
    struct rbk_timer *soon;
    bool armed, failed;
    struct rbk_error failure;
};

/* When a row is wanted in the store: with this iteration's commit, or within a moment (it is only there for readers,
 * and joins the next commit if one comes first). */
enum rbk_urgency { RBK_RECORD_NOW, RBK_RECORD_SOON };

/* Rows are written as they are at the commit, once for however often they were recorded. */
void rbk_record_run(struct rbk_run *run);
void rbk_record_step(struct rbk_step *step, enum rbk_urgency urgency);
/* Has the meter look at an ended step, or when step is NULL at the run, which ended or came to rest. */
void rbk_record_measured(struct rbk_run *run, struct rbk_step *step);
/* Copies of what is given. */
void rbk_record_fact(struct rbk_step *step, const char *name, const rbk_value *v);
void rbk_record_command(struct rbk_step *step, const struct rbk_command_row *row);
void rbk_record_gate(struct rbk_step *step,
                     const struct rbk_gate_row *row);   /* asked, and answered if it has a decision */
void rbk_record_gates_forgotten(struct rbk_step *step); /* what a person was asked about it will be asked again */
void rbk_record_cancel_forgotten(struct rbk_run *run);  /* the request of before is not one for what follows */
/* `step` may be NULL; takes data. */
void rbk_record_event(struct rbk_run *run, const char *step, const char *kind, rbk_value *data);
/* Tells the meter of something on the way that the journal does not keep. `step` may be NULL; takes data. */
void rbk_record_told(struct rbk_run *run, struct rbk_step *step, const char *kind, rbk_value *data);
/* Calls fn once everything recorded until now is committed. Not called when the store fails: the session then stops. */
void rbk_record_then(struct rbk_session *s, rbk_loop_fn *fn, void *arg);
/* Is something recorded that this iteration's commit will take? */
bool rbk_record_due(const struct rbk_session *s);
/* Commits now. */
int rbk_record_flush(struct rbk_session *s, struct rbk_error *err);
void rbk_record_fini(struct rbk_recorder *r);

#endif
