/* What a plan reads against what it sets. `$name` of something undeclared is an error: the argument could not be made.
 * In an expression it is a warning, since a person may answer for a fact. Functions set facts that only running them
 * tells, so a name that stands in a function's source counts as set. */
#include <base/mem.h>
#include <run/expr_reach.h>
#include <run/name_set.h>
#include <run/plan_report.h>
#include <run/plan_words.h>
#include <run/subst.h>
#include <run/trigger_words.h>
#include <stdlib.h>
#include <string.h>

struct reads {
    struct plan_report *r;
    struct rbk_strv known;       /* set anywhere, in order */
    struct name_set anywhere;    /* the same names */
    struct name_set earlier;     /* set before the step that is looked at */
    struct plan_words words;     /* of the functions */
    rbk_value *samples;          /* name -> a value of its type, for parameters and answers */
    const struct rbk_node *n;    /* the step that is looked at; NULL in the header */
    const struct rbk_expr *expr; /* the expression that is looked at, or NULL */
    bool trigger;                /* it is the trigger, which knows more words */
};

/* ---- samples: an expression over a parameter shows wrong units before any value is known ----------------------- */

static rbk_value *sample_new(const struct rbk_param *p)
{
    switch (p->type) {
    case RBK_PARAM_INTEGER:
    case RBK_PARAM_NUMBER:
        return rbk_int_new(1);
    case RBK_PARAM_BOOLEAN:
        return rbk_bool_new(true);
    case RBK_PARAM_DURATION:
        return rbk_number_new(1, RBK_UNIT_SECONDS);
    case RBK_PARAM_SIZE:
        return rbk_number_new(1, RBK_UNIT_BYTES);
    case RBK_PARAM_PERCENT:
        return rbk_number_new(1, RBK_UNIT_RATIO);
    case RBK_PARAM_LIST:
        return rbk_list_new();
    default:
        return rbk_string_new("");
    }
}

static void samples_add(rbk_value *samples, const struct rbk_param *params, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rbk_map_set(samples, params[i].name, sample_new(&params[i]));
}

static void samples_of_step(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    (void)group;
    samples_add(arg, n->ask, n->ask_count);
}

static const rbk_value *sample_get(void *arg, const char *name)
{
    return rbk_map_get(arg, name);
}

/* ---- one name -------------------------------------------------------------------------------------------------- */

static bool set_somewhere(const struct reads *reads, const char *name)
{
    return name_set_has(&reads->anywhere, name) || plan_words_have(&reads->words, name);
}

struct setter {
    const char *name;
    const struct rbk_node *node;
};

static void setter_search(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct setter *s = arg;
    struct rbk_strv names = {0};
    (void)group;
    if (!n->is_parallel)
        rbk_node_names(n, &names);
    if (!s->node && rbk_strv_has(&names, s->name))
        s->node = n;
    rbk_strv_fini(&names);
}

static void too_early(struct reads *reads, int line, const char *name)
{
    struct setter s = {name, NULL};
    if (!reads->n || name_set_has(&reads->earlier, name) || plan_words_have(&reads->words, name))
        return;
    plan_each_node(reads->r->plan, setter_search, &s);
    if (s.node && s.node != reads->n)
        plan_warning(reads->r, line, "a run cannot know it yet: change the order of the steps",
                     "step \"%s\" reads `%s`, which only the later step \"%s\" (line %d) sets", reads->n->title, name,
                     s.node->title, s.node->line);
}

/* Names that people expect to be there; what they want is had in another way. */
static const char *wish_hint(const char *name)
{
    static const struct {
        const char *name, *hint;
    } wishes[] = {
        {"exit_code", "a step fails by itself when its command does not exit 0"},
        {"exit_status", "a step fails by itself when its command does not exit 0"},
        {"stdout", "capture = { name = \"pattern\" } makes facts of what the step prints"},
        {"output", "capture = { name = \"pattern\" } makes facts of what the step prints"},
    };
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        if (strcmp(wishes[i].name, name) == 0)
            return wishes[i].hint;
    return NULL;
}

static char *missing_hint(const struct reads *reads, const char *name, bool dollar)
{
    const char *near = rbk_did_you_mean(name, (const char *const *)reads->known.items, reads->known.count);
    if (near)
        return rbk_asprintf("did you mean `%s%s`?", dollar ? "$" : "", near);
    if (wish_hint(name))
        return rbk_strdup(wish_hint(name));
    if (dollar)
        return rbk_asprintf("declare it: param \"%s\" { default = .. }, or let a step set it", name);
    if (reads->expr && expr_compares_with(reads->expr, name))
        return rbk_asprintf("a text stands in quotes: '%s'", name);
    return rbk_strdup("until something sets it, the run stops there and asks a person for it");
}

static void missing_name(struct reads *reads, int line, const char *name, bool dollar)
{
    char *hint = missing_hint(reads, name, dollar);
    if (dollar)
        plan_error(reads->r, line, hint, "step \"%s\": `$%s` is neither a parameter nor a fact that a step sets",
                   reads->n->title, name);
    else
        plan_warning(reads->r, line, hint, "no step sets `%s`", name);
    free(hint);
}

