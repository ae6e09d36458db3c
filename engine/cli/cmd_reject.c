/* `reject`: a person's no. The run ends failed when it is resumed, after its undo and always steps. */
#include <cli/commands.h>
#include <cli/decide.h>

static const struct rbk_option options[] = {
    {"why", 0, "TEXT", "recorded with the decision"},
    {0},
};

static int reject_run(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return rbk_cli_decide(cli, args, false, err);
}

static int run_reject(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_reject, 1, 2, argc, argv, reject_run);
}

const struct rbk_command_desc rbk_cmd_reject = {
    .name = "reject",
    .arguments = "RUN [STEP]",
    .summary = "Say no to a run that waits.",
    .help = "Records who decided, when and why; `runbook resume RUN` then ends the run\n"
            "failed, after what its steps have to undo.\n",
    .options = options,
    .run = run_reject};
