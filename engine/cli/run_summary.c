/* The closing lines: one sentence of verdict, then labelled lines, each something a tired person can paste. */
#include <cli/run_view.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

enum { STILL_FAILING_SHOWN = 10, LABEL = 16 };

static void put_labelled(struct rbk_buf *out, const char *label, const char *text)
{
    rbk_buf_puts(out, label);
    rbk_style_pad(out, strlen(label), LABEL);
    rbk_style_fit(out, text, 4096);
    rbk_buf_putc(out, '\n');
}

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
    rbk_buf_putc(out, '\n');
    rbk_style_put(style, out, verdict_tint(state), rbk_run_state_name(state));
    rbk_buf_printf(out, " %s %s", state == RBK_RUN_WAITING ? "after" : "in", took);
    put_count(out, met, "met");
    put_count(out, unmet, "not met");
    rbk_buf_putc(out, '\n');
    if (rbk_run_reason(run) && state != RBK_RUN_SUCCEEDED)
        put_labelled(out, "why", rbk_run_reason(run));
}

/* Returns the first case that still fails, for the next command. */
static const char *put_still_failing(struct rbk_buf *out, const rbk_value *facts)
{
    const rbk_value *failing = rbk_map_get(facts, "failing");
    size_t count = rbk_value_type(failing) == RBK_LIST ? rbk_value_length(failing) : 0;
    for (size_t i = 0; i < count && i < STILL_FAILING_SHOWN; i++) {
        const char *name = rbk_value_string(rbk_list_at(failing, i));
        put_labelled(out, i ? "" : "still failing", name ? name : "?");
    }
    if (count > STILL_FAILING_SHOWN) {
        char *more = rbk_asprintf("and %zu more: runbook tests failing", count - STILL_FAILING_SHOWN);
        put_labelled(out, "", more);
        free(more);
    }
    return count ? rbk_value_string(rbk_list_at(failing, 0)) : NULL;
}

/* Each line's text is heap and freed here. */
static void put_next(struct rbk_buf *out, bool *first, char *text)
{
    put_labelled(out, *first ? "next" : "", text);
    *first = false;
    free(text);
}

static void put_next_steps(struct rbk_buf *out, const struct rbk_run *run, const char *failing_case)
{
    const char *id = rbk_run_short_id(run);
    bool first = true;
    if (failing_case) {
        struct rbk_buf quoted = {0};
        rbk_shell_quote(&quoted, failing_case);
        put_next(out, &first, rbk_asprintf("runbook tests show %s", quoted.data));
        rbk_buf_fini(&quoted);
    }
    switch (rbk_run_get_state(run)) {
    case RBK_RUN_WAITING:
        put_next(out, &first, rbk_asprintf("runbook status %s", id));
        put_next(out, &first, rbk_asprintf("runbook approve %s && runbook resume %s", id, id));
        break;
    case RBK_RUN_FAILED:
    case RBK_RUN_TIMED_OUT:
        put_next(out, &first, rbk_asprintf("runbook logs %s", id));
        put_next(out, &first, rbk_asprintf("runbook retry %s STEP, once it is mended", id));
        break;
    case RBK_RUN_INTERRUPTED:
    case RBK_RUN_CANCELLED:
        put_next(out, &first, rbk_asprintf("runbook resume %s", id));
        break;
    case RBK_RUN_RUNNING:
    case RBK_RUN_SUCCEEDED:
        break;
    }
}

void rbk_run_summary(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_run *run, int checks_met,
                     int checks_unmet)
{
    put_verdict(out, style, run, checks_met, checks_unmet);
    const char *failing = put_still_failing(out, rbk_run_facts(run));
    put_next_steps(out, run, failing);
}
