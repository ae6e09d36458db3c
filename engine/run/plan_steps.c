/* Which keys of a step go together. A key that would have no effect is an error: somebody relied on it. */
#include <run/plan_report.h>
#include <string.h>

static bool has(const struct rbk_body *b)
{
    return b->kind != RBK_BODY_NONE;
}

static void body_rules(struct plan_report *r, const struct rbk_node *n)
{
    static const char one_thing[] = "a step does one thing: make it two steps";
    if (has(&n->run) && n->call)
        plan_error(r, n->line, one_thing, "step \"%s\" has both `run` and `call`", n->title);
    else if (n->manual && n->call)
        plan_error(r, n->line, one_thing, "step \"%s\" has both `manual` and `call`", n->title);
    if (has(&n->run) || n->call || n->manual || n->ask_count)
        return;
    const char *hint = n->check_count
                           ? "a check stands on the step that measures: give it `run`, or move the check there"
                       : n->confirm ? "a question belongs to what it guards: give the step `run`, `manual` or `call`"
                                    : "give it `run`, `manual`, `call` or `ask`";
    plan_error(r, n->line, hint, "step \"%s\" does nothing", n->title);
}

static bool any_limit(const struct rbk_limits *l)
{
    return l->cpu_ms || l->memory_process || l->memory_tree || l->output;
}

static bool any_shell(const struct rbk_node *n)
{
    return n->run.kind == RBK_BODY_SHELL || n->run.kind == RBK_BODY_FUNCTION || n->undo.kind == RBK_BODY_SHELL ||
           n->verify.kind == RBK_BODY_SHELL;
}

static void needs_rules(struct plan_report *r, const struct rbk_node *n)
{
    const bool run = has(&n->run), each = n->each || n->each_list;
    const struct {
        const char *key;
        bool there, met;
        const char *needs;
    } needs[] = {
        {"with", n->with != NULL, n->call != NULL, "`call`"},
        {"capture", n->capture_count > 0, run, "`run`"},
        {"verify", has(&n->verify), run, "`run`"},
        {"undo", has(&n->undo), run || n->manual || n->call, "`run`"},
        {"retry", n->retry.times != 0, run || n->call, "`run` or `call`"},
        {"limits", any_limit(&n->limits), run, "`run`"},
        {"tty", n->tty, run, "`run`"},
        {"lock_wait", n->lock_wait_ms != 0, n->lock != NULL, "`lock`"},
        {"remediates", n->remediates != NULL, run || n->call, "`run` or `call`"},
        {"max", n->max != 0, each, "`each`"},
        {"shell", n->shell != NULL, any_shell(n), "a `run` that is a string"},
    };
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (needs[i].there && !needs[i].met)
            plan_error(r, n->line, NULL, "step \"%s\": `%s` needs %s", n->title, needs[i].key, needs[i].needs);
}

static void clash_rules(struct plan_report *r, const struct rbk_node *n)
{
    if (n->call && has(&n->undo))
        plan_error(r, n->line, "put `undo` on the steps of the called runbook",
                   "step \"%s\": a `call` has no `undo` of its own", n->title);
    if (n->tty && n->capture_count)
        plan_error(r, n->line, "leave out one of them", "step \"%s\": with `tty` there is no output to `capture`",
                   n->title);
    if (n->shell && strcmp(n->shell, "sh") != 0 && strcmp(n->shell, "bash") != 0)
        plan_error(r, n->line, "for another program use a table: run = { \"python3\", \"-c\", [[ ... ]] }",
                   "step \"%s\": `shell` is \"sh\" or \"bash\", not \"%.60s\"", n->title, n->shell);
    if (n->idempotent && has(&n->verify))
        plan_warning(r, n->line, "leave out one of them",
                     "step \"%s\": an `idempotent` step is repeated without asking `verify`", n->title);
    if (n->timeout_ms && n->budget_ms > n->timeout_ms)
        plan_warning(r, n->line, NULL, "step \"%s\": `budget` is longer than `timeout`", n->title);
}

