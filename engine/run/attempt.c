/* Attempts: one performance of what a step does, its time limit, and doing it again when it failed. The time-out of a
 * step counts for each attempt; an attempt that was stopped by the time-out counts as failed and may be repeated. An
 * attempt includes its captures and checks: "again until the check is met" is what retry is for. */
#include <run/machine.h>

#include <math.h>
#include <sys/random.h>

#define DAY_MS 86400e3

static void on_timeout(void *arg)
{
    struct rbk_step *step = arg;
    step->timeout = NULL;
    step->timed_out = true;
    rbk_attempt_halt(step, RBK_STOP_TIMEOUT, false);
}

/* What to do about it stands below the step, once for however many attempts. */
static void tell_hint(struct rbk_step *step, const struct rbk_error *failed)
{
    if (failed->hint[0] && (!step->row.detail || !strstr(step->row.detail, failed->hint)))
        rbk_step_note(step, "%s", failed->hint);
}

void rbk_attempt_could_not(struct rbk_step *step, const struct rbk_error *failed)
{
    tell_hint(step, failed);
    rbk_attempt_ended(step, RBK_STEP_FAILED, failed->message);
}

static void on_body(struct rbk_step *step, const struct rbk_error *failed, bool timed_out)
{
    if (timed_out && !step->stop)
        step->timed_out = true;
    if (failed)
        rbk_attempt_could_not(step, failed);
    else
        rbk_attempt_ended(step, RBK_STEP_SUCCEEDED, NULL);
}

static int start_body(struct rbk_step *step, struct rbk_error *err)
{
    if (step->node->call)
        return rbk_call_start(step, err);
    return rbk_body_start(step, &step->node->run, on_body, err);
}

void rbk_attempt_begin(struct rbk_step *step)
{
    struct rbk_error err = {0};
    step->timed_out = false;
    rbk_buf_clear(&step->out);
    if (step->node->timeout_ms > 0 && step->role != RBK_ROLE_EACH)
        step->timeout = rbk_timer_start(step->run->session->o.loop, step->node->timeout_ms, 0, on_timeout, step);
    if (step->role == RBK_ROLE_PARALLEL)
        rbk_parallel_start(step);
    else if (step->role == RBK_ROLE_EACH)
        rbk_each_start(step);
    else if (step->node->run.kind == RBK_BODY_NONE && !step->node->call)
        rbk_attempt_ended(step, RBK_STEP_SUCCEEDED, NULL);
    else if (start_body(step, &err) < 0)
        rbk_attempt_could_not(step, &err);
}

void rbk_attempt_halt(struct rbk_step *step, enum rbk_stop stop, bool now)
{
    if (step->role == RBK_ROLE_PARALLEL || step->role == RBK_ROLE_EACH)
        rbk_group_stop(step, stop, now);
    else if (step->child)
        rbk_run_stop(step->child, stop, now);
    else
        rbk_body_stop(step, stop == RBK_STOP_TIMEOUT ? RBK_END_TIMEOUT : RBK_END_CANCEL, now);
}

static void captured(struct rbk_step *step)
{
    struct rbk_error err = {0};
    if (rbk_capture_facts(step, &err) == 0) {
        rbk_step_next(step);
        return;
    }
    tell_hint(step, &err);
    rbk_attempt_failed(step, RBK_STEP_FAILED, err.message);
}

static void attempt_timed_out(struct rbk_step *step)
{
    char limit[64];
    struct rbk_quantity q = {(double)step->node->timeout_ms / 1000.0, RBK_UNIT_SECONDS};
    rbk_quantity_format(q, limit, sizeof limit);
    char *text = step->node->timeout_ms > 0 ? rbk_asprintf("no end within its time-out of %s", limit)
                                            : rbk_strdup("its time was up");
    rbk_attempt_failed(step, RBK_STEP_TIMED_OUT, text);
    free(text);
}

