/* A run from its first step to its end: order, what a failure means for the rest, and what is recorded. */
#include "run_fixture.h"

#include <limits.h>

static void steps_run_in_the_order_of_writing(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "a", "echo a >> ledger");
    add_shell(f, "b", "echo b >> ledger");
    add_shell(f, "c", "echo c >> ledger");
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "a b c");
    assert_string_equal(states(f), "a:succeeded b:succeeded c:succeeded");
    assert_int_equal(rbk_run_get_state(f->run), RBK_RUN_SUCCEEDED);
}

static void a_runbook_without_steps_succeeds(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(run_plan(f), 0);
}

static void a_failure_stops_the_run_but_not_the_always_steps(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "bad", "echo bad >> ledger; exit 3");
    add_shell(f, "next", "echo next >> ledger");
    add_shell(f, "cleanup", "echo cleanup >> ledger")->always = true;
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "bad cleanup");
    assert_string_equal(states(f), "bad:failed cleanup:succeeded");
    assert_string_equal(rbk_run_reason(f->run), "step \"bad\": exit status 3");
}

static void on_fail_continue_goes_on_but_never_turns_green(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "bad", "exit 1")->on_fail = RBK_ON_FAIL_CONTINUE;
    add_shell(f, "next", "echo next >> ledger");
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "next");
    assert_int_equal(rbk_run_get_state(f->run), RBK_RUN_FAILED);
}

static void on_fail_undo_takes_back_what_is_done_last_first(void **state)
{
    struct fixture *f = *state;
    set_body(&add_shell(f, "a", "echo a >> ledger")->undo, "echo undo-a >> ledger");
    add_shell(f, "b", "echo b >> ledger");
    set_body(&add_shell(f, "c", "echo c >> ledger")->undo, "echo undo-c >> ledger");
    add_shell(f, "bad", "exit 1")->on_fail = RBK_ON_FAIL_UNDO;
    add_shell(f, "cleanup", "echo cleanup >> ledger")->always = true;
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "a b c undo-c undo-a cleanup");
    assert_string_equal(states(f), "a:undone b:succeeded c:undone bad:failed cleanup:succeeded");
}

static void a_command_sees_who_it_is_and_what_it_was_given(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n =
        add_shell(f, "look", "echo \"$RUNBOOK_STEP $level $GREETING $(pwd)\" >> ledger; test -n \"$RUNBOOK_RUN\"");
    n->env = rbk_map_new();
    rbk_map_set_string(n->env, "GREETING", "hello-$level");
    rbk_value *params = rbk_map_new();
    rbk_map_set_string(params, "level", "smoke");
    f->options.params = params;
    assert_int_equal(run_plan(f), 0);
    char expected[PATH_MAX + 32], real[PATH_MAX];
    assert_non_null(realpath(f->dir, real));
    snprintf(expected, sizeof expected, "look smoke hello-smoke %s", real);
    assert_string_equal(ledger(f), expected);
    rbk_value_free(params);
}

static void an_argument_is_replaced_inside_itself_and_never_split(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n = rbk_node_new("argv", 1);
    static const char *const words[] = {"/bin/sh", "-c", "echo \"$#:$1\" >> ledger", "sh", "<$what>"};
    n->run.kind = RBK_BODY_ARGV;
    for (size_t i = 0; i < 5; i++)
        rbk_strv_add(&n->run.argv, words[i]);
    rbk_plan_add(f->plan, n);
    rbk_value *params = rbk_map_new();
    rbk_map_set_string(params, "what", "two words");
    rbk_map_set_string(params, "1", "x");
    f->options.params = params;
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "1:<two words>");
    rbk_value_free(params);
}

static void captured_facts_decide_checks_and_when(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n = add_shell(f, "measure", "echo rate=3.2%");
    add_capture(n, "rate", "rate=");
    add_check(n, "rate < 5%");
    add_shell(f, "low", "echo low >> ledger")->when = expr("rate < 5%");
    add_shell(f, "high", "echo high >> ledger")->when = expr("rate > 20%");
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "low");
    assert_string_equal(states(f), "measure:succeeded low:succeeded high:skipped");
    assert_true(rbk_value_number(rbk_map_get(rbk_run_facts(f->run), "rate")) == 0.032);
}

