/* From what a run records to events: see telling.h. What a person reads in a message about a run (its step, what was
 * measured, where its output is, how to go on) is put together here, once for all channels. The rows and logs have
 * passed the redactor already. Every step of a run waits for this: nothing is made that no rule asks for, nothing is
 * looked up twice, and an event is written as the text that is recorded. */
#include <cli/telling.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/event_text.h>
#include <cli/next_lines.h>
#include <run/run.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct told { /* an event that the next write records */
    struct rbk_buf text;
    int64_t at_ms;
};
struct ran { /* the last command of a step that has not ended */
    char *step, *command;
};

struct rbk_telling {
    const struct rbk_config *config;
    struct rbk_store *store;
    const char *priority;
    struct told *events;
    size_t event_count, event_cap;
    struct ran *ran;
    size_t ran_count, ran_cap;
    struct rbk_buf failed;                          /* what the last failed step said, for the run's own event */
    char root[RBK_ULID_SIZE], brief[RBK_ULID_SIZE]; /* the short id of the last run that was asked for */
    int recorded;
};

struct rbk_telling *rbk_telling_new(const struct rbk_config *config, struct rbk_store *store, const char *priority)
{
    struct rbk_telling *t = rbk_alloc(sizeof *t);
    *t = (struct rbk_telling){.config = config, .store = store, .priority = priority};
    return t;
}

static void forget_events(struct rbk_telling *t)
{
    for (size_t i = 0; i < t->event_count; i++)
        rbk_buf_fini(&t->events[i].text);
    t->event_count = 0;
}

static void forget_command(struct rbk_telling *t, size_t i)
{
    free(t->ran[i].step);
    free(t->ran[i].command);
    t->ran[i] = t->ran[--t->ran_count];
}

void rbk_telling_free(struct rbk_telling *t)
{
    if (!t)
        return;
    forget_events(t);
    while (t->ran_count)
        forget_command(t, 0);
    rbk_buf_fini(&t->failed);
    free(t->events);
    free(t->ran);
    free(t);
}

int rbk_telling_recorded(const struct rbk_telling *t)
{
    return t ? t->recorded : 0;
}

/* ---- commands -------------------------------------------------------------------------------------------------- */

static size_t find_command(const struct rbk_telling *t, const char *step)
{
    size_t i = 0;
    while (i < t->ran_count && strcmp(t->ran[i].step, step) != 0)
        i++;
    return i;
}

void rbk_telling_command(struct rbk_telling *t, const struct rbk_step_row *step, const struct rbk_command_row *command)
{
    size_t i = find_command(t, step->key);
    if (i < t->ran_count)
        forget_command(t, i);
    RBK_GROW(t->ran, t->ran_count, t->ran_cap);
    t->ran[t->ran_count++] = (struct ran){rbk_strdup(step->key), rbk_strdup(command->argv)};
}

static const char *command_of(const struct rbk_telling *t, const char *step)
{
    size_t i = find_command(t, step);
    return i < t->ran_count ? t->ran[i].command : NULL;
}

/* ---- the parts of an event ------------------------------------------------------------------------------------- */

/* NULL where there is none. */
static const char *brief_of(struct rbk_telling *t, const char *root)
{
    if (strcmp(t->root, root) != 0 && rbk_journal_run_short(t->store, root, t->brief, NULL) == 0)
        snprintf(t->root, sizeof t->root, "%s", root);
    return strcmp(t->root, root) == 0 ? t->brief : NULL;
}

static const char *root_of(const struct rbk_run_row *run)
{
    return run->root ? run->root : run->id;
}

/* How the run is named in commands. */
static const char *name_of(struct rbk_telling *t, const struct rbk_run_row *run)
{
    const char *brief = brief_of(t, root_of(run));
    return brief ? brief : root_of(run);
}

/* What rules are asked of an event: NULL = none of them wants it. `priority` NULL = the runbook's. */
struct occasion {
    const char *event, *status, *priority;
    int64_t attempt, attempts;
};

