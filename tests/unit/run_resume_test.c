/* Crash and resume: the engine is killed with SIGKILL in the middle of a step, and another process goes on. The ledger
 * tells what was really done. */
#include "crash_fixture.h"

static void a_killed_run_reads_as_interrupted_and_its_step_in_doubt(void **state)
{
    struct fixture *f = *state;
    rbk_value *report = NULL;
    plan_that_hangs(f);
    crash_at(f, "b");
    const rbk_value *step = reported(f, &report, "b");
    assert_string_equal(rbk_map_get_string(report, "state"), "interrupted");
    assert_string_equal(rbk_map_get_string(step, "state"), "in-doubt");
    rbk_value_free(report);
    assert_string_equal(rbk_map_get_string(reported(f, &report, "c"), "state"), "pending");
    rbk_value_free(report);
}

static void without_a_person_nothing_is_executed(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    plan_that_hangs(f);
    crash_at(f, "b");
    assert_int_equal(resume(f, NULL, &err), RBK_EDOUBT);
    assert_string_equal(ledger(f), "a b");
}

static void assume_not_done_repeats_the_step_and_only_it(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_resume_options how = {.assume = RBK_ASSUME_NOT_DONE};
    plan_that_hangs(f);
    crash_at(f, "b");
    assert_int_equal(resume(f, &how, &err), 0);
    assert_string_equal(ledger(f), "a b b c");
    assert_string_equal(states(f), "a:succeeded b:succeeded c:succeeded");
}

static void assume_done_goes_on_after_the_step(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_resume_options how = {.assume = RBK_ASSUME_DONE};
    plan_that_hangs(f);
    crash_at(f, "b");
    assert_int_equal(resume(f, &how, &err), 0);
    assert_string_equal(ledger(f), "a b c");
}

static void an_idempotent_step_is_repeated_without_a_question(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    plan_that_hangs(f)->idempotent = true;
    crash_at(f, "b");
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "a b b c");
}

static void verify_says_that_it_happened(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    set_body(&plan_that_hangs(f)->verify, "grep -q b ledger");
    crash_at(f, "b");
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "a b c");
}

static void verify_says_that_it_did_not(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    set_body(&plan_that_hangs(f)->verify, "exit 1");
    crash_at(f, "b");
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "a b b c");
}

static void verify_that_cannot_tell_leaves_the_doubt(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    set_body(&plan_that_hangs(f)->verify, "no-such-program-here");
    crash_at(f, "b");
    assert_int_equal(resume(f, NULL, &err), 4);
    assert_string_equal(ledger(f), "a b");
    assert_string_equal(states(f), "a:succeeded b:in-doubt");
}

/* A verify that lacks the secret of its step would say no, and the step would be done twice. */
static void verify_sees_the_secrets_of_its_step(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    rbk_value *source = rbk_map_new();
    rbk_map_set_string(source, "env", "RUN_RESUME_TEST_TOKEN");
    f->config.secrets = rbk_map_new();
    rbk_map_set(f->config.secrets, "TOKEN", source);
    assert_int_equal(setenv("RUN_RESUME_TEST_TOKEN", "canary-value-123456", 1), 0);
    struct rbk_node *n = plan_that_hangs(f);
    rbk_strv_add(&n->secret, "TOKEN");
    set_body(&n->verify, "test \"$TOKEN\" = canary-value-123456 && grep -q b ledger");
    crash_at(f, "b");
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "a b c");
    rbk_value_free(f->config.secrets);
    f->config.secrets = NULL;
}

static void verify_that_is_killed_leaves_the_doubt(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    set_body(&plan_that_hangs(f)->verify, "kill -9 $$");
    crash_at(f, "b");
    assert_int_equal(resume(f, NULL, &err), 4);
    assert_string_equal(ledger(f), "a b");
}

static void verify_may_say_no_with_any_status(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    set_body(&plan_that_hangs(f)->verify, "exit 12");
    crash_at(f, "b");
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "a b b c");
}

