/* Step instances: how they are made, told apart, and how each of them ends. */
#include <run/machine.h>

#include <stdarg.h>
#include <string.h>

enum { DETAIL_MAX = 8192 };

static char *key_of(const struct rbk_step *parent, const struct rbk_node *node, enum rbk_role role, size_t index)
{
    if (role == RBK_ROLE_ITEM)
        return rbk_asprintf("%s[%zu]", parent->row.key, index + 1);
    return parent ? rbk_asprintf("%s/%s", parent->row.key, node->id) : rbk_strdup(node->id);
}

static char *number_of(const struct rbk_run *run, const struct rbk_step *parent, enum rbk_role role, size_t index)
{
    if (role == RBK_ROLE_ITEM)
        return rbk_asprintf("%s[%zu]", parent->number, index + 1);
    const struct rbk_step *outer = parent ? parent : run->caller;
    return outer ? rbk_asprintf("%s.%zu", outer->number, index + 1) : rbk_asprintf("%zu", index + 1);
}

/* What a resumed run has on record, by key. */
static struct rbk_step *find_restored(const struct rbk_run *run, const char *key)
{
    const rbk_value *place = rbk_map_get(run->restored_places, key);
    return place ? run->steps[(size_t)rbk_value_number(place)] : NULL;
}

static struct rbk_step *add_step(struct rbk_run *run, char *key)
{
    struct rbk_step *step = rbk_alloc(sizeof *step);
    RBK_GROW(run->steps, run->step_count, run->step_cap);
    step->place = run->step_count;
    run->steps[run->step_count++] = step;
    step->row.key = key;
    step->row.exit_code = -1;
    step->row.cpu_ms = step->row.max_rss_kb = -1;
    return step;
}

static void set_text(char **slot, const char *text)
{
    free(*slot);
    *slot = rbk_strdup(text);
}

static void describe(struct rbk_step *step)
{
    char hash[17];
    const struct rbk_node *node = step->node;
    bool item = step->role == RBK_ROLE_ITEM; /* does what its `each` does, whose list may be long to hash */
    if (!item)
        rbk_node_hash(node, hash);
    set_text(&step->row.id, node->id);
    set_text(&step->row.title, node->title);
    set_text(&step->row.kind, item ? rbk_node_kind(node) : rbk_node_record_kind(node));
    set_text(&step->row.parent, step->parent ? step->parent->row.key : NULL);
    set_text(&step->row.hash, item ? step->parent->row.hash : hash);
}

struct rbk_step *rbk_step_new(struct rbk_run *run, const struct rbk_node *node, struct rbk_step *parent,
                              enum rbk_role role, size_t index, const rbk_value *item)
{
    char *key = key_of(parent, node, role, index);
    struct rbk_step *step = find_restored(run, key);
    if (step)
        free(key);
    else
        step = add_step(run, key);
    const struct rbk_step *outer = parent ? parent : run->caller;
    step->run = run;
    step->node = node;
    step->parent = parent;
    step->role = role;
    step->index = index;
    step->depth = outer ? outer->depth + 1 : 0;
    step->usual_ms = -1;
    step->number = number_of(run, parent, role, index);
    if (item) {
        step->item = rbk_value_dup(item);
        free(step->row.item);
        char *text = rbk_value_text(item);
        step->row.item = rbk_step_output_redacted(run->session, text);
        free(text);
    }
    describe(step);
    return step;
}

void rbk_step_destroy(struct rbk_step *step)
{
    rbk_request_cancel_all(step);
    rbk_step_row_fini(&step->row);
    free(step->number);
    rbk_value_free(step->item);
    rbk_value_free(step->facts);
    rbk_buf_fini(&step->out);
    free(step->log_path);
    free(step->command);
    free(step->group.steps);
    rbk_value_free(step->group.list);
    free(step);
}

/* Leaves a gap, since the places of restored steps are known by number; at the end there is no need for one. */
void rbk_step_forget(struct rbk_step *step)
{
    struct rbk_run *run = step->run;
    run->steps[step->place] = NULL;
    rbk_step_destroy(step);
    while (run->step_count > run->restored_count && !run->steps[run->step_count - 1])
        run->step_count--;
}

bool rbk_step_is_done(const struct rbk_step *step)
{
    switch (step->row.state) {
    case RBK_STEP_SUCCEEDED:
    case RBK_STEP_FAILED:
    case RBK_STEP_SKIPPED:
    case RBK_STEP_CANCELLED:
    case RBK_STEP_TIMED_OUT:
    case RBK_STEP_UNDONE:
        return true;
    default:
        return false;
    }
}

/* What holds other steps has no effect of its own. */
bool rbk_step_is_container(const struct rbk_step *step)
{
    const char *kind = step->row.kind;
    return strcmp(kind, "parallel") == 0 || strcmp(kind, "each") == 0 || strcmp(kind, "call") == 0;
}

