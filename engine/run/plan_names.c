/* Names of a plan: their grammar, and that each means one thing. Parameters and facts share one namespace with the
 * flags of `run`, since `--name` must be unambiguous on the command line. */
#include <base/mem.h>
#include <run/name_set.h>
#include <run/plan_report.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const run_flags[] = {"dry_run", "yes",     "no_input", "from",    "only",  "step", "json",
                                        "quiet",   "verbose", "color",    "project", "state", "help"};
static const char *const words[] = {"and", "or", "not", "true", "false", "item"};

static bool one_of(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

/* `what` is "parameter", "fact" or "step id". */
static bool grammar_ok(struct plan_report *r, int line, const char *what, const char *name)
{
    if (rbk_name_ok(name))
        return true;
    char *slug = rbk_slug(name);
    char *hint = rbk_asprintf("names are lower-case letters, digits and _, and start with a letter: %s", slug);
    plan_error(r, line, hint, "\"%.80s\" is not a name for a %s", name, what);
    free(hint);
    free(slug);
    return false;
}

static bool name_free(struct plan_report *r, int line, const char *what, const char *name)
{
    char hint[120];
    snprintf(hint, sizeof hint, "choose another name, such as `the_%s`", name);
    if (!grammar_ok(r, line, what, name))
        return false;
    if (one_of(run_flags, sizeof run_flags / sizeof *run_flags, name))
        plan_error(r, line, hint, "the %s `%s` has the name of a flag of `run`", what, name);
    else if (one_of(words, sizeof words / sizeof *words, name))
        plan_error(r, line, hint, "the %s `%s` has the name of a word of the language", what, name);
    else
        return true;
    return false;
}

static const struct rbk_param *param_of(const struct rbk_plan *p, const char *name)
{
    for (size_t i = 0; i < p->param_count; i++)
        if (strcmp(p->params[i].name, name) == 0)
            return &p->params[i];
    return NULL;
}

static void param_names(struct plan_report *r)
{
    for (size_t i = 0; i < r->plan->param_count; i++) {
        const struct rbk_param *p = &r->plan->params[i], *first = param_of(r->plan, p->name);
        if (name_free(r, p->line, "parameter", p->name) && first != p)
            plan_error(r, p->line, "one `param` statement for each name",
                       "the parameter `%s` is declared twice (first at line %d)", p->name, first->line);
    }
}

static void fact_clash(struct plan_report *r, const struct rbk_node *n, const char *name)
{
    const struct rbk_param *p = param_of(r->plan, name);
    if (p)
        plan_error(r, n->line, "parameters and facts share one set of names: rename one of them",
                   "step \"%s\" sets the fact `%s`, which is a parameter (line %d)", n->title, name, p->line);
}

static void fact_names(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct plan_report *r = arg;
    (void)group;
    for (size_t i = 0; i < n->capture_count; i++)
        if (name_free(r, n->line, "fact", n->captures[i].name))
            fact_clash(r, n, n->captures[i].name);
    for (size_t i = 0; i < n->ask_count; i++)
        if (name_free(r, n->line, "fact", n->ask[i].name))
            fact_clash(r, n, n->ask[i].name);
    for (size_t i = 0; i < n->run.sets.count; i++)
        fact_clash(r, n, n->run.sets.items[i]);
}

struct ids {
    struct plan_report *r;
    struct name_set seen;
};

struct id_search {
    const char *id;
    const struct rbk_node *found;
};

static void id_search(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct id_search *s = arg;
    (void)group;
    if (!s->found && strcmp(n->id, s->id) == 0)
        s->found = n;
}

static void step_ids(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct ids *ids = arg;
    struct id_search first = {n->id, NULL};
    char hint[120];
    (void)group;
    if (!grammar_ok(ids->r, n->line, "step id", n->id) || name_set_add(&ids->seen, n->id))
        return;
    plan_each_node(ids->r->plan, id_search, &first);
    snprintf(hint, sizeof hint, "give one of them an id of its own: id = \"%s_2\"", n->id);
    plan_error(ids->r, n->line, hint, "step \"%s\" has the same id as step \"%s\" at line %d: `%s`", n->title,
               first.found->title, first.found->line, n->id);
}

void plan_rules_names(struct plan_report *r)
{
    struct ids ids = {.r = r};
    param_names(r);
    plan_each_node(r->plan, step_ids, &ids);
    plan_each_node(r->plan, fact_names, r);
    name_set_fini(&ids.seen);
}
