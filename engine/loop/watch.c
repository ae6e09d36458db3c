/* Watching descriptors. What epoll cannot watch (a regular file as stdin) is always ready: such a watch rides on an
 * idle handle and fires in every iteration until it is stopped. libuv makes what it polls non-blocking; for a
 * descriptor of the caller that is undone, because a terminal shares this flag with every program that has it open. */
#include <base/mem.h>
#include <fcntl.h>
#include <loop/internal.h>
#include <stdlib.h>

struct rbk_watch {
    union {
        uv_handle_t handle;
        uv_poll_t poll;
        uv_idle_t idle;
    } uv; /* first: see rbk_handle_close */
    struct rbk_loop *loop;
    rbk_loop_fn *fn;
    rbk_watch_fn *both_fn; /* instead of fn, for a watch in both directions */
    void *arg;
    int events;   /* that both_fn wants */
    bool resting; /* it wants none just now */
};

/* An error on the descriptor counts as ready: the read or write that follows tells which. */
static void watch_on_poll(uv_poll_t *poll, int status, int events)
{
    struct rbk_watch *watch = poll->data;
    (void)status;
    (void)events;
    watch->fn(watch->arg);
}

static void watch_on_idle(uv_idle_t *idle)
{
    struct rbk_watch *watch = idle->data;
    watch->fn(watch->arg);
}

static void watch_on_both(uv_poll_t *poll, int status, int events)
{
    struct rbk_watch *watch = poll->data;
    if (watch->resting) {
        uv_poll_stop(poll);
        watch->events = 0;
        return;
    }
    watch->both_fn(watch->arg, status < 0 || (events & UV_READABLE) != 0, status < 0 || (events & UV_WRITABLE) != 0);
}

static int watch_start_poll(struct rbk_watch *watch, int fd, int events)
{
    int rc = uv_poll_init(&watch->loop->uv, &watch->uv.poll, fd);
    if (rc < 0)
        return rc;
    watch->uv.handle.data = watch;
    return uv_poll_start(&watch->uv.poll, events, watch_on_poll); /* cannot fail once the handle is initialised */
}

static void watch_start_idle(struct rbk_watch *watch)
{
    uv_idle_init(&watch->loop->uv, &watch->uv.idle);
    watch->uv.handle.data = watch;
    uv_idle_start(&watch->uv.idle, watch_on_idle);
}

struct rbk_watch *rbk_watch_own(struct rbk_loop *loop, int fd, int events, rbk_loop_fn *fn, void *arg,
                                struct rbk_error *err)
{
    struct rbk_watch *watch = rbk_alloc(sizeof *watch);
    watch->loop = loop;
    watch->fn = fn;
    watch->arg = arg;
    int rc = watch_start_poll(watch, fd, events);
    if (rc == UV_EPERM) { /* epoll's answer for a file that is always ready */
        watch_start_idle(watch);
    } else if (rc < 0) {
        free(watch);
        rbk_error_set(err, RBK_ESTORE, "cannot watch descriptor %d: %s", fd, uv_strerror(rc));
        return NULL;
    }
    loop->handles++;
    return watch;
}

struct rbk_watch *rbk_watch_readable(struct rbk_loop *loop, int fd, rbk_loop_fn *fn, void *arg, struct rbk_error *err)
{
    int flags = fcntl(fd, F_GETFL);
    struct rbk_watch *watch = rbk_watch_own(loop, fd, UV_READABLE, fn, arg, err);
    if (watch && flags >= 0)
        (void)fcntl(fd, F_SETFL, flags);
    return watch;
}

static int watch_events(bool readable, bool writable)
{
    return (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
}

struct rbk_watch *rbk_watch_both(struct rbk_loop *loop, int fd, bool readable, bool writable, rbk_watch_fn *fn,
                                 void *arg, struct rbk_error *err)
{
    struct rbk_watch *watch = rbk_alloc(sizeof *watch);
    watch->loop = loop;
    watch->both_fn = fn;
    watch->arg = arg;
    int rc = uv_poll_init(&loop->uv, &watch->uv.poll, fd);
    if (rc < 0) {
        free(watch);
        rbk_error_set(err, RBK_ESTORE, "cannot watch descriptor %d: %s", fd, uv_strerror(rc));
        return NULL;
    }
    watch->uv.handle.data = watch;
    loop->handles++;
    rbk_watch_change(watch, readable, writable);
    return watch;
}

/* Who wants nothing is likely to want the same as before when it goes on, and each change costs two system calls: a
 * watch at rest stays registered until something happens, and keeps no loop running. */
void rbk_watch_change(struct rbk_watch *watch, bool readable, bool writable)
{
    int events = watch_events(readable, writable);
    watch->resting = events == 0;
    if (watch->resting) {
        uv_unref(&watch->uv.handle);
        return;
    }
    uv_ref(&watch->uv.handle);
    if (events != watch->events)
        (void)uv_poll_start(&watch->uv.poll, events, watch_on_both);
    watch->events = events;
}

void rbk_watch_stop(struct rbk_watch **watch)
{
    if (!*watch)
        return;
    rbk_handle_close((*watch)->loop, &(*watch)->uv.handle);
    *watch = NULL;
}
