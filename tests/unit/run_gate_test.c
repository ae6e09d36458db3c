/* Gates: a person there, nobody there, and decisions that come later. */
#include "run_fixture.h"

static int decide(struct fixture *f, bool approve, const char *step, const rbk_value *answers, struct rbk_error *err)
{
    struct rbk_decision_given d = {
        .approve = approve, .step = step, .by = "anna", .why = "looked at it", .answers = answers};
    return rbk_gate_decide(f->store, f->run_id, &d, err);
}

static void plan_with_confirm(struct fixture *f)
{
    set_body(&add_shell(f, "before", "echo before >> ledger")->undo, "echo undo >> ledger");
    add_shell(f, "deploy", "echo deploy >> ledger")->confirm = rbk_strdup("Deploy to production?");
    add_shell(f, "cleanup", "echo cleanup >> ledger")->always = true;
}

static void with_nobody_there_the_run_waits(void **state)
{
    struct fixture *f = *state;
    rbk_value *report = NULL;
    plan_with_confirm(f);
    assert_int_equal(run_plan(f), 3);
    assert_int_equal(rbk_run_get_state(f->run), RBK_RUN_WAITING);
    assert_string_equal(ledger(f), "before");
    assert_non_null(reported(f, &report, "deploy"));
    const rbk_value *waiting = rbk_list_at(rbk_map_get(report, "waiting_for"), 0);
    assert_string_equal(rbk_map_get_string(waiting, "step"), "deploy");
    assert_string_equal(rbk_map_get_string(waiting, "kind"), "confirm");
    assert_string_equal(rbk_map_get_string(waiting, "question"), "Deploy to production?");
    assert_string_equal(rbk_map_get_string(report, "state"), "waiting");
    rbk_value_free(report);
}

static void nothing_goes_on_before_somebody_decides(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    plan_with_confirm(f);
    assert_int_equal(run_plan(f), 3);
    assert_int_equal(resume(f, NULL, &err), RBK_EWAITING);
    assert_string_equal(ledger(f), "before");
}

static void an_approved_run_goes_on_where_it_waited(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    rbk_value *report = NULL;
    plan_with_confirm(f);
    assert_int_equal(run_plan(f), 3);
    assert_int_equal(decide(f, true, NULL, NULL, &err), 0);
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "before deploy cleanup");
    const rbk_value *approved = rbk_map_get(reported(f, &report, "deploy"), "approved");
    assert_string_equal(rbk_map_get_string(approved, "by"), "anna");
    assert_string_equal(rbk_map_get_string(approved, "why"), "looked at it");
    assert_non_null(rbk_map_get_string(approved, "at"));
    rbk_value_free(report);
}

/* The runbook was edited between the approval and the resume. */
static void an_approval_is_for_the_question_as_it_was_asked(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    rbk_value *report = NULL;
    plan_with_confirm(f);
    assert_int_equal(run_plan(f), 3);
    assert_int_equal(decide(f, true, NULL, NULL, &err), 0);
    drop_run(f);
    free(f->plan->nodes[1]->confirm);
    f->plan->nodes[1]->confirm = rbk_strdup("Drop the production database?");
    assert_int_equal(resume(f, NULL, &err), 3);
    assert_string_equal(ledger(f), "before");
    reported(f, &report, "deploy");
    const rbk_value *waiting = rbk_list_at(rbk_map_get(report, "waiting_for"), 0);
    assert_string_equal(rbk_map_get_string(waiting, "question"), "Drop the production database?");
    rbk_value_free(report);
    assert_int_equal(decide(f, true, NULL, NULL, &err), 0);
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "before deploy cleanup");
}

static void a_rejected_run_undoes_clears_up_and_fails(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    plan_with_confirm(f);
    assert_int_equal(run_plan(f), 3);
    assert_int_equal(decide(f, false, "deploy", NULL, &err), 0);
    assert_int_equal(resume(f, NULL, &err), 1);
    assert_string_equal(ledger(f), "before undo cleanup");
    assert_string_equal(rbk_run_reason(f->run), "step \"deploy\": rejected by anna: looked at it");
}

