/* Attempts: retry, its delays and exit codes, time-outs, and being stopped. */
#include "run_fixture.h"

#include <base/clock.h>
#include <run/request.h>
#include <signal.h>

static struct rbk_node *add_flaky(struct fixture *f, int good_attempt)
{
    char text[256];
    snprintf(text, sizeof text, "echo x >> ledger; test $(wc -l < ledger) -ge %d || exit 7", good_attempt);
    struct rbk_node *n = add_shell(f, "flaky", text);
    n->retry = (struct rbk_retry){.times = 3, .delay_ms = 1};
    return n;
}

static void a_failed_body_is_tried_again(void **state)
{
    struct fixture *f = *state;
    rbk_value *report = NULL;
    add_flaky(f, 3);
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "x x x");
    assert_int_equal(rbk_value_int(rbk_map_get(reported(f, &report, "flaky"), "attempts")), 3);
    rbk_value_free(report);
}

static void it_fails_when_all_attempts_do(void **state)
{
    struct fixture *f = *state;
    add_flaky(f, 100);
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "x x x x");
}

static void other_exit_codes_are_not_tried_again(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n = add_flaky(f, 100);
    n->retry.on_exit[0] = 9;
    n->retry.on_exit_count = 1;
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "x");
}

static void delays_grow(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n = add_flaky(f, 4);
    n->retry.delay_ms = 20;
    n->retry.backoff = 2;
    int64_t began = rbk_clock_mono_ms();
    assert_int_equal(run_plan(f), 0);
    assert_true(rbk_clock_mono_ms() - began >= 19 + 39 + 79);
}

static void a_check_that_is_not_met_is_tried_again(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n = add_shell(f, "poll", "echo x >> ledger; echo n=$(wc -l < ledger)");
    n->retry = (struct rbk_retry){.times = 5, .delay_ms = 1};
    add_capture(n, "n", "n=");
    add_check(n, "n >= 3");
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "x x x");
}

static void a_time_out_ends_the_step_and_the_run(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "slow", "sleep 60")->timeout_ms = 100;
    add_shell(f, "cleanup", "echo cleanup >> ledger")->always = true;
    assert_int_equal(run_plan(f), 124);
    assert_int_equal(rbk_run_get_state(f->run), RBK_RUN_TIMED_OUT);
    assert_string_equal(states(f), "slow:timed-out cleanup:succeeded");
    assert_string_equal(ledger(f), "cleanup");
}

static void a_time_out_with_continue_goes_on_red(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n = add_shell(f, "slow", "sleep 60");
    n->timeout_ms = 100;
    n->on_fail = RBK_ON_FAIL_CONTINUE;
    add_shell(f, "next", "echo next >> ledger");
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "next");
}

static void the_run_has_a_time_out_of_its_own(void **state)
{
    struct fixture *f = *state;
    f->plan->timeout_ms = 100;
    add_shell(f, "slow", "sleep 60")->retry = (struct rbk_retry){.times = 3, .delay_ms = 1};
    add_shell(f, "next", "echo next >> ledger");
    assert_int_equal(run_plan(f), 124);
    assert_string_equal(ledger(f), "");
}

static void stop_now(void *arg)
{
    struct fixture *f = arg;
    rbk_run_cancel(f->run, 0, false);
}

static void interrupt_now(void *arg)
{
    struct fixture *f = arg;
    rbk_run_cancel(f->run, SIGTERM, false);
}

static void a_cancelled_run_still_clears_up(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "slow", "sleep 60");
    add_shell(f, "next", "echo next >> ledger");
    add_shell(f, "cleanup", "echo cleanup >> ledger")->always = true;
    start(f);
    rbk_timer_start(f->loop, 100, 0, stop_now, f);
    run_loop(f);
    assert_int_equal(rbk_run_exit(f->run), 130);
    assert_string_equal(states(f), "slow:cancelled cleanup:succeeded");
    assert_string_equal(ledger(f), "cleanup");
}

static void a_terminated_run_is_left_interrupted_and_its_step_in_doubt(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "slow", "sleep 60");
    add_shell(f, "cleanup", "echo cleanup >> ledger")->always = true;
    start(f);
    rbk_timer_start(f->loop, 100, 0, interrupt_now, f);
    run_loop(f);
    assert_int_equal(rbk_run_exit(f->run), 143);
    assert_int_equal(rbk_run_get_state(f->run), RBK_RUN_INTERRUPTED);
    assert_string_equal(states(f), "slow:in-doubt");
    assert_string_equal(ledger(f), "");
}

static void request_cancel(void *arg)
{
    struct fixture *f = arg;
    struct rbk_run_row row = {0};
    assert_int_equal(rbk_journal_run_get(f->store, f->run_id, &row, NULL), 0);
    assert_int_equal(rbk_run_request_cancel(f->store, &row, "somebody", "enough", NULL), 0);
    rbk_run_row_fini(&row);
}

