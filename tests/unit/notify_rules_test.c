/* Rules: which event is told to whom, when, and what the explanation says. */
#include "notify_fixture.h"

static const int64_t MINUTE = 60000;

/* The words with which rule 1 would treat the event, and whether it would be sent. */
static void assert_explained(struct world *w, const char *text, bool sent, const char *why)
{
    rbk_value *event = event_of(text), *out = NULL;
    struct rbk_error err = {0};
    if (rbk_notify_explain(w->store, w->config, event, w->now_ms, &out, &err))
        fail_msg("%s", err.message);
    const rbk_value *rule = rbk_list_at(rbk_map_get(out, "rules"), 0);
    assert_int_equal(rbk_value_bool(rbk_map_get(rule, "sent")), sent);
    if (!strstr(rbk_map_get_string(rule, "why"), why))
        fail_msg("expected \"%s\", found \"%s\"", why, rbk_map_get_string(rule, "why"));
    rbk_value_free(event);
    rbk_value_free(out);
}

static void without_rules_nothing_is_sent(void **state)
{
    struct world *w = *state;
    configure(w, "");
    assert_false(rbk_notify_wanted(w->config));
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_int_equal(publish(w, FAILED "'channels':['b']," TITLE), 1);
    assert_outbox(w, "b run:daily/x queued 1; ");
}

static void event_priority_and_runbook_decide(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ on: 'run.*', priority: '>= high', runbook: 'daily/*', to: [a, b] }] }\n");
    assert_true(rbk_notify_wanted(w->config));
    assert_explained(w, "{'event':'check.failed','status':'firing','key':'k','title':'t'}", false,
                     "on: check.failed is not run.*");
    assert_explained(w, "{'event':'run.failed','status':'firing','key':'k','title':'t','runbook':'daily/x'}", false,
                     "priority: medium is not >= high");
    assert_explained(w, "{'event':'run.failed','status':'firing','key':'k','title':'t','priority':'critical'}", false,
                     "runbook: an event without it is not daily/*");
    assert_explained(w, FAILED TITLE, true, "at once");
    assert_int_equal(publish(w, FAILED TITLE), 2);
    assert_outbox(w, "a run:daily/x queued 1; b run:daily/x queued 1; ");
}

static void one_channel_hears_once_whatever_rules_name_it(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: [a], group: 5m }, { to: [a, b] }] }\n");
    assert_int_equal(publish(w, FAILED TITLE), 2);
    assert_outbox(w, "a run:daily/x queued 1; b run:daily/x queued 1; ");
}

static void tells_from_the_nth_failure_on_and_the_recovery_only_then(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a, after: 3 }] }\n");
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_int_equal(publish(w, RECOVERED TITLE), 0);
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_explained(w, RECOVERED TITLE, false, "its failure was not told");
    assert_int_equal(publish(w, FAILED TITLE), 1);
    assert_int_equal(publish(w, RECOVERED TITLE), 1);
    assert_explained(w, FAILED TITLE, false, "after: failure 1 of 3 in a row");
}

static void recovery_can_be_left_out(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a, recovery: false }] }\n");
    assert_int_equal(publish(w, FAILED TITLE), 1);
    assert_int_equal(publish(w, RECOVERED TITLE), 0);
}

static void a_recovery_that_is_not_told_ends_the_matter_too(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a, recovery: false, after: 2 }] }\n");
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_int_equal(rbk_notify_is_open(w->store, "run:daily/x", NULL), 1);
    assert_int_equal(publish(w, RECOVERED TITLE), 0);
    assert_int_equal(rbk_notify_is_open(w->store, "run:daily/x", NULL), 0);
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_int_equal(publish(w, FAILED TITLE), 1);
    configure(w, "notify: { rules: [{ to: b, on: 'run.*' }] }\n"); /* the rule that counted is gone */
    assert_int_equal(publish(w, RECOVERED TITLE), 0);
    assert_int_equal(rbk_notify_is_open(w->store, "run:daily/x", NULL), 0);
}

