/* Going on with a run after its plan was edited, and doing steps again: what is compared, what is repeated, what goes
 * on counting. */
#include "crash_fixture.h"

#include <run/request.h>
#include <store/lock.h>

/* ---- the plan of today ---------------------------------------------------------------------------------------------
 */

static void replan(struct fixture *f)
{
    rbk_plan_free(f->plan);
    f->plan = rbk_plan_new("test/plan", NULL);
}

static void failed_run(struct fixture *f)
{
    add_shell(f, "a", "echo a >> ledger");
    add_shell(f, "gate", "echo gate >> ledger")->confirm = rbk_strdup("Go on?");
    add_shell(f, "c", "echo c >> ledger");
    assert_int_equal(run_plan(f), 3);
    struct rbk_decision_given yes = {.approve = true, .by = "anna"};
    assert_int_equal(rbk_gate_decide(f->store, f->run_id, &yes, NULL), 0);
    drop_run(f);
    replan(f);
}

static void edits_of_steps_to_come_are_said_and_accepted(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    failed_run(f);
    add_shell(f, "a", "echo a >> ledger");
    add_shell(f, "gate", "echo edited >> ledger")->confirm = rbk_strdup("Go on?");
    add_shell(f, "new", "echo new >> ledger");
    add_shell(f, "c", "echo c >> ledger");
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "a edited new c");
    assert_string_equal(f->notes.data, "changed since it was recorded: step \"gate\" was edited\n"
                                       "changed since it was recorded: step \"new\" is new\n");
}

static void edits_of_done_steps_stop_before_anything_runs(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_resume_options accept = {.accept_changes = true};
    failed_run(f);
    add_shell(f, "a", "echo other >> ledger");
    add_shell(f, "gate", "echo gate >> ledger")->confirm = rbk_strdup("Go on?");
    add_shell(f, "c", "echo c >> ledger");
    assert_int_equal(resume(f, NULL, &err), RBK_EINVAL);
    assert_string_equal(err.message, "step \"a\" has been carried out, and was edited since");
    assert_string_equal(ledger(f), "a");
    assert_int_equal(resume(f, &accept, &err), 0);
    assert_string_equal(ledger(f), "a gate c");
}

static void a_done_step_may_not_disappear(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    failed_run(f);
    add_shell(f, "gate", "echo gate >> ledger")->confirm = rbk_strdup("Go on?");
    assert_int_equal(resume(f, NULL, &err), RBK_EINVAL);
    assert_string_equal(err.message, "step \"a\" has been carried out, and was removed since");
}

static void done_steps_keep_their_order(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    add_shell(f, "a", "true");
    add_shell(f, "b", "true");
    add_shell(f, "gate", NULL)->manual = rbk_strdup("Look.");
    assert_int_equal(run_plan(f), 3);
    struct rbk_decision_given yes = {.approve = true, .by = "anna"};
    assert_int_equal(rbk_gate_decide(f->store, f->run_id, &yes, NULL), 0);
    drop_run(f);
    replan(f);
    add_shell(f, "b", "true");
    add_shell(f, "a", "true");
    add_shell(f, "gate", NULL)->manual = rbk_strdup("Look.");
    assert_int_equal(resume(f, NULL, &err), RBK_EINVAL);
    assert_string_equal(err.message, "step \"b\" has been carried out, and was moved since");
}

/* ---- retry ---------------------------------------------------------------------------------------------------------
 */

static void retry_does_the_step_and_the_rest_again(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_resume_options retry = {.retry = "b"};
    add_shell(f, "a", "echo a >> ledger");
    add_shell(f, "b", "echo b >> ledger; test -e good");
    add_shell(f, "c", "echo c >> ledger");
    assert_int_equal(run_plan(f), 1);
    assert_int_equal(resume(f, NULL, &err), RBK_EINVAL);
    char path[128];
    snprintf(path, sizeof path, "%s/good", f->dir);
    assert_int_equal(rbk_file_write_atomic(path, "", 0, 0600, &err), 0);
    assert_int_equal(resume(f, &retry, &err), 0);
    assert_string_equal(ledger(f), "a b b c");
    assert_string_equal(states(f), "a:succeeded b:succeeded c:succeeded");
}

static int attempts_of(struct fixture *f, const char *key)
{
    rbk_value *report = NULL;
    int attempts = (int)rbk_value_int(rbk_map_get(reported(f, &report, key), "attempts"));
    rbk_value_free(report);
    return attempts;
}

/* What a step did before is not undone by doing it again; what `retry =` allows it is. */
static void attempts_go_on_counting_over_retries(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_resume_options retry = {.retry = "b"};
    struct rbk_node *b = add_shell(f, "b", "echo b >> ledger; test $(wc -l < ledger) -ge 4");
    b->retry = (struct rbk_retry){.times = 1, .delay_ms = 1};
    assert_int_equal(run_plan(f), 1);
    assert_int_equal(attempts_of(f, "b"), 2);
    assert_int_equal(resume(f, &retry, &err), 0);
    assert_int_equal(attempts_of(f, "b"), 4);
    assert_string_equal(ledger(f), "b b b b");
}

static void attempts_go_on_counting_after_a_crash(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    plan_that_hangs(f)->idempotent = true;
    crash_at(f, "b");
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_int_equal(attempts_of(f, "b"), 2);
    assert_string_equal(ledger(f), "a b b c");
}

static void give_word(struct fixture *f)
{
    struct rbk_decision_given yes = {.approve = true, .by = "anna"};
    assert_int_equal(rbk_gate_decide(f->store, f->run_id, &yes, NULL), 0);
}

