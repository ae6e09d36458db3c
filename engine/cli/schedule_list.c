/* `schedule list`, `enable` and `disable`: which schedules there are, and switching them. All three print the schedules
 * that they are about, within the width of the terminal. */
#include <cli/next_lines.h>
#include <cli/schedule_commands.h>
#include <cli/schedules.h>

#include <base/clock.h>
#include <base/fs.h>
#include <base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum action { LIST, ENABLE, DISABLE };

/* Columns: the state, what lies between, the least that is left for the expression. */
enum { STATE = 7, GAP = 2, EXPRESSION_MIN = 10, INDENT = 4 };

struct row {
    const struct rbk_entry *entry;
    bool enabled;
    char next[RBK_ZONED_SIZE]; /* "" = never, or it is off */
};

struct listing {
    struct rbk_cli *cli;
    enum action action;
    struct rbk_schedules schedules;
    struct row *lines;
    size_t count, cap;
    struct rbk_buf text;
    rbk_value *rows;
    int64_t now;
};

/* "2026-11-23 08:00", and the offset where it is not that of the machine's clock. */
static void read_next(const struct listing *l, struct row *row)
{
    enum { WEEKDAY = 4, TIME = 16 };
    char time[RBK_ZONED_SIZE];
    const rbk_zone *here = NULL;
    struct rbk_offset there, ours;
    struct rbk_error ignored;
    int64_t due = row->enabled ? rbk_entry_next(row->entry, l->now) : INT64_MAX;
    if (due == INT64_MAX)
        return;
    rbk_schedules_time(row->entry->zone, due, time);
    snprintf(row->next, sizeof row->next, "%s", time + WEEKDAY);
    if (rbk_zones_local(l->schedules.zones, &here, &ignored) < 0)
        return;
    rbk_zone_at(row->entry->zone, due / 1000, &there);
    rbk_zone_at(here, due / 1000, &ours);
    if (there.seconds == ours.seconds)
        row->next[TIME] = '\0';
}

static int list_entry(struct listing *l, const struct rbk_entry *e, struct rbk_error *err)
{
    struct rbk_schedule_state state;
    int rc = rbk_schedules_state(l->cli, e->runbook, &state, err);
    if (rc < 0)
        return rc;
    RBK_GROW(l->lines, l->count, l->cap);
    l->lines[l->count] = (struct row){.entry = e, .enabled = state.enabled};
    read_next(l, &l->lines[l->count++]);
    rbk_list_append(l->rows, rbk_schedules_row(e, &state, l->now));
    free(state.expression);
    return 0;
}

static void put_state(struct listing *l, const struct row *row)
{
    enum rbk_tint tint = !row->enabled ? RBK_DIM : row->entry->paused ? RBK_YELLOW : RBK_GREEN;
    const char *text = !row->enabled ? "off" : row->entry->paused ? "paused" : "on";
    rbk_style_put(&l->cli->out, &l->text, tint, text);
    rbk_style_pad(&l->text, strlen(text), STATE);
}

static void start_line(struct listing *l, size_t column)
{
    while (l->text.len && l->text.data[l->text.len - 1] == ' ')
        l->text.len--;
    rbk_buf_putc(&l->text, '\n');
    rbk_style_pad(&l->text, 0, column);
}

/* Nothing is cut: a name that is too long for its column, or an expression for what is left, has a line of its own. */
static void put_line(struct listing *l, const struct row *row, size_t name, size_t next)
{
    size_t at = name + GAP + STATE, left = (size_t)l->cli->out.columns, length = strlen(row->entry->text);
    size_t used = rbk_style_fit(&l->text, row->entry->runbook, SIZE_MAX);
    if (used > name) {
        start_line(l, name);
        used = name;
    }
    rbk_style_pad(&l->text, used, name + GAP);
    put_state(l, row);
    rbk_buf_puts(&l->text, row->next);
    if (at + (next ? next + GAP : 0) + length > left)
        start_line(l, at + length <= left ? at : INDENT);
    else if (next)
        rbk_style_pad(&l->text, strlen(row->next), next + GAP);
    rbk_style_fit(&l->text, row->entry->text, SIZE_MAX);
    rbk_buf_putc(&l->text, '\n');
}

