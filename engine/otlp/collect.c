/* A recorded run as spans: itself, then its steps, then their commands, then the runs that it called, each after what
 * it hangs on. A step hangs on the one around it. */
#include <otlp/spans.h>

#include <base/mem.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct collecting {
    struct rbk_otlp_spans *spans;
    const struct rbk_run_row *run;
    size_t top;         /* the run's span */
    rbk_value *places;  /* step key -> place of its span */
    rbk_value *parents; /* step key -> key of the step around it */
    int64_t now_ms, commands;
};

static size_t place_of(const struct collecting *c, const char *key)
{
    const rbk_value *place = key ? rbk_map_get(c->places, key) : NULL;
    return place ? (size_t)rbk_value_int(place) : c->top;
}

/* ---- the run -------------------------------------------------------------------------------------------------------
 */

static void describe_run(struct rbk_otlp_span *span, const struct rbk_run_row *run, int64_t now_ms)
{
    rbk_value *a = span->attributes;
    const char *result = rbk_otlp_run_result(run);
    span->start_ms = run->started_ms;
    span->end_ms = run->ended_ms ? run->ended_ms : run->state == RBK_RUN_INTERRUPTED ? 0 : now_ms;
    rbk_otlp_put_string(a, RBK_OTLP_PIPELINE_NAME, run->runbook);
    rbk_otlp_put_string(a, RBK_OTLP_PIPELINE_RUN_ID, run->id);
    rbk_otlp_put_string(a, RBK_OTLP_PIPELINE_ACTION, "RUN");
    rbk_otlp_put_string(a, RBK_OTLP_PIPELINE_RESULT, result);
    if (!result)
        rbk_otlp_put_string(a, RBK_OTLP_PIPELINE_RUN_STATE, rbk_otlp_run_progress(run->state));
    rbk_otlp_put_string(a, RBK_OTLP_USER_NAME, run->by);
    rbk_otlp_put_string(a, RBK_OTLP_RUN_TITLE, run->title);
    rbk_otlp_put_string(a, RBK_OTLP_RUN_STATE, rbk_run_state_name(run->state));
    if (run->exit >= 0)
        rbk_otlp_put_int(a, RBK_OTLP_RUN_EXIT, run->exit);
    rbk_otlp_put_map(a, RBK_OTLP_PARAM, run->params);
    if (run->state == RBK_RUN_FAILED || run->state == RBK_RUN_TIMED_OUT || run->state == RBK_RUN_INTERRUPTED)
        rbk_otlp_span_failed(span, run->state == RBK_RUN_TIMED_OUT ? "timeout" : rbk_run_state_name(run->state),
                             run->reason);
}

/* ---- steps ---------------------------------------------------------------------------------------------------------
 */

static const char *signal_text(int signo, char out[24])
{
    const char *name = sigabbrev_np(signo);
    if (name)
        snprintf(out, 24, "SIG%s", name);
    else
        snprintf(out, 24, "signal %d", signo);
    return out;
}

/* What failed, of few kinds: never a message. */
static const char *step_error_type(const struct rbk_step_row *row, enum rbk_step_state state, char out[24])
{
    if (state == RBK_STEP_TIMED_OUT)
        return "timeout";
    if (state == RBK_STEP_IN_DOUBT)
        return "in-doubt";
    if (row->signal > 0)
        return signal_text(row->signal, out);
    if (row->exit_code > 0) {
        snprintf(out, 24, "%d", row->exit_code);
        return out;
    }
    return rbk_value_length(row->checks) > 0 && row->exit_code == 0 ? "check" : "_OTHER";
}

/* What a dead process had in flight may have happened or not; what waited for a person is cancelled with its run. */
static enum rbk_step_state state_of(const struct collecting *c, const struct rbk_step_row *row)
{
    if (c->run->state == RBK_RUN_CANCELLED && row->state == RBK_STEP_WAITING)
        return RBK_STEP_CANCELLED;
    bool dead = c->run->state == RBK_RUN_INTERRUPTED || c->run->state == RBK_RUN_CANCELLED;
    return dead && row->state == RBK_STEP_RUNNING ? RBK_STEP_IN_DOUBT : row->state;
}

static void put_usage(rbk_value *attributes, int64_t cpu_ms, int64_t max_rss_kb)
{
    if (cpu_ms >= 0)
        rbk_otlp_put_number(attributes, RBK_OTLP_CPU_SECONDS, (double)cpu_ms / 1e3);
    if (max_rss_kb >= 0)
        rbk_otlp_put_int(attributes, RBK_OTLP_MEMORY_BYTES, max_rss_kb * 1024);
}

