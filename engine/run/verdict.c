/* Verdicts: whether a step is to run (`when`) and whether what it did is good enough (`check`). What depends on a fact
 * that nobody set is asked for; what depends on one that has no data neither fails nor asks. */
#include <run/machine.h>

/* The names that keep an expression from being known. */
static void unset_names(struct rbk_step *step, const struct rbk_expr *e, struct rbk_strv *out)
{
    struct rbk_strv names = {0};
    rbk_expr_names(e, &names);
    for (size_t i = 0; i < names.count; i++)
        if (!rbk_fact_lookup(step, names.items[i]) && !rbk_strv_has(out, names.items[i]))
            rbk_strv_add(out, names.items[i]);
    rbk_strv_fini(&names);
}

static void on_answered(struct rbk_step *step, enum rbk_decision decision)
{
    if (decision == RBK_DECIDED_YES)
        rbk_step_go(step);
    else if (decision == RBK_DECIDED_LATER)
        rbk_step_end(step, RBK_STEP_WAITING, NULL);
    else
        rbk_step_end_rejected(step);
}

static void skip(struct rbk_step *step, const char *why)
{
    free(step->row.detail);
    step->row.detail = rbk_step_output_redacted(step->run->session, why);
    rbk_step_end(step, RBK_STEP_SKIPPED, NULL);
}

bool rbk_verdict_when(struct rbk_step *step)
{
    struct rbk_verdict verdict = {0};
    struct rbk_error err = {0};
    struct rbk_strv names = {0};
    if (rbk_expr_eval(step->node->when, rbk_fact_lookup, step, &verdict, &err) < 0) {
        rbk_step_end(step, RBK_STEP_FAILED, err.message);
        return false;
    }
    switch (verdict.truth) {
    case RBK_TRUE:
        return true;
    case RBK_UNKNOWN:
        unset_names(step, step->node->when, &names);
        rbk_gate_open_facts(step, &names, step->node->when, on_answered);
        rbk_strv_fini(&names);
        return false;
    default:
        skip(step, verdict.explain);
        return false;
    }
}

static rbk_value *check_result(struct rbk_step *step, const struct rbk_expr *e, const struct rbk_verdict *v)
{
    static const char *const results[] = {
        [RBK_FALSE] = "not-met", [RBK_TRUE] = "met", [RBK_UNKNOWN] = "unknown", [RBK_NOTHING] = "unknown"};
    const rbk_value *value = v->name[0] ? rbk_fact_lookup(step, v->name) : NULL; /* a parameter's may be secret */
    rbk_value *check = rbk_map_new();
    rbk_map_set_string(check, "expr", rbk_expr_text(e));
    rbk_map_set(check, "value", value ? rbk_value_dup(value) : rbk_null_new());
    rbk_map_set_string(check, "result", results[v->truth]);
    rbk_map_set_string(check, "text", v->measured);
    return rbk_fact_redacted(step->run->session, check);
}

struct check_state {
    char not_met[300];
    struct rbk_strv unset;
    const struct rbk_expr *unknown;
};

static int evaluate(struct rbk_step *step, struct check_state *state, struct rbk_error *err)
{
    rbk_value_free(step->row.checks);
    step->row.checks = rbk_list_new();
    for (size_t i = 0; i < step->node->check_count; i++) {
        const struct rbk_expr *e = step->node->checks[i];
        struct rbk_verdict v = {0};
        int rc = rbk_expr_eval(e, rbk_fact_lookup, step, &v, err);
        if (rc < 0)
            return rc;
        rbk_list_append(step->row.checks, check_result(step, e, &v));
        if (v.truth == RBK_FALSE && !state->not_met[0]) {
            snprintf(state->not_met, sizeof state->not_met, "check not met: %s", v.explain);
        } else if (v.truth == RBK_UNKNOWN) {
            unset_names(step, e, &state->unset);
            state->unknown = e;
        }
    }
    return 0;
}

/* The check phase: true when no check failed. */
bool rbk_verdict_checks(struct rbk_step *step)
{
    struct check_state state = {0};
    struct rbk_error err = {0};
    bool good = false;
    if (evaluate(step, &state, &err) < 0)
        rbk_attempt_failed(step, RBK_STEP_FAILED, err.message);
    else if (state.not_met[0])
        rbk_attempt_failed(step, RBK_STEP_FAILED, state.not_met);
    else if (state.unknown && step->stop)
        rbk_step_end_unasked(step);
    else if (state.unknown)
        rbk_gate_open_facts(step, &state.unset, state.unknown, on_answered);
    else
        good = true;
    rbk_strv_fini(&state.unset);
    return good;
}
