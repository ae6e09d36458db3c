/* What a run leaves behind: how many synced commits it costs, escalations, secrets, locks, and a store that fails. */
#include "run_fixture.h"

#include <errno.h>
#include <store/lock.h>
#include <sys/syscall.h>

static int syncs;
static bool disk_is_full;

/* Every commit of the store ends in one of these. */
__attribute__((visibility("default"))) int fdatasync(int fd)
{
    syncs++;
    if (disk_is_full) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

__attribute__((visibility("default"))) int fsync(int fd)
{
    syncs++;
    return (int)syscall(SYS_fsync, fd);
}

static int syncs_of_run(struct fixture *f)
{
    int before = syncs;
    assert_int_equal(run_plan(f), 0);
    return syncs - before;
}

static void a_run_of_one_step_costs_two_commits(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "a", "true");
    syncs_of_run(f); /* the first one makes the locks file and the log of the store */
    assert_int_equal(syncs_of_run(f), 2);
}

static void each_further_step_costs_one_more(void **state)
{
    struct fixture *f = *state;
    char title[8];
    for (int i = 0; i < 10; i++) {
        snprintf(title, sizeof title, "s%d", i);
        add_shell(f, title, "true");
    }
    syncs_of_run(f);
    assert_int_equal(syncs_of_run(f), 11);
}

struct metering {
    int runs, steps, commands, events, writes;
    bool outside; /* something was called when no transaction was open */
    struct rbk_store *store;
};

static void meter_run(void *self, const struct rbk_run_row *run)
{
    struct metering *m = self;
    m->runs += run->ended_ms > 0;
    m->outside |= !rbk_store_in_transaction(m->store);
}

static void meter_step(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    struct metering *m = self;
    (void)run;
    m->steps += step->state == RBK_STEP_SUCCEEDED && step->ended_ms > 0;
    m->outside |= !rbk_store_in_transaction(m->store);
}

static void meter_command(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step,
                          const struct rbk_command_row *command)
{
    struct metering *m = self;
    (void)run;
    m->commands += step->id != NULL && command->exit_code == 0;
    m->outside |= !rbk_store_in_transaction(m->store);
}

static void meter_event(void *self, const struct rbk_run_row *run, const char *step, const char *kind,
                        const rbk_value *data)
{
    struct metering *m = self;
    (void)run, (void)step, (void)data;
    m->events += kind != NULL;
    m->outside |= !rbk_store_in_transaction(m->store);
}

static int meter_write(void *self, struct rbk_store *store, struct rbk_error *err)
{
    struct metering *m = self;
    (void)err;
    m->writes++;
    m->outside |= !rbk_store_in_transaction(store);
    return 0;
}

static void what_is_measured_costs_no_commit(void **state)
{
    static const struct rbk_run_meter meter = {
        .run = meter_run, .step = meter_step, .command = meter_command, .event = meter_event, .write = meter_write};
    struct fixture *f = *state;
    struct metering m = {.store = f->store};
    add_shell(f, "a", "true");
    add_shell(f, "b", "true");
    syncs_of_run(f);
    f->options.meter = &meter;
    f->options.meter_self = &m;
    assert_int_equal(syncs_of_run(f), 3);
    assert_int_equal(m.writes, 3);
    assert_true(m.runs == 1 && m.steps == 2 && m.commands == 2 && !m.outside);
}

static void steps_that_may_be_repeated_wait_for_no_commit(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "a", "true")->idempotent = true;
    syncs_of_run(f);
    assert_int_equal(syncs_of_run(f), 2);
}

static void measure(struct rbk_perform *p, const rbk_value *options)
{
    struct rbk_error err = {0};
    (void)options;
    rbk_perform_set(p, "rate", rbk_number_new_spelled(0.25, RBK_UNIT_RATIO, "25%"), &err);
    rbk_perform_set(p, "rate", rbk_number_new_spelled(0.30, RBK_UNIT_RATIO, "30%"), &err);
    assert_int_equal(rbk_perform_set(p, "level", rbk_int_new(1), &err), RBK_EINVAL);
    assert_string_equal(err.message, "\"level\" is a parameter: a step cannot set it");
    rbk_perform_note(p, "6 of 20 failing");
    rbk_perform_done(p, NULL);
}

static void escalation_fires_once_and_says_whom_to_call(void **state)
{
    struct fixture *f = *state;
    struct rbk_escalation matrix = {.priority = (char[]){"high"}, .response_ms = 7200000, .contact = NULL};
    rbk_value *params = rbk_map_new(), *report = NULL;
    rbk_map_set_string(params, "level", "all");
    f->options.params = params;
    f->config.escalation = &matrix;
    f->config.escalation_count = 1;
    f->plan->priority = rbk_strdup("high");
    f->plan->escalate_when = expr("rate > 20%");
    f->plan->escalate_to = rbk_strdup("engineering-lead");
    host_functions[0] = measure;
    add_function(f, "measure", 0);
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(f->notes.data, "escalate: call engineering-lead, respond within 2h (rate > 20%, now 25%)\n");
    assert_string_equal(rbk_map_get_string(reported(f, &report, "measure"), "detail"), "6 of 20 failing");
    rbk_value_free(report);
    rbk_value_free(params);
}

static void on_hello(void *arg, const struct rbk_command_result *result, const struct rbk_error *failed)
{
    struct rbk_perform *p = arg;
    assert_null(failed);
    assert_int_equal(result->proc.exit_code, 0);
    assert_string_equal(result->out, "hello from stdin");
    rbk_perform_set(p, "said", rbk_string_new(result->out), NULL);
    rbk_perform_done(p, NULL);
}

