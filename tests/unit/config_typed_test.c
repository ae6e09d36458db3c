/* What a configuration means once it is read: fields, defaults, units in base form, and which file is found. */
#include <base/fs.h>
#include <base/mem.h>
#include <config/config.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct rbk_config *parse(const char *text)
{
    struct rbk_config *c = NULL;
    struct rbk_error err = {0};
    if (rbk_config_parse("/srv/shop/runbook.yaml", text, strlen(text), &c, &err)) {
        fail_msg("%d:%d: %s", err.line, err.column, err.message);
    }
    return c;
}

static void assert_near(double a, double b)
{
    assert_true(fabs(a - b) < 1e-9);
}

static double number_at(const struct rbk_config *c, const char *path)
{
    const rbk_value *v = rbk_config_get(c, path);
    assert_non_null(v);
    return rbk_value_number(v);
}

static void assert_argv(const struct rbk_strv *argv, const char *expected)
{
    char *line = rbk_shell_join(argv->items);
    assert_string_equal(line, expected);
    free(line);
}

static void assert_handbook_defaults(const struct rbk_config *c)
{
    assert_near(number_at(c, "sla.pass_rate.target"), 0.95);
    assert_near(number_at(c, "sla.pass_rate.alert"), 0.90);
    assert_near(number_at(c, "sla.execution_time.alert"), 1.5);
    assert_near(number_at(c, "sla.flaky_rate.target"), 0.02);
    assert_near(number_at(c, "sla.flaky_rate.alert"), 0.05);
    assert_near(number_at(c, "sla.coverage.target"), 0.70);
    assert_near(number_at(c, "sla.coverage.alert"), 0.65);
    assert_near(number_at(c, "sla.uptime.target"), 0.99);
    assert_near(number_at(c, "sla.uptime.alert"), 0.95);
    assert_string_equal(rbk_value_string(rbk_config_get(c, "sla.flaky_rate.better")), "lower");
    assert_near(number_at(c, "thresholds.failure_rate.healthy"), 0.02);
    assert_near(number_at(c, "thresholds.failure_rate.incident"), 0.05);
    assert_near(number_at(c, "thresholds.failure_rate.escalate"), 0.20);
    assert_near(number_at(c, "limits.llm_calls"), 5);
    assert_int_equal(c->memory_process, 2000000000);
    assert_int_equal(c->memory_total, 8000000000);
    assert_int_equal(c->waiting_expires_ms, 7 * 24 * 3600 * INT64_C(1000));
}

static void assert_escalation(const struct rbk_config *c, const char *priority, int64_t hours, const char *contact)
{
    for (size_t i = 0; i < c->escalation_count; i++) {
        if (strcmp(c->escalation[i].priority, priority) == 0) {
            assert_int_equal(c->escalation[i].response_ms, hours * 3600 * 1000);
            assert_string_equal(c->escalation[i].contact, contact);
            return;
        }
    }
    fail_msg("no row %s", priority);
}

static void an_empty_file_has_the_handbooks_numbers(void **state)
{
    static const char *const texts[] = {"", "# nothing\n", "project: t\n", "---\n", "levels:\nservices: ~\n"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct rbk_config *c = parse(texts[i]);
        assert_handbook_defaults(c);
        assert_int_equal(c->level_count, 0);
        assert_int_equal(c->warning_count, 0);
        assert_int_equal(c->escalation_count, 4);
        assert_escalation(c, "critical", 0, "On-call engineer");
        assert_escalation(c, "high", 2, "Engineering lead");
        assert_escalation(c, "medium", 24, "QA team");
        assert_escalation(c, "low", 7 * 24, "Development team");
        rbk_config_free(c);
    }
}

static void the_project_is_named_after_its_folder(void **state)
{
    struct rbk_config *c = parse("");
    (void)state;
    assert_string_equal(c->project, "shop");
    assert_string_equal(c->root, "/srv/shop");
    rbk_config_free(c);
}

static void handbook_levels_have_their_times(void **state)
{
    static const struct {
        const char *name;
        int64_t target, max;
    } expected[] = {{"smoke", 30, 45},
                    {"unit", 120, 180},
                    {"integration", 300, 450},
                    {"agents", 180, 300},
                    {"comprehensive", 2700, 3600},
                    {"performance", 300, 450},
                    {"own", 0, 0}};
    struct rbk_buf text = {0};
    (void)state;
    rbk_buf_puts(&text, "levels:\n");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        rbk_buf_printf(&text, "  %s: {command: pytest}\n", expected[i].name);
    }
    struct rbk_config *c = parse(text.data);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct rbk_level *l = rbk_config_level(c, expected[i].name);
        assert_int_equal(l->target_ms, expected[i].target * 1000);
        assert_int_equal(l->max_ms, expected[i].max * 1000);
    }
    rbk_config_free(c);
    rbk_buf_fini(&text);
}