/* Whatever was started has come to its end: a body, a group or a called run. */
void rbk_attempt_ended(struct rbk_step *step, enum rbk_step_state state, const char *error)
{
    rbk_timer_cancel(&step->timeout);
    if (state == RBK_STEP_SUCCEEDED)
        captured(step);
    else if (step->timed_out)
        attempt_timed_out(step);
    else if (step->stop && state != RBK_STEP_WAITING && state != RBK_STEP_IN_DOUBT)
        rbk_step_end_stopped(step);
    else if (state == RBK_STEP_FAILED || state == RBK_STEP_TIMED_OUT)
        rbk_attempt_failed(step, state, error);
    else
        rbk_step_end(step, state, error);
}

static bool retried_exit(const struct rbk_step *step)
{
    const struct rbk_retry *retry = &step->node->retry;
    if (retry->on_exit_count == 0)
        return true;
    for (int i = 0; i < retry->on_exit_count; i++)
        if (retry->on_exit[i] == step->row.exit_code)
            return true;
    return false;
}

static bool may_retry(const struct rbk_step *step)
{
    bool has_body = step->role == RBK_ROLE_PLAIN || step->role == RBK_ROLE_ITEM;
    return has_body && !step->stop && !step->run->now && step->tries <= step->node->retry.times && retried_exit(step);
}

/* A number in [-1, 1): jitter keeps many waiting runs from coming back together. */
static double spread(void)
{
    uint32_t r = 0;
    if (getrandom(&r, sizeof r, GRND_NONBLOCK) != (ssize_t)sizeof r)
        return 0;
    return (double)r / 2147483648.0 - 1.0;
}

/* A power may be infinite: then the longest delay is meant. */
static int64_t retry_delay(const struct rbk_step *step)
{
    const struct rbk_retry *retry = &step->node->retry;
    double longest = retry->max_delay_ms > 0 ? (double)retry->max_delay_ms : DAY_MS;
    double grown = pow(retry->backoff > 0 ? retry->backoff : 1.0, step->tries - 1);
    double ms = retry->delay_ms > 0 ? fmin((double)retry->delay_ms * grown, fmin(longest, DAY_MS)) : 0;
    ms += ms * retry->jitter * spread();
    return (int64_t)fmax(0, fmin(ms, DAY_MS));
}

/* The step as recorded is in flight already, unless it waited for a person meanwhile: then the intent is renewed, and
 * before it the lock and the secrets, which a resumed run does not have yet. */
static void on_retry(void *arg)
{
    struct rbk_step *step = arg;
    step->delay = NULL;
    if (step->row.state != RBK_STEP_RUNNING) {
        step->phase = RBK_PHASE_LOCK;
        rbk_step_go(step);
        return;
    }
    step->row.attempts++;
    step->tries++;
    rbk_record_step(step, RBK_RECORD_SOON);
    rbk_observe_step(step);
    rbk_attempt_begin(step);
}

/* For those who want to hear of every attempt. */
static void tell_attempt(struct rbk_step *step, const char *error)
{
    rbk_value *data = rbk_map_new();
    char *clean = rbk_step_output_redacted(step->run->session, error);
    rbk_map_set_string(data, "error", clean);
    rbk_map_set_int(data, "attempt", step->tries);
    rbk_map_set_int(data, "attempts", step->node->retry.times + 1);
    free(clean);
    rbk_record_told(step->run, step, "attempt-failed", data);
}

void rbk_attempt_failed(struct rbk_step *step, enum rbk_step_state state, const char *error)
{
    if (!may_retry(step)) {
        rbk_step_end(step, state, error);
        return;
    }
    char wait[RBK_TIME_SIZE];
    int64_t delay = retry_delay(step);
    rbk_duration_format(delay, wait);
    rbk_step_note(step, "attempt %d failed (%s), again in %s", step->row.attempts, error ? error : "no reason given",
                  wait);
    tell_attempt(step, error);
    step->phase = RBK_PHASE_BODY;
    step->delay = rbk_timer_start(step->run->session->o.loop, delay, 0, on_retry, step);
}
