/* The journal: what was recorded is read back as it was, in the order in which it was recorded. */
#include "store_fixture.h"

#include <base/buf.h>

#define RUN_A "01kd4f7c8m2x0000000000000a"
#define RUN_B "01kd4f7c8m2x0000000000000b"
#define RUN_C "01kd5000000000000000000000"

static struct fixture f;
static struct rbk_store *s;
static struct rbk_error err;

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f);
    s = fixture_open(&f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rbk_store_close(s);
    fixture_fini(&f);
    return 0;
}

static void begin(void)
{
    assert_int_equal(rbk_store_begin(s, &err), 0);
}

static void commit(void)
{
    assert_int_equal(rbk_store_commit(s, &err), 0);
}

static void a_run_comes_back_as_it_was_recorded(void **state)
{
    (void)state;
    struct rbk_run_row r = fixture_run(RUN_A, "daily/health"), back;
    r.path = "/p/runbooks/daily/health.lua";
    r.pid = 4711;
    r.params = rbk_map_new();
    rbk_map_set(r.params, "since", rbk_number_new_spelled(86400, RBK_UNIT_SECONDS, "24h"));
    r.options = rbk_map_new();
    rbk_map_set_string(r.options, "from", "disk");
    r.plan = rbk_list_new();
    rbk_list_append(r.plan, rbk_string_new("disk"));
    r.plan_hash = "00112233";
    begin();
    assert_int_equal(rbk_journal_run_add(s, &r, &err), 0);
    commit();
    assert_int_equal(rbk_journal_run_get(s, RUN_A, &back, &err), 0);
    assert_string_equal(back.id, RUN_A);
    assert_string_equal(back.runbook, "daily/health");
    assert_string_equal(back.path, r.path);
    assert_int_equal(back.state, RBK_RUN_RUNNING);
    assert_int_equal(back.exit, -1);
    assert_int_equal(back.pid, 4711);
    assert_null(back.parent);
    assert_null(back.reason);
    assert_true(rbk_value_equal(back.params, r.params));
    assert_int_equal(rbk_value_unit(rbk_map_get(back.params, "since")), RBK_UNIT_SECONDS);
    assert_true(rbk_value_equal(back.options, r.options));
    assert_true(rbk_value_equal(back.plan, r.plan));
    rbk_run_row_fini(&back);
    rbk_value_free(r.params);
    rbk_value_free(r.options);
    rbk_value_free(r.plan);
}

static void an_update_keeps_the_plan_unless_a_new_one_is_given(void **state)
{
    (void)state;
    struct rbk_run_row r = fixture_run(RUN_A, "a/b"), back;
    r.plan = rbk_list_new();
    rbk_list_append(r.plan, rbk_string_new("one"));
    r.plan_hash = "h1";
    begin();
    assert_int_equal(rbk_journal_run_add(s, &r, &err), 0);
    rbk_value_free(r.plan);
    r.plan = NULL;
    r.plan_hash = NULL;
    r.state = RBK_RUN_TIMED_OUT;
    r.exit = 124;
    r.ended_ms = 2000;
    r.duration_ms = 900;
    r.reason = "step disk took longer than 5s";
    assert_int_equal(rbk_journal_run_update(s, &r, &err), 0);
    commit();
    assert_int_equal(rbk_journal_run_get(s, RUN_A, &back, &err), 0);
    assert_int_equal(back.state, RBK_RUN_TIMED_OUT);
    assert_int_equal(back.exit, 124);
    assert_int_equal(back.duration_ms, 900);
    assert_string_equal(back.reason, r.reason);
    assert_string_equal(back.plan_hash, "h1");
    assert_string_equal(rbk_value_string(rbk_list_at(back.plan, 0)), "one");
    rbk_run_row_fini(&back);
}

static void updating_a_run_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct rbk_run_row r = fixture_run(RUN_A, "a/b");
    begin();
    assert_int_equal(rbk_journal_run_update(s, &r, &err), RBK_ENOENT);
    rbk_store_rollback(s);
}

