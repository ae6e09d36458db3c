/* When messages are sent: what waits, for how long, and that no clock that jumps keeps them waiting or gives them up.
 */
#include "notify_host.h"

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

/* ---- clocks that jump ------------------------------------------------------------------------------------------ */

static const int64_t DAY = INT64_C(24) * 3600 * 1000;

static void sql(struct world *w, const char *text, int64_t at_ms)
{
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    struct rbk_stmt *q = rbk_stmt(w->store, text);
    rbk_bind_int(q, 1, at_ms);
    assert_int_equal(rbk_stmt_run(q, NULL), 0);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
}

static int64_t due_in_ms(struct world *w)
{
    int64_t due = 0;
    bool nobody;
    assert_int_equal(rbk_delivery_due(w->store, &due, &nobody, NULL), 0);
    assert_true(nobody);
    return due - rbk_clock_wall_ms();
}

static void what_was_queued_before_the_clock_was_set_back_is_due(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a"};
    configure(w, "notify: { rules: [{ to: a, group: 30m }] }\n");
    w->now_ms += 10 * DAY;
    publish(w, FAILED TITLE);
    assert_true(due_in_ms(w) <= 0);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).accepted, 1);
    host_fini(&h);
}

/* Both hours are some away from now: the test is right at any time of the day. */
static char *quiet_rules(int64_t now_ms, int from, int to)
{
    int hour = (int)(now_ms / 3600000 % 24);
    return rbk_asprintf("notify: { quiet: { from: '%02d:00', to: '%02d:00', timezone: UTC }, rules: [{ to: a }] }\n",
                        (hour + from) % 24, (hour + to) % 24);
}

static void what_waits_for_quiet_hours_is_not_sent_in_them(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a"};
    char *quiet = quiet_rules(w->now_ms, 21, 3), *over = quiet_rules(w->now_ms, 3, 21);
    configure(w, quiet);
    w->now_ms += 10 * DAY + 600000;
    publish(w, FAILED TITLE);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).left, 1);
    assert_int_equal(h.keys.count, 0);
    int64_t wait_ms = due_in_ms(w);
    assert_true(wait_ms > 3600000 && wait_ms <= 3 * 3600000);
    sql(w, "UPDATE notify_outbox SET set_ms = ?1, due_ms = due_ms + 864000000", w->now_ms);
    configure(w, over);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).accepted, 1);
    free(quiet);
    free(over);
    host_fini(&h);
}

static void what_failed_before_the_clock_was_set_back_is_tried(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a"};
    configure(w, "");
    publish(w, SEND("x", "a"));
    sql(w, "UPDATE notify_outbox SET attempts = 1, set_ms = ?1, due_ms = ?1 + 60000", w->now_ms + 10 * DAY);
    assert_true(due_in_ms(w) <= 0);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).accepted, 1);
    host_fini(&h);
}

static void a_channel_held_before_the_clock_was_set_back_is_free(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a"};
    configure(w, "");
    publish(w, SEND("x", "a"));
    sql(w, "INSERT INTO notify_channels(channel, hold_ms, sent_ms, failures) VALUES('a', ?1 + 60000, ?1, 9)",
        w->now_ms + 10 * DAY);
    assert_true(due_in_ms(w) <= 0);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).accepted, 1);
    host_fini(&h);
}

static void who_waits_for_another_goes_on_doing_so(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "r"};
    configure(w, "notify: { backoff: { base: 1h, max: 1h } }\n");
    publish(w, SEND("x", "a"));
    deliver(w, &h, RBK_DELIVER_REMOTE);
    publish(w, SEND("x", "a"));
    sql(w, "UPDATE notify_outbox SET set_ms = ?1, due_ms = ?1 + 60000 WHERE attempts = 0", w->now_ms + 10 * DAY);
    deliver(w, &h, RBK_DELIVER_REMOTE);
    assert_int_equal(h.keys.count, 1);
    assert_true(due_in_ms(w) > 0);
    host_fini(&h);
}

static void what_has_reason_to_wait_waits(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "a"};
    configure(w, "notify: { rules: [{ to: a, group: 20d }] }\n");
    publish(w, FAILED TITLE);
    assert_true(due_in_ms(w) > 19 * DAY);
    assert_int_equal(deliver(w, &h, RBK_DELIVER_REMOTE).left, 1);
    assert_int_equal(h.keys.count, 0);
    host_fini(&h);
}

/* Each wait counts for a third of dead_after at most, however long it was. */
static void no_single_jump_gives_a_message_up(void **state)
{
    struct world *w = *state;
    struct host h = {.script = "r"};
    int dead = 0;
    configure(w, "notify: { dead_after: 3h }\n");
    publish(w, SEND("x", "a"));
    publish(w, SEND("x", "a"));
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(dead, 0);
        sql(w, "UPDATE notify_outbox SET set_ms = ?1, created_ms = ?1, due_ms = ?1", w->now_ms - 10 * DAY);
        dead = deliver(w, &h, RBK_DELIVER_REMOTE).dead;
        assert_int_equal(h.keys.count, i);
    }
    assert_int_equal(dead, 1);
    host_fini(&h);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(what_nobody_takes_dies_and_can_be_revived),
        T(a_receiver_that_says_when_is_left_alone_by_all),
        T(who_lingers_sees_what_is_new),
        T(only_one_lingers),
        T(what_a_dead_delivery_was_sending_waits_for_nobody_who_lingers),
        T(a_rate_is_kept_without_waiting_for_it),
        T(what_was_queued_before_the_clock_was_set_back_is_due),
        T(what_waits_for_quiet_hours_is_not_sent_in_them),
        T(what_failed_before_the_clock_was_set_back_is_tried),
        T(a_channel_held_before_the_clock_was_set_back_is_free),
        T(who_waits_for_another_goes_on_doing_so),
        T(what_has_reason_to_wait_waits),
        T(no_single_jump_gives_a_message_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
