/* Delivery, against channels that answer as the test says: order, retries, dead letters, rates, and that nothing is
 * left behind. */
#include "notify_fixture.h"

#include <notify/delivery.h>
#include <store/lock.h>

/* A host that keeps what it was sent, and answers each message with the next letter of `script`: a accepted, r try
 * again, d dead; the last letter goes on for ever. One channel may hang. */
struct host {
    struct world *world;
    const char *script;
    struct rbk_buf sent; /* "channel group count;" */
    struct rbk_strv keys;
    int under_way, most_under_way;
    int64_t retry_after_ms;
    const char *local, *refused, *hangs;
    rbk_value *memory; /* what each accepted message leaves */
};

struct answer {
    struct host *host;
    char letter;
    rbk_sent_fn *fn;
    void *arg;
};

static void give_answer(void *arg)
{
    struct answer *a = arg;
    struct rbk_sent_result result = {.sent = a->letter == 'a'   ? RBK_SENT_ACCEPTED
                                             : a->letter == 'r' ? RBK_SENT_RETRY
                                                                : RBK_SENT_DEAD,
                                     .retry_after_ms = a->letter == 'r' ? a->host->retry_after_ms : 0,
                                     .error = a->letter == 'a' ? NULL : "it said no"};
    if (a->letter == 'a' && a->host->memory)
        result.memory = rbk_value_dup(a->host->memory);
    a->host->under_way--;
    a->fn(a->arg, &result);
    free(a);
}

static int host_send(void *self, const struct rbk_message *m, rbk_sent_fn *fn, void *arg, struct rbk_error *err)
{
    (void)err;
    struct host *h = self;
    rbk_buf_printf(&h->sent, "%s %s %lld%s;", m->channel, m->group, (long long)m->count, m->memory ? " known" : "");
    rbk_strv_add(&h->keys, m->key);
    if (++h->under_way > h->most_under_way)
        h->most_under_way = h->under_way;
    if (h->hangs && strcmp(h->hangs, m->channel) == 0)
        return 0;
    char letter = *h->script;
    h->script += h->script[1] != '\0';
    struct answer *a = rbk_alloc(sizeof *a);
    *a = (struct answer){h, letter, fn, arg};
    rbk_loop_defer(h->world->loop, give_answer, a);
    return 0;
}

static int host_check(void *self, const char *channel, struct rbk_error *err)
{
    struct host *h = self;
    if (h->refused && strcmp(h->refused, channel) == 0)
        return rbk_error_set(err, RBK_EINVAL, "%s has no url", channel);
    return 0;
}

static bool host_local(void *self, const char *channel)
{
    struct host *h = self;
    return h->local && strcmp(h->local, channel) == 0;
}

static const struct rbk_channel_ops host_ops = {.check = host_check, .send = host_send, .local = host_local};

struct outcome {
    struct world *world;
    struct rbk_delivery_report report;
    bool ended;
};

static void on_ended(void *arg, const struct rbk_delivery_report *report, const struct rbk_error *failed)
{
    struct outcome *o = arg;
    if (failed)
        fail_msg("%s", failed->message);
    o->report = *report;
    o->ended = true;
}

static struct rbk_delivery_report deliver_with(struct world *w, struct host *h, struct rbk_delivery_options o)
{
    struct outcome outcome = {.world = w};
    struct rbk_delivery *d = NULL;
    struct rbk_error err = {0};
    h->world = w;
    o.loop = w->loop;
    o.store = w->store;
    o.config = w->config;
    o.ops = &host_ops;
    o.host = h;
    o.ended = on_ended;
    o.arg = &outcome;
    if (rbk_delivery_start(&o, &d, &err))
        fail_msg("%s", err.message);
    assert_int_equal(rbk_loop_run(w->loop, &err), 0);
    assert_true(outcome.ended);
    rbk_delivery_free(d);
    return outcome.report;
}

static struct rbk_delivery_report deliver(struct world *w, struct host *h, enum rbk_delivery_part part)
{
    return deliver_with(w, h, (struct rbk_delivery_options){.part = part});
}

static void host_fini(struct host *h)
{
    rbk_buf_fini(&h->sent);
    rbk_strv_fini(&h->keys);
    rbk_value_free(h->memory);
}

#define SEND(key, channel) "{'event':'message','key':'" key "','title':'" key "','channels':['" channel "']}"

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

static void what_nobody_takes_dies_and_can_be_revived(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "rda"};
    const struct rbk_message_filter all = {.state = -1};
    int count = 0;
    configure(w, "notify: { dead_after: 0s }\n");
    publish(w, SEND("old", "a"));
    publish(w, SEND("refused", "a"));
    struct rbk_delivery_report report = deliver(w, &h, RBK_DELIVER_REMOTE);
    assert_int_equal(report.dead, 2);
    assert_string_equal(report.error, "a: it said no");
    assert_outbox(w, "a old dead 1; a refused dead 1; ");
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_int_equal(rbk_outbox_retry(w->store, &all, w->now_ms, &count, NULL), 0);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    assert_int_equal(count, 2);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).accepted, 2);
    host_fini(&h);
}

