/* `resume`: goes on with a run that was interrupted, or waits for a person who has answered. */
#include <cli/commands.h>
#include <cli/stored_run.h>

#include <string.h>

static const struct rbk_option options[] = {
    {"assume", 0, "WHAT", "decide a step in doubt: done or not-done"},
    {"accept-changes", 0, NULL, "go on although steps that are done were edited"},
    {"yes", 'y', NULL, "answer every `confirm` with yes"},
    {0},
};

static int read_assume(const struct rbk_args *args, enum rbk_assume *out, struct rbk_error *err)
{
    const char *what = rbk_args_get(args, "assume");
    *out = RBK_ASSUME_NOTHING;
    if (!what)
        return 0;
    if (strcmp(what, "done") == 0)
        *out = RBK_ASSUME_DONE;
    else if (strcmp(what, "not-done") == 0)
        *out = RBK_ASSUME_NOT_DONE;
    else
        return rbk_error_set(err, RBK_EINVAL, "--assume takes done or not-done, not \"%s\"", what);
    return 0;
}

static int resume_run(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_execution e = {.yes = rbk_args_has(args, "yes"),
                              .resume_options = {.accept_changes = rbk_args_has(args, "accept-changes")}};
    int rc = read_assume(args, &e.resume_options.assume, err);
    return rc < 0 ? rc : rbk_stored_run_execute(cli, &rbk_cmd_resume, args, &e, err);
}

static int run_resume(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_resume, 1, 1, argc, argv, resume_run);
}

const struct rbk_command_desc rbk_cmd_resume = {
    .name = "resume",
    .arguments = "RUN [--param value ...]",
    .summary = "Go on with a run that was interrupted, or waited.",
    .help = "What is left of the dead run's processes is ended first. Steps that are done\n"
            "are never done again. A step that was in flight is in doubt: it is repeated\n"
            "only when it is idempotent or its `verify` says that it did not happen;\n"
            "otherwise you are asked, or decide with --assume. Secret parameters are not\n"
            "stored: give them again, as for `run`; all others stay as they were.\n",
    .options = options,
    .takes_params = true,
    .run = run_resume};
