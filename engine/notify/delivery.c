/* Delivery: claims what is due, hands it to the channels, writes what came of it. All of it happens in turns: one
 * transaction that settles the results of the last turn and claims messages for the next, so that ten thousand messages
 * cost some forty commits. Between turns the channels work.
 *
 * At most one process delivers to what is not local. It lets go of its locks only after it has seen that nothing is
 * due, and looks once more afterwards: whoever commits a message either sees them free, and starts a delivery, or is
 * seen by this last look. While it waits for what is due soon it holds the lock of those who linger only, and looks
 * often: a person who flushes is not kept waiting, and no second process is started to linger beside it. */
#include <notify/delivery.h>

#include <base/clock.h>
#include <base/mem.h>
#include <notify/recorded.h>
#include <notify/rules.h>
#include <runbook/timing.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/lock.h>
#include <string.h>
#include <unistd.h>

struct rbk_delivery {
    struct rbk_delivery_options o;
    struct rbk_lock *lock, *lingering;
    struct notify_lanes lanes;
    struct notify_patience patience;
    struct notify_delivering *results, *sending; /* sending: under way, by `next` */
    int result_count, under_way;
    struct rbk_timer *timer, *bound;
    bool turn_due; /* a turn is deferred */
    bool begun;    /* there was a turn */
    bool closing;  /* the time is up */
    bool tried;    /* `only` was */
    bool over;
    struct rbk_delivery_report report;
};

static void turn(void *arg);
static void launch(struct rbk_delivery *d);

static bool is_local(const struct rbk_delivery *d)
{
    return d->o.part == RBK_DELIVER_LOCAL;
}

static void turn_now(struct rbk_delivery *d)
{
    if (d->over || d->turn_due)
        return;
    d->turn_due = true;
    rbk_timer_cancel(&d->timer);
    rbk_loop_defer(d->o.loop, turn, d);
}

static void on_timer(void *arg)
{
    struct rbk_delivery *d = arg;
    d->timer = NULL;
    turn_now(d);
}

