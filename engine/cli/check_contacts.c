/* See check_contacts.h. Names are compared as contacts are looked up: "Engineering lead" is engineering-lead. */
#include <cli/check_contacts.h>

#include <base/clock.h>
#include <base/mem.h>
#include <base/str.h>
#include <cli/run_incidents.h>
#include <incident/oncall.h>
#include <stdlib.h>
#include <string.h>

/* ---- entries that nothing calls ---- */

static void add_called(struct rbk_strv *called, const char *name)
{
    char *slug = name ? rbk_contact_slug(name) : NULL;
    if (slug && *slug && !rbk_strv_has(called, slug))
        rbk_strv_add(called, slug);
    free(slug);
}

static void add_list(struct rbk_strv *called, const rbk_value *names)
{
    for (size_t i = 0; i < rbk_value_length(names); i++)
        add_called(called, rbk_value_string(rbk_list_at(names, i)));
}

static void add_matrix(struct rbk_strv *called, const struct rbk_config *config)
{
    for (size_t i = 0; i < config->escalation_count; i++) {
        const rbk_value *row = rbk_map_get(rbk_config_get(config, "escalation"), config->escalation[i].priority);
        add_called(called, config->escalation[i].contact);
        add_list(called, rbk_map_get(row, "then"));
    }
}

/* False when a rota is a command. */
static bool add_rotas(struct rbk_strv *called, const struct rbk_config *config)
{
    const rbk_value *rotas = rbk_config_get(config, "oncall");
    for (size_t i = 0; i < rbk_value_length(rotas); i++) {
        const rbk_value *rota = rbk_map_value_at(rotas, i), *overrides = rbk_map_get(rota, "overrides");
        if (rbk_map_get(rota, "command"))
            return false;
        add_list(called, rbk_map_get(rota, "members"));
        for (size_t k = 0; k < rbk_value_length(overrides); k++)
            add_called(called, rbk_map_get_string(rbk_list_at(overrides, k), "who"));
    }
    return true;
}

static void put_hint(struct rbk_error *problem, const char *slug, const struct rbk_strv *called)
{
    struct rbk_buf names = {0};
    const char *near = rbk_did_you_mean(slug, (const char *const *)called->items, called->count);
    for (size_t i = 0; i < called->count; i++)
        rbk_buf_printf(&names, "%s%s", i ? ", " : "", called->items[i]);
    if (near)
        rbk_error_hint(problem, "did you mean %s?", near);
    else
        rbk_error_hint(problem, "called are %.300s", names.data ? names.data : "none");
    rbk_buf_fini(&names);
}

static void check_entry(const struct rbk_config *config, const char *name, const struct rbk_strv *called,
                        rbk_problem_fn *fn, void *arg)
{
    char *slug = rbk_contact_slug(name);
    if (!rbk_strv_has(called, slug)) {
        struct rbk_error problem = {0};
        rbk_error_set(&problem, RBK_EINVAL,
                      "contacts.%.64s: no priority of the escalation matrix, no rota and no runbook calls it", name);
        put_hint(&problem, slug, called);
        rbk_config_place(config, (const char *const[]){"contacts", name, NULL}, &problem);
        fn(arg, "warning", &problem);
    }
    free(slug);
}

void rbk_check_contacts(const struct rbk_config *config, const struct rbk_strv *escalated, rbk_problem_fn *fn,
                        void *arg)
{
    const rbk_value *contacts = rbk_config_get(config, "contacts");
    struct rbk_strv called = {0};
    for (size_t i = 0; i < escalated->count; i++)
        add_called(&called, escalated->items[i]);
    add_matrix(&called, config);
    bool known = add_rotas(&called, config);
    for (size_t i = 0; known && i < rbk_value_length(contacts); i++)
        check_entry(config, rbk_map_key_at(contacts, i), &called, fn, arg);
    rbk_strv_fini(&called);
}

/* ---- calls that reach nobody ---- */

/* The row whose contact this is: an escalation to it has that priority. */
static const struct rbk_escalation *row_of_contact(const struct rbk_config *config, const char *name)
{
    const struct rbk_escalation *found = NULL;
    char *slug = rbk_contact_slug(name);
    for (size_t i = 0; !found && i < config->escalation_count; i++) {
        char *other = config->escalation[i].contact ? rbk_contact_slug(config->escalation[i].contact) : NULL;
        if (other && strcmp(other, slug) == 0)
            found = &config->escalation[i];
        free(other);
    }
    free(slug);
    return found;
}

/* Whom a command of a rota names may have channels: such a call counts as heard. */
static bool is_heard(const struct rbk_config *config, const struct rbk_incident *i)
{
    struct rbk_chain chain;
    rbk_chain_of(config, i->priority, i->contact, &chain);
    const char *rota = rbk_contact_rota(config, rbk_chain_at(&chain, 1));
    bool heard =
        (rota && rbk_rota_is_command(config, rota)) || rbk_run_incident_is_heard(config, i, rbk_clock_wall_ms());
    rbk_chain_fini(&chain);
    return heard;
}

void rbk_check_escalation(const struct rbk_config *config, const struct rbk_plan *plan, rbk_problem_fn *fn, void *arg)
{
    const struct rbk_escalation *row = plan->escalate_to ? row_of_contact(config, plan->escalate_to) : NULL;
    struct rbk_error problem = {0};
    if (!plan->escalate_when || !plan->escalate_to)
        return;
    row = row ? row : rbk_priority_row(config, plan->priority);
    struct rbk_incident i = {
        .priority = row ? row->priority : "medium", .contact = plan->escalate_to, .runbook = plan->id, .level = 1};
    if (is_heard(config, &i))
        return;
    rbk_error_set(&problem, RBK_EINVAL, "escalate: nobody is told: %.64s has no channel, and no rule is about it",
                  plan->escalate_to);
    rbk_error_at(&problem, plan->path, 1, 0);
    rbk_error_hint(&problem,
                   "in runbook.yaml, give it channels under contacts:, or add a rule for incident.* (notify:)");
    fn(arg, "warning", &problem);
}

const struct rbk_escalation *rbk_unheard_row(const struct rbk_config *config)
{
    for (size_t i = 0; i < config->escalation_count; i++) {
        const struct rbk_incident incident = {.priority = config->escalation[i].priority, .level = 1};
        if (!is_heard(config, &incident))
            return &config->escalation[i];
    }
    return NULL;
}
