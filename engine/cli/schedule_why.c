/* `schedule why NAME`: why it ran or did not: the schedule as it is understood, and what became of its due times. */
#include <cli/schedule_commands.h>
#include <cli/schedules.h>

#include <base/clock.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKED_AT_LEAST_MS = 60 * 1000 }; /* a scheduler that runs does not leave a due time alone for longer */

struct answer {
    struct rbk_cli *cli;
    const struct rbk_entry *entry;
    struct rbk_schedule_state state;
    int64_t now;
    struct rbk_buf text;
    rbk_value *firings;
};

/* ---- what became of one ---- */

static rbk_value *wait_value(const rbk_zone *zone, const struct rbk_firing_wait *w)
{
    static const char *const names[] = {
        [RBK_WAITS_FOR_START] = "start", [RBK_WAITS_FOR_RUN] = "run", [RBK_WAITS_FOR_SCHEDULER] = "scheduler"};
    rbk_value *v = rbk_map_new();
    rbk_map_set_string(v, "for", names[w->what]);
    rbk_map_set_string(v, "run", w->run[0] ? w->run : NULL);
    rbk_map_set(v, "since", rbk_schedules_time_value(zone, w->since_ms));
    rbk_map_set_int(v, "ahead", w->ahead);
    return v;
}

static rbk_value *firing_value(const rbk_zone *zone, const struct rbk_firing *f, const struct rbk_firing_wait *wait)
{
    rbk_value *v = rbk_map_new();
    rbk_map_set(v, "due", rbk_schedules_time_value(zone, f->due_ms));
    rbk_map_set(v, "first", rbk_schedules_time_value(zone, f->first_ms));
    rbk_map_set_int(v, "count", f->count);
    rbk_map_set_string(v, "state", rbk_firing_state_name(f->state));
    rbk_map_set_string(v, "reason", f->reason);
    rbk_map_set_bool(v, "late", f->late);
    rbk_map_set(v, "start", rbk_schedules_time_value(zone, f->start_ms));
    rbk_map_set(v, "started", rbk_schedules_time_value(zone, f->started_ms));
    rbk_map_set(v, "ended", rbk_schedules_time_value(zone, f->ended_ms));
    rbk_map_set_string(v, "run", f->run);
    rbk_map_set(v, "exit", f->exit < 0 ? rbk_null_new() : rbk_int_new(f->exit));
    rbk_map_set(v, "waits", wait ? wait_value(zone, wait) : rbk_null_new());
    return v;
}

static void put_wait(struct rbk_buf *out, const rbk_zone *zone, const struct rbk_firing *f,
                     const struct rbk_firing_wait *w)
{
    char when[RBK_ZONED_SIZE];
    if (w->what == RBK_WAITS_FOR_START) {
        rbk_schedules_time(zone, f->start_ms, when);
        rbk_buf_printf(out, "\n      begins at %s (jitter)", when);
    } else if (w->what == RBK_WAITS_FOR_RUN && w->run[0]) {
        rbk_schedules_time(zone, w->since_ms, when);
        rbk_buf_printf(out, "\n      waits for run %.12s to end, which began at %s", w->run, when);
    } else if (w->what == RBK_WAITS_FOR_RUN) {
        rbk_buf_puts(out, "\n      waits for another run of it to end: runbook status");
    } else if (w->ahead == 0) {
        rbk_buf_puts(out, "\n      waits for a scheduler: runbook schedule run, or schedule once");
    }
    if (w->ahead)
        rbk_buf_printf(out, "\n      %" PRId64 " %s before it", w->ahead,
                       w->ahead == 1 ? "has its turn" : "have their turns");
}

