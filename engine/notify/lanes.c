/* Lanes: what a channel may take at a time, and what it has taught us by failing. A receiver that says when to come
 * back, or that has failed often in a row, is left alone until then by all its messages. */
#include <notify/delivery.h>

#include <base/mem.h>
#include <notify/rules.h>
#include <stdlib.h>
#include <store/row.h>
#include <string.h>
#include <sys/random.h>

int64_t notify_backoff_ms(const struct notify_patience *p, int attempts)
{
    int64_t wait = p->base_ms > 0 ? p->base_ms : 1;
    uint32_t random = 0;
    for (int i = 1; i < attempts && wait < p->max_ms; i++)
        wait *= 2;
    wait = wait < p->max_ms ? wait : p->max_ms;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        return wait;
    return wait / 2 + (int64_t)(random % (uint64_t)(wait / 2 + 1));
}

static void lane_configure(struct notify_lane *lane, const struct rbk_config *config)
{
    const rbk_value *channels = rbk_config_get(config, "channels");
    const rbk_value *options = channels ? rbk_map_get(channels, lane->channel) : NULL;
    const rbk_value *rate = options ? rbk_map_get(options, "rate") : NULL;
    const rbk_value *parallel = options ? rbk_map_get(options, "parallel") : NULL;
    lane->parallel = parallel ? (int)rbk_value_int(parallel) : LANE_PARALLEL;
    if (lane->parallel > DELIVERY_PARALLEL)
        lane->parallel = DELIVERY_PARALLEL;
    if (rate && rbk_value_number(rate) > 0)
        lane->interval_ms = (int64_t)(1000 / rbk_value_number(rate)) + (1000 / rbk_value_number(rate) < 1);
}

static void lane_check(struct notify_lane *lane, const struct rbk_delivery_options *o)
{
    struct rbk_error why;
    if (lane->channel[0] != '@' && !notify_channel_known(o->config, lane->channel)) {
        lane->refused = true;
        lane->error = rbk_asprintf("there is no channel \"%s\" in runbook.yaml", lane->channel);
        return;
    }
    lane->local = o->ops->local && o->ops->local(o->host, lane->channel);
    if (lane->local != (o->part == RBK_DELIVER_LOCAL))
        return; /* not ours */
    if (o->ops->check(o->host, lane->channel, &why) < 0) {
        lane->refused = true;
        lane->error = rbk_strdup(why.message);
    }
}

/* ---- its row --------------------------------------------------------------------------------------------------- */

static int lane_load(struct rbk_store *s, struct notify_lane *lane, struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "SELECT hold_ms, failures, sent_ms, local FROM notify_channels WHERE channel = ?1");
    rbk_bind_text(q, 1, lane->channel);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    bool was_local = false;
    if (rc > 0) {
        lane->hold_ms = rbk_col_int(q, 0);
        lane->failures = (int)rbk_col_int(q, 1);
        lane->sent_ms = rbk_col_int(q, 2);
        was_local = rbk_col_int(q, 3) != 0;
    }
    rbk_stmt_end(q);
    lane->dirty = lane->local != was_local;
    return 0;
}

int notify_lane_save(struct rbk_store *s, struct notify_lane *lane, struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "INSERT OR REPLACE INTO notify_channels(channel, hold_ms, failures, sent_ms, local)"
                    " VALUES(?1, ?2, ?3, ?4, ?5)");
    rbk_bind_text(q, 1, lane->channel);
    rbk_bind_int(q, 2, lane->hold_ms);
    rbk_bind_int(q, 3, lane->failures);
    rbk_bind_int(q, 4, lane->sent_ms);
    rbk_bind_int(q, 5, lane->local);
    lane->dirty = false;
    return rbk_stmt_run(q, err);
}

/* ---- lanes ----------------------------------------------------------------------------------------------------- */

