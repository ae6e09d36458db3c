/* `schedule list`, `enable` and `disable`: which schedules there are, and switching them. All three print the schedules
 * that they are about. */
#include <cli/next_lines.h>
#include <cli/schedule_commands.h>
#include <cli/schedules.h>

#include <base/clock.h>
#include <base/fs.h>
#include <stdlib.h>

enum action { LIST, ENABLE, DISABLE };

struct listing {
    struct rbk_cli *cli;
    enum action action;
    struct rbk_schedules schedules;
    struct rbk_buf text;
    rbk_value *rows;
    int64_t now;
};

static void put_state(struct listing *l, const struct rbk_entry *e, bool enabled)
{
    if (enabled && e->paused)
        rbk_style_put(&l->cli->out, &l->text, RBK_YELLOW, "paused ");
    else
        rbk_style_put(&l->cli->out, &l->text, enabled ? RBK_GREEN : RBK_DIM, enabled ? "on     " : "off    ");
}

static void put_line(struct listing *l, const struct rbk_entry *e, bool enabled)
{
    char next[RBK_ZONED_SIZE] = "never";
    int64_t due = rbk_entry_next(e, l->now);
    if (due != INT64_MAX)
        rbk_schedules_time(e->zone, due, next);
    size_t used = rbk_style_fit(&l->text, e->runbook, 60);
    rbk_style_pad(&l->text, used, 32);
    put_state(l, e, enabled);
    used = rbk_style_fit(&l->text, e->text, 60);
    rbk_style_pad(&l->text, used, 28);
    rbk_buf_printf(&l->text, "%s %s\n", enabled ? "next" : "would be", next);
}

static int list_entry(struct listing *l, const struct rbk_entry *e, struct rbk_error *err)
{
    struct rbk_schedule_state state;
    int rc = rbk_schedules_state(l->cli, e->runbook, &state, err);
    if (rc < 0)
        return rc;
    put_line(l, e, state.enabled);
    rbk_list_append(l->rows, rbk_schedules_row(e, &state, l->now));
    free(state.expression);
    return 0;
}

/* What is enabled happens only if something looks at the clock. */
static void put_next(struct listing *l)
{
    rbk_buf_putc(&l->text, '\n');
    rbk_next_label(&l->text, "next", "runbook schedule preview --year");
    rbk_next_label(&l->text, "", "runbook schedule run           the daemon, which starts them; or from a crontab:");
    rbk_next_label(&l->text, "", "runbook schedule once          every minute");
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
    if (rbk_value_length(l->rows) == 0)
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
