/* The plan as an object: made by the loader, walked by everybody else. */
#include <base/mem.h>
#include <run/name_set.h>
#include <run/plan.h>
#include <stdlib.h>
#include <string.h>

struct rbk_plan *rbk_plan_new(const char *id, const char *path)
{
    struct rbk_plan *p = rbk_alloc(sizeof *p);
    p->id = rbk_strdup(id);
    p->path = rbk_strdup(path);
    return p;
}

void rbk_body_fini(struct rbk_body *b)
{
    if (b->undo)
        rbk_body_fini(b->undo);
    free(b->undo);
    free(b->text);
    free(b->action);
    rbk_strv_fini(&b->argv);
    rbk_strv_fini(&b->sets);
    rbk_value_free(b->options);
    *b = (struct rbk_body){0};
}

static void params_free(struct rbk_param *params, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rbk_param_fini(&params[i]);
    free(params);
}

static void nodes_free(struct rbk_node **nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rbk_node_free(nodes[i]);
    free(nodes);
}

void rbk_plan_free(struct rbk_plan *p)
{
    if (!p)
        return;
    nodes_free(p->nodes, p->node_count);
    params_free(p->params, p->param_count);
    rbk_expr_free(p->trigger);
    rbk_expr_free(p->escalate_when);
    char *const strings[] = {p->id, p->path, p->title, p->priority, p->schedule, p->help, p->escalate_to};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        free(strings[i]);
    free(p);
}

struct rbk_node *rbk_node_new(const char *title, int line)
{
    struct rbk_node *n = rbk_alloc(sizeof *n);
    n->id = rbk_slug(title);
    n->title = rbk_strdup(title);
    n->line = line;
    return n;
}

static void node_lists_free(struct rbk_node *n)
{
    for (size_t i = 0; i < n->check_count; i++)
        rbk_expr_free(n->checks[i]);
    free(n->checks);
    for (size_t i = 0; i < n->capture_count; i++) {
        free(n->captures[i].name);
        free(n->captures[i].pattern);
    }
    free(n->captures);
    params_free(n->ask, n->ask_count);
    nodes_free(n->children, n->child_count);
    rbk_strv_fini(&n->tags);
    rbk_strv_fini(&n->secret);
}

void rbk_node_free(struct rbk_node *n)
{
    if (!n)
        return;
    node_lists_free(n);
    rbk_expr_free(n->when);
    rbk_body_fini(&n->run);
    rbk_body_fini(&n->undo);
    rbk_body_fini(&n->verify);
    rbk_value_free(n->with);
    rbk_value_free(n->each_list);
    rbk_value_free(n->env);
    char *const strings[] = {n->id,  n->title, n->confirm, n->manual, n->call,      n->each,
                             n->cwd, n->shell, n->lock,    n->note,   n->remediates};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        free(strings[i]);
    free(n);
}

void rbk_plan_add(struct rbk_plan *p, struct rbk_node *n)
{
    p->nodes = rbk_realloc(p->nodes, p->node_count + 1, sizeof(struct rbk_node *));
    p->nodes[p->node_count++] = n;
}

void rbk_node_add(struct rbk_node *group, struct rbk_node *n)
{
    group->children = rbk_realloc(group->children, group->child_count + 1, sizeof(struct rbk_node *));
    group->children[group->child_count++] = n;
}

const char *rbk_node_kind(const struct rbk_node *n)
{
    static const char *const bodies[] = {[RBK_BODY_SHELL] = "shell",
                                         [RBK_BODY_ARGV] = "argv",
                                         [RBK_BODY_FUNCTION] = "function",
                                         [RBK_BODY_ACTION] = "action"};
    if (n->is_parallel)
        return "parallel";
    if (n->call)
        return "call";
    if (n->run.kind != RBK_BODY_NONE)
        return bodies[n->run.kind];
    return n->manual ? "manual" : "ask";
}

struct names {
    struct name_set seen;
    struct rbk_strv *out;
};

static void name_add(struct names *names, const char *name)
{
    if (name_set_add(&names->seen, name))
        rbk_strv_add(names->out, name);
}

static void node_names(const struct rbk_node *n, struct names *names)
{
    for (size_t i = 0; i < n->capture_count; i++)
        name_add(names, n->captures[i].name);
    for (size_t i = 0; i < n->ask_count; i++)
        name_add(names, n->ask[i].name);
    for (size_t i = 0; i < n->run.sets.count; i++)
        name_add(names, n->run.sets.items[i]);
    for (size_t i = 0; i < n->child_count; i++)
        node_names(n->children[i], names);
}

void rbk_node_names(const struct rbk_node *n, struct rbk_strv *out)
{
    struct names names = {.out = out};
    node_names(n, &names);
    name_set_fini(&names.seen);
}

void rbk_plan_names(const struct rbk_plan *p, struct rbk_strv *out)
{
    struct names names = {.out = out};
    for (size_t i = 0; i < p->param_count; i++)
        name_add(&names, p->params[i].name);
    for (size_t i = 0; i < p->node_count; i++)
        node_names(p->nodes[i], &names);
    name_set_fini(&names.seen);
}

static bool id_is(const char *id, const char *typed)
{
    for (; *id && (*id == *typed || (*id == '_' && *typed == '-')); id++)
        typed++;
    return !*id && !*typed;
}

static struct rbk_node *find_id(struct rbk_node *const *nodes, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++) {
        struct rbk_node *found = nodes[i];
        if (!id_is(found->id, id))
            found = find_id(found->children, found->child_count, id);
        if (found)
            return found;
    }
    return NULL;
}

/* "3.1": the first child of the third. */
static struct rbk_node *find_number(struct rbk_node *const *nodes, size_t count, const char *number)
{
    char *end;
    unsigned long n = strtoul(number, &end, 10);
    if (end == number || n < 1 || n > count)
        return NULL;
    struct rbk_node *found = nodes[n - 1];
    if (*end == '.')
        return find_number(found->children, found->child_count, end + 1);
    return *end ? NULL : found;
}

struct rbk_node *rbk_plan_find(const struct rbk_plan *p, const char *step)
{
    if (*step >= '0' && *step <= '9')
        return find_number(p->nodes, p->node_count, step);
    return find_id(p->nodes, p->node_count, step);
}
