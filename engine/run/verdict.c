/* Verdicts: whether a step is to run (`when`) and whether what it did is good enough (`check`). What depends on a fact
 * that nobody set is asked for; what depends on one that has no data neither fails nor asks. */
#include <run/machine.h>

/* Facts that no step has set, and beside each the text of the expression that it keeps from being known. */
struct unset {
    struct rbk_strv names, needed_for;
};

static void add_unset(struct rbk_step *step, const struct rbk_expr *e, struct unset *out)
{
    struct rbk_strv names = {0};
    rbk_expr_names(e, &names);
    for (size_t i = 0; i < names.count; i++)
        if (!rbk_fact_lookup(step, names.items[i]) && !rbk_strv_has(&out->names, names.items[i])) {
            rbk_strv_add(&out->names, names.items[i]);
            rbk_strv_add(&out->needed_for, rbk_expr_text(e));
        }
    rbk_strv_fini(&names);
}

static void unset_fini(struct unset *u)
{
    rbk_strv_fini(&u->names);
    rbk_strv_fini(&u->needed_for);
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
    struct unset unset = {0};
    if (rbk_expr_eval(step->node->when, rbk_fact_lookup, step, &verdict, &err) < 0) {
        rbk_step_end(step, RBK_STEP_FAILED, err.message);
        return false;
    }
    switch (verdict.truth) {
    case RBK_TRUE:
        return true;
    case RBK_UNKNOWN:
        add_unset(step, step->node->when, &unset);
        rbk_gate_open_facts(step, &unset.names, &unset.needed_for, on_answered);
        unset_fini(&unset);
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
    struct unset unset;
    bool unknown;
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
            add_unset(step, e, &state->unset);
            state->unknown = true;
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
        rbk_gate_open_facts(step, &state.unset.names, &state.unset.needed_for, on_answered);
    else
        good = true;
    unset_fini(&state.unset);
    return good;
}
