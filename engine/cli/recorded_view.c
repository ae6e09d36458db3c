/* Each step of the report becomes a struct rbk_step_view and is printed by cli/step_view. */
#include <cli/recorded_view.h>

#include <base/clock.h>
#include <base/fs.h>
#include <base/mem.h>
#include <cli/next_lines.h>
#include <cli/run_header.h>
#include <cli/run_view.h>
#include <cli/step_number.h>
#include <cli/step_view.h>
#include <cli/stored_run.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct printing {
    struct rbk_buf *out;
    struct rbk_cli *cli;
    const struct rbk_run_row *row;
    rbk_value *commands; /* step key -> the command to show */
    rbk_value *failed;   /* the keys of steps whose command to show has failed */
    char id[RBK_ULID_SIZE];
};

static int64_t int_or(const rbk_value *map, const char *key, int64_t otherwise)
{
    const rbk_value *v = rbk_map_get(map, key);
    return v && rbk_value_type(v) != RBK_NULL ? rbk_value_int(v) : otherwise;
}

/* Where the log of a step is. Heap; NULL without one. */
static char *log_path(struct rbk_cli *cli, const char *log)
{
    char *logs = rbk_path_join(rbk_store_dir(cli->store), "logs");
    char *path = log ? rbk_path_join(logs, log) : NULL;
    free(logs);
    return path;
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
    const char *state = rbk_map_get_string(step, "state"), *key = rbk_map_get_string(step, "key");
    if (!node.title || !key || !state || rbk_step_state_parse(state, &v.state) < 0)
        return;
    char *number = rbk_step_number(p->row->plan, key), *log = log_path(p->cli, rbk_map_get_string(step, "log"));
    v.key = key;
    v.number = number;
    v.depth = rbk_step_depth(key);
    v.item = rbk_map_get_string(step, "item");
    v.duration_ms = int_or(step, "duration_ms", -1);
    v.detail = rbk_map_get_string(step, "detail");
    v.checks = rbk_map_get(step, "checks");
    v.error = rbk_map_get_string(step, "error");
    v.log = log;
    v.command = rbk_map_get_string(p->commands, key);
    v.exit_code = (int)int_or(step, "exit_code", -1);
    rbk_step_view_block(p->out, &p->cli->out, &v, NULL);
    free(number);
    free(log);
    const rbk_value *approved = rbk_map_get(step, "approved");
    if (rbk_value_type(approved) == RBK_MAP) {
        char *text = approval_text(approved);
        rbk_step_view_text(p->out, &p->cli->out, RBK_PLAIN, text);
        free(text);
    }
}

static bool is_one_of(const char *state, const char *const *states)
{
    while (*states && strcmp(*states, state) != 0)
        states++;
    return *states != NULL;
}

/* The first step in one of these states, NULL. A group stands for its children. */
static const char *first_in(const rbk_value *steps, const char *const *states)
{
    for (size_t i = 0; i < rbk_value_length(steps); i++) {
        const rbk_value *step = rbk_list_at(steps, i);
        const char *state = rbk_map_get_string(step, "state");
        bool group = rbk_map_get_string(step, "kind") && strcmp(rbk_map_get_string(step, "kind"), "parallel") == 0;
        if (state && !group && is_one_of(state, states))
            return rbk_map_get_string(step, "id");
    }
    return NULL;
}

/* The step that a retry would be for: what failed, or else where a cancelled run was stopped. */
static const char *retry_step(const rbk_value *steps, enum rbk_run_state state)
{
    static const char *const failed[] = {"failed", "timed-out", NULL};
    static const char *const stopped[] = {"cancelled", "waiting", "in-doubt", "pending", NULL};
    const char *step = first_in(steps, failed);
    return step || state != RBK_RUN_CANCELLED ? step : first_in(steps, stopped);
}

static int keep_command(void *arg, const char *step, const struct rbk_command_row *c)
{
    struct printing *p = arg;
    bool failed = rbk_command_row_failed(c);
    if (failed)
        rbk_map_set(p->failed, step, rbk_bool_new(true));
    if (failed || !rbk_map_get(p->failed, step))
        rbk_map_set_string(p->commands, step, c->argv);
    return 0;
}

void rbk_recorded_view(struct rbk_buf *out, struct rbk_cli *cli, const struct rbk_run_row *row, const rbk_value *report)
{
    struct printing p = {.out = out, .cli = cli, .row = row, .commands = rbk_map_new(), .failed = rbk_map_new()};
    char when[RBK_TIME_SIZE], took[RBK_TIME_SIZE];
    const rbk_value *steps = rbk_map_get(report, "steps");
    rbk_time_local(row->started_ms, when);
    rbk_duration_format(row->duration_ms, took);
    rbk_stored_run_short(cli, row->id, p.id);
    rbk_journal_commands(cli->store, row->id, keep_command, &p, NULL);
    const struct rbk_run_header header = {.runbook = row->runbook,
                                          .title = row->title,
                                          .run = p.id,
                                          .params = rbk_map_get(report, "params"),
                                          .by = row->by,
                                          .host = row->host,
                                          .when = when};
    rbk_run_header(out, &cli->out, &header);
    for (size_t i = 0; i < rbk_value_length(steps); i++)
        put_step(&p, rbk_list_at(steps, i));
    rbk_buf_printf(out, "\n%s after %s\n", rbk_run_state_name(row->state), took);
    if (row->reason && row->state != RBK_RUN_WAITING)
        rbk_next_label(out, "why", row->reason);
    struct rbk_next next = {.state = row->state,
                            .run = p.id,
                            .step = retry_step(steps, row->state),
                            .waiting = rbk_map_get(report, "waiting_for"),
                            .failing_case = rbk_next_still_failing(out, rbk_map_get(report, "facts"))};
    rbk_next_lines(out, &next);
    rbk_value_free(p.commands);
    rbk_value_free(p.failed);
}