/* A default that contradicts what the file says does not count. */
static void a_given_time_beats_the_default_of_its_partner(void **state)
{
    struct rbk_config *c =
        parse("levels:\n  smoke: {command: pytest, target: 2m}\n  unit: {command: pytest, max: 9s}\n");
    (void)state;
    assert_int_equal(rbk_config_level(c, "smoke")->target_ms, 120000);
    assert_int_equal(rbk_config_level(c, "smoke")->max_ms, 0);
    assert_int_equal(rbk_config_level(c, "unit")->target_ms, 0);
    assert_int_equal(rbk_config_level(c, "unit")->max_ms, 9000);
    assert_int_equal(c->warning_count, 0);
    rbk_config_free(c);
}

static void one_changed_row_keeps_the_others(void **state)
{
    struct rbk_config *c = parse("escalation:\n  high: {contact: Bob}\nsla:\n  coverage: {target: 80%}\n");
    (void)state;
    assert_escalation(c, "high", 2, "Bob");
    assert_escalation(c, "low", 7 * 24, "Development team");
    assert_near(number_at(c, "sla.coverage.target"), 0.8);
    assert_near(number_at(c, "sla.coverage.alert"), 0.65);
    rbk_config_free(c);
}

static void a_command_line_is_split_and_never_expanded(void **state)
{
    struct rbk_config *c = parse("levels:\n"
                                 "  a:\n    command: pytest -k 'a or \"b\"' \"x \\\" $HOME\" c\\ d ''\n"
                                 "  b: {command: [pytest, a b, $HOME, 5, true]}\n");
    (void)state;
    assert_argv(&rbk_config_level(c, "a")->command, "pytest -k 'a or \"b\"' 'x \" $HOME' 'c d' ''");
    assert_argv(&rbk_config_level(c, "b")->command, "pytest 'a b' '$HOME' 5 true");
    rbk_config_free(c);
}

static void runner_and_command_complete_each_other(void **state)
{
    static const struct {
        const char *command, *runner;
    } known[] = {{".venv/bin/pytest", "pytest"},
                 {"python3 -m pytest -q", "pytest"},
                 {"ctest --test-dir b", "ctest"},
                 {"node --test", "node"},
                 {"bats -r tests", "bats"}};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char *text = rbk_asprintf("levels: {x: {command: %s}}\n", known[i].command);
        struct rbk_config *c = parse(text);
        assert_string_equal(rbk_config_level(c, "x")->runner, known[i].runner);
        rbk_config_free(c);
        free(text);
    }
    struct rbk_config *c = parse("levels: {x: {runner: ctest}, y: {command: make e2e, report: r/*.xml}}\n");
    assert_argv(&rbk_config_level(c, "x")->command, "ctest --test-dir build");
    assert_string_equal(rbk_config_level(c, "y")->runner, "junit");
    rbk_config_free(c);
}

static struct rbk_config *open_everything(void)
{
    struct rbk_buf text = {0};
    assert_int_equal(rbk_file_read(RBK_SOURCE_DIR "/tests/unit/config/everything.yaml", 100000, &text, NULL), 0);
    struct rbk_config *c = parse(text.data);
    rbk_buf_fini(&text);
    return c;
}

static void every_field_of_a_level_arrives(void **state)
{
    struct rbk_config *c = open_everything();
    const struct rbk_level *l = rbk_config_level(c, "smoke");
    (void)state;
    assert_string_equal(l->runner, "pytest");
    assert_argv(&l->command, "python3 -m pytest -m smoke");
    assert_int_equal(rbk_value_length(l->prepare), 2);
    assert_string_equal(rbk_value_string(rbk_list_at(rbk_list_at(l->prepare, 0), 1)), "tools/seed.py");
    assert_string_equal(rbk_value_string(rbk_list_at(rbk_list_at(l->prepare, 1), 3)), "-d");
    assert_string_equal(l->cwd, "backend");
    assert_string_equal(rbk_map_get_string(l->env, "PORT"), "5432");
    assert_string_equal(rbk_map_get_string(l->env, "DEBUG"), "true");
    assert_string_equal(rbk_map_get_string(l->env, "EMPTY"), "");
    assert_int_equal(l->target_ms, 30000);
    assert_int_equal(l->max_ms, 45000);
    assert_int_equal(l->timeout_ms, 120000);
    assert_string_equal(l->coverage, "coverage.xml");
    assert_argv(&l->requires, "postgres");
    assert_int_equal(l->parallel, 4);
    const struct rbk_variant *v = rbk_level_variant(l, "real-llm");
    assert_argv(&v->args, "--real-llm 'two words'");
    assert_string_equal(rbk_map_get_string(v->env, "LLM"), "real");
    assert_int_equal(v->timeout_ms, 600000);
    assert_null(rbk_level_variant(l, "none"));
    assert_null(rbk_config_level(c, "none"));
    assert_string_equal(rbk_config_level(c, "e2e")->report, "reports/*.xml");
    rbk_config_free(c);
}

