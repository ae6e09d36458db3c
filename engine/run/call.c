/* `call`: another runbook run as a step, in this process, with a record of its own. Its facts arrive as `step.name`. */
#include <run/check.h>
#include <run/machine.h>

#include <string.h>

int rbk_call_plan(struct rbk_session *s, const char *id, const struct rbk_plan **out, struct rbk_error *err)
{
    for (size_t i = 0; i < s->plan_count; i++) {
        if (strcmp(s->plans[i]->id, id) == 0) {
            *out = s->plans[i];
            return 0;
        }
    }
    struct rbk_plan *plan = NULL;
    int rc = s->o.script->load(s->o.host, id, &plan, err);
    if (rc < 0)
        return rc;
    RBK_GROW(s->plans, s->plan_count, s->plan_cap);
    s->plans[s->plan_count++] = plan;
    *out = plan;
    return 0;
}

static bool has_call(struct rbk_node *const *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (nodes[i]->call || has_call(nodes[i]->children, nodes[i]->child_count))
            return true;
    return false;
}

/* Before anything runs: what is called exists, takes what it is given, and does not call its caller. */
int rbk_call_check(struct rbk_session *s, const struct rbk_plan *plan, struct rbk_error *err)
{
    return has_call(plan->nodes, plan->node_count) ? rbk_plan_check_calls(plan, s->o.script->load, s->o.host, err) : 0;
}

static int refuse_cycle(const struct rbk_run *run, const char *id, struct rbk_error *err)
{
    for (const struct rbk_run *r = run; r; r = r->parent)
        if (strcmp(r->plan->id, id) == 0)
            return rbk_error_set(err, RBK_EINVAL, "%s is being run already: it cannot call itself", id);
    return 0;
}

static int bind_arguments(struct rbk_step *step, const struct rbk_plan *plan, rbk_value **out, struct rbk_error *err)
{
    rbk_value *given = NULL;
    int rc = 0;
    if (step->node->with)
        rc = rbk_subst_value(step->node->with, rbk_fact_lookup, step, &given, err);
    if (rc == 0)
        rc = rbk_params_bind(plan->params, plan->param_count, given, out, err);
    rbk_value_free(given);
    return rc;
}

static int new_child(struct rbk_step *step, const struct rbk_plan *plan, struct rbk_error *err)
{
    struct rbk_run *run = step->run;
    rbk_value *params = NULL;
    int rc = bind_arguments(step, plan, &params, err);
    if (rc < 0)
        return rc;
    struct rbk_run *child = rbk_run_new(run->session, plan, params);
    rbk_value_free(params);
    child->parent = run;
    child->caller = step;
    RBK_GROW(run->children, run->child_count, run->child_cap);
    run->children[run->child_count++] = child;
    rc = rbk_run_open(child, err);
    if (rc < 0)
        return rc;
    step->child = child;
    free(step->row.child_run);
    step->row.child_run = rbk_strdup(child->row.id);
    rbk_record_step(step, RBK_RECORD_NOW);
    return 0;
}

/* What a resumed run was called with: arguments that hold secrets were not stored, so they are worked out again. */
static int restore_secrets(struct rbk_step *step, const struct rbk_plan *plan, struct rbk_error *err)
{
    struct rbk_run *child = step->child;
    rbk_value *params = NULL;
    int rc = bind_arguments(step, plan, &params, err);
    for (size_t i = 0; rc == 0 && i < plan->param_count; i++) {
        const char *name = plan->params[i].name;
        const rbk_value *v = rbk_map_get(params, name);
        if (v && rbk_fact_was_redacted(rbk_map_get(child->params, name)))
            rbk_map_set(child->params, name, rbk_value_dup(v));
    }
    rbk_value_free(params);
    return rc;
}

int rbk_call_start(struct rbk_step *step, struct rbk_error *err)
{
    const struct rbk_plan *plan = NULL;
    int rc = refuse_cycle(step->run, step->node->call, err);
    if (rc == 0)
        rc = rbk_call_plan(step->run->session, step->node->call, &plan, err);
    if (rc == 0 && (step->called || !step->child)) {
        rc = new_child(step, plan, err);
    } else if (rc == 0) {
        rc = restore_secrets(step, plan, err);
        rc = rc < 0 ? rc : rbk_run_take_instance(step->child, err);
    }
    if (rc == RBK_EBUSY)
        rbk_locks_busy(step->run->session);
    if (rc < 0)
        return rc;
    step->called = true;
    rbk_run_begin(step->child);
    return 0;
}

static void take_facts(struct rbk_step *step, const struct rbk_run *child)
{
    for (size_t i = 0; i < rbk_value_length(child->facts); i++) {
        char *name = rbk_asprintf("%s.%s", step->node->id, rbk_map_key_at(child->facts, i));
        rbk_fact_set(step, name, rbk_value_dup(rbk_map_value_at(child->facts, i)), NULL);
        free(name);
    }
}

static enum rbk_step_state step_state_of(const struct rbk_run *child)
{
    switch (child->row.state) {
    case RBK_RUN_SUCCEEDED:
        return RBK_STEP_SUCCEEDED;
    case RBK_RUN_WAITING:
        return RBK_STEP_WAITING;
    case RBK_RUN_CANCELLED:
        return RBK_STEP_CANCELLED;
    case RBK_RUN_TIMED_OUT:
        return RBK_STEP_TIMED_OUT;
    case RBK_RUN_FAILED:
        return RBK_STEP_FAILED;
    default:
        return child->stop ? RBK_STEP_PENDING : RBK_STEP_IN_DOUBT;
    }
}

void rbk_call_ended(struct rbk_run *child)
{
    struct rbk_step *step = child->caller;
    take_facts(step, child);
    rbk_attempt_ended(step, step_state_of(child), child->row.reason);
}