static void retry_rules(struct plan_report *r, const struct rbk_node *n)
{
    const struct rbk_retry *retry = &n->retry;
    if (retry->times < 0)
        plan_error(r, n->line, NULL, "step \"%s\": `retry` must be at least 1", n->title);
    if (retry->times > 0 && retry->backoff != 0 && retry->backoff < 1)
        plan_error(r, n->line, "1 keeps the pause as it is", "step \"%s\": `backoff` must be at least 1", n->title);
    if (retry->jitter < 0 || retry->jitter > 1)
        plan_error(r, n->line, "0.1 varies each pause by a tenth", "step \"%s\": `jitter` is between 0 and 1",
                   n->title);
    if (n->max < 0)
        plan_error(r, n->line, NULL, "step \"%s\": `max` must be at least 1", n->title);
}

static void call_rules(struct plan_report *r, const struct rbk_node *n)
{
    if (!n->call)
        return;
    if (!rbk_runbook_id_ok(n->call))
        plan_error(r, n->line, "an id is its path: troubleshoot/environment",
                   "step \"%s\": \"%.130s\" is not the id of a runbook", n->title, n->call);
    else if (strcmp(n->call, r->plan->id) == 0)
        plan_error(r, n->line, NULL, "step \"%s\": the runbook calls itself", n->title);
}

static const struct rbk_param *param_named(const struct rbk_plan *p, const char *name)
{
    for (size_t i = 0; i < p->param_count; i++)
        if (strcmp(p->params[i].name, name) == 0)
            return &p->params[i];
    return NULL;
}

static void each_rules(struct plan_report *r, const struct rbk_node *n)
{
    const struct rbk_param *p = n->each ? param_named(r->plan, n->each) : NULL;
    if (p && p->type != RBK_PARAM_LIST)
        plan_error(r, n->line, "declare it with type = \"list\"",
                   "step \"%s\": `each` needs a list, and `%s` is of type %s", n->title, n->each,
                   rbk_param_type_name(p->type));
    if (n->each_list && rbk_value_length(n->each_list) == 0)
        plan_warning(r, n->line, NULL, "step \"%s\": `each` has no items", n->title);
}

static void group_rules(struct plan_report *r, const struct rbk_node *n)
{
    if (n->child_count == 0)
        plan_error(r, n->line, "parallel \"Title\" { step \"A\" { .. }, step \"B\" { .. } }",
                   "parallel \"%s\" has no steps", n->title);
    if (n->max < 0)
        plan_error(r, n->line, NULL, "parallel \"%s\": `max` must be at least 1", n->title);
}

static void step_rules(void *arg, const struct rbk_node *n, const struct rbk_node *group)
{
    struct plan_report *r = arg;
    if (n->broken)
        return;
    if (n->is_parallel) {
        group_rules(r, n);
        return;
    }
    body_rules(r, n);
    needs_rules(r, n);
    clash_rules(r, n);
    retry_rules(r, n);
    call_rules(r, n);
    each_rules(r, n);
    if (group && n->tty)
        plan_error(r, n->line, "move it out of the group",
                   "step \"%s\": there is one terminal, so `tty` cannot be parallel", n->title);
}

static void header_rules(struct plan_report *r)
{
    const struct rbk_plan *p = r->plan;
    if (!p->title)
        plan_error(r, 1, "begin with: runbook \"What it is for\" {}", "there is no `runbook` statement");
    if (p->escalate_when && !p->escalate_to)
        plan_error(r, 1, "escalate = { when = \"failure_rate > 20%\", to = \"engineering-lead\" }",
                   "`escalate` has `when` but not `to`");
    if (p->escalate_to && !p->escalate_when)
        plan_error(r, 1, "escalate = { when = \"failure_rate > 20%\", to = \"engineering-lead\" }",
                   "`escalate` has `to` but not `when`");
    if (p->title && p->node_count == 0)
        plan_warning(r, 1, "step \"Title\" { run = [[ ... ]] }", "the runbook has no steps");
}

void plan_rules_steps(struct plan_report *r)
{
    header_rules(r);
    plan_each_node(r->plan, step_rules, r);
}
