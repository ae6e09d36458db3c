/* Restore: a run as its record tells it, for resume. Steps come back as rows; they are tied to the plan again when the
 * sequence reaches them. A called run that is not over comes back with its caller. */
#include <run/machine.h>

static rbk_value *dup_value(const rbk_value *v)
{
    return v ? rbk_value_dup(v) : NULL;
}

static void copy_row(struct rbk_step_row *to, const struct rbk_step_row *from)
{
    *to = *from;
    to->key = rbk_strdup(from->key);
    to->id = rbk_strdup(from->id);
    to->title = rbk_strdup(from->title);
    to->kind = rbk_strdup(from->kind);
    to->parent = rbk_strdup(from->parent);
    to->item = rbk_strdup(from->item);
    to->child_run = rbk_strdup(from->child_run);
    to->hash = rbk_strdup(from->hash);
    to->error = rbk_strdup(from->error);
    to->log = rbk_strdup(from->log);
    to->detail = rbk_strdup(from->detail);
    to->checks = dup_value(from->checks);
    to->approved = dup_value(from->approved);
}

static int on_step(void *arg, const struct rbk_step_row *row)
{
    struct rbk_run *run = arg;
    struct rbk_step *step = rbk_alloc(sizeof *step);
    RBK_GROW(run->steps, run->step_count, run->step_cap);
    rbk_map_set_int(run->restored_places, row->key, (int64_t)run->step_count);
    step->place = run->step_count;
    run->steps[run->step_count++] = step;
    run->restored_count = run->step_count;
    step->run = run;
    copy_row(&step->row, row);
    if (row->log)
        step->log_path = rbk_asprintf("%s/logs/%s", rbk_store_dir(run->session->o.store), row->log);
    return 0;
}

static int on_gate(void *arg, const struct rbk_gate_row *g)
{
    struct rbk_run *run = arg;
    if (!g->decision)
        return 0;
    run->gates = rbk_realloc(run->gates, run->gate_count + 1, sizeof *run->gates);
    struct rbk_gate_row *to = &run->gates[run->gate_count++];
    *to = *g;
    to->step = rbk_strdup(g->step);
    to->kind = rbk_strdup(g->kind);
    to->question = rbk_strdup(g->question);
    to->spec = NULL;
    to->decision = rbk_strdup(g->decision);
    to->answers = dup_value(g->answers);
    to->by = rbk_strdup(g->by);
    to->why = rbk_strdup(g->why);
    return 0;
}

static int on_event(void *arg, int64_t at_ms, const char *step, const char *kind, const rbk_value *data)
{
    struct rbk_run *run = arg;
    (void)at_ms;
    if (strcmp(kind, "each") == 0 && step && data)
        rbk_map_set(run->each_lists, step, rbk_value_dup(data));
    else if (strcmp(kind, "escalated") == 0)
        run->escalated = true;
    return 0;
}

/* A step that a person rejected is known by its gate. */
static void mark_rejected(struct rbk_run *run)
{
    for (size_t g = 0; g < run->gate_count; g++) {
        for (size_t i = 0; i < run->step_count; i++) {
            struct rbk_step *step = run->steps[i];
            if (strcmp(run->gates[g].decision, "rejected") == 0 && strcmp(step->row.key, run->gates[g].step) == 0 &&
                step->row.state == RBK_STEP_FAILED)
                step->rejected = true;
        }
    }
}

static int restore_child(struct rbk_step *step, struct rbk_error *err)
{
    struct rbk_run *run = step->run, *child = NULL;
    struct rbk_run_row row = {0};
    const struct rbk_plan *plan = NULL;
    int rc = rbk_journal_run_get(run->session->o.store, step->row.child_run, &row, err);
    if (rc == 0)
        rc = rbk_call_plan(run->session, row.runbook, &plan, err);
    if (rc < 0) {
        rbk_run_row_fini(&row);
        return rc;
    }
    rc = rbk_restore_run(run->session, plan, &row, &child, err);
    RBK_GROW(run->children, run->child_count, run->child_cap);
    run->children[run->child_count++] = child;
    child->parent = run;
    child->caller = step;
    step->child = child;
    return rc;
}

static int restore_children(struct rbk_run *run, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < run->step_count && rc == 0; i++) {
        struct rbk_step *step = run->steps[i];
        if (step->row.child_run && !rbk_step_is_done(step))
            rc = restore_child(step, err);
    }
    return rc;
}

int rbk_restore_run(struct rbk_session *s, const struct rbk_plan *plan, struct rbk_run_row *row, struct rbk_run **out,
                    struct rbk_error *err)
{
    struct rbk_run *run = rbk_run_new(s, plan, row->params);
    rbk_value *facts = NULL;
    *out = run;
    run->row = *row;
    memset(row, 0, sizeof *row);
    run->recorded = true;
    run->each_lists = rbk_map_new();
    run->restored_places = rbk_map_new();
    int rc = rbk_journal_steps(s->o.store, run->row.id, on_step, run, err);
    if (rc == 0)
        rc = rbk_journal_gates(s->o.store, run->row.id, on_gate, run, err);
    if (rc == 0)
        rc = rbk_journal_events(s->o.store, run->row.id, on_event, run, err);
    if (rc == 0)
        rc = rbk_journal_facts(s->o.store, run->row.id, &facts, err);
    if (rc == 0) {
        rbk_value_free(run->facts);
        run->facts = facts;
        mark_rejected(run);
        rc = restore_children(run, err);
    }
    return rc;
}

static const struct rbk_node *find_child(struct rbk_node *const *nodes, size_t count, const char *id, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(nodes[i]->id) == len && memcmp(nodes[i]->id, id, len) == 0)
            return nodes[i];
    return NULL;
}

/* The node that a key speaks of: "checks/disk", "rerun[2]". */
const struct rbk_node *rbk_restore_node(const struct rbk_plan *plan, const char *key)
{
    struct rbk_node *const *nodes = plan->nodes;
    size_t count = plan->node_count;
    for (;;) {
        size_t len = strcspn(key, "/[");
        const struct rbk_node *node = find_child(nodes, count, key, len);
        key += strcspn(key, "/");
        if (!node || !*key)
            return node;
        key++;
        nodes = node->children;
        count = node->child_count;
    }
}
