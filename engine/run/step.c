/* One step, phase by phase, in the order that a runbook's author is promised: when, confirm, manual, ask, then the
 * body and its checks. What is a person's or a lock's turn comes before the intent is recorded, so that a waiting run
 * holds nothing and has done nothing. */
#include <run/machine.h>

#include <string.h>

/* Items of an `each` are asked for and locked once, by the `each`, and confirmed so unless the question names $item. */
static bool is_item(const struct rbk_step *step)
{
    return step->role == RBK_ROLE_ITEM;
}

/* Repeating it does no harm: no synced intent is needed. What a container holds is recorded on its own. */
static bool is_idempotent(const struct rbk_step *step)
{
    const struct rbk_body *run = &step->node->run;
    return step->node->idempotent || rbk_step_is_container(step) || run->kind == RBK_BODY_NONE ||
           (run->kind == RBK_BODY_ACTION && !run->writes);
}

static bool phase_doubt(struct rbk_step *step)
{
    return step->doubt == RBK_DOUBT_NONE || rbk_doubt_settle(step);
}

static bool phase_select(struct rbk_step *step)
{
    const char *reason = is_item(step) ? NULL : rbk_select_skip(step->run, step->node);
    if (reason) {
        free(step->row.detail);
        step->row.detail = rbk_strdup(reason);
        rbk_step_end(step, RBK_STEP_SKIPPED, NULL);
        return false;
    }
    rbk_gate_recall(step);
    return true;
}

/* Whether `when` speaks of $item: then each item answers it, else the `each` does once. */
static bool reads_item(const struct rbk_expr *e)
{
    struct rbk_strv names = {0};
    rbk_expr_names(e, &names);
    bool reads = rbk_strv_has(&names, "item");
    rbk_strv_fini(&names);
    return reads;
}

static bool phase_when(struct rbk_step *step)
{
    const struct rbk_expr *when = step->node->when;
    if (!when || (is_item(step) && !reads_item(when)) || (step->role == RBK_ROLE_EACH && reads_item(when)))
        return true;
    return rbk_verdict_when(step);
}

static void on_single(struct rbk_step *step, enum rbk_decision decision)
{
    if (decision == RBK_DECIDED_YES) {
        rbk_step_next(step);
    } else if (decision == RBK_DECIDED_LATER) {
        rbk_step_end(step, RBK_STEP_WAITING, NULL);
    } else {
        rbk_step_note(step, "skipped by %s", step->run->session->by);
        rbk_step_end(step, RBK_STEP_SKIPPED, NULL);
    }
}

static bool phase_single(struct rbk_step *step)
{
    if (!step->run->session->o.step_by_step || !step->run->session->o.gates || is_item(step))
        return true;
    rbk_gate_open(step, "step", step->node->title, NULL, 0, on_single);
    return false;
}

static void on_gate(struct rbk_step *step, enum rbk_decision decision)
{
    if (decision == RBK_DECIDED_YES)
        rbk_step_next(step);
    else if (decision == RBK_DECIDED_LATER)
        rbk_step_end(step, RBK_STEP_WAITING, NULL);
    else
        rbk_step_end_rejected(step);
}

static bool is_put_here(const struct rbk_step *step, const char *question)
{
    struct rbk_strv names = {0};
    rbk_subst_names(question, &names);
    bool of_item = rbk_strv_has(&names, "item");
    rbk_strv_fini(&names);
    return step->role == RBK_ROLE_EACH ? !of_item : of_item || !is_item(step);
}

static bool phase_confirm(struct rbk_step *step)
{
    if (!step->node->confirm || !is_put_here(step, step->node->confirm))
        return true;
    rbk_gate_open(step, "confirm", step->node->confirm, NULL, 0, on_gate);
    return false;
}

static bool phase_manual(struct rbk_step *step)
{
    if (!step->node->manual || !is_put_here(step, step->node->manual))
        return true;
    rbk_gate_open(step, "manual", step->node->manual, NULL, 0, on_gate);
    return false;
}

static bool phase_ask(struct rbk_step *step)
{
    if (step->node->ask_count == 0 || is_item(step))
        return true;
    rbk_gate_open(step, "ask", step->node->title, step->node->ask, step->node->ask_count, on_gate);
    return false;
}

static bool phase_lock(struct rbk_step *step)
{
    return !step->node->lock || is_item(step) || rbk_locks_step(step);
}

static void on_secrets(struct rbk_step *step, const struct rbk_error *failed)
{
    if (step->stop)
        rbk_step_end_stopped(step);
    else if (failed)
        rbk_step_end(step, RBK_STEP_FAILED, failed->message);
    else
        rbk_step_next(step);
}

static bool phase_secrets(struct rbk_step *step)
{
    struct rbk_error err = {0};
    if (step->node->secret.count == 0 || step->role == RBK_ROLE_EACH)
        return true;
    int rc = rbk_secret_lookup(step, on_secrets, &err);
    if (rc < 0)
        on_secrets(step, &err);
    return rc > 0;
}

