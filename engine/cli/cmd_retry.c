/* `retry`: runs a step of an ended run again, and what did not succeed after it, in the same record. */
#include <cli/commands.h>
#include <cli/stored_run.h>

static const struct rbk_option options[] = {
    {"accept-changes", 0, NULL, "go on although steps that are done were edited"},
    {"yes", 'y', NULL, "answer every `confirm` with yes"},
    {0},
};

static int retry_step(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_execution e = {
        .yes = rbk_args_has(args, "yes"),
        .resume_options = {.accept_changes = rbk_args_has(args, "accept-changes"), .retry = args->rest.items[1]}};
    return rbk_stored_run_execute(cli, &rbk_cmd_retry, args, &e, err);
}

static int run_retry(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_retry, 2, 2, argc, argv, retry_step);
}

const struct rbk_command_desc rbk_cmd_retry = {
    .name = "retry",
    .arguments = "RUN STEP [--param value ...]",
    .summary = "Run a failed step again, and go on from there.",
    .help = "STEP is an id or a number (`runbook status RUN` shows both). Secret parameters\n"
            "are not stored: give them again, as for `run`; all others stay as they were.\n",
    .options = options,
    .takes_params = true,
    .run = run_retry};