static void a_rule_that_is_edited_still_tells_the_recovery(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ on: 'run.*', to: a, repeat: 4h }, { on: 'run.*', to: b, after: 2 }] }\n");
    assert_int_equal(publish(w, FAILED TITLE), 1);
    configure(w, "notify: { rules: [{ to: b, on: 'step.*' }, { on: 'run.*', to: a, repeat: 1h },\n"
                 "                  { on: 'run.*', to: b, after: 3 }] }\n");
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_int_equal(publish(w, RECOVERED TITLE), 1);
    assert_outbox(w, "a run:daily/x queued 2; ");
}

static void an_escalation_is_no_repetition(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a, repeat: 4h }] }\n");
    assert_int_equal(publish(w, "{'event':'incident.opened','status':'firing','key':'incident:x','title':'t'}"), 1);
    assert_int_equal(publish(w, "{'event':'incident.escalated','status':'firing','key':'incident:x','title':'t'}"), 1);
    assert_int_equal(publish(w, "{'event':'incident.opened','status':'firing','key':'incident:x','title':'t'}"), 0);
}

static void a_long_text_is_cut_between_characters(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a }] }\n");
    rbk_value *event = event_of(FAILED TITLE), *out = NULL;
    struct rbk_buf text = {0};
    rbk_buf_putc(&text, 'a');
    for (int i = 0; i < 8192; i++)
        rbk_buf_puts(&text, "\u00fc");
    rbk_map_set_string(event, "text", text.data);
    rbk_buf_putc(&text, 'b');
    rbk_map_set_string(event, "output", text.data);
    assert_int_equal(rbk_notify_explain(w->store, w->config, event, w->now_ms, &out, NULL), 0);
    const rbk_value *kept = rbk_map_get(out, "event");
    assert_null(strstr(rbk_map_get_string(kept, "text"), "\uFFFD"));
    assert_true(rbk_starts_with(rbk_map_get_string(kept, "text"), "a\u00fc"));
    assert_non_null(strstr(rbk_map_get_string(kept, "text"), "\u00fc… [cut]"));
    assert_true(rbk_starts_with(rbk_map_get_string(kept, "output"), "[cut] …\n\u00fc"));
    rbk_buf_fini(&text);
    rbk_value_free(event);
    rbk_value_free(out);
}

static void what_stays_wrong_is_repeated_at_an_interval(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a, repeat: 4h }] }\n");
    assert_int_equal(publish(w, FAILED TITLE), 1);
    w->now_ms += 239 * MINUTE;
    assert_explained(w, FAILED TITLE, false, "repeat: told 3h 59m ago");
    assert_int_equal(publish(w, FAILED TITLE), 0);
    w->now_ms += MINUTE;
    assert_int_equal(publish(w, FAILED TITLE), 1);
    assert_int_equal(publish(w, RECOVERED TITLE), 1);
    assert_int_equal(publish(w, FAILED TITLE), 1);
}

static void flapping_is_told_once_in_a_window(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a, dedupe: 30m }] }\n");
    assert_int_equal(publish(w, FAILED TITLE), 1);
    assert_int_equal(publish(w, RECOVERED TITLE), 1);
    w->now_ms += MINUTE;
    assert_explained(w, FAILED TITLE, false, "dedupe: sent 1m 00s ago");
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_int_equal(publish(w, RECOVERED TITLE), 0);
    w->now_ms += 30 * MINUTE;
    assert_int_equal(publish(w, FAILED TITLE), 1);
}

static void an_attempt_that_is_repeated_is_not_told(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a }] }\n");
    assert_explained(w, FAILED "'attempt':1,'attempts':3," TITLE, false, "another attempt follows");
    assert_int_equal(publish(w, FAILED "'attempt':3,'attempts':3," TITLE), 1);
    configure(w, "notify: { rules: [{ to: a, final: false }] }\n");
    assert_int_equal(publish(w, FAILED "'attempt':1,'attempts':3," TITLE), 1);
}

static void events_that_agree_share_a_message(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a, group: 5m, group_by: [runbook] }] }\n");
    publish(w, FAILED TITLE);
    publish(w, "{'event':'check.failed','status':'firing','key':'other','runbook':'daily/x','title':'t'}");
    publish(w, "{'event':'check.failed','status':'firing','key':'third','runbook':'daily/y','title':'t'}");
    assert_outbox(w, "a runbook=daily/x queued 2; a runbook=daily/y queued 1; ");
    assert_explained(w, FAILED TITLE, true, "waits 5m 00s for others");
}

