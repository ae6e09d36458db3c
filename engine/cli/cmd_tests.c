/* `tests`: levels run and measured, and the history of their cases. The second word says what. */
#include <cli/tests_commands.h>
#include <cli/words.h>

static const struct rbk_option options[] = {
    {"level", 0, "LEVEL", "all but run and show: only this level"},
    {"variant", 0, "NAME", "run: a variant of the level, e.g. real-llm"},
    {"parallel", 0, "N", "run: how many tests at once"},
    {"fail-fast", 0, NULL, "run: stop at the first failure"},
    {"repeat", 0, "N", "run: run every case N times"},
    {"case", 0, "NAME", "rerun: only this case"},
    {"times", 0, "N", "rerun: run each failing case so often"},
    {"since", 0, "TIME", "flaky, slowest: of test runs since then (14d, 7d)"},
    {"count", 0, "N", "flaky, slowest: so many at most (20)"},
    {0},
};

static const struct rbk_word words[] = {
    {"run", "run LEVEL", 0, 1, rbk_tests_run},
    {"failing", "failing [LEVEL]", 0, 1, rbk_tests_failing},
    {"rerun", "rerun [LEVEL]", 0, 1, rbk_tests_rerun},
    {"flaky", "flaky [LEVEL]", 0, 1, rbk_tests_flaky},
    {"slowest", "slowest [LEVEL]", 0, 1, rbk_tests_slowest},
    {"show", "show NAME", 1, 1, rbk_tests_show},
    {"import", "import FILE...", 1, 100000, rbk_tests_import},
    {0},
};

static int do_word(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return rbk_word_do(cli, args, rbk_cmd_tests.name, words, err);
}

static int run_tests(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_tests, 0, 100001, argc, argv, do_word);
}

const struct rbk_command_desc rbk_cmd_tests = {
    .name = "tests",
    .arguments = "run|failing|rerun|flaky|slowest|show|import ...",
    .summary = "Run a test level, list and rerun what fails, read reports.",
    .help = "  tests run LEVEL          run a level of runbook.yaml and record every case\n"
            "  tests failing [LEVEL]    the cases whose latest execution failed; runs nothing\n"
            "  tests rerun [LEVEL]      run exactly those again\n"
            "  tests flaky [LEVEL]      the cases that fail now and then, and how often\n"
            "  tests slowest [LEVEL]    the cases that take longest\n"
            "  tests show NAME          one case: history, last message, how to run it\n"
            "  tests import FILE...     read JUnit reports into the history\n",
    .options = options,
    .run = run_tests};