static void say_hello(struct rbk_perform *p, const rbk_value *options)
{
    struct rbk_error err = {0};
    (void)options;
    struct rbk_command c = {.shell = "cat", .input = "hello from stdin", .input_len = 16};
    if (rbk_perform_exec(p, &c, on_hello, p, &err) < 0)
        rbk_perform_done(p, &err);
}

static void fail_with_words(struct rbk_perform *p, const rbk_value *options)
{
    struct rbk_error err = {0};
    (void)options;
    rbk_error_set(&err, RBK_EFAIL, "the moon is wrong");
    rbk_perform_done(p, &err);
}

static void a_function_acts_through_the_door(void **state)
{
    struct fixture *f = *state;
    host_functions[0] = say_hello;
    host_functions[1] = fail_with_words;
    add_function(f, "hello", 0);
    add_function(f, "bad", 1);
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(rbk_value_string(rbk_map_get(rbk_run_facts(f->run), "said")), "hello from stdin");
    assert_string_equal(rbk_run_reason(f->run), "step \"bad\": the moon is wrong");
}

/* Is this text anywhere in the state folder? */
static bool state_holds(struct fixture *f, const char *text)
{
    char command[256];
    snprintf(command, sizeof command, "grep -rqaF '%s' %s/.runbook", text, f->dir);
    return system(command) == 0;
}

static void secrets_reach_the_command_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    static const char json[] = "{\"token\":{\"command\":[\"printf\",\"canary-4711\"]}}";
    f->config.secrets = rbk_value_from_json(json, strlen(json), &err);
    assert_non_null(f->config.secrets);
    struct rbk_node *n =
        add_shell(f, "use", "test \"$token\" = canary-4711 && echo \"is $token\" && printf can && printf ary-4711");
    rbk_strv_add(&n->secret, "token");
    add_capture(n, "leak", "is ");
    /* the text of the step itself is the runbook's author's, but is redacted in what is recorded */
    assert_int_equal(run_plan(f), 0);
    assert_string_equal(rbk_value_string(rbk_map_get(rbk_run_facts(f->run), "leak")), "***");
    assert_false(state_holds(f, "canary-4711"));
    rbk_value_free(f->config.secrets);
}

static void a_secret_that_cannot_be_had_fails_the_step(void **state)
{
    struct fixture *f = *state;
    static const char json[] = "{\"token\":{\"env\":\"RBK_NO_SUCH_VARIABLE\"}}";
    f->config.secrets = rbk_value_from_json(json, strlen(json), NULL);
    struct rbk_node *n = add_shell(f, "use", "echo use >> ledger");
    rbk_strv_add(&n->secret, "token");
    assert_int_equal(run_plan(f), 1);
    assert_string_equal(ledger(f), "");
    assert_string_equal(rbk_run_reason(f->run),
                        "step \"use\": secret \"token\": the environment variable RBK_NO_SUCH_VARIABLE is not set");
    rbk_value_free(f->config.secrets);
}

static void a_lock_that_is_taken_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct rbk_lock *lock = NULL;
    struct rbk_node *n = add_shell(f, "a", "echo a >> ledger");
    n->lock = rbk_strdup("database");
    assert_int_equal(rbk_lock_try(f->store, RBK_LOCK_NAMED, "database", "somebody", &lock, NULL), 0);
    assert_int_equal(run_plan(f), 75);
    assert_string_equal(ledger(f), "");
    n->lock_wait_ms = 10000;
    start(f);
    rbk_timer_start(f->loop, 100, 0, (rbk_loop_fn *)(void *)rbk_lock_release, lock);
    run_loop(f);
    assert_int_equal(rbk_run_exit(f->run), 0);
    assert_string_equal(ledger(f), "a");
}

static void a_store_that_fails_ends_the_run_and_claims_nothing(void **state)
{
    struct fixture *f = *state;
    add_shell(f, "a", "echo a >> ledger");
    add_shell(f, "b", "echo b >> ledger");
    add_shell(f, "cleanup", "echo cleanup >> ledger")->always = true;
    disk_is_full = true;
    int exit_code = run_plan(f);
    disk_is_full = false;
    assert_int_equal(exit_code, 5);
    assert_string_equal(ledger(f), "");
    assert_int_equal(rbk_run_get_state(f->run), RBK_RUN_INTERRUPTED);
}

static void output_is_kept_in_the_log_of_its_step(void **state)
{
    struct fixture *f = *state;
    struct rbk_buf text = {0};
    rbk_value *report = NULL;
    add_shell(f, "talk", "echo one; echo two >&2");
    add_shell(f, "silent", "true");
    assert_int_equal(run_plan(f), 0);
    const char *log = rbk_map_get_string(reported(f, &report, "talk"), "log");
    char *path = rbk_asprintf("%s/.runbook/logs/%s", f->dir, log);
    assert_int_equal(rbk_file_read(path, 4096, &text, NULL), 0);
    assert_non_null(strstr(text.data, "one\n"));
    assert_non_null(strstr(text.data, "two\n"));
    free(path);
    rbk_value_free(report);
    assert_null(rbk_map_get_string(reported(f, &report, "silent"), "log"));
    rbk_value_free(report);
    rbk_buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_of_one_step_costs_two_commits, setup, teardown),
        cmocka_unit_test_setup_teardown(each_further_step_costs_one_more, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_measured_costs_no_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(steps_that_may_be_repeated_wait_for_no_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(escalation_fires_once_and_says_whom_to_call, setup, teardown),
        cmocka_unit_test_setup_teardown(a_function_acts_through_the_door, setup, teardown),
        cmocka_unit_test_setup_teardown(secrets_reach_the_command_and_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(a_secret_that_cannot_be_had_fails_the_step, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lock_that_is_taken_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_that_fails_ends_the_run_and_claims_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(output_is_kept_in_the_log_of_its_step, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
