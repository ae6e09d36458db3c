/* `retry STEP`: the step is carried out again, and so is what did not succeed after it or was undone. What a person
 * decided about those steps is asked again. */
#include <run/machine.h>

static void forget_gates(struct rbk_run *run, const char *key)
{
    for (size_t i = 0; i < run->gate_count; i++) {
        if (run->gates[i].decision && strcmp(run->gates[i].step, key) == 0) {
            free(run->gates[i].decision);
            run->gates[i].decision = NULL;
        }
    }
}

/* The call is made anew: what it had called before is not gone on with. */
static void drop_child(struct rbk_step *step)
{
    struct rbk_run *run = step->run;
    for (size_t i = 0; step->child && i < run->child_count; i++) {
        if (run->children[i] == step->child) {
            rbk_run_destroy(step->child);
            step->child = NULL;
            run->children[i] = run->children[--run->child_count];
        }
    }
}

static void reset(struct rbk_step *step)
{
    struct rbk_step_row *row = &step->row;
    row->state = RBK_STEP_PENDING;
    row->exit_code = -1;
    row->signal = 0;
    row->undo_done = false;
    row->cpu_ms = row->max_rss_kb = -1;
    row->duration_ms = row->started_ms = row->ended_ms = 0;
    free(row->error);
    free(row->detail);
    free(row->child_run);
    row->error = row->detail = row->child_run = NULL;
    rbk_value_free(row->checks);
    rbk_value_free(row->approved);
    row->checks = row->approved = NULL;
    step->rejected = false;
    drop_child(step);
    step->dirty = true;
    forget_gates(step->run, row->key);
    rbk_map_set(step->run->each_lists, row->key, NULL);
}

/* A group whose children are carried out again is entered again; so are the groups around the step. */
static bool is_due(const struct rbk_run *run, const struct rbk_step *step, const struct rbk_node *node)
{
    if (step->row.state == RBK_STEP_UNDONE || node == run->retry || rbk_select_contains(node, run->retry) ||
        rbk_select_contains(run->retry, node))
        return true;
    return step->row.state != RBK_STEP_SUCCEEDED &&
           rbk_select_position(run->plan, node) > rbk_select_position(run->plan, run->retry);
}

int rbk_retry_prepare(struct rbk_run *run, const char *step, struct rbk_error *err)
{
    run->retry = rbk_plan_find(run->plan, step);
    if (!run->retry) {
        char where[32];
        snprintf(where, sizeof where, "runbook status %.12s", run->row.id);
        return rbk_select_unknown(run->plan, step, where, err);
    }
    for (size_t i = 0; i < run->step_count; i++) {
        const struct rbk_node *node = rbk_restore_node(run->plan, run->steps[i]->row.key);
        if (node && is_due(run, run->steps[i], node))
            reset(run->steps[i]);
    }
    return 0;
}
