/* What `check` finds beyond the first error: doubtful facts and conditions, missing programs, calls that do not fit. */
#include "plan_fixture.h"

/* ---- all problems ---------------------------------------------------------------------------------------------- */

static void facts_that_nothing_sets_are_warnings(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    capture_add(step_shell(p, "Measure", 3, "true"), "failing_count");
    check_add(step_shell(p, "Use", 4, "true"), "failing_cuont < 5");
    check_add(step_shell(p, "Use more", 5, "true"), "coverage > 70%");
    assert_problems(p, NULL,
                    "warning r.lua:4: no step sets `failing_cuont`\n  did you mean `failing_count`?\n"
                    "warning r.lua:5: no step sets `coverage`\n"
                    "  until something sets it, the run stops there and asks a person for it\n");
}

static void names_that_people_expect_are_explained(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "system", RBK_PARAM_STRING, 2);
    check_add(step_shell(p, "A", 3, "true"), "exit_code == 0");
    step_shell(p, "B", 4, "true")->when = expr("system == linux", 4);
    assert_problems(p, NULL,
                    "warning r.lua:3: no step sets `exit_code`\n"
                    "  a step fails by itself when its command does not exit 0\n"
                    "warning r.lua:4: no step sets `linux`\n  a text stands in quotes: 'linux'\n");
}

static void a_fact_read_before_it_is_set_is_a_warning(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_shell(p, "Use", 3, "true")->when = expr("lines == '3'", 3);
    capture_add(step_shell(p, "Measure", 4, "true"), "lines");
    check_add(p->nodes[1], "lines == '3'");
    assert_problems(p, NULL,
                    "warning r.lua:3: step \"Use\" reads `lines`, which only the later step \"Measure\" (line 4) sets\n"
                    "  a run cannot know it yet: change the order of the steps\n");
}

static void conditions_that_never_hold_are_warnings(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    capture_add(step_shell(p, "Measure", 2, "true"), "n");
    step_shell(p, "A", 3, "true")->when = expr("n > 5 and n < 3", 3);
    step_shell(p, "B", 4, "true")->when = expr("false or 1 > 2", 4);
    step_shell(p, "C", 5, "true")->when = expr("n == 'a' and (n == 'b' or true)", 5);
    step_shell(p, "D", 6, "true")->when = expr("n == 'a' and n == 'b'", 6);
    step_shell(p, "E", 7, "true")->when = expr("3 < n and n <= 5", 7);
    check_add(step_shell(p, "F", 8, "true"), "n >= 5 and 5 > n");
    assert_problems(p, NULL,
                    "warning r.lua:3: step \"A\": `when` can never be true: n > 5 and n < 3\n  the step is never run\n"
                    "warning r.lua:4: step \"B\": `when` can never be true: false or 1 > 2\n  the step is never run\n"
                    "warning r.lua:6: step \"D\": `when` can never be true: n == 'a' and n == 'b'\n"
                    "  the step is never run\n"
                    "warning r.lua:8: step \"F\": `check` can never be true: n >= 5 and 5 > n\n"
                    "  the step always fails\n");
}

static void parameters_are_worth_declaring(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "unused", RBK_PARAM_STRING, 2);
    param_add(p, "since", RBK_PARAM_DURATION, 3);
    struct rbk_param *level = param_add(p, "level", RBK_PARAM_CHOICE, 4);
    rbk_strv_add(&level->choices, "smoke");
    step_shell(p, "A", 5, "find -newermt @$since_seconds")->when = expr("level == 'smok'", 5);
    assert_problems(
        p, NULL,
        "warning r.lua:5: `level` is never \"smok\": that is none of its choices\n"
        "  did you mean \"smoke\"?\n"
        "warning r.lua:2: nothing reads the parameter `unused`\n  use it as $name in a step, or remove it\n");
}

static void a_slip_in_a_shell_string_is_a_warning(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "level", RBK_PARAM_STRING, 2);
    step_shell(p, "A", 3, "echo $leve $level; levels=1; echo $levels $http_proxy");
    assert_problems(p, NULL,
                    "warning r.lua:3: step \"A\": nothing sets `$leve` for the shell\n  did you mean `$level`?\n");
}

static void an_undo_that_nothing_provides_is_a_warning(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_shell(p, "A", 3, "true")->on_fail = RBK_ON_FAIL_UNDO;
    assert_problems(p, NULL,
                    "warning r.lua:3: step \"A\": on_fail = \"undo\", but no step has an `undo`\n"
                    "  give the steps that change something an `undo`\n");
}

/* ---- the machine and the configuration ------------------------------------------------------------------------- */

