/* Delivery, against channels that answer as the test says: order, retries, dead letters, rates, and that nothing is
 * left behind. */
#include "notify_host.h"

static void delivers_and_remembers(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a", .memory = event_of("{'thread':'17.2'}")};
    configure(w, "");
    publish(w, SEND("x", "a"));
    struct rbk_delivery_report report = deliver(w, &h, RBK_DELIVER_REMOTE);
    assert_int_equal(report.accepted, 1);
    assert_int_equal(report.left, 0);
    assert_outbox(w, "a x delivered 1; ");
    publish(w, SEND("x", "a"));
    deliver(w, &h, RBK_DELIVER_REMOTE);
    assert_string_equal(h.sent.data, "a x 1;a x 1 known;");
    assert_string_not_equal(h.keys.items[0], h.keys.items[1]);
    host_fini(&h);
}

static void an_outage_leaves_two_messages_and_their_order(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "r"};
    configure(w, "notify: { backoff: { base: 1h, max: 1h } }\n");
    publish(w, SEND("x", "a"));
    deliver(w, &h, RBK_DELIVER_REMOTE);
    for (int i = 0; i < 50; i++)
        publish(w, SEND("x", "a"));
    assert_outbox(w, "a x queued 1; a x queued 50; ");
    rbk_buf_clear(&h.sent);
    deliver(w, &h, RBK_DELIVER_REMOTE); /* neither is due */
    assert_int_equal(h.sent.len, 0);
    h.script = "a";
    deliver(w, &h, RBK_DELIVER_ALL);
    assert_string_equal(h.sent.data, "a x 1;a x 50;");
    assert_string_equal(h.keys.items[0], h.keys.items[1]); /* the same in both attempts */
    assert_outbox(w, "a x delivered 1; a x delivered 50; ");
    host_fini(&h);
}

static void a_message_keeps_how_it_began_and_how_it_stands(void **state)
{
    struct world *w = *state;
    configure(w, "");
    for (int i = 0; i < 30; i++) {
        char *text = rbk_asprintf("{'event':'message','key':'x','title':'t%d','channels':['a']}", i);
        publish(w, text);
        free(text);
    }
    struct rbk_stmt *q = rbk_stmt(w->store, "SELECT events, subject, count FROM notify_outbox");
    assert_int_equal(rbk_stmt_step(q, NULL), 1);
    rbk_value *events = rbk_value_decode(rbk_col_text(q, 0), strlen(rbk_col_text(q, 0)), NULL);
    assert_int_equal(rbk_value_length(events), 20);
    assert_string_equal(rbk_map_get_string(rbk_list_at(events, 0), "title"), "t0");
    assert_string_equal(rbk_map_get_string(rbk_list_at(events, 19), "title"), "t29");
    assert_string_equal(rbk_col_text(q, 1), "t29 (and 29 more)");
    rbk_stmt_end(q);
    rbk_value_free(events);
}

static size_t count_distinct(const struct rbk_strv *keys)
{
    struct rbk_strv seen = {0};
    for (size_t i = 0; i < keys->count; i++)
        if (!rbk_strv_has(&seen, keys->items[i]))
            rbk_strv_add(&seen, keys->items[i]);
    size_t count = seen.count;
    rbk_strv_fini(&seen);
    return count;
}

static void a_channel_that_hangs_keeps_no_other_waiting(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a", .hangs = "a"};
    configure(w, "");
    for (int i = 0; i < 20; i++) {
        char *text = rbk_asprintf("{'event':'message','key':'k%d','title':'t','channels':['a']}", i);
        publish(w, text);
        free(text);
    }
    publish(w, SEND("x", "b"));
    struct rbk_delivery_report report = deliver_with(w, &h, (struct rbk_delivery_options){.bound_ms = 200});
    assert_int_equal(h.keys.count, 9); /* eight hang */
    assert_int_equal(report.accepted, 1);
    assert_int_equal(report.left, 20);
    h.hangs = NULL;
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).accepted, 20);
    assert_int_equal(h.keys.count, 29);
    assert_int_equal(count_distinct(&h.keys), 21); /* those that hung came again with the keys that they had */
    host_fini(&h);
}

static void one_process_delivers(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a", .world = w};
    struct rbk_lock *lock = NULL;
    struct rbk_delivery *d = NULL;
    struct rbk_error err;
    int64_t due;
    bool nobody;
    configure(w, "");
    publish(w, SEND("x", "a"));
    assert_int_equal(rbk_lock_try(w->store, RBK_LOCK_DELIVERY, "", "me", &lock, NULL), 0);
    struct rbk_delivery_options o = {
        .loop = w->loop, .store = w->store, .config = w->config, .ops = &host_ops, .host = &h};
    assert_int_equal(rbk_delivery_start(&o, &d, &err), RBK_EBUSY);
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_false(nobody);
    rbk_lock_release(lock);
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(nobody);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).accepted, 1);
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(due == INT64_MAX);
    host_fini(&h);
}