static void put_lasted(struct rbk_buf *out, const rbk_zone *zone, const struct rbk_firing *f)
{
    char text[RBK_ZONED_SIZE], lasted[RBK_TIME_SIZE];
    if (f->started_ms == 0)
        return;
    if (f->state == RBK_FIRING_RUNNING) {
        rbk_schedules_time(zone, f->started_ms, text);
        rbk_buf_printf(out, " since %s", text);
    } else if (f->ended_ms > f->started_ms) {
        rbk_duration_format(f->ended_ms - f->started_ms, lasted);
        rbk_buf_printf(out, " after %s", lasted);
    }
}

static void put_firing(struct answer *a, const struct rbk_firing *f, const struct rbk_firing_wait *wait)
{
    char due[RBK_ZONED_SIZE];
    rbk_schedules_time(a->entry->zone, f->due_ms, due);
    rbk_buf_printf(&a->text, "  %s  %s", due, rbk_firing_state_name(f->state));
    put_lasted(&a->text, a->entry->zone, f);
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
    if (wait)
        put_wait(&a->text, a->entry->zone, f, wait);
    rbk_buf_putc(&a->text, '\n');
}

static int add_firing(void *arg, const struct rbk_firing *f)
{
    struct answer *a = arg;
    struct rbk_firing_wait wait;
    struct rbk_error ignored;
    bool waits =
        f->state == RBK_FIRING_PLANNED && rbk_firing_waits(a->cli->store, a->entry, f, a->now, &wait, &ignored) == 0;
    rbk_list_append(a->firings, firing_value(a->entry->zone, f, waits ? &wait : NULL));
    put_firing(a, f, waits ? &wait : NULL);
    return 0;
}

/* ---- the schedule ---- */

/* The first due time that came and that no scheduler has looked at; 0 = none. A schedule that was edited begins when
 * one looks. */
static int64_t left_alone(const struct answer *a)
{
    const struct rbk_schedule_state *s = &a->state;
    bool edited = s->expression && strcmp(s->expression, a->entry->text) != 0;
    int64_t due = s->enabled && !edited ? rbk_entry_next(a->entry, s->mark_ms) : INT64_MAX;
    return due <= a->now - LOOKED_AT_LEAST_MS ? due : 0;
}

static void put_missed(struct rbk_buf *out, const struct rbk_entry *e)
{
    static const char *const meant[] = {[RBK_MISSED_SKIP] = "due times that no scheduler saw are not made up for",
                                        [RBK_MISSED_ONE] =
                                            "of due times that no scheduler saw the latest is made up for",
                                        [RBK_MISSED_ALL] = "due times that no scheduler saw are made up for"};
    rbk_buf_printf(out, "  missed    %s: %s", rbk_missed_name(e->missed), meant[e->missed]);
    if (e->missed == RBK_MISSED_ALL)
        rbk_buf_printf(out, ", the latest %d", e->catch_up);
    rbk_buf_putc(out, '\n');
}

static void put_overlap(struct rbk_buf *out, const struct rbk_entry *e)
{
    rbk_buf_printf(out, "  overlap   %s: ", rbk_overlap_name(e->overlap));
    if (e->overlap == RBK_OVERLAP_QUEUE)
        rbk_buf_printf(out, "while a run goes on, at most %d %s; what is due beyond is skipped\n", e->queue,
                       e->queue == 1 ? "waits" : "wait");
    else if (e->overlap == RBK_OVERLAP_REPLACE)
        rbk_buf_puts(out, "a run that goes on is cancelled for the next one\n");
    else if (e->overlap == RBK_OVERLAP_SKIP)
        rbk_buf_puts(out, "what is due while a run goes on is skipped\n");
    else if (e->allow_refused)
        rbk_buf_puts(out, "but the runbook's header has no overlap = \"allow\", so it is skipped\n");
    else
        rbk_buf_puts(out, "several runs may go on at once\n");
}

static void put_policies(struct rbk_buf *out, const struct rbk_entry *e)
{
    char lasts[RBK_TIME_SIZE];
    put_missed(out, e);
    put_overlap(out, e);
    if (e->jitter_ms) {
        rbk_duration_format(e->jitter_ms, lasts);
        rbk_buf_printf(out, "  jitter    begins up to %s later\n", lasts);
    }
    if (e->timeout_ms) {
        rbk_duration_format(e->timeout_ms, lasts);
        rbk_buf_printf(out, "  time-out  a run is stopped after %s\n", lasts);
    }
}

