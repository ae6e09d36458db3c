/* `runbook init` on small projects of each kind: the proposal is always a valid configuration with the levels smoke and
 * unit, runs what the project means by them, and says when a level is the whole suite. */
#include <base/fs.h>
#include <base/mem.h>
#include <config/config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char *root;
    struct rbk_detected found;
    struct rbk_config *config;
};

static int fixture_setup(void **state)
{
    char name[] = "/tmp/rbk-detect-XXXXXX";
    struct fixture *f = rbk_alloc(sizeof *f);
    if (!mkdtemp(name)) {
        return -1;
    }
    f->root = rbk_strdup(name);
    *state = f;
    return 0;
}

static int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    char *command = rbk_asprintf("rm -rf '%s'", f->root);
    int rc = system(command);
    free(command);
    rbk_detected_fini(&f->found);
    rbk_config_free(f->config);
    free(f->root);
    free(f);
    return rc;
}

static void put(struct fixture *f, const char *path, const char *text)
{
    char *full = rbk_path_join(f->root, path);
    char *folder = rbk_strndup(full, (size_t)(strrchr(full, '/') - full));
    assert_int_equal(rbk_mkdirs(folder, 0700, NULL), 0);
    assert_int_equal(rbk_file_write_atomic(full, text, strlen(text), 0700, NULL), 0);
    free(folder);
    free(full);
}

static void fail_on_problem(void *arg, const char *severity, const struct rbk_error *e)
{
    fail_msg("%s in\n%s\nline %d: %s", severity, (const char *)arg, e->line, e->message);
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++) {
        lines += *text == '\n';
    }
    return lines;
}

/* Detects, and holds every proposal to what all of them promise. */
static void detect(struct fixture *f)
{
    struct rbk_error err = {0};
    assert_int_equal(rbk_config_detect(f->root, &f->found, &err), 0);
    const char *yaml = f->found.yaml;
    assert_int_equal(rbk_config_check("runbook.yaml", yaml, strlen(yaml), fail_on_problem, f->found.yaml), 0);
    assert_int_equal(rbk_config_parse("runbook.yaml", yaml, strlen(yaml), &f->config, &err), 0);
    assert_non_null(rbk_config_level(f->config, "smoke"));
    assert_non_null(rbk_config_level(f->config, "unit"));
    assert_int_equal(rbk_config_level(f->config, "smoke")->target_ms, 30000);
    assert_in_range(count_lines(yaml), 40, 90);
}

static void assert_level(struct fixture *f, const char *name, const char *runner, const char *command)
{
    const struct rbk_level *level = rbk_config_level(f->config, name);
    assert_non_null(level);
    char *line = rbk_shell_join(level->command.items);
    assert_string_equal(level->runner, runner);
    assert_string_equal(line, command);
    free(line);
}

static void assert_said(struct fixture *f, const char *part)
{
    for (size_t i = 0; i < f->found.findings.count; i++) {
        if (strstr(f->found.findings.items[i], part)) {
            return;
        }
    }
    fail_msg("no finding says \"%s\" in\n%s", part, f->found.yaml);
}

static void an_unknown_project_gets_a_form_to_fill_in(void **state)
{
    struct fixture *f = *state;
    put(f, "README", "x");
    detect(f);
    assert_level(f, "smoke", "junit", "./run-tests");
    assert_said(f, "no tests found");
    assert_non_null(strstr(f->found.yaml, "change me"));
}

static void python_markers_in_use_make_levels(void **state)
{
    struct fixture *f = *state;
    put(f, ".venv/bin/python3", "");
    put(f, "pyproject.toml", "[tool.pytest.ini_options]\nmarkers = [\"smoke: quick\", \"slow\"]\n");
    put(f, "tests/test_a.py", "import pytest\n\n@pytest.mark.smoke\ndef test_one(): pass\n\ndef test_two(): pass\n");
    detect(f);
    assert_level(f, "smoke", "pytest", ".venv/bin/python3 -m pytest -m smoke");
    assert_level(f, "unit", "pytest", ".venv/bin/python3 -m pytest");
    assert_said(f, "pytest: 2 tests in 1 file, configured in pyproject.toml");
    assert_said(f, "level smoke: marker smoke, used in 1 file");
    assert_said(f, "level unit: the whole suite");
    assert_non_null(
        strstr(f->found.yaml, "  # Nothing here is called unit, so this level is the whole suite.\n  unit:"));
}