static void turn_within(struct rbk_delivery *d, int64_t ms)
{
    if (d->over || d->turn_due)
        return;
    rbk_timer_cancel(&d->timer);
    d->timer = rbk_timer_start(d->o.loop, ms > 0 ? ms : 1, 0, on_timer, d);
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

static void forget_sending(struct rbk_delivery *d, struct notify_delivering *one)
{
    struct notify_delivering **at = &d->sending;
    while (*at && *at != one)
        at = &(*at)->next;
    if (*at)
        *at = one->next;
    one->next = NULL;
}

static void count_result(struct rbk_delivery *d, const struct notify_delivering *one)
{
    d->report.accepted += one->sent == RBK_SENT_ACCEPTED;
    d->report.failed += one->sent == RBK_SENT_RETRY;
    d->report.dead += one->sent == RBK_SENT_DEAD;
    if (one->error)
        snprintf(d->report.error, sizeof d->report.error, "%s: %s", one->m.channel, one->error);
}

static void add_result(struct rbk_delivery *d, struct notify_delivering *one)
{
    bool patient = d->o.part != RBK_DELIVER_ALL;
    notify_lane_learn(one->lane, one, &d->patience, patient, rbk_clock_wall_ms());
    one->next = d->results;
    d->results = one;
    d->result_count++;
    d->tried = d->tried || (d->o.only && strcmp(d->o.only, one->m.key) == 0);
}

enum { RETRY_AFTER_MAX_MS = 3600 * 1000 }; /* of what a receiver may ask for */

static void on_sent(void *arg, struct rbk_sent_result *result)
{
    struct notify_delivering *one = arg;
    struct rbk_delivery *d = one->delivery;
    forget_sending(d, one);
    d->under_way--;
    one->lane->under_way--;
    one->under_way = false;
    one->sent = result->sent;
    one->retry_after_ms = result->retry_after_ms < RETRY_AFTER_MAX_MS ? result->retry_after_ms : RETRY_AFTER_MAX_MS;
    one->error = result->sent == RBK_SENT_ACCEPTED ? NULL : rbk_strdup(result->error ? result->error : "not accepted");
    one->memory = result->memory;
    result->memory = NULL;
    add_result(d, one);
    launch(d);
    bool starved = one->lane->claimed == 0 && (one->lane->under_way == 0 || d->result_count >= RESULTS_MAX / 4);
    if (d->result_count >= RESULTS_MAX || starved)
        turn_now(d);
    else if (!d->timer)
        turn_within(d, RESULTS_MS);
}

static void refuse(struct rbk_delivery *d, struct notify_delivering *one, enum rbk_sent sent, const char *why)
{
    one->sent = sent;
    one->error = rbk_strdup(why);
    add_result(d, one);
}

static void begin_one(struct rbk_delivery *d, struct notify_lane *lane, struct notify_delivering *one, int64_t now_ms)
{
    struct rbk_error why;
    one->delivery = d;
    notify_lane_begin(lane, now_ms);
    if (lane->refused) {
        refuse(d, one, RBK_SENT_RETRY, lane->error);
        return;
    }
    one->under_way = true;
    one->next = d->sending;
    d->sending = one;
    d->under_way++;
    lane->under_way++;
    if (d->o.ops->send(d->o.host, &one->m, on_sent, one, &why) == 0)
        return;
    forget_sending(d, one);
    d->under_way--;
    lane->under_way--;
    one->under_way = false;
    refuse(d, one, RBK_SENT_DEAD, why.message);
}

static bool may_begin(const struct rbk_delivery *d, const struct notify_lane *lane, int64_t now_ms)
{
    return lane->claimed && lane->under_way < lane->parallel && d->under_way < DELIVERY_PARALLEL && !d->closing &&
           notify_lane_wait_ms(lane, now_ms) == 0;
}

/* One from each lane in turn, so that a long queue does not keep the others waiting. */
static void launch(struct rbk_delivery *d)
{
    int64_t now_ms = rbk_clock_wall_ms();
    for (bool some = true; some;) {
        some = false;
        for (size_t i = 0; i < d->lanes.count; i++) {
            struct notify_lane *lane = d->lanes.items[i];
            if (!may_begin(d, lane, now_ms))
                continue;
            begin_one(d, lane, notify_lane_pop(lane), now_ms);
            some = true;
        }
    }
    if (d->result_count && !d->timer)
        turn_within(d, RESULTS_MS);
}

/* ---- one turn -------------------------------------------------------------------------------------------------- */

/* Gives back what a closed lane, or the end, keeps from being begun. */
static int give_back(struct rbk_delivery *d, struct notify_lane *lane, int64_t now_ms, struct rbk_error *err)
{
    int rc = 0;
    while (rc == 0 && lane->claimed && (d->closing || lane->hold_ms > now_ms)) {
        struct notify_delivering *one = notify_lane_pop(lane);
        rc = notify_claim_undo(d->o.store, &one->m, err);
        notify_delivering_free(one);
    }
    return rc;
}

static int claim_more(struct rbk_delivery *d, int64_t now_ms, struct rbk_error *err)
{
    char *channel = NULL, *after = rbk_strdup("");
    int rc = 0;
    while (rc == 0 && !d->closing && !d->tried) {
        struct notify_lane *lane = NULL;
        rc = notify_next_channel(d->o.store, after, &channel, err);
        free(after);
        after = channel;
        if (rc < 0 || !channel)
            break;
        if (d->o.channel && strcmp(d->o.channel, channel) != 0)
            continue;
        rc = notify_lane_get(&d->lanes, &d->o, channel, &lane, err);
        int room = rc == 0 && lane->local == is_local(d) ? notify_lane_room(lane, now_ms) : 0;
        if (room)
            rc = notify_claim(d->o.store, lane, d->o.only, is_local(d) || d->o.only ? INT64_MAX : now_ms, now_ms, room,
                              err);
    }
    free(after);
    return rc;
}

static int settle_lanes(struct rbk_delivery *d, int64_t now_ms, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < d->lanes.count; i++) {
        struct notify_lane *lane = d->lanes.items[i];
        rc = give_back(d, lane, now_ms, err);
        if (rc == 0 && lane->dirty)
            rc = notify_lane_save(d->o.store, lane, err);
    }
    return rc;
}

static void forget_results(struct rbk_delivery *d)
{
    while (d->results) {
        struct notify_delivering *one = d->results;
        d->results = one->next;
        count_result(d, one);
        notify_delivering_free(one);
    }
    d->result_count = 0;
}

static int take_lock(struct rbk_delivery *d, struct rbk_error *err)
{
    char holder[64];
    snprintf(holder, sizeof holder, "process %ld", (long)getpid());
    return is_local(d) ? 0 : rbk_lock_try(d->o.store, RBK_LOCK_DELIVERY, "", holder, &d->lock, err);
}