static void a_run_is_found_by_any_unique_prefix(void **state)
{
    (void)state;
    struct rbk_run_row r;
    fixture_add_run(s, RUN_A, "a/b");
    fixture_add_run(s, RUN_B, "a/b");
    fixture_add_run(s, RUN_C, "a/b");
    assert_int_equal(rbk_journal_run_find(s, "01KD5", &r, &err), 0);
    assert_string_equal(r.id, RUN_C);
    rbk_run_row_fini(&r);
    assert_int_equal(rbk_journal_run_find(s, RUN_B, &r, &err), 0);
    assert_string_equal(r.id, RUN_B);
    rbk_run_row_fini(&r);
    assert_int_equal(rbk_journal_run_find(s, "01kd4f7c8m2x", &r, &err), RBK_EINVAL);
    assert_non_null(strstr(err.message, RUN_A));
    assert_int_equal(rbk_journal_run_find(s, "01kd9999", &r, &err), RBK_ENOENT);
    assert_int_equal(rbk_journal_run_find(s, "01k", &r, &err), RBK_EINVAL);
    assert_int_equal(rbk_journal_run_find(s, "' or 1=1", &r, &err), RBK_EINVAL);
}

static void short_ids_are_as_long_as_they_must_be(void **state)
{
    (void)state;
    char id[RBK_ULID_SIZE];
    fixture_add_run(s, RUN_A, "a/b");
    assert_int_equal(rbk_journal_run_short(s, RUN_A, id, &err), 0);
    assert_string_equal(id, "01kd4f7c8m2x");
    fixture_add_run(s, RUN_B, "a/b");
    assert_int_equal(rbk_journal_run_short(s, RUN_A, id, &err), 0);
    assert_string_equal(id, RUN_A);
}

static void the_short_id_of_a_run_is_not_taken_by_what_it_called(void **state)
{
    (void)state;
    char id[RBK_ULID_SIZE];
    struct rbk_run_row called = fixture_run(RUN_B, "a/b"), r;
    called.root = called.parent = (char *)(uintptr_t)RUN_A;
    fixture_add_run(s, RUN_A, "a/b");
    begin();
    assert_int_equal(rbk_journal_run_add(s, &called, &err), 0);
    assert_int_equal(rbk_store_commit(s, &err), 0);
    assert_int_equal(rbk_journal_run_short(s, RUN_A, id, &err), 0);
    assert_string_equal(id, "01kd4f7c8m2x");
    assert_int_equal(rbk_journal_run_find(s, id, &r, &err), 0);
    assert_string_equal(r.id, RUN_A);
    rbk_run_row_fini(&r);
    assert_int_equal(rbk_journal_run_short(s, RUN_B, id, &err), 0);
    assert_string_equal(id, RUN_B);
    assert_int_equal(rbk_journal_run_find(s, id, &r, &err), 0);
    assert_string_equal(r.id, RUN_B);
    rbk_run_row_fini(&r);
}

static int collect_runs(void *arg, const struct rbk_run_row *r)
{
    struct rbk_buf *b = arg;
    rbk_buf_printf(b, "%c", r->id[strlen(r->id) - 1]);
    return 0;
}

static void expect_runs(struct rbk_run_filter filter, const char *expected)
{
    struct rbk_buf b = {0};
    rbk_buf_puts(&b, "");
    assert_int_equal(rbk_journal_runs(s, &filter, collect_runs, &b, &err), 0);
    assert_string_equal(b.data ? b.data : "", expected);
    rbk_buf_fini(&b);
}

static void add_for_list(const char *id, const char *runbook, enum rbk_run_state st, int64_t at, const char *parent)
{
    struct rbk_run_row r = fixture_run(id, runbook);
    r.state = st;
    r.started_ms = at;
    r.parent = (char *)parent;
    assert_int_equal(rbk_journal_run_add(s, &r, &err), 0);
}

static void history_filters_by_runbook_state_time_and_parent(void **state)
{
    (void)state;
    begin();
    add_for_list("00000000000000000000000001", "x/a", RBK_RUN_SUCCEEDED, 1000, NULL);
    add_for_list("00000000000000000000000002", "x/b", RBK_RUN_WAITING, 2000, NULL);
    add_for_list("00000000000000000000000003", "x/c", RBK_RUN_SUCCEEDED, 2500, "00000000000000000000000002");
    add_for_list("00000000000000000000000004", "x/a", RBK_RUN_FAILED, 3000, NULL);
    commit();
    expect_runs((struct rbk_run_filter){0}, "421");
    expect_runs((struct rbk_run_filter){.oldest_first = true}, "124");
    expect_runs((struct rbk_run_filter){.all = true}, "4321");
    expect_runs((struct rbk_run_filter){.all = true, .limit = 2}, "43");
    expect_runs((struct rbk_run_filter){.runbook = "x/a"}, "41");
    expect_runs((struct rbk_run_filter){.runbook = "x/a", .state = "failed"}, "4");
    expect_runs((struct rbk_run_filter){.state = "waiting"}, "2");
    expect_runs((struct rbk_run_filter){.state = "succeeded"}, "1");
    expect_runs((struct rbk_run_filter){.state = "succeeded", .all = true}, "31");
    expect_runs((struct rbk_run_filter){.since_ms = 2000}, "42");
    expect_runs((struct rbk_run_filter){.until_ms = 2000}, "21");
    expect_runs((struct rbk_run_filter){.parent = "00000000000000000000000002"}, "3");
    expect_runs((struct rbk_run_filter){.parent = "00000000000000000000000002", .runbook = "x/a"}, "");
    expect_runs((struct rbk_run_filter){.runbook = "x/nothing"}, "");
}