static void a_request_in_the_journal_cancels_the_run(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "slow", "sleep 60");
    start(f);
    rbk_timer_start(f->loop, 100, 0, request_cancel, f);
    run_loop(f);
    assert_int_equal(rbk_run_exit(f->run), 130);
    assert_string_equal(states(f), "slow:cancelled");
}

static void end_well(void *arg)
{
    rbk_perform_done(arg, NULL);
}

/* A function that is asked to stop and ends well all the same. */
static void ends_well_when_stopped(struct rbk_perform *perform, const rbk_value *options)
{
    (void)options;
    rbk_timer_start(rbk_perform_loop(perform), 150, 0, end_well, perform);
}

static void a_step_that_is_stopped_asks_nobody(void **state)
{
    struct fixture *f = *state;
    host_functions[0] = ends_well_when_stopped;
    add_check(add_function(f, "measure", 0), "rate < 5%");
    answer_with(f, 1, (int[]){-1});
    start(f);
    rbk_timer_start(f->loop, 50, 0, stop_now, f);
    run_loop(f);
    assert_int_equal(f->asked, 0);
    assert_int_equal(rbk_run_exit(f->run), 130);
    assert_string_equal(states(f), "measure:cancelled");
}

static void a_step_that_is_interrupted_is_asked_about_later(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    host_functions[0] = ends_well_when_stopped;
    add_check(add_function(f, "measure", 0), "rate < 5%");
    answer_with(f, 1, (int[]){1});
    f->answer_name = "rate";
    f->answer_text = "3%";
    start(f);
    rbk_timer_start(f->loop, 50, 0, interrupt_now, f);
    run_loop(f);
    assert_int_equal(f->asked, 0);
    assert_string_equal(states(f), "measure:waiting");
    host_functions[0] = NULL;
    assert_int_equal(resume(f, NULL, &err), 0);
    assert_int_equal(f->asked, 1);
}

static void fails_with_advice(struct rbk_perform *perform, const rbk_value *options)
{
    struct rbk_error err = {0};
    (void)options;
    rbk_error_set(&err, RBK_EFAIL, "no such service: cach");
    rbk_error_hint(&err, "did you mean cache?");
    rbk_perform_done(perform, &err);
}

static void a_failure_comes_with_its_advice_once(void **state)
{
    struct fixture *f = *state;
    rbk_value *report = NULL;
    host_functions[0] = fails_with_advice;
    add_function(f, "ask", 0)->retry = (struct rbk_retry){.times = 1, .delay_ms = 1};
    assert_int_equal(run_plan(f), 1);
    const rbk_value *step = reported(f, &report, "ask");
    assert_string_equal(rbk_map_get_string(step, "error"), "no such service: cach");
    const char *detail = rbk_map_get_string(step, "detail"), *advice = strstr(detail, "did you mean cache?");
    assert_non_null(advice);
    assert_null(strstr(advice + 1, "did you mean cache?"));
    rbk_value_free(report);
}

static void a_delay_that_overflows_is_a_delay(void **state)
{
    struct fixture *f = *state;
    struct rbk_node *n = add_flaky(f, 4);
    n->retry = (struct rbk_retry){.times = 3, .delay_ms = 0, .backoff = 1e200, .jitter = 0.5};
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(ledger(f), "x x x x");
}

static void cancel_between_attempts_ends_at_once(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "bad", "exit 1")->retry = (struct rbk_retry){.times = 1, .delay_ms = 60000};
    start(f);
    rbk_timer_start(f->loop, 200, 0, stop_now, f);
    run_loop(f);
    assert_int_equal(rbk_run_exit(f->run), 130);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_failed_body_is_tried_again, setup, teardown),
        cmocka_unit_test_setup_teardown(it_fails_when_all_attempts_do, setup, teardown),
        cmocka_unit_test_setup_teardown(other_exit_codes_are_not_tried_again, setup, teardown),
        cmocka_unit_test_setup_teardown(delays_grow, setup, teardown),
        cmocka_unit_test_setup_teardown(a_check_that_is_not_met_is_tried_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_time_out_ends_the_step_and_the_run, setup, teardown),
        cmocka_unit_test_setup_teardown(a_time_out_with_continue_goes_on_red, setup, teardown),
        cmocka_unit_test_setup_teardown(the_run_has_a_time_out_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancelled_run_still_clears_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_terminated_run_is_left_interrupted_and_its_step_in_doubt, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_in_the_journal_cancels_the_run, setup, teardown),
        cmocka_unit_test_setup_teardown(a_step_that_is_stopped_asks_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(a_step_that_is_interrupted_is_asked_about_later, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_comes_with_its_advice_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_delay_that_overflows_is_a_delay, setup, teardown),
        cmocka_unit_test_setup_teardown(cancel_between_attempts_ends_at_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
