/* The closing lines: one sentence of verdict, then labelled lines, each something a tired person can paste. */
#include <cli/run_view.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/next_lines.h>
#include <stdlib.h>
#include <string.h>

static enum rbk_tint verdict_tint(enum rbk_run_state s)
{
    return s == RBK_RUN_SUCCEEDED ? RBK_GREEN : s == RBK_RUN_WAITING ? RBK_YELLOW : RBK_RED;
}

static void put_count(struct rbk_buf *out, int n, const char *what)
{
    if (n)
        rbk_buf_printf(out, ", %d check%s %s", n, n == 1 ? "" : "s", what);
}

static void put_verdict(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_run *run, int met,
                        int unmet)
{
    char took[RBK_TIME_SIZE];
    enum rbk_run_state state = rbk_run_get_state(run);
    rbk_duration_format(rbk_run_duration_ms(run), took);
    rbk_style_put(style, out, verdict_tint(state), rbk_run_state_name(state));
    rbk_buf_printf(out, " %s %s", state == RBK_RUN_WAITING ? "after" : "in", took);
    put_count(out, met, "met");
    put_count(out, unmet, "not met");
    rbk_buf_putc(out, '\n');
    if (rbk_run_reason(run) && state != RBK_RUN_SUCCEEDED && state != RBK_RUN_WAITING)
        rbk_next_label(out, "why", rbk_run_reason(run));
}

void rbk_run_summary(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_run *run,
                     const struct rbk_run_tally *tally)
{
    put_verdict(out, style, run, tally->met, tally->unmet);
    enum rbk_run_state state = rbk_run_get_state(run);
    bool stopped = state == RBK_RUN_CANCELLED && !tally->failed_step;
    struct rbk_next next = {.state = state,
                            .run = rbk_run_short_id(run),
                            .step = stopped ? tally->stopped_step : tally->failed_step,
                            .waiting = tally->waiting,
                            .failing_case = rbk_next_still_failing(out, rbk_run_facts(run))};
    rbk_next_lines(out, &next);
}