static int count_nested(void *arg, const struct rbk_run_row *r)
{
    (void)r;
    struct rbk_run_filter filter = {0};
    struct rbk_buf b = {0};
    assert_int_equal(rbk_journal_runs(s, &filter, collect_runs, &b, &err), 0);
    *(size_t *)arg += b.len;
    rbk_buf_fini(&b);
    return 0;
}

static void a_callback_may_ask_the_same_question_again(void **state)
{
    (void)state;
    size_t seen = 0;
    fixture_add_run(s, RUN_A, "a/b");
    fixture_add_run(s, RUN_B, "a/b");
    assert_int_equal(rbk_journal_runs(s, &(struct rbk_run_filter){0}, count_nested, &seen, &err), 0);
    assert_int_equal(seen, 4);
}

static int stop_at_once(void *arg, const struct rbk_run_row *r)
{
    (void)r;
    ++*(int *)arg;
    return 7;
}

static void a_callback_stops_the_reading(void **state)
{
    (void)state;
    int seen = 0;
    fixture_add_run(s, RUN_A, "a/b");
    fixture_add_run(s, RUN_B, "a/b");
    assert_int_equal(rbk_journal_runs(s, &(struct rbk_run_filter){0}, stop_at_once, &seen, &err), 7);
    assert_int_equal(seen, 1);
}

static struct rbk_step_row step_of(const char *key, enum rbk_step_state st)
{
    return (struct rbk_step_row){
        .key = (char *)key, .id = (char *)key, .title = "T", .kind = "shell", .state = st, .exit_code = -1};
}

static void put_step(const char *run, const struct rbk_step_row *r)
{
    assert_int_equal(rbk_journal_step_put(s, run, r, &err), 0);
}

static int check_steps(void *arg, const struct rbk_step_row *r)
{
    int n = (*(int *)arg)++;
    assert_string_equal(r->key, n ? "checks/disk" : "z_first");
    if (n == 0) {
        assert_int_equal(r->state, RBK_STEP_FAILED);
        assert_int_equal(r->attempts, 2);
        assert_int_equal(r->exit_code, 3);
        assert_string_equal(r->error, "exit 3");
        assert_int_equal(r->max_rss_kb, -1);
        assert_true(r->idempotent);
        assert_string_equal(rbk_map_get_string(rbk_list_at(r->checks, 0), "expr"), "a < 1");
        assert_string_equal(rbk_map_get_string(r->approved, "by"), "ann");
    }
    return 0;
}

static void a_step_is_replaced_by_key_and_keeps_its_place(void **state)
{
    (void)state;
    int seen = 0;
    fixture_add_run(s, RUN_A, "a/b");
    struct rbk_step_row first = step_of("z_first", RBK_STEP_RUNNING), second = step_of("checks/disk", RBK_STEP_PENDING);
    begin();
    put_step(RUN_A, &first);
    put_step(RUN_A, &second);
    first.state = RBK_STEP_FAILED;
    first.attempts = 2;
    first.exit_code = 3;
    first.max_rss_kb = -1;
    first.idempotent = true;
    first.error = "exit 3";
    first.checks = rbk_list_new();
    rbk_list_append(first.checks, rbk_map_new());
    first.approved = rbk_map_new();
    rbk_map_set_string(first.approved, "by", "ann");
    rbk_value *check = rbk_map_new();
    rbk_map_set_string(check, "expr", "a < 1");
    rbk_value_free(first.checks);
    first.checks = rbk_list_new();
    rbk_list_append(first.checks, check);
    put_step(RUN_A, &first);
    commit();
    assert_int_equal(rbk_journal_steps(s, RUN_A, check_steps, &seen, &err), 0);
    assert_int_equal(seen, 2);
    rbk_value_free(first.checks);
    rbk_value_free(first.approved);
}

static void a_step_of_a_run_that_is_not_there_is_refused(void **state)
{
    (void)state;
    struct rbk_step_row r = step_of("a", RBK_STEP_RUNNING);
    begin();
    assert_int_equal(rbk_journal_step_put(s, RUN_A, &r, &err), RBK_ESTORE);
    rbk_store_rollback(s);
}