static void a_check_that_is_not_met_fails_its_step(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n = add_shell(f, "measure", "echo rate=30%");
    add_capture(n, "rate", "rate=");
    add_check(n, "rate < 5%");
    assert_int_equal(run_plan(f), 1);
    rbk_value *report = NULL;
    const rbk_value *step = reported(f, &report, "measure");
    const rbk_value *check = rbk_list_at(rbk_map_get(step, "checks"), 0);
    assert_string_equal(rbk_map_get_string(check, "result"), "not-met");
    assert_string_equal(rbk_map_get_string(step, "error"), "check not met: rate 30% is not < 5%");
    rbk_value_free(report);
}

static int count_rows(void *arg, const char *step, const struct rbk_command_row *c)
{
    (void)step;
    assert_string_equal(c->end, "exit");
    ++*(int *)arg;
    return 0;
}

static void every_command_is_recorded(void **state)
{
    struct fixture *f = *state;
    int commands = 0;
    add_shell(f, "a", "true");
    add_shell(f, "b", "true");
    assert_int_equal(run_plan(f), 0);
    assert_int_equal(rbk_journal_commands(f->store, f->run_id, count_rows, &commands, NULL), 0);
    assert_int_equal(commands, 2);
}

static void add_program(struct fixture *f, const char *program)
{
    struct rbk_node *n = rbk_node_new("gone", 1);
    n->run.kind = RBK_BODY_ARGV;
    rbk_strv_add(&n->run.argv, program);
    rbk_plan_add(f->plan, n);
}

static void a_missing_program_is_refused_before_anything_runs(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    add_shell(f, "first", "echo first >> ledger");
    add_program(f, "no-such-program-here");
    assert_int_equal(rbk_run_start(f->plan, &f->options, &f->run, &err), RBK_EINVAL);
    assert_non_null(strstr(err.message, "no-such-program-here"));
    assert_string_equal(ledger(f), "");
}

static void a_program_that_turns_out_to_be_missing_fails_its_step(void **state)
{
    struct fixture *f = *state;
    rbk_value *params = rbk_map_new();
    rbk_map_set_string(params, "tool", "no-such-program-here");
    f->options.params = params;
    add_program(f, "$tool");
    assert_int_equal(run_plan(f), 1);
    assert_non_null(strstr(rbk_run_reason(f->run), "no-such-program-here"));
    rbk_value_free(params);
}

static void from_and_only_leave_the_others_out(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "a", "echo a >> ledger");
    add_shell(f, "b", "echo b >> ledger");
    add_shell(f, "c", "echo c >> ledger");
    f->options.from = "b";
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(states(f), "a:skipped b:succeeded c:succeeded");
    f->options.from = NULL;
    f->options.only = "3";
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(states(f), "a:skipped b:skipped c:succeeded");
    assert_string_equal(ledger(f), "b c c");
}

static void a_step_that_does_not_exist_is_refused_before_anything_runs(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    add_shell(f, "a", "echo a >> ledger");
    f->options.only = "nope";
    assert_int_equal(rbk_run_start(f->plan, &f->options, &f->run, &err), RBK_EINVAL);
    assert_string_equal(err.message, "test/plan has no step \"nope\"");
    assert_string_equal(ledger(f), "");
}

static void a_second_instance_is_busy(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_run *other = NULL;
    add_shell(f, "a", "true");
    start(f);
    assert_int_equal(rbk_run_start(f->plan, &f->options, &other, &err), RBK_EBUSY);
    run_loop(f);
    f->plan->overlap_allow = true;
    start(f);
    assert_int_equal(rbk_run_start(f->plan, &f->options, &other, &err), 0);
    rbk_run_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(steps_run_in_the_order_of_writing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_runbook_without_steps_succeeds, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_stops_the_run_but_not_the_always_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(on_fail_continue_goes_on_but_never_turns_green, setup, teardown),
        cmocka_unit_test_setup_teardown(on_fail_undo_takes_back_what_is_done_last_first, setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_sees_who_it_is_and_what_it_was_given, setup, teardown),
        cmocka_unit_test_setup_teardown(an_argument_is_replaced_inside_itself_and_never_split, setup, teardown),
        cmocka_unit_test_setup_teardown(captured_facts_decide_checks_and_when, setup, teardown),
        cmocka_unit_test_setup_teardown(a_check_that_is_not_met_fails_its_step, setup, teardown),
        cmocka_unit_test_setup_teardown(every_command_is_recorded, setup, teardown),
        cmocka_unit_test_setup_teardown(a_missing_program_is_refused_before_anything_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_program_that_turns_out_to_be_missing_fails_its_step, setup, teardown),
        cmocka_unit_test_setup_teardown(from_and_only_leave_the_others_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_step_that_does_not_exist_is_refused_before_anything_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_instance_is_busy, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
