/* Each step of the report becomes a struct rbk_step_view and is printed by cli/step_view. */
#include <cli/recorded_view.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/step_view.h>
#include <cli/stored_run.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct numbering { /* the numbers of the enclosing steps, so that children count below their parent */
    const char *key;
    char number[48];
    int children;
};

struct printing {
    struct rbk_buf *out;
    struct rbk_cli *cli;
    struct numbering *seen;
    size_t count, cap;
    int top;
};

static int64_t int_or(const rbk_value *map, const char *key, int64_t otherwise)
{
    const rbk_value *v = rbk_map_get(map, key);
    return v && rbk_value_type(v) != RBK_NULL ? rbk_value_int(v) : otherwise;
}

/* Gives the step its number and remembers it for its children. */
static const char *number_step(struct printing *p, const rbk_value *step, int *depth)
{
    const char *parent = rbk_map_get_string(step, "parent");
    struct numbering mine = {.key = rbk_map_get_string(step, "id")};
    *depth = 0;
    for (size_t i = 0; parent && i < p->count; i++)
        if (p->seen[i].key && strcmp(p->seen[i].key, parent) == 0) {
            snprintf(mine.number, sizeof mine.number, "%.30s.%d", p->seen[i].number, ++p->seen[i].children);
            for (const char *c = mine.number; *c; c++)
                *depth += *c == '.';
        }
    if (!mine.number[0])
        snprintf(mine.number, sizeof mine.number, "%d", ++p->top);
    RBK_GROW(p->seen, p->count, p->cap);
    p->seen[p->count] = mine;
    return p->seen[p->count++].number;
}

static char *approval_text(const rbk_value *approved)
{
    const char *by = rbk_map_get_string(approved, "by"), *at = rbk_map_get_string(approved, "at");
    const char *why = rbk_map_get_string(approved, "why");
    return rbk_asprintf("approved by %s at %s%s%s", by ? by : "?", at ? at : "?", why ? ": " : "", why ? why : "");
}

static void put_step(struct printing *p, const rbk_value *step)
{
    struct rbk_node node = {.title = (char *)rbk_map_get_string(step, "title")};
    struct rbk_step_view v = {.node = &node, .usual_ms = -1};
    const char *state = rbk_map_get_string(step, "state");
    if (!node.title || !state || rbk_step_state_parse(state, &v.state) < 0)
        return;
    v.key = rbk_map_get_string(step, "id");
    v.number = number_step(p, step, &v.depth);
    v.item = rbk_map_get_string(step, "item");
    v.duration_ms = int_or(step, "duration_ms", -1);
    v.detail = rbk_map_get_string(step, "detail");
    v.checks = rbk_map_get(step, "checks");
    v.error = rbk_map_get_string(step, "error");
    v.log = rbk_map_get_string(step, "log");
    v.exit_code = (int)int_or(step, "exit_code", -1);
    rbk_step_view_block(p->out, &p->cli->out, &v, NULL);
    const rbk_value *approved = rbk_map_get(step, "approved");
    if (rbk_value_type(approved) == RBK_MAP) {
        char *text = approval_text(approved);
        rbk_step_view_text(p->out, &p->cli->out, RBK_PLAIN, text);
        free(text);
    }
}

static void put_waiting(struct printing *p, const rbk_value *report)
{
    const rbk_value *waiting = rbk_map_get(report, "waiting_for");
    for (size_t i = 0; i < rbk_value_length(waiting); i++) {
        const rbk_value *w = rbk_list_at(waiting, i);
        const char *kind = rbk_map_get_string(w, "kind"), *question = rbk_map_get_string(w, "question");
        char *text = rbk_asprintf("%s  %s", kind ? kind : "", question ? question : "");
        rbk_buf_puts(p->out, i ? "                " : "waiting for     ");
        rbk_style_fit(p->out, text, 200);
        rbk_buf_putc(p->out, '\n');
        free(text);
    }
}

static void put_next(struct printing *p, const struct rbk_run_row *row)
{
    char id[RBK_ULID_SIZE];
    rbk_stored_run_short(p->cli, row->id, id);
    if (row->state == RBK_RUN_WAITING)
        rbk_buf_printf(p->out, "next            runbook approve %s && runbook resume %s\n", id, id);
    else if (row->state == RBK_RUN_INTERRUPTED)
        rbk_buf_printf(p->out, "next            runbook resume %s\n", id);
    else if (row->state == RBK_RUN_FAILED || row->state == RBK_RUN_TIMED_OUT)
        rbk_buf_printf(p->out, "next            runbook logs %s\n                runbook retry %s STEP\n", id, id);
}

void rbk_recorded_view(struct rbk_buf *out, struct rbk_cli *cli, const struct rbk_run_row *row, const rbk_value *report)
{
    struct printing p = {.out = out, .cli = cli};
    char when[RBK_TIME_SIZE], took[RBK_TIME_SIZE], id[RBK_ULID_SIZE];
    const rbk_value *steps = rbk_map_get(report, "steps");
    rbk_time_local(row->started_ms, when);
    rbk_duration_format(row->duration_ms, took);
    rbk_style_put(&cli->out, out, RBK_BOLD, row->runbook);
    rbk_buf_puts(out, "  ");
    rbk_style_fit(out, row->title ? row->title : "", 120);
    rbk_buf_printf(out, "\nrun %s  by %s on %s  %s\n\n", rbk_stored_run_short(cli, row->id, id),
                   row->by ? row->by : "?", row->host ? row->host : "?", when);
    p.seen = NULL;
    for (size_t i = 0; i < rbk_value_length(steps); i++)
        put_step(&p, rbk_list_at(steps, i));
    rbk_buf_printf(out, "\n%s after %s\n", rbk_run_state_name(row->state), took);
    if (row->reason)
        rbk_buf_printf(out, "why             %s\n", row->reason);
    put_waiting(&p, report);
    put_next(&p, row);
    free(p.seen);
}
