/* Timers on the monotonic clock. */
#include <base/mem.h>
#include <loop/internal.h>

struct rbk_timer {
    uv_timer_t uv; /* first: see rbk_handle_close */
    struct rbk_loop *loop;
    rbk_loop_fn *fn;
    void *arg;
};

static void timer_on_fire(uv_timer_t *uv)
{
    struct rbk_timer *timer = uv->data;
    rbk_loop_fn *fn = timer->fn;
    void *arg = timer->arg;
    if (!uv_timer_get_repeat(uv))
        rbk_timer_cancel(&timer);
    fn(arg);
}

/* The time that libuv keeps is that of the last poll: without an update, work done since would shorten the timer. */
struct rbk_timer *rbk_timer_start(struct rbk_loop *loop, int64_t after_ms, int64_t repeat_ms, rbk_loop_fn *fn,
                                  void *arg)
{
    struct rbk_timer *timer = rbk_alloc(sizeof *timer);
    timer->loop = loop;
    timer->fn = fn;
    timer->arg = arg;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    loop->handles++;
    uv_update_time(&loop->uv);
    uv_timer_start(&timer->uv, timer_on_fire, after_ms > 0 ? (uint64_t)after_ms : 0,
                   repeat_ms > 0 ? (uint64_t)repeat_ms : 0);
    return timer;
}

int64_t rbk_timer_left_ms(struct rbk_timer *timer)
{
    uv_update_time(&timer->loop->uv);
    return (int64_t)uv_timer_get_due_in(&timer->uv);
}

void rbk_timer_cancel(struct rbk_timer **timer)
{
    if (!*timer)
        return;
    rbk_handle_close((*timer)->loop, (uv_handle_t *)&(*timer)->uv);
    *timer = NULL;
}