/* `step.name`: the step must be a call. */
static void dotted_name(struct reads *reads, int line, const char *name, bool dollar)
{
    char *id = rbk_strndup(name, strcspn(name, "."));
    const struct rbk_node *n = rbk_plan_find(reads->r->plan, id);
    void (*say)(struct plan_report *, int, const char *, const char *, ...) = dollar ? plan_error : plan_warning;
    if (!n)
        say(reads->r, line, NULL, "`%s`: no step has the id `%s`", name, id);
    else if (!n->call)
        say(reads->r, line, "only the facts of a called runbook have a prefix: write the name alone",
            "`%s`: step \"%s\" calls no runbook", name, n->title);
    free(id);
}

static bool in_each(const struct rbk_node *n)
{
    return n && (n->each || n->each_list);
}

static void read_name(struct reads *reads, int line, const char *name, bool dollar)
{
    if (reads->trigger && rbk_trigger_word_known(name))
        return;
    if (strchr(name, '.'))
        dotted_name(reads, line, name, dollar);
    else if (strcmp(name, "item") == 0 && in_each(reads->n))
        return;
    else if (strcmp(name, "item") == 0)
        plan_error(reads->r, line, "add each = \"name_of_a_list\"", "`%sitem` is only there in a step with `each`",
                   dollar ? "$" : "");
    else if (set_somewhere(reads, name))
        too_early(reads, line, name);
    else
        missing_name(reads, line, name, dollar);
}

/* ---- strings and expressions ----------------------------------------------------------------------------------- */

static void read_string(void *arg, int line, const char *text)
{
    struct reads *reads = arg;
    struct rbk_strv names = {0};
    struct rbk_error e;
    if (rbk_subst_check(text, &e) != 0) {
        plan_relay(reads->r, line, "", &e);
        return;
    }
    rbk_subst_names(text, &names);
    for (size_t i = 0; i < names.count; i++)
        read_name(reads, line, names.items[i], true);
    rbk_strv_fini(&names);
}

static void read_expr(void *arg, const struct rbk_expr *e)
{
    struct reads *reads = arg;
    struct rbk_strv names = {0};
    struct rbk_verdict verdict;
    struct rbk_error err;
    int line = e->line ? e->line : reads->n ? reads->n->line : 1;
    if (rbk_expr_eval(e, sample_get, reads->samples, &verdict, &err) != 0)
        plan_relay(reads->r, line, "", &err);
    rbk_expr_names(e, &names);
    reads->expr = e;
    for (size_t i = 0; i < names.count; i++)
        read_name(reads, line, names.items[i], false);
    reads->expr = NULL;
    rbk_strv_fini(&names);
}

static void read_trigger(struct reads *reads, const struct rbk_expr *e)
{
    reads->trigger = true;
    read_expr(reads, e);
    reads->trigger = false;
}

static void read_each(struct reads *reads)
{
    const struct rbk_node *n = reads->n;
    if (n->each)
        read_name(reads, n->line, n->each, false);
}

static void now_set(struct reads *reads, const struct rbk_node *n)
{
    struct rbk_strv names = {0};
    rbk_node_names(n, &names);
    for (size_t i = 0; i < names.count; i++)
        name_set_add(&reads->earlier, names.items[i]);
    rbk_strv_fini(&names);
}

/* `when`, `with` and `run` see what came before; `check` also what the step itself sets. The children of a group see
 * what their siblings set, since which comes first is not known. */
static void read_step(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct reads *reads = arg;
    (void)group;
    reads->n = n;
    if (n->when)
        read_expr(reads, n->when);
    read_each(reads);
    for (size_t i = 0; i < n->ask_count; i++)
        name_set_add(&reads->earlier, n->ask[i].name);
    plan_node_strings(n, read_string, reads);
    now_set(reads, n);
    for (size_t i = 0; i < n->check_count; i++)
        read_expr(reads, n->checks[i]);
}

static void reads_init(struct reads *reads, struct plan_report *r)
{
    const struct rbk_plan *p = r->plan;
    *reads = (struct reads){.r = r, .samples = rbk_map_new()};
    plan_words_init(&reads->words, p);
    rbk_plan_names(p, &reads->known);
    for (size_t i = 0; i < reads->known.count; i++)
        name_set_add(&reads->anywhere, reads->known.items[i]);
    for (size_t i = 0; i < p->param_count; i++)
        name_set_add(&reads->earlier, p->params[i].name);
    samples_add(reads->samples, p->params, p->param_count);
    plan_each_node(p, samples_of_step, reads->samples);
}

static void reads_fini(struct reads *reads)
{
    rbk_strv_fini(&reads->known);
    name_set_fini(&reads->anywhere);
    name_set_fini(&reads->earlier);
    plan_words_fini(&reads->words);
    rbk_value_free(reads->samples);
}

void plan_rules_reads(struct plan_report *r)
{
    struct reads reads;
    reads_init(&reads, r);
    if (r->plan->trigger)
        read_trigger(&reads, r->plan->trigger);
    if (r->plan->escalate_when)
        read_expr(&reads, r->plan->escalate_when);
    plan_each_node(r->plan, read_step, &reads);
    reads_fini(&reads);
}