static void every_other_field_arrives(void **state)
{
    struct rbk_config *c = open_everything();
    (void)state;
    assert_string_equal(c->project, "shop");
    assert_int_equal(c->service_count, 1);
    assert_argv(&c->services[0].check, "pg_isready -q");
    assert_string_equal(c->services[0].tcp, "localhost:5432");
    assert_argv(&c->services[0].restart, "docker compose restart postgres");
    assert_string_equal(c->state_dir, "/var/lib/shop");
    assert_string_equal(c->state_group, "ops");
    assert_int_equal(c->waiting_expires_ms, 3 * 24 * 3600 * 1000);
    assert_int_equal(c->parallel, 2);
    assert_int_equal(c->log_max_bytes, 1024 * 1024);
    assert_int_equal(c->memory_process, 1000000000);
    assert_escalation(c, "urgent", 0, "Everybody");
    assert_near(number_at(c, "limits.llm_calls"), 2);
    assert_near(number_at(c, "sla.queue_time.target"), 2);
    assert_int_equal(rbk_value_unit(rbk_config_get(c, "sla.queue_time.target")), RBK_UNIT_SECONDS);
    assert_string_equal(rbk_map_get_string(rbk_map_get(c->secrets, "token"), "env"), "TOKEN");
    assert_true(rbk_value_bool(rbk_config_get(c, "flags.expect.new_cart")));
    assert_string_equal(rbk_value_string(rbk_config_get(c, "schedule.daily/morning-health-check.at")),
                        "weekdays at 8:00");
    assert_null(rbk_config_get(c, "sla.nothing.here"));
    assert_null(rbk_config_get(c, "project.name"));
    rbk_config_free(c);
}

/* A person's spelling travels with the number. */
static void numbers_remember_how_they_were_written(void **state)
{
    struct rbk_config *c = parse("waiting_expires: 48h\nescalation: {high: {response: immediate}}\n");
    (void)state;
    char *text = rbk_value_text(rbk_config_get(c, "waiting_expires"));
    assert_string_equal(text, "48h");
    free(text);
    text = rbk_value_text(rbk_config_get(c, "escalation.high.response"));
    assert_string_equal(text, "immediate");
    free(text);
    rbk_config_free(c);
}

static void scalars_follow_the_core_schema(void **state)
{
    struct rbk_config *c =
        parse("flags:\n  env: [A]\n  expect: {a: on, b: no, c: yes, d: true, e: FALSE, f: 12, g: 0x10,\n"
              "    h: 1.5e3, i: \"true\", j: '12', k: 1_000, l: 0o17, m: -.5, n: 12:30, o: off}\n");
    static const struct {
        const char *key;
        enum rbk_type type;
    } expected[] = {{"a", RBK_STRING}, {"b", RBK_STRING}, {"c", RBK_STRING}, {"d", RBK_BOOL},   {"e", RBK_BOOL},
                    {"f", RBK_INT},    {"g", RBK_INT},    {"h", RBK_NUMBER}, {"i", RBK_STRING}, {"j", RBK_STRING},
                    {"k", RBK_STRING}, {"l", RBK_INT},    {"m", RBK_NUMBER}, {"n", RBK_STRING}, {"o", RBK_STRING}};
    const rbk_value *expect = rbk_config_get(c, "flags.expect");
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(rbk_value_type(rbk_map_get(expect, expected[i].key)), expected[i].type);
    }
    assert_int_equal(rbk_value_int(rbk_map_get(expect, "g")), 16);
    assert_int_equal(rbk_value_int(rbk_map_get(expect, "l")), 15);
    rbk_config_free(c);
}

static void anchors_may_be_used_within_bounds(void **state)
{
    struct rbk_config *c = parse("levels:\n  unit: &u {command: pytest, env: {A: b}}\n  own: *u\n");
    (void)state;
    assert_argv(&rbk_config_level(c, "own")->command, "pytest");
    assert_string_equal(rbk_map_get_string(rbk_config_level(c, "own")->env, "A"), "b");
    rbk_config_free(c);
}

/* ---- which file is found ---- */

static char *make_root(void)
{
    char name[] = "/tmp/rbk-config-XXXXXX";
    assert_non_null(mkdtemp(name));
    return rbk_strdup(name);
}