/* Back from a wait in which another delivery may have come and died. */
static int take_up(struct rbk_delivery *d, int64_t now_ms, struct rbk_error *err)
{
    if (d->lock || is_local(d))
        return 0;
    int rc = take_lock(d, err);
    return rc ? rc : notify_claims_recover(d->o.store, false, now_ms, err);
}

static int transact(struct rbk_delivery *d, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_notify_settled settled = {0};
    int rc = rbk_store_begin(d->o.store, err);
    if (rc < 0)
        return rc;
    rc = take_up(d, now_ms, err);
    if (rc == 0)
        rc = notify_recorded_settle(d->o.store, d->o.config, &settled, err);
    if (rc == 0)
        rc = notify_claims_settle(d->o.store, d->results, &d->patience, now_ms, err);
    if (rc == 0)
        rc = settle_lanes(d, now_ms, err);
    if (rc == 0)
        rc = claim_more(d, now_ms, err);
    if (rc == 0)
        rc = settle_lanes(d, now_ms, err);
    if (rc == 0 && settled.dropped)
        snprintf(d->report.error, sizeof d->report.error, "%s", settled.why);
    if (rc == 0)
        return rbk_store_commit(d->o.store, err);
    rbk_store_rollback(d->o.store);
    return rc;
}

static void release_locks(struct rbk_delivery *d)
{
    rbk_lock_release(d->lock);
    rbk_lock_release(d->lingering);
    d->lock = d->lingering = NULL;
}

static void finish(struct rbk_delivery *d, const struct rbk_error *failed)
{
    d->over = true;
    rbk_timer_cancel(&d->timer);
    rbk_timer_cancel(&d->bound);
    release_locks(d);
    notify_count_left(d->o.store, &d->report.left, NULL);
    d->o.ended(d->o.arg, &d->report, failed);
}

/* The last look, with the locks given up; true: there was something, and the delivery is ours again. */
static bool has_more(struct rbk_delivery *d, int64_t within_ms)
{
    int64_t due_ms = INT64_MAX;
    release_locks(d);
    if (d->closing || is_local(d) || d->o.only || notify_next_due(d->o.store, &due_ms, NULL) < 0)
        return false;
    return due_ms - within_ms <= rbk_clock_wall_ms() && take_lock(d, NULL) == 0;
}

static bool take_lingering(struct rbk_delivery *d)
{
    return d->lingering || rbk_lock_try(d->o.store, RBK_LOCK_DELIVERY, NOTIFY_LINGERING, "", &d->lingering, NULL) == 0;
}

/* Nobody is kept from delivering while we wait; false: somebody waits already. They are asked again with our lock given
 * up: if they are there then, their own last look finds no lock of ours. */
static bool linger(struct rbk_delivery *d)
{
    take_lingering(d);
    rbk_lock_release(d->lock);
    d->lock = NULL;
    return take_lingering(d);
}

static bool is_idle(const struct rbk_delivery *d)
{
    for (size_t i = 0; i < d->lanes.count; i++)
        if (d->lanes.items[i]->claimed)
            return false;
    return d->under_way == 0 && d->result_count == 0;
}

/* How long until something may be begun: a rate, or the next message that is due. */
static int64_t next_wait_ms(const struct rbk_delivery *d, int64_t due_ms, int64_t now_ms)
{
    int64_t wait = due_ms - now_ms < POLL_MS ? due_ms - now_ms : POLL_MS;
    for (size_t i = 0; i < d->lanes.count; i++) {
        const struct notify_lane *lane = d->lanes.items[i];
        int64_t lane_ms = notify_lane_wait_ms(lane, now_ms);
        if (lane->claimed && lane_ms > 0 && lane_ms < wait)
            wait = lane_ms;
    }
    return wait;
}

static void end_unless_more(struct rbk_delivery *d, int64_t within_ms)
{
    if (has_more(d, within_ms))
        turn_now(d);
    else
        finish(d, NULL);
}

static void rest(struct rbk_delivery *d, int64_t now_ms)
{
    int64_t due_ms = INT64_MAX;
    bool done = (d->o.only && d->tried) || d->closing || is_local(d);
    if (!done)
        notify_next_due(d->o.store, &due_ms, NULL);
    bool idle = is_idle(d), later = due_ms == INT64_MAX || due_ms - now_ms > d->o.linger_ms || d->o.only;
    if (d->closing || (idle && (done || later))) {
        end_unless_more(d, d->o.linger_ms);
        return;
    }
    if (idle && due_ms > now_ms && !linger(d)) {
        end_unless_more(d, 0);
        return;
    }
    if (!d->timer)
        turn_within(d, next_wait_ms(d, idle ? due_ms : INT64_MAX, now_ms));
}

