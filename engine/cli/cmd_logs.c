/* `logs`: the output of a run's steps, recorded or as it comes. */
#include <cli/commands.h>
#include <cli/log_follow.h>
#include <cli/stored_run.h>

static const struct rbk_option options[] = {
    {"follow", 'f', NULL, "go on printing until the run has ended"},
    {"times", 't', NULL, "put the time before every line"},
    {0},
};

static int show_logs(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    int rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_stored_run_find_itself(cli, args->rest.items[0], &row, err);
    if (rc < 0)
        return rc;
    struct rbk_log_follow_options o = {.run = row.id,
                                       .plan = row.plan,
                                       .step = args->rest.count > 1 ? args->rest.items[1] : NULL,
                                       .follow = rbk_args_has(args, "follow"),
                                       .times = rbk_args_has(args, "times")};
    rc = rbk_log_follow(cli, &o, err);
    rbk_run_row_fini(&row);
    return rc;
}

static int run_logs(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_logs, 1, 2, argc, argv, show_logs);
}

const struct rbk_command_desc rbk_cmd_logs = {
    .name = "logs",
    .arguments = "RUN [STEP]",
    .summary = "Show the output of a run's steps.",
    .help = "With --json each line is one JSON object: step, time, stream and text.\n",
    .options = options,
    .run = run_logs};
