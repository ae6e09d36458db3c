/* From rows of the journal to events: see telling.h. What a person reads in a message about a run (its step, what was
 * measured, where its output is, how to go on) is put together here, once for all channels. The rows and logs have
 * passed the redactor already. Every step of a run waits for this: nothing is made that no rule could ask for, and
 * nothing is looked up twice. */
#include <cli/telling.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/next_lines.h>
#include <run/run.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rbk_telling {
    const struct rbk_config *config;
    struct rbk_store *store;
    const char *priority;
    rbk_value *events;                              /* to be recorded by the next write */
    rbk_value *commands;                            /* step key -> its last command */
    const rbk_value *failed;                        /* what the last failed step said, for the run's own event; NULL */
    rbk_value *kept;                                /* the events that were recorded with it */
    char root[RBK_ULID_SIZE], brief[RBK_ULID_SIZE]; /* the short id of the last run that was asked for */
    int recorded;
};

struct rbk_telling *rbk_telling_new(const struct rbk_config *config, struct rbk_store *store, const char *priority)
{
    struct rbk_telling *t = rbk_alloc(sizeof *t);
    *t = (struct rbk_telling){
        .config = config, .store = store, .priority = priority, .events = rbk_list_new(), .commands = rbk_map_new()};
    return t;
}

void rbk_telling_free(struct rbk_telling *t)
{
    if (!t)
        return;
    rbk_value_free(t->events);
    rbk_value_free(t->commands);
    rbk_value_free(t->kept);
    free(t);
}

int rbk_telling_recorded(const struct rbk_telling *t)
{
    return t ? t->recorded : 0;
}

/* ---- the parts of an event ------------------------------------------------------------------------------------- */

static void set_text(rbk_value *event, const char *name, const char *text)
{
    if (text && *text)
        rbk_map_set_string(event, name, text);
}

/* Takes `text`. */
static void take_text(rbk_value *event, const char *name, char *text)
{
    set_text(event, name, text);
    free(text);
}

/* NULL where there is none. */
static const char *brief_of(struct rbk_telling *t, const char *root)
{
    if (strcmp(t->root, root) != 0 && rbk_journal_run_short(t->store, root, t->brief, NULL) == 0)
        snprintf(t->root, sizeof t->root, "%s", root);
    return strcmp(t->root, root) == 0 ? t->brief : NULL;
}

static rbk_value *event_new(struct rbk_telling *t, const char *name, const char *status, const struct rbk_run_row *run)
{
    rbk_value *event = rbk_map_new();
    const char *root = run->root ? run->root : run->id;
    rbk_map_set_string(event, "event", name);
    rbk_map_set_string(event, "status", status);
    rbk_map_set_int(event, "time", rbk_clock_wall_ms());
    set_text(event, "priority", t->priority);
    set_text(event, "host", run->host);
    set_text(event, "runbook", run->runbook);
    set_text(event, "run", root);
    set_text(event, "run_short", brief_of(t, root));
    return event;
}

static void add_event(struct rbk_telling *t, rbk_value *event)
{
    rbk_list_append(t->events, event);
}

/* Its last lines are read when the rules are asked. */
static void set_log(const struct rbk_telling *t, rbk_value *event, const char *log)
{
    if (log)
        take_text(event, "log", rbk_asprintf("%s/logs/%s", rbk_store_dir(t->store), log));
}

/* "failure_rate < 5%" was held against 5%. */
static const char *threshold_of(const char *expr)
{
    const char *sign = strpbrk(expr, "<>=");
    return sign ? sign + strspn(sign, "<>= ") : "";
}

static rbk_value *check_value(const rbk_value *check)
{
    const char *expr = rbk_map_get_string(check, "expr");
    rbk_value *out = rbk_map_new();
    rbk_map_set_string(out, "expr", expr);
    rbk_map_set_string(out, "value", rbk_map_get_string(check, "text"));
    rbk_map_set_string(out, "threshold", expr ? threshold_of(expr) : "");
    rbk_map_set_string(out, "result", rbk_map_get_string(check, "result"));
    return out;
}

static void set_checks(rbk_value *event, const rbk_value *checks)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < rbk_value_length(checks); i++)
        rbk_list_append(list, check_value(rbk_list_at(checks, i)));
    rbk_map_set(event, "checks", rbk_value_length(list) ? list : NULL);
    if (!rbk_map_get(event, "checks"))
        rbk_value_free(list);
}

static void set_next(const struct rbk_telling *t, rbk_value *event, enum rbk_run_state state, const char *step)
{
    const char *brief = rbk_map_get_string(event, "run_short"), *run = rbk_map_get_string(event, "run");
    rbk_value *waiting = NULL, *commands = rbk_list_new();
    if (state == RBK_RUN_WAITING && rbk_report_waiting(t->store, run, &waiting, NULL) < 0)
        waiting = NULL;
    const struct rbk_next next = {.state = state, .run = brief ? brief : run, .step = step, .waiting = waiting};
    rbk_next_commands(commands, &next);
    rbk_map_set(event, "next", commands);
    if (rbk_value_length(waiting)) {
        const rbk_value *first = rbk_list_at(waiting, 0);
        set_text(event, "step", rbk_map_get_string(first, "step"));
        set_text(event, "text", rbk_map_get_string(first, "question"));
    }
    rbk_value_free(waiting);
}

