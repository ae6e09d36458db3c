/* See alarm.h: timerfd_create(2), TFD_TIMER_CANCEL_ON_SET. */
#include <base/mem.h>
#include <errno.h>
#include <schedule/alarm.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct rbk_alarm {
    int fd;
    struct rbk_watch *watch;
    rbk_alarm_fn *fn;
    void *arg;
    bool clock_was_set; /* told by timerfd_settime, and not yet told on */
};

/* The read fails with ECANCELED when the clock was set; that is a reason to ring, too. */
static void alarm_on_ready(void *arg)
{
    struct rbk_alarm *a = arg;
    uint64_t rings;
    bool clock_was_set = read(a->fd, &rings, sizeof rings) < 0 && errno == ECANCELED;
    clock_was_set = clock_was_set || a->clock_was_set;
    a->clock_was_set = false;
    a->fn(a->arg, clock_was_set);
}

int rbk_alarm_open(struct rbk_loop *loop, rbk_alarm_fn *fn, void *arg, struct rbk_alarm **out, struct rbk_error *err)
{
    int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0)
        return rbk_error_errno(err, RBK_ESTORE, "cannot make a timer");
    struct rbk_alarm *a = rbk_alloc(sizeof *a);
    *a = (struct rbk_alarm){.fd = fd, .fn = fn, .arg = arg};
    a->watch = rbk_watch_readable(loop, fd, alarm_on_ready, a, err);
    if (!a->watch) {
        rbk_alarm_close(a);
        return RBK_ESTORE;
    }
    *out = a;
    return 0;
}

static int arm(const struct rbk_alarm *a, int64_t at_ms)
{
    struct itimerspec spec = {
        .it_value = {.tv_sec = (time_t)(at_ms / 1000), .tv_nsec = (long)(at_ms % 1000) * 1000000}};
    return timerfd_settime(a->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL);
}

/* ECANCELED: the clock was set before we could read that it was. The timer is armed all the same; ring at once. */
int rbk_alarm_set(struct rbk_alarm *a, int64_t wall_ms, struct rbk_error *err)
{
    const int64_t far = INT64_C(250000000000) * 1000; /* the year 9892: armed, so that a change of the clock is told */
    int rc = arm(a, wall_ms < 1 ? 1 : wall_ms > far ? far : wall_ms);
    if (rc < 0 && errno == ECANCELED) {
        a->clock_was_set = true;
        rc = arm(a, 1);
    }
    return rc < 0 ? rbk_error_errno(err, RBK_ESTORE, "cannot set the timer") : 0;
}

void rbk_alarm_close(struct rbk_alarm *a)
{
    if (!a)
        return;
    rbk_watch_stop(&a->watch);
    close(a->fd);
    free(a);
}
