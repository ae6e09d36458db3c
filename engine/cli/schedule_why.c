/* `schedule why NAME`: why it ran or did not: the schedule as it is understood, and what became of its due times. */
#include <cli/schedule_commands.h>
#include <cli/schedules.h>

#include <base/clock.h>
#include <inttypes.h>
#include <stdlib.h>

struct answer {
    struct rbk_cli *cli;
    const struct rbk_entry *entry;
    struct rbk_buf text;
    rbk_value *firings;
};

static rbk_value *firing_value(const rbk_zone *zone, const struct rbk_firing *f)
{
    rbk_value *v = rbk_map_new();
    rbk_map_set(v, "due", rbk_schedules_time_value(zone, f->due_ms));
    rbk_map_set(v, "first", rbk_schedules_time_value(zone, f->first_ms));
    rbk_map_set_int(v, "count", f->count);
    rbk_map_set_string(v, "state", rbk_firing_state_name(f->state));
    rbk_map_set_string(v, "reason", f->reason);
    rbk_map_set_bool(v, "late", f->late);
    rbk_map_set(v, "started", rbk_schedules_time_value(zone, f->started_ms));
    rbk_map_set(v, "ended", rbk_schedules_time_value(zone, f->ended_ms));
    rbk_map_set_string(v, "run", f->run);
    rbk_map_set(v, "exit", f->exit < 0 ? rbk_null_new() : rbk_int_new(f->exit));
    return v;
}

static int add_firing(void *arg, const struct rbk_firing *f)
{
    struct answer *a = arg;
    char due[RBK_ZONED_SIZE];
    rbk_list_append(a->firings, firing_value(a->entry->zone, f));
    rbk_schedules_time(a->entry->zone, f->due_ms, due);
    rbk_buf_printf(&a->text, "  %s  %s", due, rbk_firing_state_name(f->state));
    if (f->count > 1)
        rbk_buf_printf(&a->text, " (%" PRId64 " due times up to this one)", f->count);
    if (f->exit >= 0)
        rbk_buf_printf(&a->text, ", exit %d", f->exit);
    if (f->late)
        rbk_buf_puts(&a->text, ", late");
    if (f->run)
        rbk_buf_printf(&a->text, ", run %.12s", f->run);
    if (f->reason)
        rbk_buf_printf(&a->text, "\n      %s", f->reason);
    rbk_buf_putc(&a->text, '\n');
    return 0;
}

static void put_head(struct rbk_buf *out, const struct rbk_entry *e, const struct rbk_schedule_state *state)
{
    char when[RBK_ZONED_SIZE] = "never", changed[RBK_TIME_SIZE], lasts[RBK_TIME_SIZE];
    char *normal = rbk_calendar_text(e->calendar);
    int64_t next = rbk_entry_next(e, rbk_clock_wall_ms());
    if (next != INT64_MAX)
        rbk_schedules_time(e->zone, next, when);
    rbk_buf_printf(out, "%s\n  due       %s", e->runbook, e->text);
    rbk_buf_printf(out, "\n  means     %s, zone %s\n  said in   %s\n", normal, rbk_zone_name(e->zone), e->source);
    if (state->changed_ms) {
        rbk_time_local(state->changed_ms, changed);
        rbk_buf_printf(out, "  is        %s since %s, by %s\n", state->enabled ? "on" : "off", changed, state->by);
    } else {
        rbk_buf_printf(out, "  is        off; switch it on: runbook schedule enable %s\n", e->runbook);
    }
    if (e->paused)
        rbk_buf_puts(out, "  paused    in runbook.yaml: its due times are recorded as skipped\n");
    rbk_buf_printf(out, "  %s %s\n", state->enabled ? "next     " : "would be ", when);
    rbk_buf_printf(out, "  policies  missed %s, overlap %s", rbk_missed_name(e->missed), rbk_overlap_name(e->overlap));
    if (e->jitter_ms) {
        rbk_duration_format(e->jitter_ms, lasts);
        rbk_buf_printf(out, ", jitter %s", lasts);
    }
    if (e->timeout_ms) {
        rbk_duration_format(e->timeout_ms, lasts);
        rbk_buf_printf(out, ", time-out %s", lasts);
    }
    rbk_buf_putc(out, '\n');
    free(normal);
}

static int print_answer(struct answer *a, const struct rbk_schedule_state *state)
{
    if (!a->cli->json) {
        struct rbk_buf out = {0};
        put_head(&out, a->entry, state);
        rbk_buf_puts(&out,
                     a->text.len ? "\nwhat became of its due times, the latest first\n" : "\nnothing was due yet\n");
        if (a->text.len)
            rbk_buf_append(&out, a->text.data, a->text.len);
        rbk_style_write(&a->cli->out, &out);
        rbk_buf_fini(&out);
        return 0;
    }
    rbk_value *document = rbk_schedules_row(a->entry, state, rbk_clock_wall_ms());
    rbk_map_set_string(document, "schema", "runbook.schedule.why/1");
    rbk_map_set(document, "changed", rbk_schedules_time_value(a->entry->zone, state->changed_ms));
    rbk_map_set_string(document, "by", state->by[0] ? state->by : NULL);
    rbk_map_set_int(document, "jitter_ms", a->entry->jitter_ms);
    rbk_map_set_int(document, "timeout_ms", a->entry->timeout_ms);
    rbk_map_set(document, "firings", a->firings);
    a->firings = NULL;
    return rbk_cli_print_json(document);
}

/* -1 = all, as SQLite has it. */
static int read_limit(const struct rbk_args *args, int *out, struct rbk_error *err)
{
    enum { FIRINGS_SHOWN = 20, LIMIT_MAX = 1000000000 };
    const char *text = rbk_args_get(args, "limit");
    char *end = NULL;
    long limit = text ? strtol(text, &end, 10) : FIRINGS_SHOWN;
    if (text && (*end || end == text || limit < 0 || limit > LIMIT_MAX))
        return rbk_error_set(err, RBK_EINVAL, "--limit takes a number, not \"%s\"", text);
    *out = limit ? (int)limit : -1;
    return 0;
}

int rbk_schedule_cmd_why(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    int limit = 0;
    struct answer a = {.cli = cli, .firings = rbk_list_new()};
    struct rbk_schedules schedules = {0};
    struct rbk_schedule_state state = {0};
    int rc = read_limit(args, &limit, err);
    if (rc == 0)
        rc = rbk_schedules_load(cli, &schedules, err);
    if (rc == 0)
        rc = rbk_schedules_find(&schedules, args->rest.items[1], &a.entry, err);
    if (rc == 0)
        rc = rbk_schedules_state(cli, a.entry->runbook, &state, err);
    if (rc == 0 && cli->store)
        rc = rbk_firings_of(cli->store, a.entry->runbook, limit, add_firing, &a, err);
    if (rc == 0)
        rc = print_answer(&a, &state);
    free(state.expression);
    rbk_schedules_fini(&schedules);
    rbk_value_free(a.firings);
    rbk_buf_fini(&a.text);
    return rc;
}
