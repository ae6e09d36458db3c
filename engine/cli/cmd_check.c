/* `check`: every runbook and the configuration, without running anything: all problems, each with its place and its
 * mend. Exit 2 when there is an error; warnings alone are 0. */
#include <cli/check_contacts.h>
#include <cli/commands.h>
#include <cli/courier.h>
#include <cli/schedules.h>

#include <base/fs.h>
#include <run/check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX = 1 << 20, MESSAGE = 9 };

struct checking {
    struct rbk_cli *cli;
    struct rbk_strv wanted;    /* ids; empty = all */
    struct rbk_strv seen;      /* ids that there are */
    struct rbk_strv escalated; /* the contacts of their `escalate` */
    rbk_value *problems;
    struct rbk_buf text;
    size_t errors, warnings, runbooks;
};

static void put_problem(struct checking *c, const char *severity, const struct rbk_error *e)
{
    char place[sizeof *e];
    struct rbk_error bare = *e;
    bare.hint[0] = '\0';
    rbk_error_format(&bare, place, sizeof place);
    bool is_error = strcmp(severity, "error") == 0;
    rbk_style_put(&c->cli->out, &c->text, is_error ? RBK_RED : RBK_YELLOW, severity);
    rbk_buf_puts(&c->text, is_error ? "    " : "  ");
    rbk_style_wrap(&c->cli->out, &c->text, place, MESSAGE);
    rbk_buf_putc(&c->text, '\n');
    if (e->hint[0]) {
        rbk_buf_printf(&c->text, "%*s", MESSAGE, "");
        rbk_style_wrap(&c->cli->out, &c->text, e->hint, MESSAGE);
        rbk_buf_putc(&c->text, '\n');
    }
}

static void take_problem(void *arg, const char *severity, const struct rbk_error *e)
{
    struct checking *c = arg;
    rbk_value *v = rbk_map_new();
    if (strcmp(severity, "error") == 0)
        c->errors++;
    else
        c->warnings++;
    rbk_map_set_string(v, "severity", severity);
    rbk_map_set_string(v, "file", e->file[0] ? e->file : NULL);
    rbk_map_set_int(v, "line", e->line);
    rbk_map_set_int(v, "column", e->column);
    rbk_map_set_string(v, "message", e->message);
    rbk_map_set_string(v, "hint", e->hint[0] ? e->hint : NULL);
    rbk_list_append(c->problems, v);
    put_problem(c, severity, e);
}

static int load_called(void *arg, const char *id, struct rbk_plan **out, struct rbk_error *err)
{
    return rbk_lua_load(arg, id, out, err);
}

/* What a scheduled run is given, held to the parameters that the runbook takes. */
static void check_schedule_params(struct checking *c, const struct rbk_entry *entry, const struct rbk_plan *plan)
{
    const char *const path[] = {"schedule", entry->runbook, entry->params ? "params" : NULL, NULL};
    struct rbk_error err = {0}, why = {0};
    rbk_value *bound = NULL;
    if (rbk_schedules_bind(entry, plan, &bound, &why) < 0) {
        rbk_error_set(&err, RBK_EINVAL, "schedule of %s: %s", entry->runbook, why.message);
        rbk_error_hint(&err, "%s", why.hint[0] ? why.hint : "`params` of the schedule gives it");
        if (entry->source && strcmp(entry->source, plan->path) != 0)
            rbk_config_place(c->cli->config, path, &err);
        else
            rbk_error_at(&err, plan->path, 1, 0);
        take_problem(c, "error", &err);
    }
    rbk_value_free(bound);
}

/* When it is due, as the header or the configuration says it. */
static void check_schedule(struct checking *c, const char *id, const struct rbk_plan *plan, const char *path)
{
    const struct rbk_entry_header header = {id, path, plan->schedule, plan->overlap_allow};
    struct rbk_entries entries = {0};
    struct rbk_error err = {0};
    rbk_zones *zones = rbk_zones_new(NULL);
    int rc = rbk_entries_add(&entries, c->cli->config, zones, &header, &err);
    if (rc == 0 && entries.count)
        rc = rbk_entry_check_allow(&entries.items[0], c->cli->config, &err);
    if (rc < 0)
        take_problem(c, "error", &err);
    else if (entries.count)
        check_schedule_params(c, &entries.items[0], plan);
    rbk_entries_fini(&entries);
    rbk_zones_free(zones);
}

/* Of a bundled runbook `doctor` says it: not everybody uses it. */
static void check_escalation(struct checking *c, const struct rbk_plan *plan)
{
    const struct rbk_config *config = c->cli->config;
    if (plan->escalate_to)
        rbk_strv_add(&c->escalated, plan->escalate_to);
    if (config->file && rbk_starts_with(plan->path, config->root))
        rbk_check_escalation(config, plan, take_problem, c);
}

static int check_file(void *arg, const char *id, const char *path, const char *shadows)
{
    struct checking *c = arg;
    struct rbk_plan *plan = NULL;
    (void)shadows;
    rbk_strv_add(&c->seen, id);
    if (c->wanted.count && !rbk_strv_has(&c->wanted, id))
        return 0;
    c->runbooks++;
    if (rbk_lua_load_all(c->cli->lua, id, &plan, take_problem, c) < 0)
        return 0;
    struct rbk_check_options o = {.config = c->cli->config, .load = load_called, .load_arg = c->cli->lua};
    rbk_plan_check(plan, &o, take_problem, c);
    check_schedule(c, id, plan, path);
    check_escalation(c, plan);
    rbk_plan_free(plan);
    return 0;
}

