/* `retry`: runs a step of an ended run again, and what did not succeed after it, in the same record. */
#include <cli/commands.h>
#include <cli/execute.h>
#include <cli/stored_run.h>

static const struct rbk_option options[] = {
    {"accept-changes", 0, NULL, "go on although steps that were done have been edited"},
    {"yes", 'y', NULL, "answer every `confirm` with yes"},
    {0},
};

static int retry_step(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    struct rbk_plan *plan = NULL;
    int rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = rbk_stored_run_find(cli, args->rest.items[0], &row, err);
    if (rc < 0)
        return rc;
    rc = rbk_stored_run_plan(cli, &row, &plan, err);
    if (rc == 0) {
        struct rbk_execution e = {
            .plan = plan,
            .resume = row.id,
            .yes = rbk_args_has(args, "yes"),
            .resume_options = {.accept_changes = rbk_args_has(args, "accept-changes"), .retry = args->rest.items[1]}};
        rc = rbk_execute(cli, &e, err);
    }
    rbk_plan_free(plan);
    rbk_run_row_fini(&row);
    return rc;
}

static int run_retry(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_retry, 2, 2, argc, argv, retry_step);
}

const struct rbk_command_desc rbk_cmd_retry = {.name = "retry",
                                               .arguments = "RUN STEP",
                                               .summary = "Run a failed step again, and go on from there.",
                                               .help = "STEP is an id or a number (`runbook status RUN` shows both).\n",
                                               .options = options,
                                               .run = run_retry};