static void put_head(struct rbk_buf *out, const struct answer *a)
{
    const struct rbk_entry *e = a->entry;
    char when[RBK_ZONED_SIZE] = "never", changed[RBK_TIME_SIZE];
    char *normal = rbk_calendar_text(e->calendar);
    int64_t next = rbk_entry_next(e, a->now), alone = left_alone(a);
    if (next != INT64_MAX)
        rbk_schedules_time(e->zone, next, when);
    rbk_buf_printf(out, "%s\n  due       %s", e->runbook, e->text);
    rbk_buf_printf(out, "\n  means     %s, zone %s\n  said in   %s\n", normal, rbk_zone_name(e->zone), e->source);
    if (a->state.changed_ms) {
        rbk_time_local(a->state.changed_ms, changed);
        rbk_buf_printf(out, "  is        %s since %s, by %s\n", a->state.enabled ? "on" : "off", changed, a->state.by);
    } else {
        rbk_buf_printf(out, "  is        off; switch it on: runbook schedule enable %s\n", e->runbook);
    }
    if (e->paused)
        rbk_buf_puts(out, "  paused    in runbook.yaml: its due times are recorded as skipped\n");
    rbk_buf_printf(out, "  %s %s\n", a->state.enabled ? "next     " : "would be ", when);
    put_policies(out, e);
    if (alone) {
        rbk_schedules_time(e->zone, alone, when);
        rbk_buf_printf(out, "\nno scheduler has looked at the clock since %s: start one\n", when);
        rbk_buf_puts(out, "  runbook schedule run           the daemon; or from a crontab, every minute:\n"
                          "  runbook schedule once\n");
    }
    free(normal);
}

static int print_answer(struct answer *a)
{
    if (!a->cli->json) {
        struct rbk_buf out = {0};
        put_head(&out, a);
        rbk_buf_puts(&out,
                     a->text.len ? "\nwhat became of its due times, the latest first\n" : "\nnothing was due yet\n");
        if (a->text.len)
            rbk_buf_append(&out, a->text.data, a->text.len);
        rbk_style_write(&a->cli->out, &out);
        rbk_buf_fini(&out);
        return 0;
    }
    rbk_value *document = rbk_schedules_row(a->entry, &a->state, a->now);
    rbk_map_set_string(document, "schema", "runbook.schedule.why/1");
    rbk_map_set(document, "changed", rbk_schedules_time_value(a->entry->zone, a->state.changed_ms));
    rbk_map_set_string(document, "by", a->state.by[0] ? a->state.by : NULL);
    rbk_map_set(document, "left_alone", rbk_schedules_time_value(a->entry->zone, left_alone(a)));
    rbk_map_set_int(document, "queue", a->entry->queue);
    rbk_map_set_int(document, "catch_up", a->entry->catch_up);
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
    struct answer a = {.cli = cli, .now = rbk_clock_wall_ms(), .firings = rbk_list_new()};
    struct rbk_schedules schedules = {0};
    int rc = read_limit(args, &limit, err);
    if (rc == 0)
        rc = rbk_schedules_load(cli, &schedules, err);
    if (rc == 0)
        rc = rbk_schedules_find(&schedules, args->rest.items[1], &a.entry, err);
    if (rc == 0)
        rc = rbk_schedules_state(cli, a.entry->runbook, &a.state, err);
    if (rc == 0 && cli->store)
        rc = rbk_firings_of(cli->store, a.entry->runbook, limit, add_firing, &a, err);
    if (rc == 0)
        rc = print_answer(&a);
    free(a.state.expression);
    rbk_schedules_fini(&schedules);
    rbk_value_free(a.firings);
    rbk_buf_fini(&a.text);
    return rc;
}