/* A retry that stops to ask is gone on with by another process: what it was to do is still due. */
static void a_retry_that_waits_forgets_nothing(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_resume_options retry = {.retry = "b"};
    add_shell(f, "a", "echo a >> ledger");
    struct rbk_node *b = add_shell(f, "b", "echo b >> ledger");
    b->confirm = rbk_strdup("Sure?");
    struct rbk_node *c = add_shell(f, "c", "echo c >> ledger; test $(wc -l < ledger) -gt 3");
    c->confirm = rbk_strdup("Sure of this as well?");
    f->options.yes = true;
    assert_int_equal(run_plan(f), 1);
    f->options.yes = false;
    assert_int_equal(resume(f, &retry, &err), 3);
    give_word(f);
    assert_int_equal(resume(f, NULL, &err), 3);
    assert_string_equal(ledger(f), "a b c b");
    give_word(f);
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "a b c b c");
}

static void stop_soon(void *arg)
{
    struct fixture *f = arg;
    rbk_run_cancel(f->run, SIGTERM, false);
}

/* What was interrupted before it was done is not taken for a step whose body is done and whose question is open. */
static void an_interrupted_step_that_asks_meanwhile_is_carried_out(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    add_shell(f, "a", "exec sleep 60")->idempotent = true;
    start(f);
    rbk_timer_start(f->loop, 200, 0, stop_soon, f);
    run_loop(f);
    assert_int_equal(rbk_run_exit(f->run), 143);
    drop_run(f);
    replan(f);
    struct rbk_node *n = add_shell(f, "a", "echo a >> ledger");
    n->idempotent = true;
    n->confirm = rbk_strdup("Sure?");
    assert_int_equal(resume(f, NULL, &err), 3);
    give_word(f);
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_string_equal(ledger(f), "a");
}

static void request_cancel(void *arg)
{
    struct fixture *f = arg;
    struct rbk_run_row row = {0};
    assert_int_equal(rbk_journal_run_get(f->store, f->run_id, &row, NULL), 0);
    assert_int_equal(rbk_run_request_cancel(f->store, &row, "anna", NULL, NULL), 0);
    rbk_run_row_fini(&row);
}

static void a_request_to_cancel_does_not_outlive_a_retry(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_resume_options retry = {.retry = "a"};
    add_shell(f, "a", "test -e again || { touch again; exec sleep 60; }; exec sleep 1.5");
    start(f);
    rbk_timer_start(f->loop, 200, 0, request_cancel, f);
    run_loop(f);
    assert_int_equal(rbk_run_exit(f->run), 130);
    assert_int_equal(resume(f, &retry, &err), 0);
}

static void note_lock(struct rbk_perform *p, const rbk_value *options)
{
    FILE *ledger_file = NULL;
    char *path = rbk_path_join(rbk_perform_config(p)->root, "ledger");
    int held = rbk_lock_held(rbk_perform_store(p), RBK_LOCK_NAMED, "db", NULL, 0, NULL);
    (void)options;
    assert_non_null(ledger_file = fopen(path, "a"));
    fputs(held == 1 ? "locked\n" : "bare\n", ledger_file);
    fclose(ledger_file);
    free(path);
    rbk_perform_done(p, NULL);
}

/* The first attempt's check asks; the answer makes it fail; the second attempt is another process's. */
static void an_attempt_after_a_question_holds_the_lock_again(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    host_functions[0] = note_lock;
    struct rbk_node *n = add_function(f, "a", 0);
    n->lock = rbk_strdup("db");
    n->retry.times = 1;
    add_check(n, "rate < 5");
    assert_int_equal(run_plan(f), 3);
    rbk_value *answers = rbk_map_new();
    rbk_map_set_string(answers, "rate", "9");
    struct rbk_decision_given nine = {.approve = true, .by = "anna", .answers = answers};
    assert_int_equal(rbk_gate_decide(f->store, f->run_id, &nine, NULL), 0);
    rbk_value_free(answers);
    assert_int_equal(resume(f, NULL, &err), 1);
    assert_string_equal(ledger(f), "locked locked");
}

static void a_run_that_somebody_carries_is_busy(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    struct rbk_run *other = NULL;
    struct rbk_resume_options plainly = {0};
    add_shell(f, "a", "sleep 0.2");
    start(f);
    assert_int_equal(rbk_run_resume(f->plan, f->run_id, &plainly, &f->options, &other, &err), RBK_ENOENT);
    run_loop(f);
    assert_int_equal(rbk_run_resume(f->plan, f->run_id, &plainly, &f->options, &other, &err), RBK_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(edits_of_steps_to_come_are_said_and_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(edits_of_done_steps_stop_before_anything_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_done_step_may_not_disappear, setup, teardown),
        cmocka_unit_test_setup_teardown(done_steps_keep_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(retry_does_the_step_and_the_rest_again, setup, teardown),
        cmocka_unit_test_setup_teardown(attempts_go_on_counting_over_retries, setup, teardown),
        cmocka_unit_test_setup_teardown(attempts_go_on_counting_after_a_crash, setup, teardown),
        cmocka_unit_test_setup_teardown(a_retry_that_waits_forgets_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(an_interrupted_step_that_asks_meanwhile_is_carried_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_to_cancel_does_not_outlive_a_retry, setup, teardown),
        cmocka_unit_test_setup_teardown(an_attempt_after_a_question_holds_the_lock_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_that_somebody_carries_is_busy, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