static void a_question_is_answered_once(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    plan_with_confirm(f);
    assert_int_equal(run_plan(f), 3);
    assert_int_equal(decide(f, true, "nothing", NULL, &err), RBK_ENOENT);
    assert_int_equal(decide(f, true, NULL, NULL, &err), 0);
    assert_int_equal(decide(f, false, NULL, NULL, &err), RBK_EINVAL);
}

static void yes_confirms(void **state)
{
    struct fixture *f = *state;
    plan_with_confirm(f);
    f->options.yes = true;
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "before deploy cleanup");
}

static void yes_does_not_do_manual_work(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "by hand", NULL)->manual = rbk_strdup("Turn the key.");
    f->options.yes = true;
    assert_int_equal(run_plan(f), 3);
}

static void a_person_there_is_asked(void **state)
{
    struct fixture *f = *state;
    plan_with_confirm(f);
    answer_with(f, 1, (int[]){1});
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "before deploy cleanup");
}

static void a_person_who_says_no_ends_the_run(void **state)
{
    struct fixture *f = *state;
    plan_with_confirm(f);
    answer_with(f, 1, (int[]){0});
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "before undo cleanup");
}

static void a_person_who_leaves_leaves_it_waiting(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    plan_with_confirm(f);
    answer_with(f, 2, (int[]){-1, 1});
    assert_int_equal(run_plan(f), 3);
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "before deploy cleanup");
}

static struct rbk_param *window_param(void)
{
    struct rbk_param *ask = rbk_alloc(sizeof *ask);
    ask->name = rbk_strdup("window");
    ask->type = RBK_PARAM_DURATION;
    return ask;
}

static void typed_answers_become_facts(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_node *n = add_shell(f, "ask them", "echo \"$window $window_seconds\" >> ledger");
    n->ask = window_param();
    n->ask_count = 1;
    assert_int_equal(run_plan(f), 3);
    rbk_value *answers = rbk_map_new();
    rbk_map_set_string(answers, "window", "soon");
    assert_int_equal(decide(f, true, NULL, answers, &err), RBK_EINVAL);
    rbk_map_set_string(answers, "window", "2h");
    rbk_map_set_string(answers, "other", "1");
    assert_int_equal(decide(f, true, NULL, answers, &err), RBK_EINVAL);
    assert_string_equal(err.message, "nobody asked for \"other\"");
    rbk_map_set(answers, "other", NULL);
    assert_int_equal(decide(f, true, NULL, answers, &err), 0);
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "2h 7200");
    rbk_value_free(answers);
}

static void an_unknown_fact_is_asked_for_and_never_taken_as_false(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    add_shell(f, "fix", "echo fix >> ledger")->when = expr("rate > 5%");
    assert_int_equal(run_plan(f), 3);
    rbk_value *answers = rbk_map_new();
    assert_int_equal(decide(f, true, NULL, answers, &err), RBK_EINVAL);
    assert_string_equal(err.message, "an answer for \"rate\" is missing");
    rbk_map_set_string(answers, "rate", "7s");
    assert_int_equal(decide(f, true, NULL, answers, &err), RBK_EINVAL);
    assert_non_null(strstr(err.message, "the answer for \"rate\" does not fit: "));
    assert_string_equal(err.hint, "it is needed for: rate > 5%");
    rbk_map_set_string(answers, "rate", "7%");
    assert_int_equal(decide(f, true, NULL, answers, &err), 0);
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "fix");
    rbk_value_free(answers);
}

static void a_body_is_not_repeated_when_its_check_had_to_ask(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    add_check(add_shell(f, "act", "echo act >> ledger"), "rate < 5%");
    assert_int_equal(run_plan(f), 3);
    assert_string_equal(ledger(f), "act");
    rbk_value *answers = rbk_map_new();
    rbk_map_set_string(answers, "rate", "1%");
    assert_int_equal(decide(f, true, NULL, answers, &err), 0);
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "act");
    assert_string_equal(states(f), "act:succeeded");
    rbk_value_free(answers);
}

