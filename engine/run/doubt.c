/* Steps in doubt: they were in flight when their process died. Such a step is repeated when repeating is harmless, or
 * when its `verify` says that it did not happen; else a person decides: on the terminal, or with --assume. Nothing is
 * executed before all of them can be decided. */
#include <run/machine.h>

/* What is known without a person, then what the person said beforehand, then the person. NONE: nobody can tell. */
static enum rbk_doubt decision_for(const struct rbk_step *step, const struct rbk_node *node, enum rbk_assume assume)
{
    static const enum rbk_doubt assumed[] = {
        [RBK_ASSUME_DONE] = RBK_DOUBT_DONE, [RBK_ASSUME_NOT_DONE] = RBK_DOUBT_REPEAT};
    if (step->row.idempotent || node->idempotent)
        return RBK_DOUBT_REPEAT;
    if (node->verify.kind != RBK_BODY_NONE)
        return RBK_DOUBT_VERIFY;
    if (assume != RBK_ASSUME_NOTHING)
        return assumed[assume];
    return step->run->session->o.gates ? RBK_DOUBT_ASK : RBK_DOUBT_NONE;
}

static int decide(struct rbk_step *step, enum rbk_assume assume, struct rbk_error *err)
{
    const struct rbk_node *node = rbk_restore_node(step->run->plan, step->row.key);
    if (!node)
        return 0; /* no longer in the plan: that was accepted */
    step->doubt = decision_for(step, node, assume);
    if (step->doubt != RBK_DOUBT_NONE)
        return 0;
    rbk_error_set(err, RBK_EDOUBT, "step \"%s\" was running when the run died: whether it happened is not known",
                  step->row.title);
    return rbk_error_hint(err, "look, then: runbook resume %.12s --assume done (or not-done)",
                          step->run->session->root->row.id);
}

int rbk_doubt_decide(struct rbk_run *run, enum rbk_assume assume, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < run->step_count && rc == 0; i++) {
        struct rbk_step *step = run->steps[i];
        if (step->child)
            rc = rbk_doubt_decide(step->child, assume, err);
        else if ((step->row.state == RBK_STEP_RUNNING || step->row.state == RBK_STEP_IN_DOUBT) &&
                 !rbk_step_is_container(step))
            rc = decide(step, assume, err);
    }
    return rc;
}

/* It did not happen: the step begins anew. */
static void forget(struct rbk_step *step)
{
    step->doubt = RBK_DOUBT_NONE;
    step->row.state = RBK_STEP_PENDING;
    step->row.started_ms = 0;
}

/* It happened, in a time that nobody measured: what is left to do are its checks. */
static void take_as_done(struct rbk_step *step, const char *because)
{
    step->doubt = RBK_DOUBT_NONE;
    step->row.duration_ms = -1;
    rbk_step_note(step, "taken as done: %s", because);
    step->phase = RBK_PHASE_BODY;
}

/* A verify that could not be carried out (the shell's 126 and 127), or was ended by a signal or a limit, says nothing.
 */
static bool says_no(const struct rbk_step *step, const struct rbk_error *failed)
{
    bool process = step->node->verify.kind == RBK_BODY_SHELL || step->node->verify.kind == RBK_BODY_ARGV;
    int status = step->body_exit;
    return process ? status > 0 && status != 126 && status != 127 : failed->code == RBK_EFAIL;
}

static void on_verified(struct rbk_step *step, const struct rbk_error *failed, bool timed_out)
{
    if (step->stop) {
        rbk_step_end_stopped(step);
    } else if (!failed) {
        take_as_done(step, "verify says that it happened");
        rbk_step_next(step);
    } else if (!timed_out && says_no(step, failed)) {
        forget(step);
        rbk_step_note(step, "repeated: verify says that it did not happen");
        rbk_step_go(step);
    } else {
        char *text = rbk_asprintf("verify could not tell whether it happened: %s", failed->message);
        rbk_step_end(step, RBK_STEP_IN_DOUBT, text);
        free(text);
    }
}

static void start_verify(struct rbk_step *step, const struct rbk_error *no_secret)
{
    struct rbk_error err = {0};
    if (no_secret)
        on_verified(step, no_secret, false);
    else if (rbk_body_start(step, &step->node->verify, on_verified, &err) < 0)
        on_verified(step, &err, false);
}

/* It sees what the step itself sees, its secrets too: else it would say no for want of them. */
static void verify(struct rbk_step *step)
{
    struct rbk_error err = {0};
    step->row.state = RBK_STEP_RUNNING;
    step->row.idempotent = false;
    rbk_observe_step(step);
    int rc = rbk_secret_lookup(step, start_verify, &err);
    if (rc != 0)
        start_verify(step, rc < 0 ? &err : NULL);
}

static void on_answer(struct rbk_step *step, enum rbk_decision decision)
{
    switch (decision) {
    case RBK_DECIDED_YES:
        take_as_done(step, step->run->session->by);
        rbk_step_next(step);
        break;
    case RBK_DECIDED_NO:
        forget(step);
        rbk_step_go(step);
        break;
    default:
        rbk_step_end(step, RBK_STEP_IN_DOUBT, "nobody said whether it happened");
    }
}

/* The doubt phase: true when the step goes on at once. */
bool rbk_doubt_settle(struct rbk_step *step)
{
    switch (step->doubt) {
    case RBK_DOUBT_DONE:
        take_as_done(step, "--assume done");
        return true;
    case RBK_DOUBT_VERIFY:
        verify(step);
        return false;
    case RBK_DOUBT_ASK:
        rbk_gate_open(step, "doubt", "It was running when the run died. Did it happen?", NULL, 0, on_answer);
        return false;
    default:
        forget(step);
        return true;
    }
}