int notify_lane_get(struct notify_lanes *lanes, const struct rbk_delivery_options *o, const char *channel,
                    struct notify_lane **out, struct rbk_error *err)
{
    for (size_t i = 0; i < lanes->count; i++) {
        *out = lanes->items[i];
        if (strcmp((*out)->channel, channel) == 0)
            return 0;
    }
    struct notify_lane *lane = rbk_alloc(sizeof *lane);
    lane->channel = rbk_strdup(channel);
    RBK_GROW(lanes->items, lanes->count, lanes->cap);
    lanes->items[lanes->count++] = lane;
    lane_configure(lane, o->config);
    lane_check(lane, o);
    *out = lane;
    return lane_load(o->store, lane, err);
}

void notify_lanes_free(struct notify_lanes *lanes)
{
    for (size_t i = 0; i < lanes->count; i++) {
        struct notify_delivering *one;
        while ((one = notify_lane_pop(lanes->items[i])))
            notify_delivering_free(one);
        free(lanes->items[i]->channel);
        free(lanes->items[i]->error);
        free(lanes->items[i]);
    }
    free(lanes->items);
    *lanes = (struct notify_lanes){0};
}

int64_t notify_lane_wait_ms(const struct notify_lane *lane, int64_t now_ms)
{
    int64_t at = lane->hold_ms;
    if (lane->interval_ms && lane->sent_ms <= now_ms && lane->sent_ms + lane->interval_ms > at)
        at = lane->sent_ms + lane->interval_ms;
    return at > now_ms ? at - now_ms : 0;
}

/* Where there is a rate, no more than go out within a poll: the rest may still be joined. */
int notify_lane_room(const struct notify_lane *lane, int64_t now_ms)
{
    int most = LANE_CLAIMED;
    if (lane->hold_ms > now_ms)
        return 0;
    if (lane->interval_ms)
        most =
            lane->interval_ms >= POLL_MS ? notify_lane_wait_ms(lane, now_ms) == 0 : (int)(POLL_MS / lane->interval_ms);
    most -= lane->claimed;
    return most > 0 ? most : 0;
}

void notify_lanes_mend(struct notify_lanes *lanes, int64_t now_ms)
{
    for (size_t i = 0; i < lanes->count; i++) {
        struct notify_lane *lane = lanes->items[i];
        if (lane->sent_ms <= now_ms + NOTIFY_CLOCK_SLACK_MS)
            continue;
        lane->hold_ms = lane->hold_ms < now_ms ? lane->hold_ms : now_ms;
        lane->sent_ms = now_ms;
        lane->dirty = true;
    }
}

void notify_lane_push(struct notify_lane *lane, struct notify_delivering *one)
{
    if (lane->last)
        lane->last->next = one;
    else
        lane->first = one;
    lane->last = one;
    lane->claimed++;
}

struct notify_delivering *notify_lane_pop(struct notify_lane *lane)
{
    struct notify_delivering *one = lane->first;
    if (!one)
        return NULL;
    lane->first = one->next;
    if (!lane->first)
        lane->last = NULL;
    lane->claimed--;
    one->next = NULL;
    return one;
}

static void lane_hold(struct notify_lane *lane, int64_t until_ms)
{
    if (until_ms > lane->hold_ms)
        lane->hold_ms = until_ms;
    lane->dirty = true;
}

/* A rate slower than a poll closes the channel in between, so that nobody stays only to wait for it. */
void notify_lane_begin(struct notify_lane *lane, int64_t now_ms)
{
    lane->sent_ms = now_ms;
    if (lane->interval_ms >= POLL_MS)
        lane_hold(lane, now_ms + lane->interval_ms);
    else if (lane->interval_ms)
        lane->dirty = true;
}

void notify_lane_learn(struct notify_lane *lane, const struct notify_delivering *one,
                       const struct notify_patience *patience, bool patient, int64_t now_ms)
{
    if (one->sent != RBK_SENT_RETRY) { /* it answered */
        lane->dirty = lane->dirty || lane->failures;
        lane->failures = 0;
        return;
    }
    lane->failures++;
    lane->dirty = true;
    if (one->retry_after_ms > 0)
        lane_hold(lane, now_ms + one->retry_after_ms);
    else if (patient && lane->failures >= BREAK_AFTER)
        lane_hold(lane, now_ms + notify_backoff_ms(patience, lane->failures - BREAK_AFTER + 1));
}
