/* What can never happen or matter: conditions that never hold, choices that do not exist, parameters that nothing
 * reads, a shell variable that is nearly a name, an undo that nothing provides. All warnings. */
#include <base/mem.h>
#include <run/expr_reach.h>
#include <run/plan_report.h>
#include <run/plan_words.h>
#include <run/subst.h>
#include <stdlib.h>
#include <string.h>

/* ---- conditions ------------------------------------------------------------------------------------------------ */

static void choice_warn(struct plan_report *r, int line, const struct rbk_param *p, const char *text)
{
    const char *near = rbk_did_you_mean(text, (const char *const *)p->choices.items, p->choices.count);
    char *hint = near ? rbk_asprintf("did you mean \"%s\"?", near) : NULL;
    plan_warning(r, line, hint, "`%s` is never \"%s\": that is none of its choices", p->name, text);
    free(hint);
}

static void choices_compared(struct plan_report *r, const struct rbk_expr *e, int line)
{
    for (size_t i = 0; i < r->plan->param_count; i++) {
        const struct rbk_param *p = &r->plan->params[i];
        struct rbk_strv texts = {0};
        if (p->choices.count && p->type != RBK_PARAM_LIST)
            expr_compared_strings(e, p->name, &texts);
        for (size_t t = 0; t < texts.count; t++)
            if (!rbk_strv_has(&p->choices, texts.items[t]))
                choice_warn(r, line, p, texts.items[t]);
        rbk_strv_fini(&texts);
    }
}

static void condition(struct plan_report *r, const struct rbk_expr *e, const struct rbk_node *n, const char *key)
{
    int line = e->line ? e->line : n->line;
    choices_compared(r, e, line);
    if (expr_never(e))
        plan_warning(r, line, strcmp(key, "when") == 0 ? "the step is never run" : "the step always fails",
                     "step \"%s\": `%s` can never be true: %s", n->title, key, rbk_expr_text(e));
}

static void conditions(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    (void)group;
    if (n->when)
        condition(arg, n->when, n, "when");
    for (size_t i = 0; i < n->check_count; i++)
        condition(arg, n->checks[i], n, "check");
}

/* ---- parameters that nothing reads ----------------------------------------------------------------------------- */

static void string_names(void *arg, int line, const char *text)
{
    (void)line;
    rbk_subst_names(text, arg);
}

static void expr_names(void *arg, const struct rbk_expr *e)
{
    rbk_expr_names(e, arg);
}

static void shell_names(const struct rbk_body *b, struct rbk_strv *out)
{
    if (b->kind == RBK_BODY_SHELL && b->text)
        rbk_subst_shell_names(b->text, out);
}

static void node_reads(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct rbk_strv *out = arg;
    const char *const texts[] = {n->manual, n->confirm, n->note};
    (void)group;
    plan_node_strings(n, string_names, out);
    plan_node_exprs(n, expr_names, out);
    shell_names(&n->run, out);
    shell_names(&n->undo, out);
    shell_names(&n->verify, out);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i])
            rbk_subst_names(texts[i], out);
    if (n->each)
        rbk_strv_add(out, n->each);
}

static bool companion_read(const struct rbk_strv *read, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < read->count; i++) {
        const char *other = read->items[i];
        if (strncmp(other, name, len) == 0 &&
            (strcmp(other + len, "_seconds") == 0 || strcmp(other + len, "_bytes") == 0 ||
             strcmp(other + len, "_ratio") == 0))
            return true;
    }
    return false;
}

static void unused_params(struct plan_report *r, const struct rbk_strv *read)
{
    struct plan_words words;
    plan_words_init(&words, r->plan);
    for (size_t i = 0; i < r->plan->param_count; i++) {
        const struct rbk_param *p = &r->plan->params[i];
        if (!rbk_strv_has(read, p->name) && !plan_words_have(&words, p->name) && !companion_read(read, p->name))
            plan_warning(r, p->line, "use it as $name in a step, or remove it", "nothing reads the parameter `%s`",
                         p->name);
    }
    plan_words_fini(&words);
}

/* ---- shell strings and undo ------------------------------------------------------------------------------------ */

struct near_names {
    struct plan_report *r;
    struct rbk_strv known;
};

/* A shell has variables of its own, so a name that nothing sets is only worth a word when it looks like one of ours. */
static void shell_slips(struct near_names *near, const struct rbk_node *n, const struct rbk_body *b)
{
    struct rbk_strv names = {0};
    shell_names(b, &names);
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.items[i], *meant;
        if (rbk_strv_has(&near->known, name) || plan_assigned_in(b->text, name))
            continue;
        meant = rbk_did_you_mean(name, (const char *const *)near->known.items, near->known.count);
        if (!meant)
            continue;
        char *hint = rbk_asprintf("did you mean `$%s`?", meant);
        plan_warning(near->r, b->line ? b->line : n->line, hint, "step \"%s\": nothing sets `$%s` for the shell",
                     n->title, name);
        free(hint);
    }
    rbk_strv_fini(&names);
}

static void node_slips(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    (void)group;
    shell_slips(arg, n, &n->run);
    shell_slips(arg, n, &n->undo);
    shell_slips(arg, n, &n->verify);
}

static void undo_there(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    bool *there = arg;
    (void)group;
    *there = *there || n->undo.kind != RBK_BODY_NONE || n->run.undo || n->call;
}

static void undo_wanted(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct plan_report *r = arg;
    (void)group;
    if (n->on_fail == RBK_ON_FAIL_UNDO)
        plan_warning(r, n->line, "give the steps that change something an `undo`",
                     "step \"%s\": on_fail = \"undo\", but no step has an `undo`", n->title);
}

void plan_rules_reach(struct plan_report *r)
{
    struct rbk_strv read = {0};
    struct near_names near = {.r = r};
    bool undo = false;
    plan_each_node(r->plan, conditions, r);
    plan_each_node(r->plan, node_reads, &read);
    if (r->plan->trigger)
        expr_names(&read, r->plan->trigger);
    if (r->plan->escalate_when)
        expr_names(&read, r->plan->escalate_when);
    unused_params(r, &read);
    rbk_plan_names(r->plan, &near.known);
    plan_each_node(r->plan, node_slips, &near);
    plan_each_node(r->plan, undo_there, &undo);
    if (!undo)
        plan_each_node(r->plan, undo_wanted, r);
    rbk_strv_fini(&read);
    rbk_strv_fini(&near.known);
}