static struct rbk_buf *begin_event(struct rbk_telling *t, const struct rbk_run_row *run, const struct occasion *o)
{
    const char *priority = o->priority ? o->priority : t->priority;
    const struct rbk_notify_about about = {.event = o->event,
                                           .status = o->status,
                                           .priority = priority ? priority : "",
                                           .runbook = run->runbook ? run->runbook : "",
                                           .attempt = o->attempt,
                                           .attempts = o->attempts};
    if (!rbk_notify_wants(t->config, &about))
        return NULL;
    RBK_GROW(t->events, t->event_count, t->event_cap);
    struct told *told = &t->events[t->event_count++];
    *told = (struct told){.at_ms = rbk_clock_wall_ms()};
    rbk_event_begin(&told->text, o->event, o->status, told->at_ms);
    rbk_event_text(&told->text, "priority", priority);
    rbk_event_text(&told->text, "host", run->host);
    rbk_event_text(&told->text, "runbook", run->runbook);
    rbk_event_text(&told->text, "run", root_of(run));
    rbk_event_text(&told->text, "run_short", brief_of(t, root_of(run)));
    return &told->text;
}

/* Its last lines are read when the rules are asked. */
static void put_log(const struct rbk_telling *t, struct rbk_buf *event, const char *log)
{
    if (log)
        rbk_event_joined(event, "log", (const char *const[]){rbk_store_dir(t->store), "/logs/", log, NULL});
}

static void put_next(struct rbk_telling *t, struct rbk_buf *event, const struct rbk_run_row *run,
                     enum rbk_run_state state, const char *step, const rbk_value *waiting)
{
    const struct rbk_next next = {.state = state, .run = name_of(t, run), .step = step, .waiting = waiting};
    struct rbk_strv commands = {0};
    rbk_next_commands(&commands, &next);
    rbk_event_list(event, "next", &commands);
    rbk_strv_fini(&commands);
}

static void put_run_key(struct rbk_buf *event, const struct rbk_run_row *run)
{
    rbk_event_joined(event, "key", (const char *const[]){"run:", run->runbook, NULL});
}

static void put_step_key(struct rbk_buf *event, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    rbk_event_joined(event, "key", (const char *const[]){"step:", run->runbook, "/", step->id, NULL});
}