static void programs_secrets_and_priorities_are_looked_up(void **state)
{
    (void)state;
    struct rbk_config *config = NULL;
    static const char yaml[] = "secrets:\n  api_token:\n    env: API_TOKEN\n";
    assert_int_equal(rbk_config_parse("runbook.yaml", yaml, sizeof yaml - 1, &config, NULL), 0);
    const struct rbk_check_options o = {.config = config};
    struct rbk_plan *p = plan_new();
    p->priority = rbk_strdup("urgent");
    step_argv(p, "A", 3, "no-such-program", "x");
    step_shell(p, "B", 4, "# a comment\n  no-such-tool --flag | cat");
    step_shell(p, "C", 5, "for i in 1 2; do true; done");
    step_shell(p, "D", 6, "x=$(no-such-tool)");
    step_shell(p, "E", 7, "ls; no-such-tool");
    step_argv(p, "F", 8, "./no-such-file", NULL);
    rbk_strv_add(&step_shell(p, "G", 9, "true")->secret, "api_tokn");
    struct rbk_buf expected = {0};
    rbk_buf_puts(&expected, "error r.lua:1: the escalation matrix has no row \"urgent\"\n  the rows are:");
    for (size_t i = 0; i < config->escalation_count; i++)
        rbk_buf_printf(&expected, " %s", config->escalation[i].priority);
    rbk_buf_puts(&expected, "\nwarning r.lua:3: step \"A\": the program `no-such-program` is not installed\n"
                            "  install it, or mend the name\n"
                            "warning r.lua:4: step \"B\": the program `no-such-tool` is not installed\n"
                            "  install it, or mend the name\n"
                            "warning r.lua:8: step \"F\": there is no executable file `./no-such-file`\n"
                            "  paths start at the project's root, or at the step's `cwd`\n"
                            "error r.lua:9: step \"G\": the configuration has no secret \"api_tokn\"\n"
                            "  did you mean \"api_token\"?\n");
    assert_problems(p, &o, expected.data);
    rbk_buf_fini(&expected);
    rbk_config_free(config);
}

/* ---- calls ----------------------------------------------------------------------------------------------------- */

/* a/one -> a/two -> a/one; a/leaf takes a required level; a/wide calls a/leaf twice. */
static int load_example(void *arg, const char *id, struct rbk_plan **out, struct rbk_error *err)
{
    (void)arg;
    struct rbk_plan *p = rbk_plan_new(id, "other.lua");
    p->title = rbk_strdup("Other");
    if (strcmp(id, "a/one") == 0) {
        step_call(p, "Next", 2, "a/two");
    } else if (strcmp(id, "a/two") == 0) {
        step_call(p, "Back", 2, "a/one");
    } else if (strcmp(id, "a/wide") == 0) {
        step_call(p, "Leaf", 2, "a/leaf");
        step_call(p, "Leaf again", 3, "a/leaf");
    } else if (strcmp(id, "a/leaf") == 0) {
        param_add(p, "level", RBK_PARAM_STRING, 2)->required = true;
        param_add(p, "times", RBK_PARAM_INTEGER, 2);
    } else {
        rbk_plan_free(p);
        rbk_error_set(err, RBK_ENOENT, "there is no runbook %s", id);
        return rbk_error_hint(err, "did you mean a/leaf?");
    }
    *out = p;
    return 0;
}

static const struct rbk_check_options with_load = {.load = load_example};

static void called_runbooks_exist(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_call(p, "A", 3, "a/laef");
    assert_problems(p, &with_load,
                    "error r.lua:3: step \"A\" calls a/laef: there is no runbook a/laef\n  did you mean a/leaf?\n");
}

static void called_runbooks_take_what_is_given(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    param_add(p, "how", RBK_PARAM_STRING, 1);
    step_call(p, "A", 3, "a/leaf");
    struct rbk_node *open = step_call(p, "B", 4, "a/leaf"), *wrong = step_call(p, "C", 5, "a/leaf"),
                    *unknown = step_call(p, "D", 6, "a/leaf");
    open->with = rbk_map_new();
    rbk_map_set_string(open->with, "level", "$how");
    wrong->with = rbk_map_new();
    rbk_map_set_string(wrong->with, "level", "all");
    rbk_map_set_string(wrong->with, "times", "many");
    unknown->with = rbk_map_new();
    rbk_map_set_string(unknown->with, "levle", "all");
    assert_problems(p, &with_load,
                    "error r.lua:3: step \"A\" calls a/leaf: --level is required (string)\n"
                    "error r.lua:5: step \"C\" calls a/leaf: --times: \"many\" is not a whole number (try 3)\n"
                    "error r.lua:6: step \"D\" calls a/leaf: there is no parameter --levle\n"
                    "  did you mean --level?\n");
}

static void calls_that_go_round_are_found(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_call(p, "A", 3, "a/one");
    struct rbk_error err = {0};
    assert_int_equal(rbk_plan_check_calls(p, load_example, NULL, &err), RBK_EINVAL);
    assert_string_equal(err.message,
                        "step \"A\": the calls go round in a circle: incident/example -> a/one -> a/two -> a/one");
    rbk_plan_free(p);
}

static void the_same_runbook_may_be_called_twice(void **state)
{
    (void)state;
    struct rbk_plan *p = plan_new();
    step_call(p, "A", 3, "a/wide");
    step_call(p, "B", 4, "a/wide");
    assert_int_equal(rbk_plan_check_calls(p, load_example, NULL, NULL), 0);
    rbk_plan_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_that_nothing_sets_are_warnings),
        cmocka_unit_test(names_that_people_expect_are_explained),
        cmocka_unit_test(a_fact_read_before_it_is_set_is_a_warning),
        cmocka_unit_test(conditions_that_never_hold_are_warnings),
        cmocka_unit_test(parameters_are_worth_declaring),
        cmocka_unit_test(a_slip_in_a_shell_string_is_a_warning),
        cmocka_unit_test(an_undo_that_nothing_provides_is_a_warning),
        cmocka_unit_test(programs_secrets_and_priorities_are_looked_up),
        cmocka_unit_test(called_runbooks_exist),
        cmocka_unit_test(called_runbooks_take_what_is_given),
        cmocka_unit_test(calls_that_go_round_are_found),
        cmocka_unit_test(the_same_runbook_may_be_called_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