static void set_step(const struct rbk_telling *t, rbk_value *event, const struct rbk_step_row *step)
{
    set_text(event, "step", step->title);
    set_text(event, "state", rbk_step_state_name(step->state));
    set_text(event, "error", step->error);
    set_text(event, "command", rbk_map_get_string(t->commands, step->key));
    rbk_map_set_int(event, "attempt", step->attempts);
    rbk_map_set_int(event, "duration_ms", step->duration_ms);
    set_checks(event, step->checks);
    set_log(t, event, step->log);
}

/* ---- what happened --------------------------------------------------------------------------------------------- */

static bool is_failure(enum rbk_step_state state)
{
    return state == RBK_STEP_FAILED || state == RBK_STEP_TIMED_OUT;
}

/* That something is over only matters where it had begun: it was told or counted as wrong, or may yet be. */
static bool is_open(const struct rbk_telling *t, const char *key)
{
    return rbk_value_length(t->events) > 0 || rbk_notify_is_open(t->store, key, NULL) > 0;
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
    if (met && !is_open(t, key)) {
        free(key);
        return;
    }
    rbk_value *event = event_new(t, "check.failed", met ? "resolved" : "firing", run), *checks = rbk_list_new();
    take_text(event, "key", key);
    take_text(event, "title",
              rbk_asprintf(met ? "%s: met again: %s, now %s" : "%s: not met: %s, now %s", run->runbook, expr,
                           value ? value : "?"));
    set_text(event, "step", step->title);
    rbk_list_append(checks, check_value(check));
    rbk_map_set(event, "checks", checks);
    if (!met) {
        set_log(t, event, step->log);
        set_next(t, event, RBK_RUN_FAILED, step->id);
    }
    add_event(t, event);
}

void rbk_telling_step(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    bool failed = is_failure(step->state), group = !strcmp(step->kind, "parallel") || !strcmp(step->kind, "each");
    for (size_t i = 0; i < rbk_value_length(step->checks); i++)
        tell_check(t, run, step, rbk_list_at(step->checks, i));
    if (group || (!failed && step->state != RBK_STEP_SUCCEEDED))
        return;
    char *key = rbk_asprintf("step:%s/%s", run->runbook, step->id);
    if (!failed && !is_open(t, key)) {
        free(key);
        return;
    }
    rbk_value *event = event_new(t, "step.failed", failed ? "firing" : "resolved", run);
    take_text(event, "key", key);
    take_text(event, "title",
              rbk_asprintf(failed ? "%s: step failed: %s" : "%s: step succeeds again: %s", run->runbook, step->title));
    if (failed) {
        set_step(t, event, step);
        set_next(t, event, RBK_RUN_FAILED, step->id);
        t->failed = event;
    }
    add_event(t, event);
}

void rbk_telling_command(struct rbk_telling *t, const struct rbk_step_row *step, const struct rbk_command_row *command)
{
    rbk_map_set_string(t->commands, step->key, command->argv);
}

/* The run's own event says what its last failed step said. */
static void set_failed_step(const struct rbk_telling *t, rbk_value *event)
{
    static const char *const members[] = {"step", "error", "command", "checks", "log", "next"};
    for (size_t i = 0; t->failed && i < sizeof members / sizeof members[0]; i++) {
        const rbk_value *v = rbk_map_get(t->failed, members[i]);
        if (v)
            rbk_map_set(event, members[i], rbk_value_dup(v));
    }
}

static const char *words_of(enum rbk_run_state state)
{
    return state == RBK_RUN_TIMED_OUT     ? "timed out"
           : state == RBK_RUN_WAITING     ? "waits for a person"
           : state == RBK_RUN_INTERRUPTED ? "was interrupted"
           : state == RBK_RUN_SUCCEEDED   ? "succeeds again"
                                          : "failed";
}

static rbk_value *run_event(struct rbk_telling *t, const char *name, const char *status, const struct rbk_run_row *run)
{
    rbk_value *event = event_new(t, name, status, run);
    take_text(event, "key", rbk_asprintf("run:%s", run->runbook));
    take_text(event, "title", rbk_asprintf("%s %s", run->runbook, words_of(run->state)));
    set_text(event, "state", rbk_run_state_name(run->state));
    set_text(event, "text", run->reason);
    rbk_map_set_int(event, "duration_ms", run->duration_ms);
    return event;
}

static void tell_recovered(struct rbk_telling *t, const struct rbk_run_row *run)
{
    char *key = rbk_asprintf("run:%s", run->runbook);
    if (is_open(t, key))
        add_event(t, run_event(t, "run.recovered", "resolved", run));
    free(key);
}

