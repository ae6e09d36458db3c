/* `call`: another runbook as a step, with a record of its own. */
#include "run_fixture.h"

#include <run/request.h>
#include <store/lock.h>

/* A runbook that can be called: it takes `level` and sets `rate`. */
static struct rbk_plan *called_plan(struct fixture *f, int slot)
{
    struct rbk_plan *plan = rbk_plan_new("troubleshoot/env", NULL);
    struct rbk_node *n = shell_node("measure", "echo \"child $level\" >> ledger; echo rate=3%");
    plan->params = rbk_alloc(sizeof *plan->params);
    plan->params[0].name = rbk_strdup("level");
    plan->params[0].required = true;
    plan->param_count = 1;
    add_capture(n, "rate", "rate=");
    rbk_plan_add(plan, n);
    f->called[slot] = plan;
    return plan;
}

static struct rbk_node *add_call(struct fixture *f)
{
    struct rbk_node *n = rbk_node_new("env", 1);
    n->call = rbk_strdup("troubleshoot/env");
    n->with = rbk_map_new();
    rbk_map_set_string(n->with, "level", "$level");
    rbk_plan_add(f->plan, n);
    f->plan->params = rbk_alloc(sizeof *f->plan->params);
    f->plan->params[0].name = rbk_strdup("level");
    f->plan->param_count = 1;
    return n;
}

static rbk_value *level(struct fixture *f)
{
    rbk_value *params = rbk_map_new();
    rbk_map_set_string(params, "level", "smoke");
    f->options.params = params;
    return params;
}

/* The check before the start and the call itself each load it. */
static void callable(struct fixture *f)
{
    called_plan(f, 0);
    called_plan(f, 1);
}

static void facts_of_a_called_run_arrive_with_the_steps_name(void **state)
{
    struct fixture *f = *state;
    rbk_value *params = level(f), *report = NULL;
    struct rbk_run_row child = {0};
    callable(f);
    add_call(f);
    add_shell(f, "after", "echo after >> ledger")->when = expr("env.rate < 5%");
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "child smoke after");
    const char *id = rbk_map_get_string(reported(f, &report, "env"), "child_run");
    assert_non_null(id);
    assert_int_equal(rbk_journal_run_get(f->store, id, &child, NULL), 0);
    assert_int_equal(child.state, RBK_RUN_SUCCEEDED);
    assert_string_equal(child.parent, f->run_id);
    assert_string_equal(child.parent_step, "env");
    rbk_run_row_fini(&child);
    rbk_value_free(report);
    rbk_value_free(params);
}

static void a_called_run_that_fails_fails_the_step(void **state)
{
    struct fixture *f = *state;
    rbk_value *params = level(f);
    callable(f);
    add_check(f->called[0]->nodes[0], "rate < 1%");
    add_check(f->called[1]->nodes[0], "rate < 1%");
    add_call(f);
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(states(f), "env:failed");
    rbk_value_free(params);
}

static void its_questions_go_through_the_root_run(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    rbk_value *params = level(f), *report = NULL;
    callable(f);
    f->called[0]->nodes[0]->confirm = rbk_strdup("Measure?");
    f->called[1]->nodes[0]->confirm = rbk_strdup("Measure?");
    add_call(f);
    add_shell(f, "after", "echo after >> ledger");
    assert_int_equal(run_plan(f), 3);
    assert_string_equal(ledger(f), "");
    reported(f, &report, "env");
    const rbk_value *waiting = rbk_list_at(rbk_map_get(report, "waiting_for"), 0);
    assert_string_equal(rbk_map_get_string(waiting, "step"), "env/measure");
    rbk_value_free(report);
    struct rbk_decision_given yes = {.approve = true, .by = "anna"};
    assert_int_equal(rbk_gate_decide(f->store, f->run_id, &yes, &err), 0);
    drop_run(f);
    callable(f);
    f->called[0]->nodes[0]->confirm = rbk_strdup("Measure?");
    f->called[1]->nodes[0]->confirm = rbk_strdup("Measure?");
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "child smoke after");
    rbk_value_free(params);
}

/* The root run waits for a person inside the run that it called; *params are the caller's. */
static rbk_value *wait_inside_the_called_run(struct fixture *f)
{
    rbk_value *params = level(f);
    callable(f);
    f->called[0]->nodes[0]->confirm = rbk_strdup("Measure?");
    f->called[1]->nodes[0]->confirm = rbk_strdup("Measure?");
    add_call(f);
    assert_int_equal(run_plan(f), 3);
    return params;
}

static enum rbk_run_state state_of_called(struct fixture *f)
{
    rbk_value *report = NULL;
    struct rbk_run_row row = {0};
    const char *id = rbk_map_get_string(reported(f, &report, "env"), "child_run");
    assert_int_equal(rbk_journal_run_get(f->store, id, &row, NULL), 0);
    enum rbk_run_state state = row.state;
    rbk_run_row_fini(&row);
    rbk_value_free(report);
    return state;
}