static void a_person_there_decides(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    plan_that_hangs(f);
    crash_at(f, "b");
    answer_with(f, 1, (int[]){1});
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "a b c");
}

static void what_the_dead_run_left_is_ended_before_anything_else(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_resume_options how = {.assume = RBK_ASSUME_DONE};
    add_shell(f, "a",
              "setsid sh -c 'sleep 0.1; while :; do echo tick >> ticks; sleep 0.05; done' & echo a >> ledger; wait");
    add_shell(f, "b", "wc -l < ticks >> ledger; sleep 0.3; wc -l < ticks >> ledger");
    crash_at(f, "a");
    char ticks[128];
    snprintf(ticks, sizeof ticks, "%s/ticks", f->dir);
    while (!rbk_path_exists(ticks))
        poll(NULL, 0, 10);
    assert_int_equal(resume(f, &how, &err), 0);
    int before = 0, after = -1;
    assert_int_equal(sscanf(ledger(f), "a %d %d", &before, &after), 2);
    assert_int_equal(before, after);
}

static void items_that_are_done_are_not_repeated(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_resume_options how = {.assume = RBK_ASSUME_NOT_DONE};
    struct rbk_node *n = add_shell(
        f, "visit",
        "hang=; test $item != two -o -e again || hang=yes; test $item != two || touch again; echo $item >> ledger; "
        "test -z \"$hang\" || exec sleep 60");
    n->each_list = rbk_list_new();
    rbk_list_append(n->each_list, rbk_string_new("one"));
    rbk_list_append(n->each_list, rbk_string_new("two"));
    rbk_list_append(n->each_list, rbk_string_new("three"));
    crash_at(f, "two");
    assert_int_equal(resume(f, &how, &err), 0);
    assert_string_equal(ledger(f), "one two two three");
}

static void facts_are_there_again(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_resume_options how = {.assume = RBK_ASSUME_DONE};
    add_capture(add_shell(f, "measure", "echo rate=7%"), "rate", "rate=");
    add_shell(f, "hang", "echo hang >> ledger; exec sleep 60");
    add_shell(f, "high", "echo \"high $rate\" >> ledger")->when = expr("rate > 5%");
    crash_at(f, "hang");
    assert_int_equal(resume(f, &how, &err), 0);
    assert_string_equal(ledger(f), "hang high 7%");
}

static void what_holds_a_step_in_doubt_is_in_doubt(void **state)
{
    struct fixture *f = *state;
    rbk_value *report = NULL;
    struct rbk_error err = {0};
    struct rbk_resume_options how = {.assume = RBK_ASSUME_NOT_DONE};
    struct rbk_node *group = rbk_node_new("group", 1);
    group->is_parallel = true;
    rbk_node_add(group, shell_node("b", HANGS_ONCE("b")));
    rbk_plan_add(f->plan, group);
    crash_at(f, "b");
    assert_string_equal(rbk_map_get_string(reported(f, &report, "group"), "state"), "in-doubt");
    rbk_value_free(report);
    assert_string_equal(rbk_map_get_string(reported(f, &report, "group/b"), "state"), "in-doubt");
    rbk_value_free(report);
    assert_int_equal(resume(f, NULL, &err), RBK_EDOUBT);
    assert_int_equal(resume(f, &how, &err), 0);
    assert_string_equal(ledger(f), "b b");
}

static void a_resumed_run_does_not_forget_that_it_is_red(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_node *group = rbk_node_new("group", 1), *bad = shell_node("bad", "exit 1");
    group->is_parallel = true;
    bad->on_fail = RBK_ON_FAIL_CONTINUE;
    rbk_node_add(group, bad);
    rbk_plan_add(f->plan, group);
    add_shell(f, "look", NULL)->manual = rbk_strdup("Look.");
    assert_int_equal(run_plan(f), 3);
    struct rbk_decision_given yes = {.approve = true, .by = "anna"};
    assert_int_equal(rbk_gate_decide(f->store, f->run_id, &yes, &err), 0);
    assert_int_equal(resume(f, NULL, &err), 1);
}