/* `-m smoke` would select nothing, and executing nothing is a failure. */
static void a_marker_that_no_test_carries_makes_no_level(void **state)
{
    struct fixture *f = *state;
    put(f, ".venv/bin/python3", "");
    put(f, "pytest.ini", "[pytest]\nmarkers =\n    smoke: quick ones\n");
    put(f, "test_a.py", "def test_one(): pass\n");
    detect(f);
    assert_level(f, "smoke", "pytest", ".venv/bin/python3 -m pytest");
    assert_said(f, "marker smoke is declared, but no test carries it");
    assert_said(f, "level smoke: the whole suite");
}

static void python_folders_make_levels(void **state)
{
    struct fixture *f = *state;
    put(f, "venv/bin/python3", "");
    put(f, "tests/unit/test_a.py", "def test_one(): pass\n");
    put(f, "tests/integration/db/test_b.py", "def test_two(): pass\n");
    put(f, "tests/smoke/readme.py", "");
    detect(f);
    assert_level(f, "unit", "pytest", "venv/bin/python3 -m pytest tests/unit");
    assert_level(f, "integration", "pytest", "venv/bin/python3 -m pytest tests/integration");
    assert_level(f, "smoke", "pytest", "venv/bin/python3 -m pytest");
    assert_int_equal(rbk_config_level(f->config, "integration")->target_ms, 300000);
}

/* An interpreter on PATH is chosen because pytest lies where it imports from; nothing is run. */
static void an_interpreter_with_pytest_is_preferred(void **state)
{
    struct fixture *f = *state;
    char *old = rbk_strdup(getenv("PATH"));
    char *path = rbk_asprintf("%s/.tools/bare/bin:%s/.tools/full/bin", f->root, f->root);
    put(f, "test_a.py", "def test_one(): pass\n");
    put(f, ".tools/bare/bin/python3", "#!/bin/false\n");
    put(f, ".tools/full/bin/python3", "#!/bin/false\n");
    put(f, ".tools/full/lib/python3.11/site-packages/pytest/__init__.py", "");
    setenv("PATH", path, 1);
    detect(f);
    setenv("PATH", old, 1);
    char *expected = rbk_asprintf("%s/.tools/full/bin/python3 -m pytest", f->root);
    assert_level(f, "unit", "pytest", expected);
    assert_said(f, "because the first python3 on PATH has no pytest");
    free(expected);
    free(path);
    free(old);
}

static void without_pytest_init_says_how_to_get_it(void **state)
{
    struct fixture *f = *state;
    char *old = rbk_strdup(getenv("PATH"));
    put(f, "test_a.py", "def test_one(): pass\n");
    setenv("PATH", f->root, 1);
    detect(f);
    setenv("PATH", old, 1);
    assert_level(f, "unit", "pytest", "python3 -m pytest");
    assert_said(f, "pytest is not installed here");
    free(old);
}

static const char cmake_with_labels[] = "cmake_minimum_required(VERSION 3.25)\n"
                                        "project(x C)\n"
                                        "option(X_BUILD_TESTS \"tests\" OFF)\n"
                                        "option(X_BUILD_DOCS \"docs\" OFF)\n"
                                        "enable_testing()\n"
                                        "# set_tests_properties(a PROPERTIES LABELS \"integration\")\n"
                                        "add_test(NAME a COMMAND a)\n"
                                        "set_tests_properties(a PROPERTIES LABELS \"smoke;fast\" TIMEOUT 5)\n";

static void cmake_labels_make_levels(void **state)
{
    struct fixture *f = *state;
    put(f, "CMakeLists.txt", cmake_with_labels);
    detect(f);
    assert_level(f, "smoke", "ctest", "ctest --test-dir build -L '^smoke$'");
    assert_level(f, "unit", "ctest", "ctest --test-dir build");
    assert_null(rbk_config_level(f->config, "integration"));
    const rbk_value *prepare = rbk_config_level(f->config, "smoke")->prepare;
    assert_int_equal(rbk_value_length(prepare), 2);
    char *configure = rbk_value_text(rbk_list_at(prepare, 0));
    assert_string_equal(configure, "cmake\n-S\n.\n-B\nbuild\n-DX_BUILD_TESTS=ON");
    free(configure);
    assert_said(f, "no configured build folder");
}