bool rbk_step_has_begun(const struct rbk_step *step)
{
    return step->row.started_ms > 0;
}

/* Adds a line to what is shown below the step, unless that is long enough already. */
static void add_detail(struct rbk_step *step, const char *text)
{
    char *clean = rbk_step_output_redacted(step->run->session, text);
    char *old = step->row.detail;
    if (!old || strlen(old) + strlen(clean) <= DETAIL_MAX) {
        step->row.detail = old ? rbk_asprintf("%s\n%s", old, clean) : rbk_strdup(clean);
        free(old);
    }
    free(clean);
}

void rbk_step_note(struct rbk_step *step, const char *fmt, ...)
{
    va_list ap;
    char text[2048];
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    add_detail(step, text);
    rbk_observe_step(step);
}

static void record_facts(struct rbk_step *step)
{
    for (size_t i = 0; i < rbk_value_length(step->facts); i++)
        rbk_record_fact(step, rbk_map_key_at(step->facts, i), rbk_map_value_at(step->facts, i));
    rbk_value_free(step->facts);
    step->facts = NULL;
}

static void check_budget(struct rbk_step *step)
{
    int64_t budget = step->node->budget_ms;
    if (budget > 0 && step->role != RBK_ROLE_ITEM && step->row.duration_ms > budget) {
        char took[RBK_TIME_SIZE], allowed[RBK_TIME_SIZE], text[128];
        rbk_duration_format(step->row.duration_ms, took);
        rbk_duration_format(budget, allowed);
        snprintf(text, sizeof text, "over its budget: %s of %s", took, allowed);
        add_detail(step, text);
        rbk_value *data = rbk_map_new();
        rbk_map_set_int(data, "took_ms", step->row.duration_ms);
        rbk_map_set_int(data, "budget_ms", budget);
        rbk_record_told(step->run, step, "over-budget", data);
    }
}

/* Lets go of everything that a step holds while it is under way. */
static void release(struct rbk_step *step)
{
    rbk_timer_cancel(&step->timeout);
    rbk_timer_cancel(&step->delay);
    rbk_gate_close(step);
    rbk_locks_drop(step->run->session, &step->lock);
    rbk_step_output_close(step);
    rbk_buf_fini(&step->out);
}

void rbk_step_end(struct rbk_step *step, enum rbk_step_state state, const char *error)
{
    if (step->ended)
        return;
    step->ended = true;
    release(step);
    step->row.state = state;
    free(step->row.error);
    step->row.error = rbk_step_output_redacted(step->run->session, error);
    if (step->began_ms)
        step->row.duration_ms = rbk_clock_mono_ms() - step->began_ms;
    if (rbk_step_is_done(step)) {
        step->row.ended_ms = rbk_clock_wall_ms();
        check_budget(step);
    }
    record_facts(step);
    rbk_record_step(step, RBK_RECORD_NOW);
    if (rbk_step_is_done(step) && state != RBK_STEP_SKIPPED)
        rbk_record_measured(step->run, step);
    rbk_observe_step(step);
    step->on_end(step);
}

/* The state of a step that was stopped from outside. One that was interrupted may have happened or not. */
void rbk_step_end_stopped(struct rbk_step *step)
{
    bool begun = step->row.state == RBK_STEP_RUNNING || step->row.state == RBK_STEP_IN_DOUBT;
    bool in_flight = begun && !step->row.idempotent;
    switch (step->stop) {
    case RBK_STOP_INTERRUPT:
        rbk_step_end(step, in_flight ? RBK_STEP_IN_DOUBT : RBK_STEP_PENDING, NULL);
        break;
    case RBK_STOP_TIMEOUT:
        rbk_step_end(step, RBK_STEP_TIMED_OUT, "its time was up");
        break;
    case RBK_STOP_FAIL_FAST:
        rbk_step_end(step, RBK_STEP_CANCELLED, "stopped because a step beside it failed (fail_fast)");
        break;
    default:
        rbk_step_end(step, RBK_STEP_CANCELLED, "cancelled");
    }
}

/* Its body is done and a question about its checks is open, but the step is being stopped: a resumed run asks. */
void rbk_step_end_unasked(struct rbk_step *step)
{
    if (step->stop == RBK_STOP_INTERRUPT)
        rbk_step_end(step, RBK_STEP_WAITING, NULL);
    else
        rbk_step_end_stopped(step);
}

/* A person said no. What is done is undone. */
void rbk_step_end_rejected(struct rbk_step *step)
{
    const char *why = rbk_map_get_string(step->row.approved, "why");
    const char *by = rbk_map_get_string(step->row.approved, "by");
    char *text = rbk_asprintf("rejected by %s%s%s", by ? by : "a person", why ? ": " : "", why ? why : "");
    rbk_value_free(step->row.approved);
    step->row.approved = NULL;
    step->rejected = true;
    rbk_step_end(step, RBK_STEP_FAILED, text);
    free(text);
}
