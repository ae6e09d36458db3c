/* Events are recorded with their cause, and the rules are asked later: nothing is lost or told twice in between, and
 * the answer is that of the moment in which it happened. */
#include "notify_fixture.h"

static bool record(struct world *w, const char *text)
{
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    bool recorded = record_event(w, text);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    return recorded;
}

static struct rbk_notify_settled settle(struct world *w)
{
    struct rbk_notify_settled settled;
    struct rbk_error err;
    if (rbk_notify_settle(w->store, w->config, &settled, &err))
        fail_msg("%s", err.message);
    assert_int_equal(rbk_notify_unsettled(w->store, NULL), 0);
    return settled;
}

static void an_event_is_recorded_and_becomes_a_message_later(void **state)
{
    struct world *w = *state;
    int64_t due = 0;
    bool nobody = false;
    configure(w, "notify: { rules: [{ to: a }] }\n");
    assert_int_equal(rbk_notify_unsettled(w->store, NULL), 0);
    assert_true(record(w, FAILED TITLE));
    assert_outbox(w, "");
    assert_int_equal(rbk_notify_unsettled(w->store, NULL), 1);
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_int_equal(due, w->now_ms);
    assert_true(nobody);
    struct rbk_notify_settled settled = settle(w);
    assert_int_equal(settled.events, 1);
    assert_int_equal(settled.queued, 1);
    assert_outbox(w, "a run:daily/x queued 1; ");
    assert_int_equal(settle(w).events, 0);
}

static void what_is_rolled_back_was_not_recorded(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a }] }\n");
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_true(record_event(w, FAILED TITLE));
    rbk_store_rollback(w->store);
    assert_int_equal(settle(w).events, 0);
}

static void what_no_rule_is_about_is_not_recorded(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ on: check.failed, to: a }, { runbook: 'weekly/*', to: a }] }\n");
    assert_false(record(w, FAILED TITLE));
    assert_true(record(w, "{'event':'check.failed','status':'firing','key':'k','title':'t'}"));
    assert_true(record(w, "{'event':'message','key':'k','title':'t','channels':['b']}"));
    settle(w);
    assert_outbox(w, "a k queued 1; b k queued 1; ");
}

static void the_rules_are_asked_as_of_the_event(void **state)
{
    struct world *w = *state;
    int64_t due = 0;
    bool nobody;
    configure(w, "notify: { quiet: { from: '22:00', to: '07:00', timezone: UTC }, rules: [{ to: a }] }\n");
    w->now_ms = INT64_C(1763251200000) + INT64_C(23) * 3600 * 1000; /* a Sunday of 2025, 23:00 */
    record(w, FAILED TITLE);
    settle(w); /* whatever time it is now */
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_int_equal(due, w->now_ms + INT64_C(8) * 3600 * 1000);
}

static void what_was_recorded_before_the_clock_was_set_back_is_asked_now(void **state)
{
    struct world *w = *state;
    int64_t due = 0;
    bool nobody;
    configure(w, "notify: { rules: [{ to: a }] }\n");
    w->now_ms += INT64_C(10) * 24 * 3600 * 1000;
    record(w, FAILED TITLE);
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(due <= rbk_clock_wall_ms());
    assert_int_equal(settle(w).queued, 1);
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(due <= rbk_clock_wall_ms());
}

static void a_recovery_follows_a_failure_that_is_not_settled_yet(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a }] }\n");
    assert_int_equal(rbk_notify_is_open(w->store, "run:daily/x", NULL), 0);
    record(w, FAILED TITLE);
    assert_int_equal(rbk_notify_is_open(w->store, "run:daily/x", NULL), 1);
    record(w, RECOVERED TITLE);
    assert_int_equal(settle(w).queued, 2);
    assert_outbox(w, "a run:daily/x queued 2; ");
    assert_int_equal(rbk_notify_is_open(w->store, "run:daily/x", NULL), 0);
}

static void what_cannot_be_published_keeps_no_other_waiting(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a }] }\n");
    record(w, "{'event':'message','key':'k','title':'lost','channels':['gone']}");
    record(w, "{'event':'run.failed','status':'firing','title':'it has no key'}");
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_int_equal(
        rbk_stmt_run(rbk_stmt(w->store, "INSERT INTO notify_events(at_ms, event) VALUES(1, '{damaged')"), NULL), 0);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    record(w, FAILED TITLE);
    struct rbk_notify_settled settled = settle(w);
    assert_int_equal(settled.dropped, 3);
    assert_int_equal(settled.events, 4);
    assert_non_null(strstr(settled.why, "damaged"));
    assert_outbox(w, "a run:daily/x queued 1; ");
}

static void the_last_lines_of_its_log_are_read_then(void **state)
{
    struct world *w = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/step.log", w->dir);
    char *text = rbk_asprintf(FAILED "'log':'%s'," TITLE, path);
    configure(w, "notify: { rules: [{ to: a }] }\n");
    record(w, text);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("one\ntwo\n", f);
    fclose(f);
    settle(w);
    struct rbk_stmt *q = rbk_stmt(w->store, "SELECT events FROM notify_outbox");
    assert_int_equal(rbk_stmt_step(q, NULL), 1);
    assert_non_null(strstr(rbk_col_text(q, 0), "\"output\":\"one\\ntwo\""));
    rbk_stmt_end(q);
    free(text);
}

static void many_are_settled_in_order(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a, after: 600 }] }\n");
    for (int i = 0; i < 600; i++)
        record(w, FAILED TITLE);
    struct rbk_notify_settled settled = settle(w);
    assert_int_equal(settled.events, 600);
    assert_int_equal(settled.queued, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(an_event_is_recorded_and_becomes_a_message_later),
        T(what_is_rolled_back_was_not_recorded),
        T(what_no_rule_is_about_is_not_recorded),
        T(what_was_recorded_before_the_clock_was_set_back_is_asked_now),
        T(the_rules_are_asked_as_of_the_event),
        T(a_recovery_follows_a_failure_that_is_not_settled_yet),
        T(what_cannot_be_published_keeps_no_other_waiting),
        T(the_last_lines_of_its_log_are_read_then),
        T(many_are_settled_in_order),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
