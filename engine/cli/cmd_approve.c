/* `approve`: a person's yes, "done" or answers, for a run that waits. */
#include <cli/commands.h>
#include <cli/decide.h>

static const struct rbk_option options[] = {
    {"answer", 'a', "NAME=VALUE", "the answer to a question; may be repeated"},
    {"why", 0, "TEXT", "recorded with the decision"},
    {0},
};

static int approve_run(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return rbk_cli_decide(cli, args, true, err);
}

static int run_approve(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_approve, 1, 2, argc, argv, approve_run);
}

const struct rbk_command_desc rbk_cmd_approve = {
    .name = "approve",
    .arguments = "RUN [STEP]",
    .summary = "Say yes, or \"done\", or answer, to a run that waits.",
    .help = "Records who decided, when and why; `runbook resume RUN` then goes on. `runbook\n"
            "status RUN` shows what is asked. STEP is needed when several steps ask.\n",
    .options = options,
    .run = run_approve};
