/* `history`: recorded runs, newest first, by runbook, state and time. */
#include <cli/commands.h>
#include <cli/run_table.h>

#include <base/clock.h>
#include <base/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rbk_option options[] = {
    {"state", 's', "STATE", "in this state, e.g. failed; a path is as below"},
    {"since", 0, "TIME", "began after: 24h, yesterday, 2026-11-22"},
    {"until", 0, "TIME", "began before"},
    {"limit", 0, "N", "at most so many (default 20, 0 = all)"},
    {"all", 'a', NULL, "runs that other runs called, too"},
    {0},
};

struct listing {
    struct rbk_cli *cli;
    struct rbk_buf text;
    rbk_value *runs;
    bool any_state;
    enum rbk_run_state state;
    long limit, count;
};

static int list_row(void *arg, const struct rbk_run_row *stored)
{
    struct listing *l = arg;
    struct rbk_run_row row = *stored; /* borrowed strings; only the state is corrected */
    struct rbk_error err;
    if (l->limit && l->count >= l->limit)
        return 0;
    rbk_report_state(l->cli->store, &row, &err);
    if (!l->any_state && row.state != l->state)
        return 0;
    l->count++;
    rbk_run_table_row(l->cli, &l->text, &row);
    rbk_list_append(l->runs, rbk_run_table_value(&row));
    return 0;
}

static int read_time(const struct rbk_args *args, const char *name, int64_t *out, struct rbk_error *err)
{
    const char *text = rbk_args_get(args, name);
    return text ? rbk_time_parse(text, rbk_clock_wall_ms(), out, err) : 0;
}

/* `--state` is a state of runs here; as everywhere, a path is where runs are recorded. */
static int read_state(struct listing *l, const struct rbk_args *args, struct rbk_error *err)
{
    l->any_state = true;
    for (size_t i = 0; i < args->count; i++) {
        const char *value = args->given[i].value;
        if (strcmp(args->given[i].option->name, "state") != 0)
            continue;
        if (rbk_run_state_parse(value, &l->state) == 0) {
            l->any_state = false;
        } else if (strchr(value, '/') || rbk_path_is_dir(value)) {
            l->cli->state = value;
        } else {
            rbk_error_set(err, RBK_EINVAL, "--state: there is no state \"%s\"", value);
            return rbk_error_hint(err, "running succeeded failed waiting interrupted cancelled timed-out");
        }
    }
    return 0;
}

static int read_options(const struct rbk_args *args, struct listing *l, struct rbk_run_filter *f, struct rbk_error *err)
{
    const char *limit = rbk_args_get(args, "limit");
    char *end = NULL;
    l->limit = limit ? strtol(limit, &end, 10) : 20;
    if (limit && (*end || end == limit || l->limit < 0))
        return rbk_error_set(err, RBK_EINVAL, "--limit takes a whole number, 0 or more, not \"%s\"", limit);
    f->runbook = args->rest.count ? args->rest.items[0] : NULL;
    f->all = rbk_args_has(args, "all");
    int rc = read_state(l, args, err);
    if (rc == 0)
        rc = read_time(args, "since", &f->since_ms, err);
    return rc == 0 ? read_time(args, "until", &f->until_ms, err) : rc;
}

static int print_listing(struct listing *l)
{
    if (l->cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.history/1");
        rbk_map_set(document, "runs", l->runs);
        l->runs = NULL;
        return rbk_cli_print_json(document);
    }
    if (!l->count)
        fprintf(stderr, "no run was recorded that fits\n");
    rbk_style_write(&l->cli->out, &l->text);
    return 0;
}

static int list_history(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct listing l = {.cli = cli, .runs = rbk_list_new()};
    struct rbk_run_filter filter = {0};
    int rc = read_options(args, &l, &filter, err);
    if (rc == 0)
        rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_journal_runs(cli->store, &filter, list_row, &l, err);
    if (rc == 0 || rc == RBK_ENOENT) /* no store yet: nothing was recorded */
        rc = print_listing(&l);
    rbk_value_free(l.runs);
    rbk_buf_fini(&l.text);
    return rc;
}

static int run_history(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_history, 0, 1, argc, argv, list_history);
}

const struct rbk_command_desc rbk_cmd_history = {.name = "history",
                                                 .arguments = "[RUNBOOK]",
                                                 .summary = "List recorded runs, newest first.",
                                                 .options = options,
                                                 .run = run_history};
