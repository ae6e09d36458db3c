/* Telling problems, and walking a plan to find them. */
#include <run/plan_report.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void report(struct plan_report *r, const char *severity, int line, const char *hint, const char *message)
{
    struct rbk_error e;
    rbk_error_set(&e, RBK_EINVAL, "%s", message);
    rbk_error_at(&e, r->plan->path, line, 0);
    if (hint)
        rbk_error_hint(&e, "%s", hint);
    r->errors += severity[0] == 'e';
    r->fn(r->arg, severity, &e);
}

void plan_error(struct plan_report *r, int line, const char *hint, const char *fmt, ...)
{
    char message[768];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    report(r, "error", line, hint, message);
}

void plan_warning(struct plan_report *r, int line, const char *hint, const char *fmt, ...)
{
    char message[768];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    report(r, "warning", line, hint, message);
}

void plan_relay(struct plan_report *r, int line, const char *prefix, struct rbk_error *e)
{
    struct rbk_error told = *e;
    rbk_error_set(&told, RBK_EINVAL, "%s%s", prefix, e->message);
    if (*e->file)
        rbk_error_at(&told, e->file, e->line, e->column);
    else
        rbk_error_at(&told, r->plan->path, line, 0);
    if (*e->hint)
        rbk_error_hint(&told, "%s", e->hint);
    r->errors++;
    r->fn(r->arg, "error", &told);
}

static void value_strings(const rbk_value *v, int line, plan_string_fn *fn, void *arg)
{
    enum rbk_type type = rbk_value_type(v);
    if (type == RBK_STRING)
        fn(arg, line, rbk_value_string(v));
    for (size_t i = 0; (type == RBK_LIST || type == RBK_MAP) && i < rbk_value_length(v); i++)
        value_strings(type == RBK_LIST ? rbk_list_at(v, i) : rbk_map_value_at(v, i), line, fn, arg);
}

static void body_strings(const struct rbk_body *b, int line, plan_string_fn *fn, void *arg)
{
    for (size_t i = 0; i < b->argv.count; i++)
        fn(arg, b->line ? b->line : line, b->argv.items[i]);
    value_strings(b->options, b->line ? b->line : line, fn, arg);
}

void plan_node_strings(const struct rbk_node *n, plan_string_fn *fn, void *arg)
{
    body_strings(&n->run, n->line, fn, arg);
    body_strings(&n->undo, n->line, fn, arg);
    body_strings(&n->verify, n->line, fn, arg);
    value_strings(n->with, n->line, fn, arg);
    value_strings(n->env, n->line, fn, arg);
    value_strings(n->each_list, n->line, fn, arg);
    if (n->cwd)
        fn(arg, n->line, n->cwd);
}

void plan_node_exprs(const struct rbk_node *n, plan_expr_fn *fn, void *arg)
{
    if (n->when)
        fn(arg, n->when);
    for (size_t i = 0; i < n->check_count; i++)
        fn(arg, n->checks[i]);
}

static void each_node(struct rbk_node *const *nodes, size_t count, const struct rbk_node *group, plan_node_fn *fn,
                      void *arg)
{
    for (size_t i = 0; i < count; i++) {
        fn(arg, nodes[i], group);
        each_node(nodes[i]->children, nodes[i]->child_count, nodes[i], fn, arg);
    }
}

void plan_each_node(const struct rbk_plan *p, plan_node_fn *fn, void *arg)
{
    each_node(p->nodes, p->node_count, NULL, fn, arg);
}
