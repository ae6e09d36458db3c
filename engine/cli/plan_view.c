/* One block per step: number, title, then what guards it, what it does and what it checks, in the order of execution.
 */
#include <cli/plan_view.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/script_text.h>
#include <run/subst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAM_INDENT = 19, LABEL = 10, WHOLE = 65536 };

struct plan_printer {
    struct rbk_buf *out;
    const struct rbk_style *style;
    const rbk_value *params;
};

static const rbk_value *lookup_param(void *arg, const char *name)
{
    return rbk_map_get(arg, name);
}

/* The text with known parameters filled in; as written where a fact is still to come. Heap. */
static char *filled(const struct plan_printer *p, const char *text)
{
    char *out = NULL;
    if (p->params && rbk_subst_text(text, lookup_param, (void *)p->params, &out, NULL) == 0)
        return out;
    return rbk_strdup(text);
}

/* Never cut: whoever reads this is about to decide whether to do it. Prose breaks at the edge of a terminal; what may
 * be pasted is left to the terminal. */
static void put_lines(struct plan_printer *p, int indent, const char *label, const char *text, bool prose)
{
    const char *line = text;
    bool first = true;
    while (*line) {
        size_t len = strcspn(line, "\n");
        char *copy = rbk_strndup(line, len);
        rbk_buf_printf(p->out, "%*s%-9s ", indent, "", first ? label : "");
        if (prose)
            rbk_style_wrap(p->style, p->out, copy, (size_t)indent + LABEL);
        else
            rbk_style_fit(p->out, copy, WHOLE);
        rbk_buf_putc(p->out, '\n');
        free(copy);
        first = false;
        line += len + (line[len] == '\n');
    }
}

static void put_field(struct plan_printer *p, int indent, const char *label, const char *text)
{
    put_lines(p, indent, label, text, true);
}

/* What a person is to read, with the parameters that are known. */
static void put_filled(struct plan_printer *p, int indent, const char *label, const char *text)
{
    char *whole = text ? filled(p, text) : NULL;
    put_field(p, indent, label, whole ? whole : "");
    free(whole);
}

static void put_expr(struct plan_printer *p, int indent, const char *label, const struct rbk_expr *e)
{
    if (e)
        put_field(p, indent, label, rbk_expr_text(e));
}

static void put_body(struct plan_printer *p, int indent, const char *label, const struct rbk_body *b)
{
    char *text = NULL;
    if (b->kind == RBK_BODY_NONE)
        return;
    if (b->kind == RBK_BODY_ARGV) {
        struct rbk_strv argv = {0};
        for (size_t i = 0; i < b->argv.count; i++)
            rbk_strv_take(&argv, filled(p, b->argv.items[i]));
        text = rbk_shell_join(argv.items);
        rbk_strv_fini(&argv);
    } else {
        text = b->kind == RBK_BODY_ACTION ? filled(p, b->text) : rbk_script_text(b->text);
    }
    put_lines(p, indent, label, text, b->kind == RBK_BODY_ACTION);
    free(text);
}

static void put_duration(struct plan_printer *p, int indent, const char *label, int64_t ms)
{
    char text[RBK_TIME_SIZE];
    if (!ms)
        return;
    rbk_duration_format(ms, text);
    put_field(p, indent, label, text);
}

static void put_retry(struct plan_printer *p, int indent, const struct rbk_retry *retry)
{
    char delay[RBK_TIME_SIZE];
    if (!retry->times)
        return;
    rbk_duration_format(retry->delay_ms, delay);
    char *text = retry->delay_ms ? rbk_asprintf("%d times, after %s", retry->times, delay)
                                 : rbk_asprintf("%d times", retry->times);
    put_field(p, indent, "retry", text);
    free(text);
}

static void put_flags(struct plan_printer *p, int indent, const struct rbk_node *n)
{
    put_retry(p, indent, &n->retry);
    if (n->on_fail == RBK_ON_FAIL_CONTINUE)
        put_field(p, indent, "on_fail", "continue (the run still ends failed)");
    if (n->on_fail == RBK_ON_FAIL_UNDO)
        put_field(p, indent, "on_fail", "undo the steps done so far");
    if (n->always)
        put_field(p, indent, "always", "runs even after a failure or a cancel");
    if (n->lock)
        put_field(p, indent, "lock", n->lock);
    put_duration(p, indent, "timeout", n->timeout_ms);
    put_duration(p, indent, "budget", n->budget_ms);
}