/* Whether a transaction would change anything. */
static bool has_work(struct rbk_delivery *d, int64_t now_ms)
{
    int64_t due_ms = INT64_MAX;
    if (d->result_count || d->closing || !d->begun)
        return true;
    if (is_local(d) || d->o.only)
        return false;
    return notify_next_due(d->o.store, &due_ms, NULL) < 0 || due_ms <= now_ms;
}

static void turn(void *arg)
{
    struct rbk_delivery *d = arg;
    struct rbk_error err = {0};
    int64_t now_ms = rbk_clock_wall_ms();
    d->turn_due = false;
    if (d->over)
        return;
    if (has_work(d, now_ms)) {
        int rc = transact(d, now_ms, &err);
        if (rc == RBK_EBUSY && d->lingering && !d->closing) { /* somebody flushes; what they leave is seen to */
            turn_within(d, POLL_MS);
            return;
        }
        if (rc < 0) {
            finish(d, rc == RBK_EBUSY ? NULL : &err);
            return;
        }
        forget_results(d);
        d->begun = true;
    }
    launch(d);
    if (!d->turn_due)
        rest(d, now_ms);
}

/* ---- beginning and end ----------------------------------------------------------------------------------------- */

static void on_bound(void *arg)
{
    struct rbk_delivery *d = arg;
    d->bound = NULL;
    d->closing = true;
    turn_now(d);
}

/* What a dead delivery left, and what is too old to keep. */
static int prepare(struct rbk_delivery *d, struct rbk_error *err)
{
    int64_t now_ms = rbk_clock_wall_ms();
    int rc = rbk_store_begin(d->o.store, err);
    if (rc < 0)
        return rc;
    rc = notify_claims_recover(d->o.store, is_local(d), now_ms, err);
    if (rc == 0 && d->o.part == RBK_DELIVER_ALL)
        rc = notify_claims_hurry(d->o.store, now_ms, err);
    if (rc == 0 && !is_local(d))
        rc = notify_outbox_prune(d->o.store, d->o.config, now_ms, err);
    if (rc == 0)
        return rbk_store_commit(d->o.store, err);
    rbk_store_rollback(d->o.store);
    return rc;
}

static void read_patience(struct rbk_delivery *d)
{
    const rbk_value *notify = rbk_config_get(d->o.config, "notify");
    const rbk_value *backoff = rbk_config_get(d->o.config, "notify.backoff");
    d->patience = (struct notify_patience){.base_ms = notify_config_ms(backoff, "base", 0),
                                           .max_ms = notify_config_ms(backoff, "max", 0),
                                           .dead_after_ms = notify_config_ms(notify, "dead_after", 0)};
}

int rbk_delivery_hurry(struct rbk_store *s, struct rbk_error *err)
{
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    rc = notify_claims_hurry(s, rbk_clock_wall_ms(), err);
    if (rc == 0)
        return rbk_store_commit(s, err);
    rbk_store_rollback(s);
    return rc;
}

int rbk_delivery_start(const struct rbk_delivery_options *o, struct rbk_delivery **out, struct rbk_error *err)
{
    struct rbk_delivery *d = rbk_alloc(sizeof *d);
    d->o = *o;
    read_patience(d);
    int rc = take_lock(d, err);
    if (rc == 0)
        rc = prepare(d, err);
    if (rc < 0) {
        rbk_delivery_free(d);
        return rc;
    }
    if (o->bound_ms > 0)
        d->bound = rbk_timer_start(o->loop, o->bound_ms, 0, on_bound, d);
    turn_now(d);
    *out = d;
    return 0;
}

static void free_list(struct notify_delivering *list)
{
    while (list) {
        struct notify_delivering *one = list;
        list = one->next;
        notify_delivering_free(one);
    }
}

void rbk_delivery_free(struct rbk_delivery *d)
{
    if (!d)
        return;
    rbk_timer_cancel(&d->timer);
    rbk_timer_cancel(&d->bound);
    release_locks(d);
    free_list(d->results);
    free_list(d->sending);
    notify_lanes_free(&d->lanes);
    free(d);
}
