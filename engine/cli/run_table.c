/* One line a run, narrow enough for 80 columns; two where the terminal is narrower. */
#include <cli/run_table.h>

#include <base/clock.h>
#include <cli/stored_run.h>
#include <stdio.h>
#include <string.h>

static enum rbk_tint state_tint(enum rbk_run_state s)
{
    switch (s) {
    case RBK_RUN_SUCCEEDED:
        return RBK_GREEN;
    case RBK_RUN_RUNNING:
        return RBK_BLUE;
    case RBK_RUN_WAITING:
    case RBK_RUN_CANCELLED:
    case RBK_RUN_INTERRUPTED:
        return RBK_YELLOW;
    case RBK_RUN_FAILED:
    case RBK_RUN_TIMED_OUT:
        return RBK_RED;
    }
    return RBK_PLAIN;
}

/* The name is what the eye looks for: it is never cut, and on a narrow terminal it comes before the rest. */
void rbk_run_table_row(struct rbk_cli *cli, struct rbk_buf *out, const struct rbk_run_row *row)
{
    enum { REST = 51, MINUTES = 16, LONGEST_NAME = 512 };
    char id[RBK_ULID_SIZE], when[RBK_TIME_SIZE], took[RBK_TIME_SIZE], state[16];
    size_t room = cli->out.terminal && cli->out.columns > REST ? (size_t)cli->out.columns - REST : 0;
    bool two_lines = cli->out.terminal && strlen(row->runbook) > room;
    rbk_time_local(row->started_ms, when);
    when[MINUTES] = '\0'; /* "2026-11-22 14:48" */
    rbk_duration_format(row->duration_ms, took);
    snprintf(state, sizeof state, "%-11s", rbk_run_state_name(row->state));
    rbk_buf_printf(out, "%-12s  ", rbk_stored_run_short(cli, row->id, id));
    if (two_lines) {
        rbk_style_fit(out, row->runbook, LONGEST_NAME);
        rbk_buf_puts(out, "\n  ");
    }
    rbk_style_put(&cli->out, out, state_tint(row->state), state);
    rbk_buf_printf(out, two_lines ? " %s %s" : " %s %6s  ", when, took);
    if (!two_lines)
        rbk_style_fit(out, row->runbook, LONGEST_NAME);
    rbk_buf_putc(out, '\n');
}

rbk_value *rbk_run_table_value(const struct rbk_run_row *row)
{
    char started[RBK_TIME_SIZE];
    rbk_value *v = rbk_map_new();
    rbk_time_rfc3339(row->started_ms, started);
    rbk_map_set_string(v, "run", row->id);
    rbk_map_set_string(v, "runbook", row->runbook);
    rbk_map_set_string(v, "state", rbk_run_state_name(row->state));
    rbk_map_set(v, "exit", row->exit < 0 ? rbk_null_new() : rbk_int_new(row->exit));
    rbk_map_set_string(v, "started", started);
    rbk_map_set_int(v, "duration_ms", row->duration_ms);
    return v;
}
