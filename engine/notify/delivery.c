/* Delivery: claims what is due, hands it to the channels (sending.c), writes what came of it. All of it happens in
 * turns: one transaction that settles the results of the last turn and claims messages for the next, so that ten
 * thousand messages cost some forty commits. Between turns the channels work; a turn that finds nothing to do rests
 * (resting.c). */
#include <notify/delivery.h>

#include <base/clock.h>
#include <base/mem.h>
#include <notify/recorded.h>
#include <notify/rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void turn(void *arg);

bool notify_delivery_is_local(const struct rbk_delivery *d)
{
    return d->o.part == RBK_DELIVER_LOCAL;
}

void notify_delivery_turn_now(struct rbk_delivery *d)
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
    notify_delivery_turn_now(d);
}

void notify_delivery_turn_within(struct rbk_delivery *d, int64_t ms)
{
    if (d->over || d->turn_due)
        return;
    rbk_timer_cancel(&d->timer);
    d->timer = rbk_timer_start(d->o.loop, ms > 0 ? ms : 1, 0, on_timer, d);
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
        int room = rc == 0 && lane->local == notify_delivery_is_local(d) ? notify_lane_room(lane, now_ms) : 0;
        if (room)
            rc = notify_claim(d->o.store, lane, d->o.only,
                              notify_delivery_is_local(d) || d->o.only ? INT64_MAX : now_ms, now_ms, room, err);
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

/* Back from a wait in which another delivery may have come and died. */
static int take_up(struct rbk_delivery *d, int64_t now_ms, struct rbk_error *err)
{
    if (d->lock || notify_delivery_is_local(d))
        return 0;
    int rc = notify_delivery_lock(d, err);
    return rc ? rc : notify_claims_recover(d->o.store, false, now_ms, err);
}

static int transact(struct rbk_delivery *d, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_notify_settled settled = {0};
    int rc = rbk_store_begin(d->o.store, err);
    if (rc < 0)
        return rc;
    rc = take_up(d, now_ms, err);
    if (rc == 0 && d->mend) {
        rc = notify_claims_mend(d->o.store, d->o.config, now_ms, err);
        notify_lanes_mend(&d->lanes, now_ms);
    }
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

/* Whether a transaction would change anything. */
static bool has_work(struct rbk_delivery *d, int64_t now_ms)
{
    int64_t due_ms = INT64_MAX;
    if (d->result_count || d->closing || !d->begun)
        return true;
    if (notify_delivery_is_local(d) || d->o.only)
        return false;
    int rc = notify_next_due(d->o.store, &due_ms, NULL);
    d->mend = rc == 0 && due_ms == 0;
    return rc < 0 || due_ms <= now_ms;
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
            notify_delivery_turn_within(d, POLL_MS);
            return;
        }
        if (rc < 0) {
            notify_delivery_finish(d, rc == RBK_EBUSY ? NULL : &err);
            return;
        }
        notify_delivery_forget_results(d);
        d->begun = true;
    }
    notify_delivery_launch(d);
    if (!d->turn_due)
        notify_delivery_rest(d, now_ms);
}

/* ---- beginning and end ----------------------------------------------------------------------------------------- */

static void on_bound(void *arg)
{
    struct rbk_delivery *d = arg;
    d->bound = NULL;
    d->closing = true;
    notify_delivery_turn_now(d);
}

/* What a dead delivery left, and what is too old to keep. */
static int prepare(struct rbk_delivery *d, struct rbk_error *err)
{
    int64_t now_ms = rbk_clock_wall_ms();
    int rc = rbk_store_begin(d->o.store, err);
    if (rc < 0)
        return rc;
    rc = notify_claims_recover(d->o.store, notify_delivery_is_local(d), now_ms, err);
    if (rc == 0)
        rc = notify_claims_mend(d->o.store, d->o.config, now_ms, err);
    if (rc == 0 && d->o.part == RBK_DELIVER_ALL)
        rc = notify_claims_hurry(d->o.store, now_ms, err);
    if (rc == 0 && !notify_delivery_is_local(d))
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

int rbk_delivery_start(const struct rbk_delivery_options *o, struct rbk_delivery **out, struct rbk_error *err)
{
    struct rbk_delivery *d = rbk_alloc(sizeof *d);
    d->o = *o;
    read_patience(d);
    int rc = notify_delivery_lock(d, err);
    if (rc == 0)
        rc = prepare(d, err);
    if (rc < 0) {
        rbk_delivery_free(d);
        return rc;
    }
    if (o->bound_ms > 0)
        d->bound = rbk_timer_start(o->loop, o->bound_ms, 0, on_bound, d);
    notify_delivery_turn_now(d);
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
    notify_delivery_unlock(d);
    free_list(d->results);
    free_list(d->sending);
    notify_lanes_free(&d->lanes);
    free(d);
}