/* A remedy that is refused has not begun: nothing of it is in doubt, and nothing is tried again. */
static bool phase_remedy(struct rbk_step *step)
{
    const struct rbk_session *s = step->run->session;
    const char *priority = step->run->plan->priority;
    struct rbk_error err = {0};
    if (!step->node->remediates || !s->o.remediate || is_item(step))
        return true;
    if (rbk_record_flush(step->run->session, NULL) < 0)
        return false;
    if (s->o.remediate(s->o.remediate_self, &step->run->row, priority, &step->row, step->node->remediates, &err) == 0)
        return true;
    if (err.hint[0])
        rbk_step_note(step, "%s", err.hint);
    rbk_step_end(step, RBK_STEP_FAILED, err.message);
    return false;
}

static void on_intent_safe(void *arg)
{
    struct rbk_step *step = arg;
    if (!step->ended)
        rbk_step_next(step);
}

/* A step that may be repeated needs no synced intent of its own, but what was done before it is made safe first. */
static bool phase_intent(struct rbk_step *step)
{
    step->row.state = RBK_STEP_RUNNING;
    step->row.idempotent = is_idempotent(step);
    step->row.attempts++;
    step->tries++;
    step->row.started_ms = rbk_clock_wall_ms();
    step->began_ms = rbk_clock_mono_ms();
    if (step->node->note && !is_item(step) && !step->row.detail)
        step->row.detail = rbk_strdup(step->node->note);
    rbk_observe_step(step);
    rbk_record_step(step, step->row.idempotent ? RBK_RECORD_SOON : RBK_RECORD_NOW);
    bool acts = !rbk_step_is_container(step) && step->node->run.kind != RBK_BODY_NONE;
    if (!acts || !rbk_record_due(step->run->session))
        return true;
    rbk_record_then(step->run->session, on_intent_safe, step);
    return false;
}

static bool phase_body(struct rbk_step *step)
{
    rbk_attempt_begin(step);
    return false;
}

static bool phase_check(struct rbk_step *step)
{
    return step->node->check_count == 0 || step->role == RBK_ROLE_EACH || rbk_verdict_checks(step);
}

static bool phase_done(struct rbk_step *step)
{
    rbk_step_end(step, RBK_STEP_SUCCEEDED, NULL);
    return false;
}

typedef bool phase_fn(struct rbk_step *step);
static phase_fn *const phases[RBK_PHASE_COUNT] = {
    [RBK_PHASE_DOUBT] = phase_doubt,   [RBK_PHASE_SELECT] = phase_select,   [RBK_PHASE_WHEN] = phase_when,
    [RBK_PHASE_SINGLE] = phase_single, [RBK_PHASE_CONFIRM] = phase_confirm, [RBK_PHASE_MANUAL] = phase_manual,
    [RBK_PHASE_ASK] = phase_ask,       [RBK_PHASE_LOCK] = phase_lock,       [RBK_PHASE_SECRETS] = phase_secrets,
    [RBK_PHASE_REMEDY] = phase_remedy, [RBK_PHASE_INTENT] = phase_intent,   [RBK_PHASE_BODY] = phase_body,
    [RBK_PHASE_CHECK] = phase_check,   [RBK_PHASE_DONE] = phase_done,
};

void rbk_step_go(struct rbk_step *step)
{
    while (!step->ended && phases[step->phase](step))
        step->phase++;
}

void rbk_step_next(struct rbk_step *step)
{
    step->phase++;
    rbk_step_go(step);
}

/* A step on record: one that is done counts as it ended; one whose body is done goes on with its checks. */
void rbk_step_start(struct rbk_step *step, rbk_step_end_fn *on_end)
{
    step->on_end = on_end;
    if (rbk_step_is_done(step)) {
        step->ended = true;
        rbk_observe_step(step);
        rbk_group_adopt(step);
        on_end(step);
        return;
    }
    if (step->row.state == RBK_STEP_PENDING)
        step->row.started_ms = 0; /* that of an interrupted attempt: it begins anew */
    bool body_done = rbk_step_has_begun(step) && step->row.state == RBK_STEP_WAITING && !rbk_step_is_container(step);
    step->phase = body_done ? RBK_PHASE_CHECK : RBK_PHASE_DOUBT;
    if (body_done) {
        step->tries = step->row.attempts;
        rbk_gate_recall(step);
    }
    rbk_step_go(step);
}

void rbk_step_stop(struct rbk_step *step, enum rbk_stop stop, bool now)
{
    if (step->ended)
        return;
    if (stop > step->stop)
        step->stop = stop;
    if (step->phase == RBK_PHASE_BODY && !step->delay) {
        rbk_attempt_halt(step, stop, now);
    } else if (step->body || step->secret) {
        rbk_body_stop(step, RBK_END_CANCEL, now);
    } else if (step->phase == RBK_PHASE_INTENT) {
        step->row.idempotent = true; /* nothing was started yet */
        rbk_step_end_stopped(step);
    } else if (step->phase == RBK_PHASE_CHECK) {
        rbk_gate_withdraw(step);
        rbk_step_end_unasked(step);
    } else {
        if (step->delay)
            step->row.state = RBK_STEP_PENDING; /* between two attempts: nothing is in flight */
        rbk_gate_withdraw(step);
        rbk_step_end_stopped(step);
    }
}