static void put(const char *root, const char *path, const char *text)
{
    char *full = rbk_path_join(root, path);
    char *folder = rbk_strndup(full, (size_t)(strrchr(full, '/') - full));
    assert_int_equal(rbk_mkdirs(folder, 0700, NULL), 0);
    assert_int_equal(rbk_file_write_atomic(full, text, strlen(text), 0600, NULL), 0);
    free(folder);
    free(full);
}

static void remove_root(char *root)
{
    char *command = rbk_asprintf("rm -rf '%s'", root);
    assert_int_equal(system(command), 0);
    free(command);
    free(root);
}

static void the_nearest_file_upwards_is_used(void **state)
{
    char *root = make_root(), *deep = rbk_path_join(root, "a/b/c"), *a = rbk_path_join(root, "a");
    struct rbk_config *c = NULL;
    (void)state;
    put(root, "runbook.yaml", "project: top\n");
    put(root, "a/.runbook.yaml", "project: inner\n");
    assert_int_equal(rbk_mkdirs(deep, 0700, NULL), 0);
    assert_int_equal(rbk_config_open(deep, NULL, &c, NULL), 0);
    assert_string_equal(c->project, "inner");
    assert_string_equal(c->root, a);
    rbk_config_free(c);
    put(root, "a/runbook.yaml", "project: visible\n"); /* comes before the hidden one */
    assert_int_equal(rbk_config_open(deep, NULL, &c, NULL), 0);
    assert_string_equal(c->project, "visible");
    rbk_config_free(c);
    free(a);
    free(deep);
    remove_root(root);
}

static void without_a_file_there_are_defaults(void **state)
{
    char *root = make_root();
    struct rbk_config *c = NULL;
    (void)state;
    assert_int_equal(rbk_config_open(root, NULL, &c, NULL), 0);
    assert_null(c->file);
    assert_string_equal(c->root, root);
    assert_handbook_defaults(c);
    rbk_config_free(c);
    remove_root(root);
}

static void a_named_project_must_have_a_file(void **state)
{
    char *root = make_root(), *inner = rbk_path_join(root, "inner");
    struct rbk_config *c = NULL;
    struct rbk_error err = {0};
    (void)state;
    put(root, "runbook.yaml", "project: top\n");
    assert_int_equal(rbk_mkdirs(inner, 0700, NULL), 0);
    assert_int_equal(rbk_config_open("/", inner, &c, &err), RBK_ENOENT);
    assert_non_null(strstr(err.message, "no runbook.yaml in"));
    assert_string_equal(err.hint, "write one there with: runbook init");
    assert_int_equal(rbk_config_open("/", root, &c, &err), 0);
    assert_string_equal(c->project, "top");
    rbk_config_free(c);
    free(inner);
    remove_root(root);
}

static void an_error_names_the_file_as_it_was_found(void **state)
{
    char *root = make_root();
    struct rbk_config *c = NULL;
    struct rbk_error err = {0};
    (void)state;
    put(root, "runbook.yaml", "projet: x\n");
    char *path = rbk_path_join(root, "runbook.yaml"), *before = getcwd(NULL, 0);
    assert_int_equal(rbk_config_open(root, NULL, &c, &err), RBK_EINVAL);
    assert_string_equal(err.file, path);
    assert_int_equal(chdir(root), 0);
    assert_int_equal(rbk_config_open(".", NULL, &c, &err), RBK_EINVAL);
    assert_string_equal(err.file, "runbook.yaml"); /* seen from its own folder */
    assert_int_equal(chdir(before), 0);
    free(before);
    free(path);
    remove_root(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_has_the_handbooks_numbers),
        cmocka_unit_test(the_project_is_named_after_its_folder),
        cmocka_unit_test(handbook_levels_have_their_times),
        cmocka_unit_test(a_given_time_beats_the_default_of_its_partner),
        cmocka_unit_test(one_changed_row_keeps_the_others),
        cmocka_unit_test(a_command_line_is_split_and_never_expanded),
        cmocka_unit_test(runner_and_command_complete_each_other),
        cmocka_unit_test(every_field_of_a_level_arrives),
        cmocka_unit_test(every_other_field_arrives),
        cmocka_unit_test(numbers_remember_how_they_were_written),
        cmocka_unit_test(scalars_follow_the_core_schema),
        cmocka_unit_test(anchors_may_be_used_within_bounds),
        cmocka_unit_test(the_nearest_file_upwards_is_used),
        cmocka_unit_test(without_a_file_there_are_defaults),
        cmocka_unit_test(a_named_project_must_have_a_file),
        cmocka_unit_test(an_error_names_the_file_as_it_was_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