static void a_configured_build_folder_is_used(void **state)
{
    struct fixture *f = *state;
    char *cache = rbk_asprintf("# cache\nCMAKE_HOME_DIRECTORY:INTERNAL=%s\n", f->root);
    put(f, "CMakeLists.txt", cmake_with_labels);
    put(f, "out/CMakeCache.txt", cache);
    put(f, "out/generated/test_x.py", "def test_one(): pass\n");
    put(f, "build/CMakeCache.txt", "CMAKE_HOME_DIRECTORY:INTERNAL=/somewhere/else\n");
    detect(f);
    assert_level(f, "unit", "ctest", "ctest --test-dir out");
    assert_said(f, "build folder: out/");
    free(cache);
}

static void a_node_test_script_becomes_the_command(void **state)
{
    struct fixture *f = *state;
    put(f, "package.json",
        "{\"scripts\": {\"test\": \"node --test\", \"test:smoke\": \"node --test --test-name-pattern=smoke\"}}");
    put(f, "a.test.js", "");
    detect(f);
    assert_level(f, "unit", "node", "node --test");
    assert_level(f, "smoke", "node", "node --test --test-name-pattern=smoke");
    assert_said(f, "level smoke: script test:smoke of package.json");
}

/* Node before 21 would take the pattern for a file name; what it finds by itself need not be listed. */
static void a_glob_in_a_node_script_is_given_as_node_reads_it(void **state)
{
    struct fixture *f = *state;
    put(f, "package.json",
        "{\"scripts\": {\"test\": \"node --test test/*.js\", \"smoke\": \"node --test checks/*.js\"}}");
    put(f, "test/a.js", "");
    put(f, "checks/b.js", "");
    detect(f);
    const struct rbk_level *unit = rbk_config_level(f->config, "unit"), *smoke = rbk_config_level(f->config, "smoke");
    if (rbk_strv_has(&unit->command, "test/*.js")) {
        assert_level(f, "smoke", "node", "node --test 'checks/*.js'");
    } else {
        assert_level(f, "unit", "node", "node --test");
        assert_true(rbk_strv_has(&smoke->command, "checks/b.js"));
    }
}

static void node_test_files_are_enough(void **state)
{
    struct fixture *f = *state;
    put(f, "package.json", "{\"scripts\": {\"test\": \"echo \\\"Error: no test specified\\\" && exit 1\"}}");
    put(f, "src/a.test.mjs", "");
    put(f, "node_modules/x/b.test.js", "");
    detect(f);
    assert_level(f, "smoke", "node", "node --test");
    assert_said(f, "node --test: 1 test file");
}

static void other_node_tools_run_through_npm(void **state)
{
    struct fixture *f = *state;
    put(f, "package.json", "{\"scripts\": {\"test\": \"vitest run\", \"test:unit\": \"vitest run unit\"}}");
    detect(f);
    assert_level(f, "unit", "junit",
                 "npm run --silent test:unit -- --reporter=default --reporter=junit --outputFile=reports/junit.xml");
    assert_string_equal(rbk_config_level(f->config, "smoke")->report, "reports/junit.xml");
}

static void a_broken_package_file_is_survived(void **state)
{
    struct fixture *f = *state;
    put(f, "package.json", "{\"scripts\": [");
    put(f, "a.test.js", "");
    detect(f);
    assert_level(f, "unit", "node", "node --test");
}

static void bats_files_and_tags_make_levels(void **state)
{
    struct fixture *f = *state;
    put(f, "tests/a.bats", "# bats test_tags=smoke,fast\n@test \"x\" { true; }\n");
    put(f, "tests/unit/b.bats", "@test \"y\" { true; }\n");
    detect(f);
    assert_level(f, "smoke", "bats", "bats -r tests --filter-tags smoke");
    assert_level(f, "unit", "bats", "bats -r tests/unit");
}