static void a_receiver_that_says_when_is_left_alone_by_all(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "r", .retry_after_ms = 60000};
    int64_t due = 0;
    bool nobody;
    configure(w, "");
    for (int i = 0; i < 100; i++) {
        char *text = rbk_asprintf("{'event':'message','key':'k%d','title':'t','channels':['a']}", i);
        publish(w, text);
        free(text);
    }
    deliver(w, &h, RBK_DELIVER_REMOTE);
    assert_true(h.keys.count <= 8);
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(due > rbk_clock_wall_ms() + 50000);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).left, 100);
    assert_true(h.keys.count <= 8);
    host_fini(&h);
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

/* Looks until a delivery lingers; then publishes something else. */
struct watcher {
    struct world *world;
    struct rbk_timer *timer;
    bool saw;
};

static void watch(void *arg)
{
    struct watcher *watcher = arg;
    struct world *w = watcher->world;
    int64_t due;
    bool nobody = true;
    if (rbk_lock_held(w->store, RBK_LOCK_DELIVERY, "", NULL, 0, NULL) != 0 ||
        rbk_lock_held(w->store, RBK_LOCK_DELIVERY, NOTIFY_LINGERING, NULL, 0, NULL) != 1)
        return;
    publish(w, SEND("new", "b"));
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_false(nobody); /* no second process is started for it */
    watcher->saw = true;
    rbk_timer_cancel(&watcher->timer);
}

static void who_lingers_sees_what_is_new(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "ra", .retry_after_ms = 1500};
    struct watcher watcher = {.world = w};
    int64_t due;
    bool nobody;
    configure(w, "");
    publish(w, SEND("old", "a"));
    watcher.timer = rbk_timer_start(w->loop, 10, 10, watch, &watcher);
    struct rbk_delivery_report report = deliver_with(w, &h, (struct rbk_delivery_options){.linger_ms = 30000});
    assert_true(watcher.saw);
    assert_int_equal(report.accepted, 2);
    assert_int_equal(report.left, 0);
    publish(w, SEND("later", "a"));
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(nobody); /* it has let go of both locks */
    host_fini(&h);
}

static void only_one_lingers(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "r", .retry_after_ms = 20000};
    struct rbk_lock *other = NULL;
    configure(w, "");
    publish(w, SEND("x", "a"));
    assert_int_equal(rbk_lock_try(w->store, RBK_LOCK_DELIVERY, NOTIFY_LINGERING, "", &other, NULL), 0);
    struct rbk_delivery_report report = deliver_with(w, &h, (struct rbk_delivery_options){.linger_ms = 30000});
    assert_int_equal(report.failed, 1); /* once: it did not stay for the second attempt */
    rbk_lock_release(other);
    host_fini(&h);
}

static void what_a_dead_delivery_was_sending_waits_for_nobody_who_lingers(void **state)
{
    struct world *w = *state;
    struct rbk_lock *other = NULL;
    int64_t due;
    bool nobody = false;
    configure(w, "");
    publish(w, SEND("x", "a"));
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_int_equal(rbk_stmt_run(rbk_stmt(w->store, "UPDATE notify_outbox SET state = 1"), NULL), 0);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    assert_int_equal(rbk_lock_try(w->store, RBK_LOCK_DELIVERY, NOTIFY_LINGERING, "", &other, NULL), 0);
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(nobody);
    assert_int_equal(due, 0);
    rbk_lock_release(other);
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

static void a_rate_is_kept_without_waiting_for_it(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a"};
    struct rbk_error err = {0};
    static const char text[] = "channels: { a: { type: webhook, rate: 2/m } }\n";
    assert_int_equal(rbk_config_parse("runbook.yaml", text, strlen(text), &w->config, &err), 0);
    publish(w, SEND("x", "a"));
    publish(w, SEND("y", "a"));
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).accepted, 1);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).accepted, 0);
    int64_t due;
    bool nobody;
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(due > rbk_clock_wall_ms() + 20000);
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
        T(what_nobody_takes_dies_and_can_be_revived),
        T(a_receiver_that_says_when_is_left_alone_by_all),
        T(a_channel_that_hangs_keeps_no_other_waiting),
        T(one_process_delivers),
        T(a_delivery_asks_the_rules_about_what_is_recorded),
        T(who_lingers_sees_what_is_new),
        T(only_one_lingers),
        T(what_a_dead_delivery_was_sending_waits_for_nobody_who_lingers),
        T(local_channels_are_left_to_the_process_that_queued),
        T(a_channel_that_is_not_right_keeps_its_messages),
        T(one_message_is_waited_for_and_others_are_left),
        T(a_rate_is_kept_without_waiting_for_it),
        T(what_was_delivered_goes_after_its_time),
        T(many_are_delivered_in_few_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