static struct rbk_plan *child_that_hangs(void)
{
    struct rbk_plan *plan = rbk_plan_new("child/hangs", NULL);
    rbk_plan_add(plan, shell_node("x", "echo x >> ledger"));
    rbk_plan_add(plan, shell_node("y", HANGS_ONCE("y")));
    rbk_plan_add(plan, shell_node("z", "echo z >> ledger"));
    return plan;
}

static void a_called_run_is_resumed_through_its_caller(void **state)
{
    struct fixture *f = *state;
    rbk_value *report = NULL;
    struct rbk_error err = {0};
    struct rbk_resume_options how = {.assume = RBK_ASSUME_DONE};
    struct rbk_node *n = rbk_node_new("call it", 1);
    n->call = rbk_strdup("child/hangs");
    rbk_plan_add(f->plan, n);
    f->called[0] = child_that_hangs();
    f->called[1] = child_that_hangs();
    crash_at(f, "y");
    const rbk_value *before = reported(f, &report, "call_it");
    assert_string_equal(rbk_map_get_string(before, "state"), "in-doubt");
    char child[RBK_ULID_SIZE];
    snprintf(child, sizeof child, "%s", rbk_map_get_string(before, "child_run"));
    rbk_value_free(report);
    f->called[2] = child_that_hangs();
    assert_int_equal(resume(f, NULL, &err), RBK_EDOUBT);
    f->called[3] = child_that_hangs();
    f->called[0] = f->called[0] ? f->called[0] : child_that_hangs();
    f->called[1] = f->called[1] ? f->called[1] : child_that_hangs();
    assert_int_equal(resume(f, &how, &err), 0);
    assert_string_equal(ledger(f), "x y z");
    const rbk_value *step = reported(f, &report, "call_it");
    assert_string_equal(rbk_map_get_string(step, "child_run"), child);
    assert_string_equal(rbk_map_get_string(step, "state"), "succeeded");
    rbk_value_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_killed_run_reads_as_interrupted_and_its_step_in_doubt, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_person_nothing_is_executed, setup, teardown),
        cmocka_unit_test_setup_teardown(assume_not_done_repeats_the_step_and_only_it, setup, teardown),
        cmocka_unit_test_setup_teardown(assume_done_goes_on_after_the_step, setup, teardown),
        cmocka_unit_test_setup_teardown(an_idempotent_step_is_repeated_without_a_question, setup, teardown),
        cmocka_unit_test_setup_teardown(verify_says_that_it_happened, setup, teardown),
        cmocka_unit_test_setup_teardown(verify_says_that_it_did_not, setup, teardown),
        cmocka_unit_test_setup_teardown(verify_that_cannot_tell_leaves_the_doubt, setup, teardown),
        cmocka_unit_test_setup_teardown(verify_sees_the_secrets_of_its_step, setup, teardown),
        cmocka_unit_test_setup_teardown(verify_that_is_killed_leaves_the_doubt, setup, teardown),
        cmocka_unit_test_setup_teardown(verify_may_say_no_with_any_status, setup, teardown),
        cmocka_unit_test_setup_teardown(a_person_there_decides, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_dead_run_left_is_ended_before_anything_else, setup, teardown),
        cmocka_unit_test_setup_teardown(items_that_are_done_are_not_repeated, setup, teardown),
        cmocka_unit_test_setup_teardown(facts_are_there_again, setup, teardown),
        cmocka_unit_test_setup_teardown(what_holds_a_step_in_doubt_is_in_doubt, setup, teardown),
        cmocka_unit_test_setup_teardown(a_resumed_run_does_not_forget_that_it_is_red, setup, teardown),
        cmocka_unit_test_setup_teardown(a_called_run_is_resumed_through_its_caller, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