/* A C project with a few Python checks is a C project: what is configured beats what merely lies there. */
static void the_strongest_evidence_wins_and_the_rest_is_mentioned(void **state)
{
    struct fixture *f = *state;
    put(f, "CMakeLists.txt", cmake_with_labels);
    put(f, "tests/e2e/test_cli.py", "def test_one(): pass\n");
    put(f, "tests/x.bats", "");
    detect(f);
    assert_level(f, "unit", "ctest", "ctest --test-dir build");
    assert_said(f, "also found: pytest: 1 test in 1 file; its level unit-pytest is a comment in the file");
    assert_said(f, "also found: bats: 1 file; its level unit-bats is a comment in the file");
    assert_null(rbk_config_level(f->config, "unit-bats"));
}

/* What the person is told to do: "  # key" becomes "  key", from the level's name to the end of its block. */
static void take_comment_away(char *yaml, const char *level)
{
    char *line = strstr(yaml, level);
    assert_non_null(line);
    for (line -= strlen("  # "); rbk_starts_with(line, "  # "); line = strchr(line, '\n') + 1) {
        memmove(line + 2, line + 4, strlen(line + 4) + 1);
    }
}

static void the_levels_of_other_suites_wait_as_comments(void **state)
{
    struct fixture *f = *state;
    struct rbk_config *config = NULL;
    put(f, "py/tests/test_a.py", "def test_one(): pass\n");
    put(f, "package.json", "{\"scripts\": {\"test\": \"vitest run && echo 'a # b'\"}}");
    put(f, "CMakeLists.txt", cmake_with_labels);
    detect(f);
    assert_level(f, "unit", "ctest", "ctest --test-dir build");
    take_comment_away(f->found.yaml, "unit-pytest:");
    take_comment_away(f->found.yaml, "unit-node:");
    assert_int_equal(rbk_config_parse("x", f->found.yaml, strlen(f->found.yaml), &config, NULL), 0);
    assert_string_equal(rbk_config_level(config, "unit-pytest")->runner, "pytest");
    assert_string_equal(rbk_config_level(config, "unit-node")->runner, "junit");
    assert_non_null(rbk_config_level(config, "unit-node")->report);
    assert_non_null(rbk_config_level(config, "smoke"));
    rbk_config_free(config);
}

static void odd_names_cannot_break_the_file(void **state)
{
    struct fixture *f = *state;
    put(f, "a'b\"c: #d\n- x/e.bats", "@test \"y\" { true; }\n");
    detect(f);
    assert_level(f, "unit", "bats", "bats -r 'a'\\''b\"c: #d?- x'");
}

static void a_missing_folder_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    char *path = rbk_path_join(f->root, "nowhere");
    assert_int_equal(rbk_config_detect(path, &f->found, &err), RBK_ENOENT);
    assert_non_null(strstr(err.message, "nowhere"));
    free(path);
}

#define ON_A_PROJECT(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_PROJECT(an_unknown_project_gets_a_form_to_fill_in),
        ON_A_PROJECT(python_markers_in_use_make_levels),
        ON_A_PROJECT(a_marker_that_no_test_carries_makes_no_level),
        ON_A_PROJECT(python_folders_make_levels),
        ON_A_PROJECT(an_interpreter_with_pytest_is_preferred),
        ON_A_PROJECT(without_pytest_init_says_how_to_get_it),
        ON_A_PROJECT(cmake_labels_make_levels),
        ON_A_PROJECT(a_configured_build_folder_is_used),
        ON_A_PROJECT(a_node_test_script_becomes_the_command),
        ON_A_PROJECT(a_glob_in_a_node_script_is_given_as_node_reads_it),
        ON_A_PROJECT(node_test_files_are_enough),
        ON_A_PROJECT(other_node_tools_run_through_npm),
        ON_A_PROJECT(a_broken_package_file_is_survived),
        ON_A_PROJECT(bats_files_and_tags_make_levels),
        ON_A_PROJECT(the_strongest_evidence_wins_and_the_rest_is_mentioned),
        ON_A_PROJECT(the_levels_of_other_suites_wait_as_comments),
        ON_A_PROJECT(odd_names_cannot_break_the_file),
        ON_A_PROJECT(a_missing_folder_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