static void put_lines(struct listing *l)
{
    size_t name = 0, next = 0, columns = (size_t)l->cli->out.columns;
    for (size_t i = 0; i < l->count; i++) {
        size_t has = strlen(l->lines[i].next), length = strlen(l->lines[i].entry->runbook);
        next = has > next ? has : next;
        name = length > name ? length : name;
    }
    size_t rest = GAP + STATE + (next ? next + GAP : 0) + EXPRESSION_MIN, most = columns > rest ? columns - rest : 0;
    for (size_t i = 0; i < l->count; i++)
        put_line(l, &l->lines[i], name < most ? name : most, next);
}

/* What is enabled happens only if something looks at the clock. */
static void put_next(struct listing *l)
{
    rbk_buf_putc(&l->text, '\n');
    rbk_next_label(&l->text, "next", "runbook schedule preview --year");
    rbk_next_label(&l->text, "", "runbook schedule run     the daemon, which starts them; or");
    rbk_next_label(&l->text, "", "runbook schedule once    every minute, from a crontab");
}

static int print_listing(struct listing *l)
{
    if (l->cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.schedule.list/1");
        rbk_map_set(document, "schedules", l->rows);
        l->rows = NULL;
        return rbk_cli_print_json(document);
    }
    put_lines(l);
    if (l->count == 0)
        rbk_buf_puts(&l->text, "no runbook has a schedule\n");
    else if (l->action == ENABLE)
        put_next(l);
    rbk_style_write(&l->cli->out, &l->text);
    return 0;
}

/* Lists those that are named, or all. */
static int list_wanted(struct listing *l, const struct rbk_args *args, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->schedules.entries.count; i++) {
        const struct rbk_entry *e = &l->schedules.entries.items[i];
        if (args->rest.count == 1 || rbk_schedules_named(args, 1, e->runbook))
            rc = list_entry(l, e, err);
    }
    return rc == 0 ? print_listing(l) : rc;
}

/* A running daemon looks again when this file was written. */
static void touch_mark(struct rbk_cli *cli)
{
    char *dir = rbk_schedules_mark_dir(cli), *path = rbk_path_join(dir, "changed");
    rbk_file_write_atomic(path, "", 0, 0600, NULL);
    free(path);
    free(dir);
}

static int switch_entries(struct listing *l, const struct rbk_args *args, bool on, struct rbk_error *err)
{
    char *by = rbk_cli_user();
    int rc = rbk_cli_store(l->cli, err);
    for (size_t i = 0; rc == 0 && i < l->schedules.entries.count; i++) {
        const struct rbk_entry *e = &l->schedules.entries.items[i];
        if (rbk_args_has(args, "all") || rbk_schedules_named(args, 1, e->runbook))
            rc = rbk_schedule_set(l->cli->store, e->runbook, on, by, l->now, err);
    }
    if (rc == 0)
        touch_mark(l->cli);
    free(by);
    return rc;
}

static int list_or_switch(struct rbk_cli *cli, const struct rbk_args *args, enum action action, struct rbk_error *err)
{
    struct listing l = {.cli = cli, .action = action, .rows = rbk_list_new(), .now = rbk_clock_wall_ms()};
    int rc = 0;
    if (action != LIST && args->rest.count == 1 && !rbk_args_has(args, "all")) {
        rbk_error_set(err, RBK_EINVAL, "`schedule %s` needs the names of runbooks, or --all", args->rest.items[0]);
        rc = rbk_error_hint(err, "`runbook schedule list` shows them");
    }
    if (rc == 0)
        rc = rbk_schedules_load(cli, &l.schedules, err);
    if (rc == 0)
        rc = rbk_schedules_check_names(&l.schedules, args, 1, err);
    if (rc == 0 && action != LIST)
        rc = switch_entries(&l, args, action == ENABLE, err);
    if (rc == 0)
        rc = list_wanted(&l, args, err);
    rbk_schedules_fini(&l.schedules);
    rbk_value_free(l.rows);
    rbk_buf_fini(&l.text);
    free(l.lines);
    return rc;
}

int rbk_schedule_cmd_list(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return list_or_switch(cli, args, LIST, err);
}

int rbk_schedule_cmd_enable(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return list_or_switch(cli, args, ENABLE, err);
}

int rbk_schedule_cmd_disable(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return list_or_switch(cli, args, DISABLE, err);
}
