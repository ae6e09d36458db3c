/* The plan as a document, for `show --json`. Times are in seconds, sizes in bytes; a key that the runbook leaves out is
 * left out here, but for those that every reader of the schema looks at. */
#include <run/plan.h>
#include <stdlib.h>

static void set_string(rbk_value *map, const char *key, const char *s)
{
    if (s)
        rbk_map_set_string(map, key, s);
}

static void set_true(rbk_value *map, const char *key, bool b)
{
    if (b)
        rbk_map_set_bool(map, key, true);
}

static void set_ms(rbk_value *map, const char *key, int64_t ms)
{
    if (ms)
        rbk_map_set(map, key, rbk_number_new((double)ms / 1000.0, RBK_UNIT_SECONDS));
}

static void set_value(rbk_value *map, const char *key, const rbk_value *v)
{
    if (v)
        rbk_map_set(map, key, rbk_value_dup(v));
}

static rbk_value *strings_value(const struct rbk_strv *strings)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < strings->count; i++)
        rbk_list_append(list, rbk_string_new(strings->items[i]));
    return list;
}

static void set_strings(rbk_value *map, const char *key, const struct rbk_strv *strings)
{
    if (strings->count)
        rbk_map_set(map, key, strings_value(strings));
}

static rbk_value *expr_value(const struct rbk_expr *e)
{
    return e ? rbk_string_new(rbk_expr_text(e)) : rbk_null_new();
}

rbk_value *rbk_param_to_value(const struct rbk_param *p)
{
    rbk_value *map = rbk_map_new();
    rbk_map_set_string(map, "name", p->name);
    rbk_map_set_string(map, "type", rbk_param_type_name(p->type));
    rbk_map_set(map, "default", p->dflt && !p->secret ? rbk_value_dup(p->dflt) : rbk_null_new());
    rbk_map_set_bool(map, "required", p->required);
    set_strings(map, "choices", &p->choices);
    if (p->min)
        rbk_map_set(map, "min", rbk_value_dup(p->min));
    if (p->max)
        rbk_map_set(map, "max", rbk_value_dup(p->max));
    set_true(map, "secret", p->secret);
    set_string(map, "help", p->help);
    return map;
}

static rbk_value *params_value(const struct rbk_param *params, size_t count)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < count; i++)
        rbk_list_append(list, rbk_param_to_value(&params[i]));
    return list;
}

/* The body as people know it: the script, the argument list, the action with its options. */
static rbk_value *body_value(const struct rbk_body *b)
{
    if (b->kind == RBK_BODY_NONE)
        return rbk_null_new();
    if (b->kind == RBK_BODY_ARGV)
        return strings_value(&b->argv);
    return rbk_string_new(b->text ? b->text : b->action ? b->action : "");
}

static void node_body(rbk_value *map, const struct rbk_node *n)
{
    rbk_map_set(map, "run", body_value(&n->run));
    if (n->run.kind == RBK_BODY_ACTION) {
        rbk_map_set_bool(map, "writes", n->run.writes);
        set_strings(map, "sets", &n->run.sets);
    }
    set_string(map, "manual", n->manual);
    set_string(map, "call", n->call);
    set_value(map, "with", n->with);
    if (n->undo.kind != RBK_BODY_NONE)
        rbk_map_set(map, "undo", body_value(&n->undo));
    if (n->verify.kind != RBK_BODY_NONE)
        rbk_map_set(map, "verify", body_value(&n->verify));
}

static void node_gates(rbk_value *map, const struct rbk_node *n)
{
    rbk_value *checks = rbk_list_new();
    for (size_t i = 0; i < n->check_count; i++)
        rbk_list_append(checks, expr_value(n->checks[i]));
    rbk_map_set(map, "when", expr_value(n->when));
    rbk_map_set(map, "check", checks);
    set_string(map, "confirm", n->confirm);
    if (n->ask_count)
        rbk_map_set(map, "ask", params_value(n->ask, n->ask_count));
    for (size_t i = 0; i < n->capture_count; i++) {
        if (!rbk_map_get(map, "capture"))
            rbk_map_set(map, "capture", rbk_map_new());
        rbk_map_set_string(rbk_map_get_mut(map, "capture"), n->captures[i].name, n->captures[i].pattern);
    }
}

static void node_conduct(rbk_value *map, const struct rbk_node *n)
{
    static const char *const on_fail[] = {"stop", "continue", "undo"};
    rbk_map_set_string(map, "on_fail", on_fail[n->on_fail]);
    set_string(map, "each", n->each);
    set_value(map, "each", n->each_list);
    if (n->max)
        rbk_map_set_int(map, "max", n->max);
    set_true(map, "fail_fast", n->fail_fast);
    set_true(map, "always", n->always);
    set_true(map, "idempotent", n->idempotent);
    if (n->retry.times)
        rbk_map_set_int(map, "retry", n->retry.times);
    set_ms(map, "timeout", n->timeout_ms);
    set_ms(map, "budget", n->budget_ms);
    set_string(map, "cwd", n->cwd);
    set_string(map, "shell", n->shell);
    set_value(map, "env", n->env);
    set_string(map, "remediates", n->remediates);
    set_string(map, "lock", n->lock);
    set_string(map, "note", n->note);
    set_strings(map, "tags", &n->tags);
    set_strings(map, "secret", &n->secret);
    rbk_map_set_int(map, "line", n->line);
}

static rbk_value *nodes_value(struct rbk_node *const *nodes, size_t count);

static rbk_value *node_value(const struct rbk_node *n)
{
    rbk_value *map = rbk_map_new();
    rbk_map_set_string(map, "id", n->id);
    rbk_map_set_string(map, "title", n->title);
    rbk_map_set_string(map, "kind", rbk_node_kind(n));
    node_body(map, n);
    node_gates(map, n);
    node_conduct(map, n);
    rbk_map_set(map, "steps", nodes_value(n->children, n->child_count));
    return map;
}

static rbk_value *nodes_value(struct rbk_node *const *nodes, size_t count)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < count; i++)
        rbk_list_append(list, node_value(nodes[i]));
    return list;
}

rbk_value *rbk_plan_to_value(const struct rbk_plan *p)
{
    rbk_value *map = rbk_map_new();
    rbk_map_set_string(map, "schema", "runbook.plan/1");
    rbk_map_set_string(map, "id", p->id);
    rbk_map_set_string(map, "title", p->title);
    rbk_map_set_string(map, "path", p->path);
    rbk_map_set_string(map, "priority", p->priority);
    set_string(map, "help", p->help);
    set_string(map, "schedule", p->schedule);
    if (p->trigger)
        rbk_map_set(map, "trigger", expr_value(p->trigger));
    if (p->escalate_when) {
        rbk_value *escalate = rbk_map_new();
        rbk_map_set(escalate, "when", expr_value(p->escalate_when));
        rbk_map_set_string(escalate, "to", p->escalate_to);
        rbk_map_set(map, "escalate", escalate);
    }
    rbk_map_set_string(map, "overlap", p->overlap_allow ? "allow" : "forbid");
    set_ms(map, "timeout", p->timeout_ms);
    set_ms(map, "budget", p->budget_ms);
    rbk_map_set(map, "params", params_value(p->params, p->param_count));
    rbk_map_set(map, "steps", nodes_value(p->nodes, p->node_count));
    return map;
}
