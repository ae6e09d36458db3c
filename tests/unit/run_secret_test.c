/* Secrets in a run: they reach every command of their step, also those that a later process starts, and nothing that is
 * kept or shown. */
#include "run_fixture.h"

#define CANARY "canary-value-123456"

/* A secret of the configuration, in a file of the project. */
static void configure_secret(struct fixture *f)
{
    char *path = rbk_path_join(f->dir, "token");
    assert_int_equal(rbk_file_write_atomic(path, CANARY, strlen(CANARY), 0600, NULL), 0);
    free(path);
    rbk_value *source = rbk_map_new();
    rbk_map_set_string(source, "file", "token");
    f->config.secrets = rbk_map_new();
    rbk_map_set(f->config.secrets, "TOKEN", source);
}

static int teardown_secret(void **state)
{
    struct fixture *f = *state;
    rbk_value_free(f->config.secrets);
    f->config.secrets = NULL;
    return teardown(state);
}

static struct rbk_node *secret_node(struct fixture *f, const char *title, const char *text)
{
    struct rbk_node *n = add_shell(f, title, text);
    rbk_strv_add(&n->secret, "TOKEN");
    return n;
}

/* Leaves the run waiting behind the step of that name. */
static void wait_behind(struct fixture *f)
{
    add_shell(f, "gate", NULL)->confirm = rbk_strdup("Go on?");
    assert_int_equal(run_plan(f), 3);
}

static void decide(struct fixture *f, bool approve)
{
    struct rbk_decision_given given = {.approve = approve, .by = "anna"};
    assert_int_equal(rbk_gate_decide(f->store, f->run_id, &given, NULL), 0);
}

static void undo_in_a_later_process_has_the_secrets_of_its_step(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    configure_secret(f);
    set_body(&secret_node(f, "a", "true")->undo, "test \"$TOKEN\" = " CANARY " && echo undone >> ledger");
    wait_behind(f);
    decide(f, false);
    assert_int_equal(resume(f, NULL, &err), 1);
    assert_string_equal(ledger(f), "undone");
    assert_string_equal(states(f), "a:undone gate:failed");
}

static void an_undo_whose_secret_is_gone_is_told(void **state)
{
    struct fixture *f = *state;
    struct rbk_error err = {0};
    rbk_value *report = NULL;
    char *path = rbk_path_join(f->dir, "token");
    configure_secret(f);
    set_body(&secret_node(f, "a", "true")->undo, "echo undone >> ledger");
    wait_behind(f);
    decide(f, false);
    assert_int_equal(unlink(path), 0);
    free(path);
    assert_int_equal(resume(f, NULL, &err), 1);
    assert_string_equal(ledger(f), "");
    const char *detail = rbk_map_get_string(reported(f, &report, "a"), "detail");
    assert_non_null(strstr(detail, "undo failed: secret \"TOKEN\": "));
    rbk_value_free(report);
}

/* By its marker it is found and ended should the engine die meanwhile. */
static void a_command_that_prints_a_secret_carries_the_marker(void **state)
{
    struct fixture *f = *state;
    char wanted[64];
    rbk_value *source = rbk_map_new(), *words = rbk_list_new();
    rbk_list_append(words, rbk_string_new("/bin/sh"));
    rbk_list_append(words, rbk_string_new("-c"));
    rbk_list_append(words, rbk_string_new("echo \"$RUNBOOK_MARK\" >> ledger; echo value-of-it"));
    rbk_map_set(source, "command", words);
    f->config.secrets = rbk_map_new();
    rbk_map_set(f->config.secrets, "TOKEN", source);
    secret_node(f, "a", "test \"$TOKEN\" = value-of-it");
    assert_int_equal(run_plan(f), 0);
    snprintf(wanted, sizeof wanted, "%s/a", f->run_id);
    assert_string_equal(ledger(f), wanted);
}

static void a_secret_parameter_stays_out_of_checks_and_reasons(void **state)
{
    struct fixture *f = *state;
    rbk_value *report = NULL, *params = rbk_map_new();
    f->plan->params = rbk_alloc(sizeof *f->plan->params);
    f->plan->params[0] =
        (struct rbk_param){.name = rbk_strdup("token"), .type = RBK_PARAM_STRING, .secret = true, .required = true};
    f->plan->param_count = 1;
    f->plan->escalate_when = expr("rate > 1 and token == '" CANARY "'");
    rbk_map_set_string(params, "token", CANARY);
    f->options.params = params;
    add_shell(f, "skipped", "true")->when = expr("token == 'other'");
    add_capture(add_shell(f, "rate", "echo rate=5"), "rate", "rate=");
    add_check(add_shell(f, "checked", "true"), "token == 'other'");
    assert_int_equal(run_plan(f), 1);
    const rbk_value *step = reported(f, &report, "checked");
    assert_string_equal(rbk_map_get_string(rbk_list_at(rbk_map_get(step, "checks"), 0), "value"), "***");
    char *text = rbk_value_encode(report);
    assert_null(strstr(text, CANARY));
    assert_non_null(strstr(f->notes.data, "escalate: call"));
    assert_null(strstr(f->notes.data, CANARY));
    free(text);
    rbk_value_free(report);
    rbk_value_free(params);
}

static void a_secret_number_stays_out_as_well(void **state)
{
    struct fixture *f = *state;
    rbk_value *report = NULL, *params = rbk_map_new();
    f->plan->params = rbk_alloc(sizeof *f->plan->params);
    f->plan->params[0] =
        (struct rbk_param){.name = rbk_strdup("pin"), .type = RBK_PARAM_INTEGER, .secret = true, .required = true};
    f->plan->param_count = 1;
    rbk_map_set_int(params, "pin", 918273645);
    f->options.params = params;
    add_check(add_shell(f, "checked", "true"), "pin < 5");
    assert_int_equal(run_plan(f), 1);
    reported(f, &report, "checked");
    char *text = rbk_value_encode(report);
    assert_null(strstr(text, "918273645"));
    free(text);
    rbk_value_free(report);
    rbk_value_free(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(undo_in_a_later_process_has_the_secrets_of_its_step, setup, teardown_secret),
        cmocka_unit_test_setup_teardown(an_undo_whose_secret_is_gone_is_told, setup, teardown_secret),
        cmocka_unit_test_setup_teardown(a_command_that_prints_a_secret_carries_the_marker, setup, teardown_secret),
        cmocka_unit_test_setup_teardown(a_secret_number_stays_out_as_well, setup, teardown_secret),
        cmocka_unit_test_setup_teardown(a_secret_parameter_stays_out_of_checks_and_reasons, setup, teardown_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
