/* Sending: what was claimed goes to its channel, and what came of it is kept for the next turn. */
#include <notify/delivery.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdio.h>
#include <string.h>

static void forget_sending(struct rbk_delivery *d, struct notify_delivering *one)
{
    struct notify_delivering **at = &d->sending;
    while (*at && *at != one)
        at = &(*at)->next;
    if (*at)
        *at = one->next;
    one->next = NULL;
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
    notify_delivery_launch(d);
    bool starved = one->lane->claimed == 0 && (one->lane->under_way == 0 || d->result_count >= RESULTS_MAX / 4);
    if (d->result_count >= RESULTS_MAX || starved)
        notify_delivery_turn_now(d);
    else if (!d->timer)
        notify_delivery_turn_within(d, RESULTS_MS);
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
void notify_delivery_launch(struct rbk_delivery *d)
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
        notify_delivery_turn_within(d, RESULTS_MS);
}

static void count_result(struct rbk_delivery *d, const struct notify_delivering *one)
{
    d->report.accepted += one->sent == RBK_SENT_ACCEPTED;
    d->report.failed += one->sent == RBK_SENT_RETRY;
    d->report.dead += one->sent == RBK_SENT_DEAD;
    if (one->error)
        snprintf(d->report.error, sizeof d->report.error, "%s: %s", one->m.channel, one->error);
}

void notify_delivery_forget_results(struct rbk_delivery *d)
{
    while (d->results) {
        struct notify_delivering *one = d->results;
        d->results = one->next;
        count_result(d, one);
        notify_delivering_free(one);
    }
    d->result_count = 0;
}