static int64_t silence(struct world *w, const char *pattern, int64_t ms)
{
    const struct rbk_silence row = {
        .pattern = pattern, .from_ms = w->now_ms, .until_ms = w->now_ms + ms, .by = "me", .why = "known"};
    int64_t id = 0;
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_int_equal(rbk_silence_add(w->store, &row, &id, NULL), 0);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    return id;
}

static void a_silence_ends_by_itself_and_lets_recoveries_pass(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a }] }\n");
    assert_int_equal(publish(w, FAILED TITLE), 1);
    silence(w, "daily/*", 60 * MINUTE);
    assert_explained(w, FAILED TITLE, false, "silence 1 (daily/*) until");
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_int_equal(publish(w, RECOVERED TITLE), 1);
    assert_int_equal(publish(w, FAILED TITLE), 0);
    assert_int_equal(publish(w, RECOVERED TITLE), 0);
    w->now_ms += 60 * MINUTE;
    assert_int_equal(publish(w, FAILED TITLE), 1);
}

static void a_silence_is_ended_by_number_or_pattern(void **state)
{
    struct world *w = *state;
    struct rbk_error err;
    int count = 0;
    silence(w, "daily/*", MINUTE);
    silence(w, "run:*", MINUTE);
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_int_equal(rbk_silence_end(w->store, "1", &count, NULL), 0);
    assert_int_equal(rbk_silence_end(w->store, "run:*", &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(rbk_silence_end(w->store, "run:*", &count, &err), RBK_ENOENT);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
}

/* 2025-11-16 is a Sunday. */
static const int64_t SUNDAY = INT64_C(1763251200000);

static void quiet_hours_make_messages_wait(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { quiet: { from: '22:00', to: '07:00', timezone: UTC }, rules: [{ to: a }] }\n");
    w->now_ms = SUNDAY + 23 * 60 * MINUTE;
    assert_explained(w, FAILED TITLE, true, "quiet until");
    publish(w, FAILED TITLE);
    int64_t due = 0;
    bool nobody;
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(nobody);
    assert_int_equal(due, SUNDAY + (24 + 7) * 60 * MINUTE);
    assert_explained(w, "{'event':'run.failed','key':'k','title':'t','priority':'critical'}", true, "at once");
    w->now_ms = SUNDAY + 7 * 60 * MINUTE;
    assert_explained(w, FAILED TITLE, true, "at once");
    w->now_ms--;
    assert_explained(w, FAILED TITLE, true, "quiet until");
}

static void quiet_hours_end_on_the_days_on_which_clocks_change(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { quiet: { from: '22:00', to: '02:30', timezone: Europe/Berlin }, rules: [{ to: a }] }\n");
    w->now_ms = INT64_C(1774738800000); /* 2026-03-29 00:00 in Berlin, where 02:30 does not come */
    assert_explained(w, FAILED TITLE, true, "quiet until");
    w->now_ms += 120 * MINUTE - 1; /* a moment before 02:00 becomes 03:00 */
    assert_explained(w, FAILED TITLE, true, "quiet until");
    w->now_ms += 60 * MINUTE;
    assert_explained(w, FAILED TITLE, true, "at once");
    w->now_ms = INT64_C(1792879200000); /* 2026-10-25 00:00 in Berlin, where 02:30 comes twice */
    assert_explained(w, FAILED TITLE, true, "quiet until");
    w->now_ms += 240 * MINUTE;
    assert_explained(w, FAILED TITLE, true, "at once");
}

static void a_message_that_waits_is_sent_when_something_grave_joins_it(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { quiet: { from: '22:00', to: '07:00', timezone: UTC }, rules: [{ to: a }] }\n");
    w->now_ms = SUNDAY + 23 * 60 * MINUTE;
    publish(w, FAILED TITLE);
    publish(w, "{'event':'run.failed','status':'firing','key':'run:daily/x','priority':'critical','title':'t'}");
    int64_t due = 0;
    bool nobody;
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_int_equal(due, w->now_ms);
    assert_outbox(w, "a run:daily/x queued 2; ");
}

static void failures_are_not_told_during_maintenance(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { maintenance: [{ at: 'sundays at 02:00 in UTC', for: 2h, match: 'run:*' }],\n"
                 "          rules: [{ to: a }] }\n");
    w->now_ms = SUNDAY + 3 * 60 * MINUTE;
    assert_explained(w, FAILED TITLE, false, "maintenance window 1 until");
    assert_explained(w, "{'event':'run.failed','key':'other','title':'t'}", true, "at once");
    w->now_ms = SUNDAY + 4 * 60 * MINUTE;
    assert_explained(w, FAILED TITLE, true, "at once");
    w->now_ms = SUNDAY + 2 * 60 * MINUTE - 1;
    assert_explained(w, FAILED TITLE, true, "at once");
}

static void assert_misunderstood(struct world *w, const char *notify)
{
    configure(w, notify);
    assert_true(rbk_notify_check(w->config, NULL) < 0);
    assert_int_equal(publish(w, FAILED TITLE), 1);
}

static void a_time_that_cannot_be_understood_hides_nothing(void **state)
{
    struct world *w = *state;
    assert_misunderstood(w, "notify: { maintenance: [{ at: 'some day', for: 2h }], rules: [{ to: a }] }\n");
    assert_misunderstood(
        w, "notify: { quiet: { from: '22:00', to: '07:00', timezone: Mars/Phobos }, rules: [{ to: a }] }\n");
    configure(w, "notify: { quiet: { from: '22:00', to: '07:00' }, maintenance: [{ at: 'every 4h', for: 1h }] }\n");
    assert_int_equal(rbk_notify_check(w->config, NULL), 0);
}

static void an_event_counts_once(void **state)
{
    struct world *w = *state;
    configure(w, "notify: { rules: [{ to: a }] }\n");
    assert_int_equal(publish(w, FAILED "'id':'e1'," TITLE), 1);
    assert_int_equal(publish(w, FAILED "'id':'e1'," TITLE), 0);
    assert_outbox(w, "a run:daily/x queued 1; ");
}

static void refuses_events_that_lack_something(void **state)
{
    struct world *w = *state;
    struct rbk_error err = {0};
    configure(w, "");
    rbk_value *event = event_of("{'event':'message','key':'k','title':'t','channels':['nowhere']}");
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_int_equal(rbk_notify_publish(w->store, w->config, event, w->now_ms, NULL, &err), RBK_ENOENT);
    assert_non_null(strstr(err.message, "nowhere"));
    rbk_map_set(event, "key", NULL);
    assert_int_equal(rbk_notify_publish(w->store, w->config, event, w->now_ms, NULL, &err), RBK_EINVAL);
    rbk_store_rollback(w->store);
    rbk_value_free(event);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(without_rules_nothing_is_sent),
        T(event_priority_and_runbook_decide),
        T(one_channel_hears_once_whatever_rules_name_it),
        T(tells_from_the_nth_failure_on_and_the_recovery_only_then),
        T(recovery_can_be_left_out),
        T(a_recovery_that_is_not_told_ends_the_matter_too),
        T(a_rule_that_is_edited_still_tells_the_recovery),
        T(an_escalation_is_no_repetition),
        T(a_long_text_is_cut_between_characters),
        T(what_stays_wrong_is_repeated_at_an_interval),
        T(flapping_is_told_once_in_a_window),
        T(an_attempt_that_is_repeated_is_not_told),
        T(events_that_agree_share_a_message),
        T(a_silence_ends_by_itself_and_lets_recoveries_pass),
        T(a_silence_is_ended_by_number_or_pattern),
        T(quiet_hours_make_messages_wait),
        T(quiet_hours_end_on_the_days_on_which_clocks_change),
        T(a_message_that_waits_is_sent_when_something_grave_joins_it),
        T(failures_are_not_told_during_maintenance),
        T(a_time_that_cannot_be_understood_hides_nothing),
        T(an_event_counts_once),
        T(refuses_events_that_lack_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