static void a_delivery_asks_the_rules_about_what_is_recorded(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a"};
    configure(w, "notify: { rules: [{ to: a }] }\n");
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_true(record_event(w, FAILED TITLE));
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).accepted, 1);
    assert_outbox(w, "a run:daily/x delivered 1; ");
    host_fini(&h);
}

static void local_channels_are_left_to_the_process_that_queued(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a", .local = "a"};
    int64_t due;
    bool nobody;
    configure(w, "");
    publish(w, SEND("x", "a"));
    publish(w, SEND("y", "b"));
    deliver(w, &h, RBK_DELIVER_REMOTE);
    assert_outbox(w, "a x queued 1; b y delivered 1; ");
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(due == INT64_MAX); /* no child is started for it */
    deliver(w, &h, RBK_DELIVER_LOCAL);
    assert_outbox(w, "a x delivered 1; b y delivered 1; ");
    host_fini(&h);
}

static void a_channel_that_is_not_right_keeps_its_messages(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a", .refused = "a"};
    configure(w, "notify: { backoff: { base: 1h } }\n");
    publish(w, SEND("x", "a"));
    struct rbk_delivery_report report = deliver(w, &h, RBK_DELIVER_REMOTE);
    assert_int_equal(report.failed, 1);
    assert_string_equal(report.error, "a: a has no url");
    h.refused = NULL;
    assert_int_equal(deliver(w, &h, RBK_DELIVER_ALL).accepted, 1);
    host_fini(&h);
}

static void one_message_is_waited_for_and_others_are_left(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a"};
    configure(w, "");
    publish(w, SEND("x", "a"));
    publish(w, SEND("y", "a"));
    struct rbk_stmt *q = rbk_stmt(w->store, "SELECT key FROM notify_outbox WHERE grp = 'y'");
    assert_int_equal(rbk_stmt_step(q, NULL), 1);
    char *key = rbk_strdup(rbk_col_text(q, 0));
    rbk_stmt_end(q);
    deliver_with(w, &h, (struct rbk_delivery_options){.only = key, .channel = "a"});
    assert_outbox(w, "a x queued 1; a y delivered 1; ");
    free(key);
    host_fini(&h);
}

static void what_was_delivered_goes_after_its_time(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a"};
    configure(w, "notify: { keep: 30d }\n");
    publish(w, SEND("old", "a"));
    deliver(w, &h, RBK_DELIVER_REMOTE);
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    struct rbk_stmt *q = rbk_stmt(w->store, "UPDATE notify_outbox SET delivered_ms = delivered_ms - ?1");
    rbk_bind_int(q, 1, INT64_C(31) * 24 * 3600 * 1000);
    assert_int_equal(rbk_stmt_run(q, NULL), 0);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    publish(w, SEND("new", "a"));
    deliver(w, &h, RBK_DELIVER_REMOTE);
    assert_outbox(w, "a new delivered 1; ");
    host_fini(&h);
}

static void many_are_delivered_in_few_commits(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a"};
    configure(w, "");
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    for (int i = 0; i < 2000; i++) {
        char *text = rbk_asprintf("{'event':'message','key':'k%d','title':'t','channels':['a']}", i);
        rbk_value *event = event_of(text);
        assert_int_equal(rbk_notify_publish(w->store, w->config, event, w->now_ms, NULL, NULL), 0);
        rbk_value_free(event);
        free(text);
    }
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    struct rbk_delivery_report report = deliver(w, &h, RBK_DELIVER_REMOTE);
    assert_int_equal(report.accepted, 2000);
    assert_int_equal(report.left, 0);
    assert_true(h.most_under_way <= 8 && h.most_under_way > 1);
    host_fini(&h);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(delivers_and_remembers),
        T(an_outage_leaves_two_messages_and_their_order),
        T(a_message_keeps_how_it_began_and_how_it_stands),
        T(a_channel_that_hangs_keeps_no_other_waiting),
        T(one_process_delivers),
        T(a_delivery_asks_the_rules_about_what_is_recorded),
        T(local_channels_are_left_to_the_process_that_queued),
        T(a_channel_that_is_not_right_keeps_its_messages),
        T(one_message_is_waited_for_and_others_are_left),
        T(what_was_delivered_goes_after_its_time),
        T(many_are_delivered_in_few_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