/* What a step said, in its own event and in that of its run. */
static void put_said(const struct rbk_telling *t, struct rbk_buf *event, const struct rbk_step_row *step,
                     const char *error)
{
    rbk_event_text(event, "step", step->title);
    rbk_event_text(event, "error", error);
    rbk_event_text(event, "command", command_of(t, step->key));
    rbk_event_checks(event, step->checks);
    put_log(t, event, step->log);
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

static bool is_failure(enum rbk_step_state state)
{
    return state == RBK_STEP_FAILED || state == RBK_STEP_TIMED_OUT;
}

/* That something is over only matters where it had begun: it was told or counted as wrong, or may yet be. */
static bool is_open(const struct rbk_telling *t, const char *key)
{
    return t->event_count > 0 || rbk_notify_is_open(t->store, key, NULL) > 0;
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
    const struct occasion o = {.event = "check.failed", .status = met ? "resolved" : "firing"};
    struct rbk_buf *event = !met || is_open(t, key) ? begin_event(t, run, &o) : NULL;
    if (event) {
        rbk_event_text(event, "key", key);
        rbk_event_joined(event, "title",
                         (const char *const[]){run->runbook, met ? ": met again: " : ": not met: ", expr, ", now ",
                                               value ? value : "?", NULL});
        rbk_event_text(event, "step", step->title);
        rbk_event_check(event, expr, value, result);
        if (!met) {
            put_log(t, event, step->log);
            put_next(t, event, run, RBK_RUN_FAILED, step->id, NULL);
        }
        rbk_event_end(event);
    }
    free(key);
}

static void tell_step_failed(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    const struct occasion o = {.event = "step.failed", .status = "firing", .attempt = step->attempts};
    rbk_buf_clear(&t->failed);
    put_said(t, &t->failed, step, step->error);
    put_next(t, &t->failed, run, RBK_RUN_FAILED, step->id, NULL);
    struct rbk_buf *event = begin_event(t, run, &o);
    if (!event)
        return;
    put_step_key(event, run, step);
    rbk_event_joined(event, "title", (const char *const[]){run->runbook, ": step failed: ", step->title, NULL});
    rbk_event_text(event, "state", rbk_step_state_name(step->state));
    rbk_event_int(event, "attempt", step->attempts);
    rbk_event_int(event, "duration_ms", step->duration_ms);
    rbk_event_members(event, &t->failed);
    rbk_event_end(event);
}

static void tell_step_recovered(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    const struct occasion o = {.event = "step.failed", .status = "resolved"};
    char *key = rbk_asprintf("step:%s/%s", run->runbook, step->id);
    struct rbk_buf *event = is_open(t, key) ? begin_event(t, run, &o) : NULL;
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
    size_t ran = find_command(t, step->key);
    if (ran < t->ran_count)
        forget_command(t, ran);
}

static void tell_attempt(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step,
                         const rbk_value *data)
{
    char one[24], all[24];
    const char *error = rbk_map_get_string(data, "error");
    const struct occasion o = {.event = "step.attempt-failed",
                               .status = "info",
                               .attempt = rbk_value_int(rbk_map_get(data, "attempt")),
                               .attempts = rbk_value_int(rbk_map_get(data, "attempts"))};
    struct rbk_buf *event = begin_event(t, run, &o);
    if (!event)
        return;
    snprintf(one, sizeof one, "%lld", (long long)o.attempt);
    snprintf(all, sizeof all, "%lld", (long long)o.attempts);
    put_step_key(event, run, step);
    rbk_event_joined(
        event, "title",
        (const char *const[]){run->runbook, ": attempt ", one, " of ", all, " failed: ", step->title, NULL});
    put_said(t, event, step, error && *error ? error : step->error);
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
    const struct occasion o = {.event = name, .status = status};
    struct rbk_buf *event = begin_event(t, run, &o);
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
    struct rbk_buf *event = is_open(t, key) ? begin_run_event(t, "run.recovered", "resolved", run) : NULL;
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
        put_next(t, event, run, run->state, NULL, NULL);
    rbk_event_end(event);
}

static void tell_interrupted(struct rbk_telling *t, const struct rbk_run_row *run)
{
    struct rbk_buf *event = begin_run_event(t, "run.interrupted", "firing", run);
    if (!event)
        return;
    rbk_event_text(event, "text", run->reason);
    put_next(t, event, run, run->state, NULL, NULL);
    rbk_event_end(event);
}

/* The question is the text. */
static void tell_waiting(struct rbk_telling *t, const struct rbk_run_row *run)
{
    struct rbk_buf *event = begin_run_event(t, "run.waiting", "info", run);
    rbk_value *waiting = NULL;
    if (!event)
        return;
    if (rbk_report_waiting(t->store, root_of(run), &waiting, NULL) < 0)
        waiting = NULL;
    const rbk_value *first = rbk_value_length(waiting) ? rbk_list_at(waiting, 0) : NULL;
    const char *question = first ? rbk_map_get_string(first, "question") : NULL;
    rbk_event_text(event, "step", first ? rbk_map_get_string(first, "step") : NULL);
    rbk_event_text(event, "text", question && *question ? question : run->reason);
    put_next(t, event, run, run->state, NULL, waiting);
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
    const struct occasion o = {
        .event = "run.escalated", .status = "info", .priority = priority && *priority ? priority : NULL};
    struct rbk_buf *event = begin_event(t, run, &o);
    if (!event)
        return;
    put_run_key(event, run);
    rbk_event_joined(event, "title",
                     (const char *const[]){run->runbook, ": call ", to ? to : "somebody", ": ", when ? when : "?",
                                           ", now ", now ? now : "?", NULL});
    rbk_event_text(event, "to", to);
    rbk_event_check(event, when, now, "met");
    put_next(t, event, run, RBK_RUN_FAILED, NULL, NULL);
    rbk_event_end(event);
}

static void tell_budget(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step,
                        const rbk_value *data)
{
    const struct occasion o = {.event = "budget.exceeded", .status = "info"};
    char took[RBK_TIME_SIZE], budget[RBK_TIME_SIZE];
    int64_t took_ms = rbk_value_int(rbk_map_get(data, "took_ms"));
    struct rbk_buf *event = begin_event(t, run, &o);
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

int rbk_telling_write(struct rbk_telling *t, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < t->event_count; i++) {
        const struct told *told = &t->events[i];
        rc = rbk_notify_record(t->store, told->text.data, told->text.len, told->at_ms, err);
        t->recorded += rc == 0;
    }
    forget_events(t);
    return rc;
}