void rbk_telling_run(struct rbk_telling *t, const struct rbk_run_row *run)
{
    if (run->parent) /* a called run: its caller's step says it */
        return;
    if (run->state == RBK_RUN_SUCCEEDED) {
        tell_recovered(t, run);
    } else if (run->state == RBK_RUN_FAILED || run->state == RBK_RUN_TIMED_OUT) {
        rbk_value *event = run_event(t, "run.failed", "firing", run);
        set_next(t, event, run->state, NULL);
        set_failed_step(t, event);
        add_event(t, event);
    } else if (run->state == RBK_RUN_INTERRUPTED || run->state == RBK_RUN_WAITING) {
        bool waiting = run->state == RBK_RUN_WAITING;
        rbk_value *event = run_event(t, waiting ? "run.waiting" : "run.interrupted", waiting ? "info" : "firing", run);
        set_next(t, event, run->state, NULL);
        add_event(t, event);
    }
}

static void tell_escalated(struct rbk_telling *t, const struct rbk_run_row *run, const rbk_value *data)
{
    const char *when = rbk_map_get_string(data, "when"), *now = rbk_map_get_string(data, "measured");
    const char *to = rbk_map_get_string(data, "to"), *priority = rbk_map_get_string(data, "priority");
    rbk_value *event = event_new(t, "run.escalated", "info", run), *checks = rbk_list_new(), *check = rbk_map_new();
    take_text(event, "key", rbk_asprintf("run:%s", run->runbook));
    take_text(event, "title",
              rbk_asprintf("%s: call %s: %s, now %s", run->runbook, to ? to : "somebody", when ? when : "?",
                           now ? now : "?"));
    set_text(event, "to", to);
    set_text(event, "priority", priority);
    rbk_map_set_string(check, "expr", when);
    rbk_map_set_string(check, "value", now);
    rbk_map_set_string(check, "threshold", when ? threshold_of(when) : "");
    rbk_map_set_string(check, "result", "met");
    rbk_list_append(checks, check);
    rbk_map_set(event, "checks", checks);
    set_next(t, event, RBK_RUN_FAILED, NULL);
    add_event(t, event);
}

static void tell_attempt(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step,
                         const rbk_value *data)
{
    int64_t attempt = rbk_value_int(rbk_map_get(data, "attempt"));
    int64_t attempts = rbk_value_int(rbk_map_get(data, "attempts"));
    rbk_value *event = event_new(t, "step.attempt-failed", "info", run);
    take_text(event, "key", rbk_asprintf("step:%s/%s", run->runbook, step->id));
    take_text(event, "title",
              rbk_asprintf("%s: attempt %lld of %lld failed: %s", run->runbook, (long long)attempt, (long long)attempts,
                           step->title));
    set_step(t, event, step);
    set_text(event, "error", rbk_map_get_string(data, "error"));
    rbk_map_set_int(event, "attempt", attempt);
    rbk_map_set_int(event, "attempts", attempts);
    add_event(t, event);
}

static void tell_budget(struct rbk_telling *t, const struct rbk_run_row *run, const struct rbk_step_row *step,
                        const rbk_value *data)
{
    char took[RBK_TIME_SIZE], budget[RBK_TIME_SIZE];
    rbk_duration_format(rbk_value_int(rbk_map_get(data, "took_ms")), took);
    rbk_duration_format(rbk_value_int(rbk_map_get(data, "budget_ms")), budget);
    rbk_value *event = event_new(t, "budget.exceeded", "info", run);
    take_text(event, "key",
              step ? rbk_asprintf("budget:%s/%s", run->runbook, step->id) : rbk_asprintf("budget:%s", run->runbook));
    take_text(event, "title",
              rbk_asprintf("%s: over its budget: %s of %s%s%s", run->runbook, took, budget, step ? ": " : "",
                           step ? step->title : ""));
    set_text(event, "step", step ? step->title : NULL);
    rbk_map_set(event, "duration_ms", rbk_value_dup(rbk_map_get(data, "took_ms")));
    add_event(t, event);
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

static void forget_events(struct rbk_telling *t)
{
    bool keep = false;
    for (size_t i = 0; i < rbk_value_length(t->events); i++)
        keep = keep || rbk_list_at(t->events, i) == t->failed;
    rbk_value_free(keep ? t->kept : t->events);
    t->kept = keep ? t->events : t->kept;
    t->events = rbk_list_new();
}

int rbk_telling_write(struct rbk_telling *t, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rbk_value_length(t->events); i++) {
        bool recorded = false;
        const rbk_value *event = rbk_list_at(t->events, i);
        rc = rbk_notify_record(t->store, t->config, event, rbk_value_int(rbk_map_get(event, "time")), &recorded, err);
        t->recorded += recorded;
    }
    if (rbk_value_length(t->events))
        forget_events(t);
    return rc;
}