static void describe_step(struct rbk_otlp_span *span, const struct rbk_step_row *row, enum rbk_step_state state)
{
    rbk_value *a = span->attributes;
    char type[24];
    rbk_otlp_put_string(a, RBK_OTLP_TASK_NAME, row->title);
    rbk_otlp_put_string(a, RBK_OTLP_TASK_RUN_ID, row->key);
    rbk_otlp_put_string(a, RBK_OTLP_TASK_RUN_RESULT, rbk_otlp_step_result(state));
    rbk_otlp_put_string(a, RBK_OTLP_STEP_KIND, row->kind);
    rbk_otlp_put_string(a, RBK_OTLP_STEP_STATE, rbk_step_state_name(state));
    rbk_otlp_put_int(a, RBK_OTLP_STEP_ATTEMPTS, row->attempts);
    rbk_otlp_put_string(a, RBK_OTLP_STEP_ITEM, row->item);
    put_usage(a, row->cpu_ms, row->max_rss_kb);
    if (state == RBK_STEP_FAILED || state == RBK_STEP_TIMED_OUT || state == RBK_STEP_IN_DOUBT)
        rbk_otlp_span_failed(span, step_error_type(row, state, type), row->error);
}

/* A step that was passed over, or asked something and has not begun since, has no beginning of its own. */
static int64_t end_of(const struct collecting *c, const struct rbk_step_row *row, enum rbk_step_state state)
{
    if (row->ended_ms)
        return row->ended_ms;
    if (state == RBK_STEP_RUNNING || state == RBK_STEP_WAITING)
        return c->now_ms;
    return row->started_ms ? 0 : c->run->ended_ms;
}

/* A step that has neither begun nor been passed over nor asked for anything is no span yet. */
static int add_step(void *arg, const struct rbk_step_row *row)
{
    struct collecting *c = arg;
    char id[RBK_SPAN_ID_SIZE];
    bool begun = row->started_ms > 0 || row->ended_ms > 0 || row->state == RBK_STEP_WAITING;
    if (!begun || row->state == RBK_STEP_PENDING)
        return 0;
    rbk_span_id(c->run->id, row->key, 0, id);
    size_t place = rbk_otlp_span_add(c->spans, c->top, id, row->title ? row->title : row->key, RBK_OTLP_INTERNAL);
    if (place == RBK_OTLP_NO_SPAN)
        return 0;
    struct rbk_otlp_span *span = &c->spans->items[place];
    enum rbk_step_state state = state_of(c, row);
    span->start_ms = row->started_ms;
    span->end_ms = end_of(c, row, state);
    describe_step(span, row, state);
    rbk_map_set_int(c->places, row->key, (int64_t)place);
    if (row->parent)
        rbk_map_set_string(c->parents, row->key, row->parent);
    return 0;
}

static void nest_steps(struct collecting *c)
{
    for (size_t i = 0; i < rbk_value_length(c->parents); i++) {
        const char *around = rbk_value_string(rbk_map_value_at(c->parents, i));
        c->spans->items[place_of(c, rbk_map_key_at(c->parents, i))].up = place_of(c, around);
    }
}

/* ---- commands ------------------------------------------------------------------------------------------------------
 */

/* The name of the program; a script has none, and is its shell. Heap. */
static char *program_of(const char *line)
{
    size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-/");
    if (len == 0 || line[len - 1] == '/' || (line[len] && line[len] != ' ') || strchr(line, '\n'))
        return rbk_strdup("sh");
    const char *word = line + len;
    while (word > line && word[-1] != '/')
        word--;
    return rbk_strndup(word, (size_t)(line + len - word));
}

static void describe_command(struct rbk_otlp_span *span, const struct rbk_command_row *row)
{
    rbk_value *a = span->attributes;
    char type[24];
    span->start_ms = row->started_ms;
    span->end_ms = row->started_ms + (row->duration_ms > 0 ? row->duration_ms : 0);
    rbk_otlp_put_string(a, RBK_OTLP_PROCESS_EXECUTABLE, span->name);
    rbk_otlp_put_string(a, RBK_OTLP_PROCESS_COMMAND_LINE, row->argv);
    rbk_otlp_put_string(a, RBK_OTLP_COMMAND_END, row->end);
    put_usage(a, row->cpu_ms, row->max_rss_kb);
    if (row->signal > 0) {
        bool own = !row->end || strcmp(row->end, "signal") == 0;
        rbk_otlp_put_string(a, RBK_OTLP_COMMAND_SIGNAL, signal_text(row->signal, type));
        rbk_otlp_span_failed(span, own ? type : row->end, NULL);
    } else if (row->exit_code >= 0) {
        rbk_otlp_put_int(a, RBK_OTLP_PROCESS_EXIT_CODE, row->exit_code);
        snprintf(type, sizeof type, "%d", row->exit_code);
        if (row->exit_code > 0)
            rbk_otlp_span_failed(span, type, NULL);
    }
}

