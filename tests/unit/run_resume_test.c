/* Crash and resume: the engine is killed with SIGKILL in the middle of a step, and another process goes on. The ledger
 * tells what was really done. */
#include "run_fixture.h"

#include <poll.h>
#include <run/request.h>
#include <signal.h>
#include <store/lock.h>

/* Writes its line, and the first time does not come to an end. */
#define HANGS_ONCE(line) \
    "test -e again && hang= || hang=yes; touch again; echo " line " >> ledger; test -z \"$hang\" || exec sleep 60"

/* A child process carries the run; it is killed as soon as the ledger's last line is `mark`. */
static void crash_at(struct fixture *f, const char *mark)
{
    int ids[2];
    assert_int_equal(pipe(ids), 0);
    rbk_store_close(f->store);
    f->store = NULL;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rbk_error err = {0};
        open_store(f);
        open_loop(f);
        if (rbk_run_start(f->plan, &f->options, &f->run, &err) < 0 ||
            write(ids[1], rbk_run_id(f->run), RBK_ULID_SIZE) != RBK_ULID_SIZE)
            _exit(99);
        rbk_loop_run(f->loop, NULL);
        _exit(98);
    }
    assert_int_equal(read(ids[0], f->run_id, RBK_ULID_SIZE), RBK_ULID_SIZE);
    close(ids[0]);
    close(ids[1]);
    for (int i = 0; !strstr(ledger(f), mark); i++) {
        assert_true(i < 1000);
        poll(NULL, 0, 10);
    }
    int status = 0;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    open_store(f);
}

static struct rbk_node *plan_that_hangs(struct fixture *f)
{
    add_shell(f, "a", "echo a >> ledger");
    struct rbk_node *n = add_shell(f, "b", HANGS_ONCE("b"));
    add_shell(f, "c", "echo c >> ledger");
    return n;
}

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