static int tell_misnamed(void *arg, const char *id, const char *path, const char *shadows)
{
    struct rbk_error err = {0};
    (void)shadows;
    rbk_error_set(&err, RBK_EINVAL, "\"%.200s\" cannot be the name of a runbook: this file is not listed, nor run", id);
    rbk_error_at(&err, path, 0, 0);
    rbk_error_hint(&err, "name files and folders with lower-case letters, digits, - and _");
    take_problem(arg, "warning", &err);
    return 0;
}

/* Reads the configuration for itself: opening it the usual way stops at its first error. */
static int check_config(struct checking *c, const char *start, struct rbk_error *err)
{
    static const char *const names[] = {"runbook.yaml", ".runbook.yaml", NULL};
    const char *name = NULL;
    struct rbk_buf text = {0};
    char *dir = rbk_find_upwards(start, names, &name);
    if (!dir)
        return 0;
    char *path = rbk_path_join(dir, name);
    int rc = rbk_file_read(path, CONFIG_MAX, &text, err);
    if (rc == 0)
        rbk_config_check(path, text.data ? text.data : "", text.len, take_problem, c);
    rbk_buf_fini(&text);
    free(path);
    free(dir);
    return rc;
}

static void take_error(void *arg, const struct rbk_error *problem)
{
    take_problem(arg, "error", problem);
}

/* One zone that the configuration names, where it names one. */
static void check_zone(struct checking *c, rbk_zones *zones, const char *name, const char *const *path)
{
    struct rbk_error problem = {0};
    const rbk_zone *zone = NULL;
    if (!name || rbk_zones_get(zones, name, &zone, &problem) == 0)
        return;
    rbk_config_place(c->cli->config, path, &problem);
    take_problem(c, "error", &problem);
}

/* The zones of everything but single schedules and channels. */
static void check_zones(struct checking *c)
{
    const struct rbk_config *config = c->cli->config;
    const rbk_value *rotas = rbk_config_get(config, "oncall");
    rbk_zones *zones = rbk_zones_new(NULL);
    check_zone(c, zones, rbk_value_string(rbk_config_get(config, "timezone")), (const char *const[]){"timezone", NULL});
    for (size_t i = 0; i < rbk_value_length(rotas); i++)
        check_zone(c, zones, rbk_map_get_string(rbk_map_value_at(rotas, i), "timezone"),
                   (const char *const[]){"oncall", rbk_map_key_at(rotas, i), "timezone", NULL});
    rbk_zones_free(zones);
}

static void check_exists(struct checking *c, const char *id)
{
    struct rbk_error e;
    if (rbk_strv_has(&c->seen, id))
        return;
    const char *near = rbk_did_you_mean(id, (const char *const *)c->seen.items, c->seen.count);
    rbk_error_set(&e, RBK_ENOENT, "there is no runbook %s", id);
    if (near)
        rbk_error_hint(&e, "did you mean %s?", near);
    else
        rbk_error_hint(&e, "`runbook list` shows them all");
    take_problem(c, "error", &e);
}

static int check_runbooks(struct checking *c, struct rbk_error *err)
{
    int rc = rbk_cli_lua(c->cli, err);
    const char *const *dirs = (const char *const *)c->cli->runbook_dirs.items;
    if (rc == 0 && c->wanted.count == 0) {
        check_zones(c);
        if (c->errors) /* each schedule would say it again */
            return 0;
        rc = rbk_courier_check(c->cli, take_problem, c, err);
    }
    if (rc == 0)
        rc = rbk_runbook_files(dirs, check_file, c, err);
    if (rc == 0 && c->wanted.count == 0) {
        rbk_schedules_unknown(c->cli->config, &c->seen, take_error, c);
        rbk_check_contacts(c->cli->config, &c->escalated, take_problem, c);
        rc = rbk_runbook_files_misnamed(dirs, tell_misnamed, c, err);
    }
    for (size_t i = 0; rc == 0 && i < c->wanted.count; i++)
        check_exists(c, c->wanted.items[i]);
    return rc;
}

static int print_problems(struct checking *c)
{
    int status = c->errors ? 2 : 0;
    if (c->cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.check/1");
        rbk_map_set(document, "problems", c->problems);
        c->problems = NULL;
        int printed = rbk_cli_print_json(document);
        return status ? status : printed;
    }
    rbk_buf_printf(&c->text, "%zu runbook%s checked: %zu error%s, %zu warning%s\n", c->runbooks,
                   c->runbooks == 1 ? "" : "s", c->errors, c->errors == 1 ? "" : "s", c->warnings,
                   c->warnings == 1 ? "" : "s");
    rbk_style_write(&c->cli->out, &c->text);
    return status;
}

static int check_all(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct checking c = {.cli = cli, .problems = rbk_list_new()};
    for (size_t i = 0; i < args->rest.count; i++)
        rbk_strv_add(&c.wanted, args->rest.items[i]);
    int rc = check_config(&c, cli->project ? cli->project : ".", err);
    /* With a broken configuration the runbooks cannot be loaded in their project. */
    if (rc == 0 && !c.errors)
        rc = check_runbooks(&c, err);
    if (rc == 0)
        rc = print_problems(&c);
    rbk_value_free(c.problems);
    rbk_strv_fini(&c.wanted);
    rbk_strv_fini(&c.seen);
    rbk_strv_fini(&c.escalated);
    rbk_buf_fini(&c.text);
    return rc;
}

static int run_check(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_check, 0, 1000, argc, argv, check_all);
}

const struct rbk_command_desc rbk_cmd_check = {.name = "check",
                                               .arguments = "[NAME ...]",
                                               .summary = "Find the mistakes in runbooks and configuration.",
                                               .help = "Exit 2 when there are errors; warnings alone are 0.\n",
                                               .run = run_check};