static int cancel(struct fixture *f, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    assert_int_equal(rbk_journal_run_get(f->store, f->run_id, &row, NULL), 0);
    int rc = rbk_run_request_cancel(f->store, &row, "anna", NULL, err);
    rbk_run_row_fini(&row);
    return rc;
}

static enum rbk_run_state state_of_root(struct fixture *f)
{
    struct rbk_run_row row = {0};
    assert_int_equal(rbk_journal_run_get(f->store, f->run_id, &row, NULL), 0);
    enum rbk_run_state state = row.state;
    rbk_run_row_fini(&row);
    return state;
}

static void a_called_run_is_cancelled_with_its_root(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    rbk_value *params = wait_inside_the_called_run(f);
    assert_int_equal(state_of_called(f), RBK_RUN_WAITING);
    assert_int_equal(cancel(f, &err), 0);
    assert_int_equal(state_of_root(f), RBK_RUN_CANCELLED);
    assert_int_equal(state_of_called(f), RBK_RUN_CANCELLED);
    assert_int_equal(cancel(f, &err), RBK_EINVAL);
    rbk_value_free(params);
}

static void a_called_run_expires_with_its_root(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    f->config.waiting_expires_ms = 1;
    rbk_value *params = wait_inside_the_called_run(f);
    for (int64_t then = rbk_clock_wall_ms(); rbk_clock_wall_ms() < then + 3;)
        continue;
    assert_int_equal(rbk_run_expire(f->store, &err), 0);
    assert_int_equal(state_of_root(f), RBK_RUN_CANCELLED);
    assert_int_equal(state_of_called(f), RBK_RUN_CANCELLED);
    rbk_value_free(params);
}

static void a_run_that_is_being_resumed_is_only_asked_to_end(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_lock *resuming = NULL;
    rbk_value *params = wait_inside_the_called_run(f);
    drop_run(f);
    assert_int_equal(rbk_lock_try(f->store, RBK_LOCK_RUN, f->run_id, "resume", &resuming, &err), 0);
    assert_int_equal(cancel(f, &err), 0);
    assert_int_equal(state_of_root(f), RBK_RUN_WAITING);
    assert_true(rbk_journal_cancel_requested(f->store, f->run_id));
    rbk_lock_release(resuming);
    rbk_value_free(params);
}

static void a_busy_call_that_comes_first_is_worth_another_try(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_lock *other = NULL;
    rbk_value *params = level(f);
    callable(f);
    add_call(f);
    assert_int_equal(rbk_lock_try(f->store, RBK_LOCK_INSTANCE, "troubleshoot/env", "another run", &other, &err), 0);
    assert_int_equal(run_plan(f), 75);
    assert_string_equal(states(f), "env:failed");
    rbk_lock_release(other);
    rbk_value_free(params);
}

static void a_busy_call_after_something_was_done_is_a_failure(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_lock *other = NULL;
    rbk_value *params = level(f);
    callable(f);
    add_shell(f, "first", "echo first >> ledger");
    add_call(f);
    assert_int_equal(rbk_lock_try(f->store, RBK_LOCK_INSTANCE, "troubleshoot/env", "another run", &other, &err), 0);
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "first");
    rbk_lock_release(other);
    rbk_value_free(params);
}

static void what_is_called_must_exist_before_anything_runs(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    rbk_value *params = level(f);
    add_shell(f, "first", "echo first >> ledger");
    add_call(f);
    assert_int_equal(rbk_run_start(f->plan, &f->options, &f->run, &err), RBK_EINVAL);
    assert_non_null(strstr(err.message, "troubleshoot/env"));
    assert_string_equal(ledger(f), "");
    rbk_value_free(params);
}

static void a_circle_of_calls_is_refused_before_anything_runs(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    rbk_value *params = level(f);
    struct rbk_node *back = rbk_node_new("back", 1);
    back->call = rbk_strdup("test/plan");
    rbk_plan_add(called_plan(f, 0), back);
    add_shell(f, "first", "echo first >> ledger");
    add_call(f);
    assert_int_equal(rbk_run_start(f->plan, &f->options, &f->run, &err), RBK_EINVAL);
    assert_non_null(strstr(err.message, "circle"));
    assert_string_equal(ledger(f), "");
    rbk_value_free(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(facts_of_a_called_run_arrive_with_the_steps_name, setup, teardown),
        cmocka_unit_test_setup_teardown(a_called_run_that_fails_fails_the_step, setup, teardown),
        cmocka_unit_test_setup_teardown(its_questions_go_through_the_root_run, setup, teardown),
        cmocka_unit_test_setup_teardown(a_called_run_is_cancelled_with_its_root, setup, teardown),
        cmocka_unit_test_setup_teardown(a_called_run_expires_with_its_root, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_that_is_being_resumed_is_only_asked_to_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_busy_call_that_comes_first_is_worth_another_try, setup, teardown),
        cmocka_unit_test_setup_teardown(a_busy_call_after_something_was_done_is_a_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_called_must_exist_before_anything_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_circle_of_calls_is_refused_before_anything_runs, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
