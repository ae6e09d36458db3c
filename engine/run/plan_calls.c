/* Called runbooks: they exist, they take what `with` gives, and no chain of calls comes back to where it started. Each
 * chain is followed depth first; a runbook that was found sound is not loaded again. */
#include <base/mem.h>
#include <run/plan_report.h>
#include <stdlib.h>
#include <string.h>

struct calls {
    struct plan_report *r;
    const struct rbk_check_options *options;
    struct rbk_strv chain;       /* ids from the checked plan down to the one that is looked at */
    struct rbk_strv sound;       /* ids whose calls lead nowhere bad */
    const struct rbk_node *step; /* of the checked plan: where problems are told */
    bool bad;
};

static void plan_follow(struct calls *c, const struct rbk_plan *p);

static void cycle_error(struct calls *c, const char *id)
{
    struct rbk_buf line = {0};
    for (size_t i = 0; i < c->chain.count; i++)
        rbk_buf_printf(&line, "%s%s", i ? " -> " : "", c->chain.items[i]);
    plan_error(c->r, c->step->line, "a runbook cannot wait for itself: take one of the calls out",
               "step \"%s\": the calls go round in a circle: %s -> %s", c->step->title, line.data, id);
    rbk_buf_fini(&line);
    c->bad = true;
}

/* Arguments whose value is known now; one with $name is typed when the step is run. */
static rbk_value *fixed_arguments(const struct rbk_param *params, size_t count, const rbk_value *with)
{
    rbk_value *given = with ? rbk_value_dup(with) : rbk_map_new();
    for (size_t i = 0; i < rbk_value_length(with); i++) {
        const char *name = rbk_map_key_at(with, i), *text = rbk_value_string(rbk_map_value_at(with, i));
        const struct rbk_param *p = NULL;
        for (size_t k = 0; k < count && !p; k++)
            p = strcmp(params[k].name, name) == 0 ? &params[k] : NULL;
        if (p && text && strchr(text, '$'))
            rbk_map_set(given, name, p->dflt ? rbk_value_dup(p->dflt) : NULL);
    }
    return given;
}

static bool has_open_argument(const rbk_value *with, const char *name)
{
    const char *text = rbk_map_get_string(with, name);
    return text && strchr(text, '$');
}

static void with_rules(struct calls *c, const struct rbk_node *n, const struct rbk_plan *called)
{
    rbk_value *given = fixed_arguments(called->params, called->param_count, n->with);
    rbk_value *bound = NULL;
    struct rbk_param *params = rbk_alloc((called->param_count + 1) * sizeof *params);
    struct rbk_error e;
    for (size_t i = 0; i < called->param_count; i++) {
        params[i] = called->params[i]; /* borrowed: only looked at */
        if (n->with && has_open_argument(n->with, params[i].name))
            params[i].required = false;
    }
    if (rbk_params_bind(params, called->param_count, given, &bound, &e) != 0) {
        char *prefix = rbk_asprintf("step \"%s\" calls %s: ", n->title, called->id);
        plan_relay(c->r, n->line, prefix, &e);
        free(prefix);
    }
    rbk_value_free(bound);
    rbk_value_free(given);
    free(params);
}

static void load_error(struct calls *c, const char *id, struct rbk_error *e)
{
    char *prefix = rbk_asprintf("step \"%s\" calls %s: ", c->step->title, id);
    struct rbk_error told = *e;
    *told.file = 0; /* the place is the call; the message still names what is wrong there */
    plan_relay(c->r, c->step->line, prefix, &told);
    free(prefix);
    c->bad = true;
}

static void call_follow(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct calls *c = arg;
    struct rbk_plan *called = NULL;
    struct rbk_error e;
    bool top = c->chain.count == 1;
    (void)group;
    if (!n->call || !rbk_runbook_id_ok(n->call) || c->bad || (top && strcmp(n->call, c->chain.items[0]) == 0))
        return; /* no id, or itself: an error of validation */
    c->step = top ? n : c->step;
    if (rbk_strv_has(&c->chain, n->call)) {
        cycle_error(c, n->call);
    } else if (top || !rbk_strv_has(&c->sound, n->call)) {
        if (c->options->load(c->options->load_arg, n->call, &called, &e) != 0)
            load_error(c, n->call, &e);
        else if (top)
            with_rules(c, n, called);
        if (called)
            plan_follow(c, called);
        rbk_plan_free(called);
    }
    c->bad = c->bad && !top;
}

static void plan_follow(struct calls *c, const struct rbk_plan *p)
{
    rbk_strv_add(&c->chain, p->id);
    plan_each_node(p, call_follow, c);
    free(c->chain.items[--c->chain.count]);
    c->chain.items[c->chain.count] = NULL;
    if (!c->bad)
        rbk_strv_add(&c->sound, p->id);
}

void plan_rules_calls(struct plan_report *r, const struct rbk_check_options *o)
{
    struct calls calls = {.r = r, .options = o};
    if (!o->load)
        return;
    plan_follow(&calls, r->plan);
    rbk_strv_fini(&calls.chain);
    rbk_strv_fini(&calls.sound);
}