static void the_latest_value_of_a_fact_counts(void **state)
{
    (void)state;
    rbk_value *facts, *v = rbk_number_new(0.05, RBK_UNIT_RATIO), *w = rbk_no_data_new(), *x = rbk_int_new(3);
    fixture_add_run(s, RUN_A, "a/b");
    begin();
    assert_int_equal(rbk_journal_fact_put(s, RUN_A, "one", "rate", v, &err), 0);
    assert_int_equal(rbk_journal_fact_put(s, RUN_A, "one", "count", x, &err), 0);
    assert_int_equal(rbk_journal_fact_put(s, RUN_A, "two", "rate", w, &err), 0);
    commit();
    assert_int_equal(rbk_journal_facts(s, RUN_A, &facts, &err), 0);
    assert_int_equal(rbk_value_length(facts), 2);
    assert_int_equal(rbk_value_type(rbk_map_get(facts, "rate")), RBK_NO_DATA);
    assert_int_equal(rbk_value_int(rbk_map_get(facts, "count")), 3);
    rbk_value_free(facts);
    rbk_value_free(v);
    rbk_value_free(w);
    rbk_value_free(x);
}

static int check_gate(void *arg, const struct rbk_gate_row *g)
{
    ++*(int *)arg;
    assert_string_equal(g->step, "restart");
    assert_string_equal(g->decision, "approved");
    assert_string_equal(g->by, "ann");
    assert_string_equal(g->why, "looks fine");
    assert_int_equal(rbk_value_int(rbk_map_get(g->answers, "count")), 2);
    assert_int_equal(g->answered_ms, 20);
    return 0;
}

static void a_gate_is_answered_once(void **state)
{
    (void)state;
    int seen = 0;
    struct rbk_gate_row g = {.step = "restart", .kind = "confirm", .question = "Restart?", .asked_ms = 10};
    fixture_add_run(s, RUN_A, "a/b");
    begin();
    assert_int_equal(rbk_journal_gate_answer(s, RUN_A, &g, &err), RBK_ENOENT);
    assert_int_equal(rbk_journal_gate_ask(s, RUN_A, &g, &err), 0);
    g.decision = "approved";
    g.by = "ann";
    g.why = "looks fine";
    g.answered_ms = 20;
    g.answers = rbk_map_new();
    rbk_map_set_int(g.answers, "count", 2);
    assert_int_equal(rbk_journal_gate_answer(s, RUN_A, &g, &err), 0);
    assert_int_equal(rbk_journal_gate_answer(s, RUN_A, &g, &err), RBK_EINVAL);
    assert_non_null(strstr(err.message, "already approved by ann"));
    commit();
    assert_int_equal(rbk_journal_gates(s, RUN_A, check_gate, &seen, &err), 0);
    assert_int_equal(seen, 1);
    rbk_value_free(g.answers);
}

static int check_command(void *arg, const char *step, const struct rbk_command_row *c)
{
    ++*(int *)arg;
    assert_string_equal(step, "build");
    assert_string_equal(c->argv, "make -j2");
    assert_string_equal(c->end, "timeout");
    assert_int_equal(c->signal, 9);
    assert_int_equal(c->leftovers, 3);
    return 0;
}

static int check_event(void *arg, int64_t at_ms, const char *step, const char *kind, const rbk_value *data)
{
    ++*(int *)arg;
    assert_true(at_ms > 0);
    assert_null(step);
    assert_string_equal(kind, "cancel-requested");
    assert_string_equal(rbk_map_get_string(data, "by"), "ann");
    return 0;
}

static void commands_and_events_are_kept(void **state)
{
    (void)state;
    int commands = 0, events = 0;
    struct rbk_command_row c = {.argv = "make -j2", .exit_code = -1, .signal = 9, .leftovers = 3, .end = "timeout"};
    fixture_add_run(s, RUN_A, "a/b");
    assert_false(rbk_journal_cancel_requested(s, RUN_A));
    begin();
    assert_int_equal(rbk_journal_command_add(s, RUN_A, "build", &c, &err), 0);
    assert_int_equal(rbk_journal_cancel_request(s, RUN_A, "ann", "wrong host", &err), 0);
    commit();
    assert_true(rbk_journal_cancel_requested(s, RUN_A));
    assert_int_equal(rbk_journal_commands(s, RUN_A, check_command, &commands, &err), 0);
    assert_int_equal(rbk_journal_events(s, RUN_A, check_event, &events, &err), 0);
    assert_int_equal(commands + events, 2);
    begin();
    assert_int_equal(rbk_journal_cancel_clear(s, RUN_A, &err), 0);
    commit();
    assert_false(rbk_journal_cancel_requested(s, RUN_A));
}