static void measure_nothing(struct rbk_perform *p, const rbk_value *options)
{
    (void)options;
    assert_int_equal(rbk_perform_set(p, "rate", rbk_no_data_new(), NULL), 0);
    rbk_perform_done(p, NULL);
}

static void no_data_neither_fails_nor_asks(void **state)
{
    struct fixture *f = *state;
    rbk_value *report = NULL;
    host_functions[0] = measure_nothing;
    add_check(add_function(f, "measure", 0), "rate < 5%");
    add_shell(f, "fix", "echo fix >> ledger")->when = expr("rate > 5%");
    assert_int_equal(run_plan(f), 0);
    const rbk_value *check = rbk_list_at(rbk_map_get(reported(f, &report, "measure"), "checks"), 0);
    assert_string_equal(rbk_map_get_string(check, "result"), "unknown");
    assert_string_equal(states(f), "measure:succeeded fix:skipped");
    rbk_value_free(report);
}

static void a_waiting_run_expires(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_run_row row = {0};
    f->config.waiting_expires_ms = 1;
    plan_with_confirm(f);
    assert_int_equal(run_plan(f), 3);
    for (int64_t then = rbk_clock_wall_ms(); rbk_clock_wall_ms() < then + 3;)
        continue;
    assert_int_equal(rbk_run_expire(f->store, &err), 0);
    assert_int_equal(rbk_journal_run_get(f->store, f->run_id, &row, &err), 0);
    assert_int_equal(row.state, RBK_RUN_CANCELLED);
    assert_int_equal(row.exit, 130);
    rbk_run_row_fini(&row);
    assert_int_equal(resume(f, NULL, &err), RBK_EINVAL);
}

static void step_by_step_asks_before_each(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "a", "echo a >> ledger");
    add_shell(f, "b", "echo b >> ledger");
    f->options.step_by_step = true;
    answer_with(f, 2, (int[]){0, 1});
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(states(f), "a:skipped b:succeeded");
}

static void others_go_on_while_one_waits(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_node *group = rbk_node_new("group", 1), *gated = shell_node("gated", "echo gated >> ledger");
    group->is_parallel = true;
    gated->confirm = rbk_strdup("Sure?");
    rbk_node_add(group, gated);
    rbk_node_add(group, shell_node("free", "echo free >> ledger"));
    rbk_plan_add(f->plan, group);
    assert_int_equal(run_plan(f), 3);
    assert_string_equal(ledger(f), "free");
    assert_int_equal(decide(f, true, "gated", NULL, &err), 0);
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "free gated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_nobody_there_the_run_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_goes_on_before_somebody_decides, setup, teardown),
        cmocka_unit_test_setup_teardown(an_approved_run_goes_on_where_it_waited, setup, teardown),
        cmocka_unit_test_setup_teardown(an_approval_is_for_the_question_as_it_was_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rejected_run_undoes_clears_up_and_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(a_question_is_answered_once, setup, teardown),
        cmocka_unit_test_setup_teardown(yes_confirms, setup, teardown),
        cmocka_unit_test_setup_teardown(yes_does_not_do_manual_work, setup, teardown),
        cmocka_unit_test_setup_teardown(a_person_there_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_person_who_says_no_ends_the_run, setup, teardown),
        cmocka_unit_test_setup_teardown(a_person_who_leaves_leaves_it_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(typed_answers_become_facts, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_fact_is_asked_for_and_never_taken_as_false, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_is_not_repeated_when_its_check_had_to_ask, setup, teardown),
        cmocka_unit_test_setup_teardown(no_data_neither_fails_nor_asks, setup, teardown),
        cmocka_unit_test_setup_teardown(a_waiting_run_expires, setup, teardown),
        cmocka_unit_test_setup_teardown(step_by_step_asks_before_each, setup, teardown),
        cmocka_unit_test_setup_teardown(others_go_on_while_one_waits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
