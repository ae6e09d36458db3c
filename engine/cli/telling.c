/* What happens in a run, as events: see telling.h. What a person reads in a message about a run (its step, what was
 * measured, where its output is, how to go on) is put together here, once for all channels. The rows and logs have
 * passed the redactor already. */
#include <cli/telling_parts.h>

#include <base/mem.h>
#include <run/run.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_run_key(struct rbk_buf *event, const struct rbk_run_row *run)
{
    rbk_event_joined(event, "key", (const char *const[]){"run:", run->runbook, NULL});
}

static void put_step_key(struct rbk_buf *event, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    rbk_event_joined(event, "key", (const char *const[]){"step:", run->runbook, "/", step->id, NULL});
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

static bool is_failure(enum rbk_step_state state)
{
    return state == RBK_STEP_FAILED || state == RBK_STEP_TIMED_OUT;
}

static void tell_check(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step,
                       const rbk_value *check)
{
    const char *expr = rbk_map_get_string(check, "expr"), *result = rbk_map_get_string(check, "result");
    bool met = result && strcmp(result, "met") == 0, not_met = result && strcmp(result, "not-met") == 0;
    const char *value = rbk_map_get_string(check, "text");
    if (!expr || (!met && !not_met))
        return;
    char *key = rbk_asprintf("check:%s/%s/%s", run->runbook, step->id, expr);
    const struct telling_occasion o = {.event = "check.failed", .status = met ? "resolved" : "firing"};
    struct rbk_buf *event = !met || rbk_telling_is_open(t, key) ? rbk_telling_begin(t, run, &o) : NULL;
    if (event) {
        rbk_event_text(event, "key", key);
        rbk_event_joined(event, "title",
                         (const char *const[]){run->runbook, met ? ": met again: " : ": not met: ", expr, ", now ",
                                               value ? value : "?", NULL});
        rbk_event_text(event, "step", step->title);
        rbk_event_check(event, expr, value, result);
        if (!met) {
            rbk_telling_put_log(t, event, step->log);
            rbk_telling_put_next(t, event, run, RBK_RUN_FAILED, step->id, NULL);
        }
        rbk_event_end(event);
    }
    free(key);
}

static void tell_step_failed(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    const struct telling_occasion o = {.event = "step.failed", .status = "firing", .attempt = step->attempts};
    rbk_buf_clear(&t->failed);
    rbk_telling_put_said(t, &t->failed, step, step->error);
    rbk_telling_put_next(t, &t->failed, run, RBK_RUN_FAILED, step->id, NULL);
    struct rbk_buf *event = rbk_telling_begin(t, run, &o);
    if (!event)
        return;
    put_step_key(event, run, step);
    rbk_event_joined(event, "title", (const char *const[]){run->runbook, ": step failed: ", step->title, NULL});
    rbk_event_text(event, "state", rbk_step_state_name(step->state));
    rbk_event_int(event, "attempt", step->attempts);
    if (step->duration_ms >= 0)
        rbk_event_int(event, "duration_ms", step->duration_ms);
    rbk_event_members(event, &t->failed);
    rbk_event_end(event);
}

static void tell_step_recovered(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    const struct telling_occasion o = {.event = "step.failed", .status = "resolved"};
    char *key = rbk_asprintf("step:%s/%s", run->runbook, step->id);
    struct rbk_buf *event = rbk_telling_is_open(t, key) ? rbk_telling_begin(t, run, &o) : NULL;
    if (event) {
        rbk_event_text(event, "key", key);
        rbk_event_joined(event, "title",
                         (const char *const[]){run->runbook, ": step succeeds again: ", step->title, NULL});
        rbk_event_end(event);
    }
    free(key);
}

void rbk_telling_step(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    bool failed = is_failure(step->state), group = !strcmp(step->kind, "parallel") || !strcmp(step->kind, "each");
    for (size_t i = 0; i < rbk_value_length(step->checks); i++)
        tell_check(t, run, step, rbk_list_at(step->checks, i));
    if (failed && !group)
        tell_step_failed(t, run, step);
    else if (step->state == RBK_STEP_SUCCEEDED && !group)
        tell_step_recovered(t, run, step);
    rbk_telling_step_ended(t, step->key);
}

static void tell_attempt(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step,
                         const rbk_value *data)
{
    char one[24], all[24];
    const char *error = rbk_map_get_string(data, "error");
    const struct telling_occasion o = {.event = "step.attempt-failed",
                                       .status = "info",
                                       .attempt = rbk_value_int(rbk_map_get(data, "attempt")),
                                       .attempts = rbk_value_int(rbk_map_get(data, "attempts"))};
    struct rbk_buf *event = rbk_telling_begin(t, run, &o);
    if (!event)
        return;
    snprintf(one, sizeof one, "%lld", (long long)o.attempt);
    snprintf(all, sizeof all, "%lld", (long long)o.attempts);
    put_step_key(event, run, step);
    rbk_event_joined(
        event, "title",
        (const char *const[]){run->runbook, ": attempt ", one, " of ", all, " failed: ", step->title, NULL});
    rbk_telling_put_said(t, event, step, error && *error ? error : step->error);
    rbk_event_text(event, "state", rbk_step_state_name(step->state));
    rbk_event_int(event, "duration_ms", step->duration_ms);
    rbk_event_int(event, "attempt", o.attempt);
    rbk_event_int(event, "attempts", o.attempts);
    rbk_event_end(event);
}

/* ---- runs ------------------------------------------------------------------------------------------------------ */

static const char *words_of(enum rbk_run_state state)
{
    return state == RBK_RUN_TIMED_OUT     ? "timed out"
           : state == RBK_RUN_WAITING     ? "waits for a person"
           : state == RBK_RUN_INTERRUPTED ? "was interrupted"
           : state == RBK_RUN_SUCCEEDED   ? "succeeds again"
                                          : "failed";
}

/* But its `text`, its `next` and its end. */
static struct rbk_buf *begin_run_event(struct rbk_telling *t, const char *name, const char *status,
                                       const struct rbk_run_row *run)
{
    const struct telling_occasion o = {.event = name, .status = status};
    struct rbk_buf *event = rbk_telling_begin(t, run, &o);
    if (!event)
        return NULL;
    put_run_key(event, run);
    rbk_event_joined(event, "title", (const char *const[]){run->runbook, " ", words_of(run->state), NULL});
    rbk_event_text(event, "state", rbk_run_state_name(run->state));
    rbk_event_int(event, "duration_ms", run->duration_ms);
    return event;
}

static void tell_recovered(struct rbk_telling *t, const struct rbk_run_row *run)
{
    char *key = rbk_asprintf("run:%s", run->runbook);
    struct rbk_buf *event = rbk_telling_is_open(t, key) ? begin_run_event(t, "run.recovered", "resolved", run) : NULL;
    if (event) {
        rbk_event_text(event, "text", run->reason);
        rbk_event_end(event);
    }
    free(key);
}

/* It says what its last failed step said. */
static void tell_failed(struct rbk_telling *t, const struct rbk_run_row *run)
{
    struct rbk_buf *event = begin_run_event(t, "run.failed", "firing", run);
    if (!event)
        return;
    rbk_event_text(event, "text", run->reason);
    if (t->failed.len)
        rbk_event_members(event, &t->failed);
    else
        rbk_telling_put_next(t, event, run, run->state, NULL, NULL);
    rbk_event_end(event);
}

static void tell_interrupted(struct rbk_telling *t, const struct rbk_run_row *run)
{
    struct rbk_buf *event = begin_run_event(t, "run.interrupted", "firing", run);
    if (!event)
        return;
    rbk_event_text(event, "text", run->reason);
    rbk_telling_put_next(t, event, run, run->state, NULL, NULL);
    rbk_event_end(event);
}

/* The question is the text. */
static void tell_waiting(struct rbk_telling *t, const struct rbk_run_row *run)
{
    struct rbk_buf *event = begin_run_event(t, "run.waiting", "info", run);
    rbk_value *waiting = NULL;
    if (!event)
        return;
    if (rbk_report_waiting(t->store, rbk_telling_root(run), &waiting, NULL) < 0)
        waiting = NULL;
    const rbk_value *first = rbk_value_length(waiting) ? rbk_list_at(waiting, 0) : NULL;
    const char *question = first ? rbk_map_get_string(first, "question") : NULL;
    rbk_event_text(event, "step", first ? rbk_map_get_string(first, "step") : NULL);
    rbk_event_text(event, "text", question && *question ? question : run->reason);
    rbk_telling_put_next(t, event, run, run->state, NULL, waiting);
    rbk_event_end(event);
    rbk_value_free(waiting);
}

void rbk_telling_run(struct rbk_telling *t, const struct rbk_run_row *run)
{
    if (run->parent) /* a called run: its caller's step says it */
        return;
    if (run->state == RBK_RUN_SUCCEEDED)
        tell_recovered(t, run);
    else if (run->state == RBK_RUN_FAILED || run->state == RBK_RUN_TIMED_OUT)
        tell_failed(t, run);
    else if (run->state == RBK_RUN_INTERRUPTED)
        tell_interrupted(t, run);
    else if (run->state == RBK_RUN_WAITING)
        tell_waiting(t, run);
}

static void tell_escalated(struct rbk_telling *t, const struct rbk_run_row *run, const rbk_value *data)
{
    const char *when = rbk_map_get_string(data, "when"), *now = rbk_map_get_string(data, "measured");
    const char *to = rbk_map_get_string(data, "to"), *priority = rbk_map_get_string(data, "priority");
    const struct telling_occasion o = {
        .event = "run.escalated", .status = "info", .priority = priority && *priority ? priority : NULL};
    struct rbk_buf *event = rbk_telling_begin(t, run, &o);
    if (!event)
        return;
    put_run_key(event, run);
    rbk_event_joined(event, "title",
                     (const char *const[]){run->runbook, ": call ", to ? to : "somebody", ": ", when ? when : "?",
                                           ", now ", now ? now : "?", NULL});
    rbk_event_text(event, "to", to);
    rbk_event_check(event, when, now, "met");
    rbk_telling_put_next(t, event, run, RBK_RUN_FAILED, NULL, NULL);
    rbk_event_end(event);
}

static void tell_budget(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step,
                        const rbk_value *data)
{
    const struct telling_occasion o = {.event = "budget.exceeded", .status = "info"};
    char took[RBK_TIME_SIZE], budget[RBK_TIME_SIZE];
    int64_t took_ms = rbk_value_int(rbk_map_get(data, "took_ms"));
    struct rbk_buf *event = rbk_telling_begin(t, run, &o);
    if (!event)
        return;
    rbk_duration_format(took_ms, took);
    rbk_duration_format(rbk_value_int(rbk_map_get(data, "budget_ms")), budget);
    rbk_event_joined(event, "key",
                     (const char *const[]){"budget:", run->runbook, step ? "/" : "", step ? step->id : "", NULL});
    rbk_event_joined(event, "title",
                     (const char *const[]){run->runbook, ": over its budget: ", took, " of ", budget, step ? ": " : "",
                                           step ? step->title : "", NULL});
    rbk_event_text(event, "step", step ? step->title : NULL);
    rbk_event_int(event, "duration_ms", took_ms);
    rbk_event_end(event);
}

void rbk_telling_event(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step,
                       const char *kind, const rbk_value *data)
{
    if (strcmp(kind, "escalated") == 0)
        tell_escalated(t, run, data);
    else if (strcmp(kind, "attempt-failed") == 0 && step)
        tell_attempt(t, run, step, data);
    else if (strcmp(kind, "over-budget") == 0)
        tell_budget(t, run, step, data);
}