static void put_step(struct plan_printer *p, const struct rbk_node *n, const char *number, int indent)
{
    rbk_buf_printf(p->out, "%*s", indent - 4 + 2, number);
    rbk_buf_puts(p->out, "  ");
    rbk_style_wrap(p->style, p->out, n->title, (size_t)indent);
    rbk_buf_puts(p->out, "\n");
    put_field(p, indent, "note", n->note ? n->note : "");
    put_field(p, indent, "each", n->each ? n->each : n->each_list ? "a list of the file" : "");
    put_expr(p, indent, "when", n->when);
    put_filled(p, indent, "confirm", n->confirm);
    put_filled(p, indent, "person", n->manual);
    for (size_t i = 0; i < n->ask_count; i++)
        put_field(p, indent, "ask", n->ask[i].name);
    put_body(p, indent, "run", &n->run);
    put_field(p, indent, "call", n->call ? n->call : "");
    for (size_t i = 0; i < n->capture_count; i++) {
        char *text = rbk_asprintf("%s from \"%s\"", n->captures[i].name, n->captures[i].pattern);
        put_field(p, indent, "capture", text);
        free(text);
    }
    put_body(p, indent, "verify", &n->verify);
    put_body(p, indent, "undo", &n->undo);
    for (size_t i = 0; i < n->check_count; i++)
        put_expr(p, indent, "check", n->checks[i]);
    put_flags(p, indent, n);
    for (size_t i = 0; i < n->child_count; i++) {
        char *child = rbk_asprintf("%s.%zu", number, i + 1);
        put_step(p, n->children[i], child, indent + 4);
        free(child);
    }
}

static void put_limit(struct plan_printer *p, const char *label, const rbk_value *limit)
{
    char *text = limit ? rbk_value_text(limit) : NULL;
    put_field(p, PARAM_INDENT, label, text ? text : "");
    free(text);
}

static void put_param(struct plan_printer *p, const struct rbk_param *param)
{
    char *dflt = param->dflt ? rbk_value_text(param->dflt) : NULL;
    char *choices = param->choices.count ? rbk_shell_join(param->choices.items) : NULL;
    rbk_buf_printf(p->out, "  --%-14s %-9s", param->name, rbk_param_type_name(param->type));
    if (dflt) {
        rbk_buf_puts(p->out, " default ");
        rbk_style_fit(p->out, dflt, 200);
    }
    if (param->required)
        rbk_buf_puts(p->out, " required");
    rbk_buf_putc(p->out, '\n');
    put_field(p, PARAM_INDENT, "", param->help ? param->help : "");
    put_field(p, PARAM_INDENT, "one of", choices ? choices : "");
    put_limit(p, "at least", param->min);
    put_limit(p, "at most", param->max);
    free(dflt);
    free(choices);
}

void rbk_plan_view_params(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_plan *plan)
{
    struct plan_printer p = {out, style, NULL};
    if (plan->param_count)
        rbk_buf_puts(out, "\nParameters:\n");
    for (size_t i = 0; i < plan->param_count; i++)
        put_param(&p, &plan->params[i]);
}

static void put_header(struct plan_printer *p, const struct rbk_plan *plan)
{
    rbk_style_put(p->style, p->out, RBK_BOLD, plan->id);
    rbk_buf_puts(p->out, "  ");
    rbk_style_wrap(p->style, p->out, plan->title, strlen(plan->id) + 2);
    rbk_buf_putc(p->out, '\n');
    put_lines(p, 0, "file", plan->path ? plan->path : "", false);
    put_field(p, 0, "help", plan->help ? plan->help : "");
    put_field(p, 0, "priority", plan->priority ? plan->priority : "");
    put_expr(p, 0, "trigger", plan->trigger);
    put_field(p, 0, "schedule", plan->schedule ? plan->schedule : "");
    put_expr(p, 0, "escalate", plan->escalate_when);
    put_field(p, 0, "to", plan->escalate_to ? plan->escalate_to : "");
    put_duration(p, 0, "timeout", plan->timeout_ms);
    put_duration(p, 0, "budget", plan->budget_ms);
}

/* The parameters as they may be seen. NULL stays NULL: nothing is filled in. */
static rbk_value *without_secrets(const struct rbk_plan *plan, const rbk_value *params)
{
    rbk_value *shown = params ? rbk_value_dup(params) : NULL;
    for (size_t i = 0; shown && i < plan->param_count; i++) {
        if (plan->params[i].secret && rbk_map_get(shown, plan->params[i].name))
            rbk_map_set_string(shown, plan->params[i].name, "***");
    }
    return shown;
}

void rbk_plan_view(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_plan *plan,
                   const rbk_value *params)
{
    rbk_value *shown = without_secrets(plan, params);
    struct plan_printer p = {out, style, shown};
    put_header(&p, plan);
    rbk_plan_view_params(out, style, plan);
    rbk_buf_puts(out, "\nSteps:\n");
    for (size_t i = 0; i < plan->node_count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i + 1);
        put_step(&p, plan->nodes[i], number, 4);
    }
    rbk_value_free(shown);
}
