/* Undo: what is done is taken back, last first. An undo that was begun but not recorded as done is begun again after a
 * crash, so it should bear repetition; one that fails is told and does not keep the others from being undone. */
#include <run/machine.h>

static const struct rbk_body *undo_of(const struct rbk_step *step)
{
    const struct rbk_node *node = step->node;
    bool own = step->role == RBK_ROLE_PLAIN || step->role == RBK_ROLE_ITEM;
    if (!node || !own || step->row.state != RBK_STEP_SUCCEEDED || step->row.undo_done)
        return NULL;
    if (node->undo.kind != RBK_BODY_NONE)
        return &node->undo;
    return node->run.kind == RBK_BODY_ACTION ? node->run.undo : NULL;
}

bool rbk_undo_is_due(const struct rbk_step *step)
{
    return undo_of(step) != NULL;
}

static void finish(struct rbk_step *step, const char *failure)
{
    rbk_timer_cancel(&step->timeout);
    rbk_step_output_close(step);
    rbk_buf_fini(&step->out);
    if (failure) {
        rbk_step_note(step, "undo failed: %s", failure);
    } else {
        step->row.state = RBK_STEP_UNDONE;
        step->row.undo_done = true;
    }
    rbk_record_step(step, RBK_RECORD_NOW);
    rbk_observe_step(step);
    step->run->undoing = NULL;
    rbk_sequence_go(step->run);
}

static void on_undone(struct rbk_step *step, const struct rbk_error *failed, bool timed_out)
{
    (void)timed_out;
    finish(step, failed ? failed->message : NULL);
}

static void on_timeout(void *arg)
{
    struct rbk_step *step = arg;
    step->timeout = NULL;
    rbk_body_stop(step, RBK_END_TIMEOUT, false);
}

static void start_undo(struct rbk_step *step, const struct rbk_error *no_secret)
{
    struct rbk_error err = {0};
    if (no_secret)
        finish(step, no_secret->message);
    else if (step->run->now)
        finish(step, "cancelled");
    else if (rbk_body_start(step, undo_of(step), on_undone, &err) < 0)
        finish(step, err.message);
}

/* A process that took the run up later has not looked for the secrets of a step that was done before. */
static void on_intent_safe(void *arg)
{
    struct rbk_step *step = arg;
    struct rbk_error err = {0};
    if (step->node->timeout_ms > 0)
        step->timeout = rbk_timer_start(step->run->session->o.loop, step->node->timeout_ms, 0, on_timeout, step);
    int rc = rbk_secret_lookup(step, start_undo, &err);
    if (rc != 0)
        start_undo(step, rc < 0 ? &err : NULL);
}

/* True while an undo is in flight; false when nothing is left to undo. */
bool rbk_undo_go(struct rbk_run *run)
{
    if (run->undo_next == 0)
        run->undo_next = run->step_count + 1;
    while (run->undo_next > 1) {
        struct rbk_step *step = run->steps[--run->undo_next - 1];
        if (step && undo_of(step)) {
            run->undoing = step;
            rbk_record_event(run, step->row.key, "undo", NULL);
            rbk_record_then(run->session, on_intent_safe, step);
            return true;
        }
    }
    return false;
}
