/* The end of a delivery, and its rests. At most one process delivers to what is not local. It lets go of its locks only
 * after it has seen that nothing is due, and looks once more afterwards: whoever commits a message either sees them
 * free, and starts a delivery, or is seen by this last look. While it waits for what is due soon it holds the lock of
 * those who linger only, and looks often: a person who flushes is not kept waiting, and no second process is started to
 * linger beside it. */
#include <notify/delivery.h>

#include <base/clock.h>
#include <stdio.h>
#include <unistd.h>

int notify_delivery_lock(struct rbk_delivery *d, struct rbk_error *err)
{
    char holder[64];
    snprintf(holder, sizeof holder, "process %ld", (long)getpid());
    return notify_delivery_is_local(d) ? 0 : rbk_lock_try(d->o.store, RBK_LOCK_DELIVERY, "", holder, &d->lock, err);
}

void notify_delivery_unlock(struct rbk_delivery *d)
{
    rbk_lock_release(d->lock);
    rbk_lock_release(d->lingering);
    d->lock = d->lingering = NULL;
}

void notify_delivery_finish(struct rbk_delivery *d, const struct rbk_error *failed)
{
    d->over = true;
    rbk_timer_cancel(&d->timer);
    rbk_timer_cancel(&d->bound);
    notify_delivery_unlock(d);
    notify_count_left(d->o.store, &d->report.left, NULL);
    d->o.ended(d->o.arg, &d->report, failed);
}

/* The last look, with the locks given up; true: there was something, and the delivery is ours again. */
static bool has_more(struct rbk_delivery *d, int64_t within_ms)
{
    int64_t due_ms = INT64_MAX;
    notify_delivery_unlock(d);
    if (d->closing || notify_delivery_is_local(d) || d->o.only || notify_next_due(d->o.store, &due_ms, NULL) < 0)
        return false;
    return due_ms - within_ms <= rbk_clock_wall_ms() && notify_delivery_lock(d, NULL) == 0;
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
        notify_delivery_turn_now(d);
    else
        notify_delivery_finish(d, NULL);
}

void notify_delivery_rest(struct rbk_delivery *d, int64_t now_ms)
{
    int64_t due_ms = INT64_MAX;
    bool done = (d->o.only && d->tried) || d->closing || notify_delivery_is_local(d);
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
        notify_delivery_turn_within(d, next_wait_ms(d, idle ? due_ms : INT64_MAX, now_ms));
}
