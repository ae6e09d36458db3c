/* `tests`: levels run and measured, and the history of their cases. The second word says what. */
#include <cli/commands.h>
#include <cli/tests_commands.h>

#include <string.h>

static const struct rbk_option options[] = {
    {"level", 0, "LEVEL", "rerun, failing, import: only this level"},
    {"variant", 0, "NAME", "run: a variant of the level, e.g. real-llm"},
    {"parallel", 0, "N", "run: how many tests at once"},
    {"fail-fast", 0, NULL, "run: stop at the first failure"},
    {"repeat", 0, "N", "run: run every case N times"},
    {"case", 0, "NAME", "rerun: only this case"},
    {"times", 0, "N", "rerun: run each failing case so often"},
    {0},
};

static const struct word {
    const char *name, *usage;
    size_t min, max; /* positional arguments after the word */
    int (*work)(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
} words[] = {
    {"run", "run LEVEL", 0, 1, rbk_tests_run},
    {"failing", "failing [LEVEL]", 0, 1, rbk_tests_failing},
    {"rerun", "rerun [LEVEL]", 0, 1, rbk_tests_rerun},
    {"show", "show NAME", 1, 1, rbk_tests_show},
    {"import", "import FILE...", 1, 100000, rbk_tests_import},
};
enum { WORDS = sizeof words / sizeof *words };

static int unknown_word(const char *given, struct rbk_error *err)
{
    const char *names[WORDS];
    for (size_t i = 0; i < WORDS; i++)
        names[i] = words[i].name;
    const char *near = rbk_did_you_mean(given, names, WORDS);
    rbk_error_set(err, RBK_EINVAL, "`tests` does not know \"%s\"", given);
    return near ? rbk_error_hint(err, "did you mean `runbook tests %s`?", near)
                : rbk_error_hint(err, "it knows run, failing, rerun, show and import");
}

static int do_word(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    for (size_t i = 0; i < WORDS; i++) {
        const struct word *w = &words[i];
        size_t given = args->rest.count - 1;
        if (strcmp(w->name, args->rest.items[0]) != 0)
            continue;
        if (given >= w->min && given <= w->max)
            return w->work(cli, args, err);
        rbk_error_set(err, RBK_EINVAL, "`tests %s` takes %s arguments than that", w->name,
                      given < w->min ? "more" : "fewer");
        return rbk_error_hint(err, "usage: runbook tests %s", w->usage);
    }
    return unknown_word(args->rest.items[0], err);
}

static int run_tests(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_tests, 1, 100001, argc, argv, do_word);
}

const struct rbk_command_desc rbk_cmd_tests = {
    .name = "tests",
    .arguments = "run|failing|rerun|show|import ...",
    .summary = "Run a test level, list and rerun what fails, read reports.",
    .help = "  tests run LEVEL          run a level of runbook.yaml and record every case\n"
            "  tests failing [LEVEL]    the cases whose latest execution failed; runs nothing\n"
            "  tests rerun [LEVEL]      run exactly those again\n"
            "  tests show NAME          one case: history, last message, how to run it\n"
            "  tests import FILE...     read JUnit reports into the history\n",
    .options = options,
    .run = run_tests};