static int add_command(void *arg, const char *step, const struct rbk_command_row *row)
{
    struct collecting *c = arg;
    char id[RBK_SPAN_ID_SIZE];
    char *name = program_of(row->argv ? row->argv : "");
    rbk_span_id(c->run->id, step, ++c->commands, id);
    size_t place = rbk_otlp_span_add(c->spans, place_of(c, step), id, name, RBK_OTLP_CLIENT);
    if (place != RBK_OTLP_NO_SPAN)
        describe_command(&c->spans->items[place], row);
    free(name);
    return 0;
}

/* ---- what else happened --------------------------------------------------------------------------------------------
 */

/* The list of an `each` is there for resume, and stands in its items anyway. */
static int add_event(void *arg, int64_t at_ms, const char *step, const char *kind, const rbk_value *data)
{
    struct collecting *c = arg;
    if (strcmp(kind, "each") == 0)
        return 0;
    rbk_value *attributes = rbk_list_new();
    rbk_otlp_put_map(attributes, RBK_OTLP_EVENT_DATA, data);
    rbk_otlp_span_event(&c->spans->items[place_of(c, step)], at_ms, kind, attributes);
    return 0;
}

static void put_said(rbk_value *data, const char *name, const char *text)
{
    if (text)
        rbk_map_set_string(data, name, text);
}

static void add_gate_event(struct collecting *c, const struct rbk_gate_row *g, int64_t at_ms, const char *name,
                           const rbk_value *data)
{
    rbk_value *attributes = rbk_list_new();
    rbk_otlp_put_map(attributes, RBK_OTLP_EVENT_DATA, data);
    rbk_otlp_span_event(&c->spans->items[place_of(c, g->step)], at_ms, name, attributes);
}

static int add_gate(void *arg, const struct rbk_gate_row *g)
{
    struct collecting *c = arg;
    rbk_value *asked = rbk_map_new(), *answered = rbk_map_new();
    put_said(asked, "kind", g->kind);
    put_said(asked, "question", g->question);
    put_said(answered, "by", g->by);
    put_said(answered, "why", g->why);
    if (g->asked_ms > 0)
        add_gate_event(c, g, g->asked_ms, "asked", asked);
    if (g->decision && g->answered_ms > 0)
        add_gate_event(c, g, g->answered_ms, g->decision, answered);
    rbk_value_free(asked);
    rbk_value_free(answered);
    return 0;
}

/* ---- called runs ---------------------------------------------------------------------------------------------------
 */

static int keep_id(void *arg, const struct rbk_run_row *row)
{
    rbk_strv_add(arg, row->id);
    return 0;
}

static int collect_called(struct rbk_store *s, const char *id, struct collecting *c, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    int rc = rbk_journal_run_get(s, id, &row, err);
    if (rc == 0 && row.state == RBK_RUN_RUNNING && c->run->state != RBK_RUN_RUNNING)
        row.state = RBK_RUN_INTERRUPTED; /* it lives in its caller's process */
    if (rc == 0)
        rc = rbk_otlp_collect_run(s, &row, place_of(c, row.parent_step), c->now_ms, c->spans, err);
    rbk_run_row_fini(&row);
    return rc;
}

static int collect_all_called(struct rbk_store *s, struct collecting *c, struct rbk_error *err)
{
    struct rbk_run_filter called = {.parent = c->run->id, .oldest_first = true};
    struct rbk_strv ids = {0};
    int rc = rbk_journal_runs(s, &called, keep_id, &ids, err);
    for (size_t i = 0; i < ids.count && rc == 0; i++)
        rc = collect_called(s, ids.items[i], c, err);
    rbk_strv_fini(&ids);
    return rc;
}

int rbk_otlp_collect_run(struct rbk_store *s, const struct rbk_run_row *run, size_t up, int64_t now_ms,
                         struct rbk_otlp_spans *spans, struct rbk_error *err)
{
    char id[RBK_SPAN_ID_SIZE];
    char *name = rbk_asprintf("RUN %s", run->runbook);
    rbk_span_id(run->id, NULL, 0, id);
    size_t top = rbk_otlp_span_add(spans, up, id, name, RBK_OTLP_SERVER);
    free(name);
    if (top == RBK_OTLP_NO_SPAN)
        return 0;
    struct collecting c = {
        .spans = spans, .run = run, .top = top, .places = rbk_map_new(), .parents = rbk_map_new(), .now_ms = now_ms};
    describe_run(&spans->items[top], run, now_ms);
    int rc = rbk_journal_steps(s, run->id, add_step, &c, err);
    nest_steps(&c);
    if (rc == 0)
        rc = rbk_journal_commands(s, run->id, add_command, &c, err);
    if (rc == 0)
        rc = rbk_journal_events(s, run->id, add_event, &c, err);
    if (rc == 0)
        rc = rbk_journal_gates(s, run->id, add_gate, &c, err);
    if (rc == 0)
        rc = collect_all_called(s, &c, err);
    rbk_value_free(c.places);
    rbk_value_free(c.parents);
    return rc;
}