static void the_usual_time_is_the_median_of_the_latest_successes(void **state)
{
    (void)state;
    static const int64_t durations[] = {90000, 10, 30, 20, 40};
    assert_int_equal(rbk_journal_usual_ms(s, "a/b", "disk", 4), -1);
    begin();
    for (int i = 0; i < 5; i++) {
        char id[RBK_ULID_SIZE];
        snprintf(id, sizeof id, "0000000000000000000000000%d", i);
        struct rbk_run_row r = fixture_run(id, "a/b");
        struct rbk_step_row step = step_of("disk", RBK_STEP_SUCCEEDED), bad = step_of("net", RBK_STEP_FAILED);
        step.duration_ms = durations[i];
        assert_int_equal(rbk_journal_run_add(s, &r, &err), 0);
        put_step(id, &step);
        put_step(id, &bad);
    }
    struct rbk_run_row last = fixture_run("00000000000000000000000005", "a/b");
    struct rbk_step_row taken = step_of("disk", RBK_STEP_SUCCEEDED), stopped = step_of("net", RBK_STEP_CANCELLED);
    taken.duration_ms = -1; /* taken as done: nobody measured it */
    assert_int_equal(rbk_journal_run_add(s, &last, &err), 0);
    put_step(last.id, &taken);
    put_step(last.id, &stopped);
    commit();
    assert_int_equal(rbk_journal_usual_ms(s, "a/b", "disk", 3), 30);
    assert_int_equal(rbk_journal_usual_ms(s, "a/b", "disk", 4), 25);
    assert_int_equal(rbk_journal_usual_ms(s, "a/b", "net", 4), -1);
    assert_int_equal(rbk_journal_usual_ms(s, "a/other", "disk", 4), -1);
}

static void writing_needs_a_transaction_and_they_do_not_nest(void **state)
{
    (void)state;
    struct rbk_run_row r = fixture_run(RUN_A, "a/b"), back;
    assert_int_equal(rbk_journal_run_add(s, &r, &err), RBK_ESTORE);
    assert_non_null(strstr(err.message, "outside a transaction"));
    begin();
    assert_true(rbk_store_in_transaction(s));
    assert_int_equal(rbk_store_begin(s, &err), RBK_ESTORE);
    assert_int_equal(rbk_journal_run_add(s, &r, &err), 0);
    rbk_store_rollback(s);
    assert_false(rbk_store_in_transaction(s));
    assert_int_equal(rbk_journal_run_get(s, RUN_A, &back, &err), RBK_ENOENT);
    assert_int_equal(rbk_store_commit(s, &err), RBK_ESTORE);
}

static void names_of_states_parse_back(void **state)
{
    (void)state;
    enum rbk_run_state run;
    enum rbk_step_state step;
    for (int i = RBK_RUN_RUNNING; i <= RBK_RUN_TIMED_OUT; i++) {
        assert_int_equal(rbk_run_state_parse(rbk_run_state_name((enum rbk_run_state)i), &run), 0);
        assert_int_equal(run, i);
    }
    for (int i = RBK_STEP_PENDING; i <= RBK_STEP_UNDONE; i++) {
        assert_int_equal(rbk_step_state_parse(rbk_step_state_name((enum rbk_step_state)i), &step), 0);
        assert_int_equal(step, i);
    }
    assert_int_equal(rbk_run_state_parse("done", &run), RBK_EINVAL);
    assert_int_equal(rbk_step_state_parse(NULL, &step), RBK_EINVAL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_run_comes_back_as_it_was_recorded),
        T(an_update_keeps_the_plan_unless_a_new_one_is_given),
        T(updating_a_run_that_is_not_there_is_an_error),
        T(a_run_is_found_by_any_unique_prefix),
        T(short_ids_are_as_long_as_they_must_be),
        T(the_short_id_of_a_run_is_not_taken_by_what_it_called),
        T(history_filters_by_runbook_state_time_and_parent),
        T(a_callback_may_ask_the_same_question_again),
        T(a_callback_stops_the_reading),
        T(a_step_is_replaced_by_key_and_keeps_its_place),
        T(a_step_of_a_run_that_is_not_there_is_refused),
        T(the_latest_value_of_a_fact_counts),
        T(a_gate_is_answered_once),
        T(commands_and_events_are_kept),
        T(the_usual_time_is_the_median_of_the_latest_successes),
        T(writing_needs_a_transaction_and_they_do_not_nest),
        T(names_of_states_parse_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
