/* The sequence of a run: its nodes one after the other, what a failure means for those that follow, and the state that
 * the run ends in. A resumed run walks the same way: a step that is done counts as it ended then. */
#include <run/machine.h>
#include <run/request.h>

#include <string.h>

/* The first thing that went wrong is the reason that people are told. */
void rbk_sequence_reason(struct rbk_run *run, const struct rbk_step *step)
{
    if (!run->row.reason) {
        run->row.reason = rbk_asprintf("step \"%s\": %s", step->row.title,
                                       step->row.error ? step->row.error : rbk_step_state_name(step->row.state));
    }
}

static void halt(struct rbk_run *run, enum rbk_run_state verdict)
{
    if (!run->halted) {
        run->halted = true;
        run->verdict = verdict;
    }
}

/* A step before the one that is retried was accepted as it is. */
static bool is_passed_over(const struct rbk_run *run, const struct rbk_step *step)
{
    return run->retry && step->node != run->retry && !rbk_select_contains(step->node, run->retry) &&
           rbk_select_position(run->plan, step->node) < rbk_select_position(run->plan, run->retry);
}

static void account_failure(struct rbk_run *run, const struct rbk_step *step)
{
    run->red = true;
    rbk_sequence_reason(run, step);
    if (step->node->on_fail == RBK_ON_FAIL_CONTINUE || is_passed_over(run, step))
        return;
    halt(run, step->row.state == RBK_STEP_TIMED_OUT ? RBK_RUN_TIMED_OUT : RBK_RUN_FAILED);
    run->wants_undo |= step->node->on_fail == RBK_ON_FAIL_UNDO || step->rejected || step->wants_undo;
}

static void account(struct rbk_run *run, const struct rbk_step *step)
{
    switch (step->row.state) {
    case RBK_STEP_FAILED:
    case RBK_STEP_TIMED_OUT:
        account_failure(run, step);
        break;
    case RBK_STEP_CANCELLED:
        if (is_passed_over(run, step))
            account_failure(run, step);
        else
            halt(run, RBK_RUN_CANCELLED);
        break;
    case RBK_STEP_WAITING:
        run->parked = RBK_RUN_WAITING;
        break;
    case RBK_STEP_IN_DOUBT:
    case RBK_STEP_PENDING:
        run->parked = RBK_RUN_INTERRUPTED;
        rbk_sequence_reason(run, step);
        break;
    default:
        break;
    }
}

static void on_step_end(struct rbk_step *step)
{
    step->run->current = NULL;
    account(step->run, step);
    rbk_sequence_go(step->run);
}

static void conclude_interrupted(struct rbk_run *run)
{
    const struct rbk_recorder *rec = &run->session->recorder;
    if (rec->failed) {
        rbk_run_end(run, RBK_RUN_INTERRUPTED, rbk_exit_status(RBK_ESTORE), rec->failure.message);
    } else if (run->stop == RBK_STOP_INTERRUPT) {
        int signo = run->session->root->signo;
        char *why = rbk_asprintf("stopped by signal %d (%s)", signo, strsignal(signo));
        rbk_run_end(run, RBK_RUN_INTERRUPTED, 128 + signo, why);
        free(why);
    } else {
        rbk_run_end(run, RBK_RUN_INTERRUPTED, rbk_exit_status(RBK_EDOUBT), run->row.reason);
    }
}

static void conclude(struct rbk_run *run)
{
    if (run->stop == RBK_STOP_INTERRUPT || run->parked == RBK_RUN_INTERRUPTED) {
        conclude_interrupted(run);
    } else if (run->parked == RBK_RUN_WAITING) {
        rbk_run_end(run, RBK_RUN_WAITING, rbk_exit_status(RBK_EWAITING), "waiting for a person");
    } else if (run->stop == RBK_STOP_TIMEOUT) {
        rbk_run_end(run, RBK_RUN_TIMED_OUT, rbk_exit_status(RBK_ETIMEOUT), "the time of the run was up");
    } else if (run->stop == RBK_STOP_CANCEL || (run->halted && run->verdict == RBK_RUN_CANCELLED)) {
        char *reason = rbk_run_cancel_reason(run->session->o.store, run->session->root->row.id);
        rbk_run_end(run, RBK_RUN_CANCELLED, rbk_exit_status(RBK_ECANCELLED), reason);
        free(reason);
    } else if (run->halted && run->verdict == RBK_RUN_TIMED_OUT) {
        rbk_run_end(run, RBK_RUN_TIMED_OUT, rbk_exit_status(RBK_ETIMEOUT), run->row.reason);
    } else if (run->halted || run->red) {
        bool busy = run->busy && !run->session->effects;
        rbk_run_end(run, RBK_RUN_FAILED, rbk_exit_status(busy ? RBK_EBUSY : RBK_EFAIL), run->row.reason);
    } else {
        rbk_run_end(run, RBK_RUN_SUCCEEDED, 0, NULL);
    }
}

static void start_next(struct rbk_run *run)
{
    const struct rbk_node *node = run->plan->nodes[run->next];
    size_t index = run->next++;
    if (run->halted && (!node->always || run->now))
        return; /* stays pending */
    run->current = rbk_step_new(run, node, NULL, rbk_role_of(node), index, NULL);
    rbk_step_start(run->current, on_step_end);
}

static void advance(struct rbk_run *run)
{
    if (run->stop)
        run->halted = true;
    bool cannot_go_on = run->stop == RBK_STOP_INTERRUPT || run->parked != RBK_RUN_RUNNING;
    bool undo = run->wants_undo && !run->undone && !run->now;
    if (cannot_go_on || (!undo && run->next == run->plan->node_count))
        conclude(run);
    else if (undo)
        run->undone = !rbk_undo_go(run);
    else
        start_next(run);
}

/* Steps may end while they are being started: only the outermost call goes on. */
void rbk_sequence_go(struct rbk_run *run)
{
    if (run->advancing)
        return;
    run->advancing = true;
    while (!run->ended && !run->current && !run->undoing)
        advance(run);
    run->advancing = false;
}
