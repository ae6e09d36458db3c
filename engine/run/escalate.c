/* Escalation: whenever a fact that `escalate.when` reads is set, the expression is looked at; the first time it holds,
 * the run says and records whom to call and how soon. */
#include <run/machine.h>

#include <string.h>

/* "Engineering lead" and engineering-lead are one. */
static bool same_contact(const char *a, const char *b)
{
    char *x = rbk_slug(a), *y = rbk_slug(b);
    bool same = strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

static const struct rbk_escalation *matrix_row(const struct rbk_run *run)
{
    const struct rbk_config *config = run->session->o.config;
    const char *to = run->plan->escalate_to, *priority = run->plan->priority;
    for (size_t i = 0; to && i < config->escalation_count; i++) {
        const struct rbk_escalation *e = &config->escalation[i];
        if (e->contact && same_contact(e->contact, to))
            return e;
    }
    for (size_t i = 0; priority && i < config->escalation_count; i++)
        if (strcmp(config->escalation[i].priority, priority) == 0)
            return &config->escalation[i];
    return NULL;
}

static void response_text(const struct rbk_escalation *row, char *out, size_t size)
{
    if (!row) {
        out[0] = '\0';
    } else if (row->response_ms == 0) {
        snprintf(out, size, ", respond immediately");
    } else {
        char time[64];
        struct rbk_quantity q = {(double)row->response_ms / 1000.0, RBK_UNIT_SECONDS};
        rbk_quantity_format(q, time, sizeof time);
        snprintf(out, size, ", respond within %s", time);
    }
}

static void fire(struct rbk_run *run, struct rbk_step *step, const struct rbk_verdict *verdict)
{
    const struct rbk_escalation *row = matrix_row(run);
    const char *to = run->plan->escalate_to ? run->plan->escalate_to : row && row->contact ? row->contact : "the owner";
    char within[96];
    response_text(row, within, sizeof within);
    char *text = rbk_asprintf("escalate: call %s%s (%s, now %s)", to, within, rbk_expr_text(run->plan->escalate_when),
                              verdict->measured);
    rbk_value *data = rbk_map_new();
    rbk_map_set_string(data, "to", to);
    rbk_map_set_string(data, "when", rbk_expr_text(run->plan->escalate_when));
    rbk_map_set_string(data, "measured", verdict->measured);
    rbk_map_set_string(data, "priority", row ? row->priority : run->plan->priority);
    if (row)
        rbk_map_set_int(data, "response_ms", row->response_ms);
    rbk_record_event(run, step->row.key, "escalated", rbk_fact_redacted(run->session, data));
    char *clean = rbk_step_output_redacted(run->session, text);
    rbk_observe_note(run, step, clean);
    free(clean);
    free(text);
}

void rbk_escalate_check(struct rbk_run *run, struct rbk_step *step, const char *fact)
{
    const struct rbk_expr *when = run->plan->escalate_when;
    if (!when || run->escalated)
        return;
    struct rbk_strv names = {0};
    rbk_expr_names(when, &names);
    struct rbk_verdict verdict;
    if (rbk_strv_has(&names, fact) && rbk_expr_eval(when, rbk_fact_lookup_run, run, &verdict, NULL) == 0 &&
        verdict.truth == RBK_TRUE) {
        run->escalated = true;
        fire(run, step, &verdict);
    }
    rbk_strv_fini(&names);
}
