/* The loop itself: its life, deferred calls and the calls made before it blocks. Deferred calls ride on an idle handle,
 * which keeps the loop from blocking while it is active; the calls before blocking ride on the prepare handle, which
 * libuv runs after the idle handles and right before it polls. */
#include <base/mem.h>
#include <loop/internal.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void queue_add(struct rbk_queue *queue, rbk_loop_fn *fn, void *arg)
{
    RBK_GROW(queue->calls, queue->count, queue->cap);
    queue->calls[queue->count++] = (struct rbk_call){fn, arg};
}

static bool queue_has(const struct rbk_queue *queue, rbk_loop_fn *fn, const void *arg)
{
    for (size_t i = queue->begun; i < queue->count; i++)
        if (queue->calls[i].fn == fn && queue->calls[i].arg == arg)
            return true;
    return false;
}

/* Each call is copied first: it may add to the queue, which then moves. */
static void queue_run(struct rbk_queue *queue)
{
    size_t due = queue->count;
    while (queue->begun < due) {
        struct rbk_call call = queue->calls[queue->begun++];
        call.fn(call.arg);
    }
    queue->begun = 0;
    queue->count -= due;
    if (queue->count)
        memmove(queue->calls, queue->calls + due, queue->count * sizeof *queue->calls);
}

static void loop_on_idle(uv_idle_t *idle)
{
    struct rbk_loop *loop = idle->data;
    queue_run(&loop->deferred);
    if (!loop->deferred.count)
        uv_idle_stop(idle);
}

static void loop_keep_awake(struct rbk_loop *loop)
{
    uv_idle_start(&loop->idle, loop_on_idle);
}

/* What is armed from inside a call must be called before the loop blocks, too. */
static void loop_on_prepare(uv_prepare_t *prepare)
{
    struct rbk_loop *loop = prepare->data;
    queue_run(&loop->before_block);
    if (loop->before_block.count)
        loop_keep_awake(loop);
    else
        uv_prepare_stop(prepare);
}

/* A reader that goes away is an error of that write, not the end of this process; and children must stay waitable even
 * when the caller was started with SIGCHLD ignored. */
static void loop_settle_signals(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
    if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        signal(SIGCHLD, SIG_DFL);
}

int rbk_loop_new(struct rbk_loop **out, struct rbk_error *err)
{
    struct rbk_loop *loop = rbk_alloc(sizeof *loop);
    int rc = uv_loop_init(&loop->uv);
    if (rc < 0) {
        free(loop);
        return rbk_error_set(err, RBK_ESTORE, "cannot make an event loop: %s", uv_strerror(rc));
    }
    loop->null_fd = -1;
    loop->children_fd = -1;
    uv_idle_init(&loop->uv, &loop->idle);
    uv_prepare_init(&loop->uv, &loop->prepare);
    loop->idle.data = loop->prepare.data = loop;
    loop_settle_signals();
    *out = loop;
    return RBK_OK;
}

static void loop_free_handle(uv_handle_t *handle)
{
    free(handle);
}

void rbk_handle_close(struct rbk_loop *loop, uv_handle_t *handle)
{
    loop->handles--;
    uv_close(handle, loop_free_handle);
}

static void loop_close_left(uv_handle_t *handle, void *arg)
{
    struct rbk_loop *loop = arg;
    if (!uv_is_closing(handle))
        rbk_handle_close(loop, handle);
}

static void loop_report_left(const struct rbk_loop *loop)
{
#ifndef NDEBUG
    if (rbk_loop_unclosed(loop))
        fprintf(stderr, "event loop freed with %zu open handles\n", rbk_loop_unclosed(loop));
#else
    (void)loop;
#endif
}

static void loop_close_descriptors(struct rbk_loop *loop)
{
    if (loop->null_fd >= 0)
        close(loop->null_fd);
    if (loop->children_fd >= 0)
        close(loop->children_fd);
}

void rbk_loop_free(struct rbk_loop *loop)
{
    if (!loop)
        return;
    loop_report_left(loop);
    rbk_procs_abandon(loop);
    uv_close((uv_handle_t *)&loop->idle, NULL);
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_walk(&loop->uv, loop_close_left, loop);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    loop_close_descriptors(loop);
    free(loop->deferred.calls);
    free(loop->before_block.calls);
    free(loop->buffer);
    free(loop->strangers);
    free(loop->child_stack);
    free(loop);
}

size_t rbk_loop_unclosed(const struct rbk_loop *loop)
{
    return loop->handles + loop->proc_count;
}

int rbk_loop_run(struct rbk_loop *loop, struct rbk_error *err)
{
    int rc = uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (rc < 0)
        return rbk_error_set(err, RBK_ESTORE, "the event loop failed: %s", uv_strerror(rc));
    return RBK_OK;
}

void rbk_loop_stop(struct rbk_loop *loop)
{
    uv_stop(&loop->uv);
}

void rbk_loop_defer(struct rbk_loop *loop, rbk_loop_fn *fn, void *arg)
{
    queue_add(&loop->deferred, fn, arg);
    loop_keep_awake(loop);
}

void rbk_loop_before_block(struct rbk_loop *loop, rbk_loop_fn *fn, void *arg)
{
    if (queue_has(&loop->before_block, fn, arg))
        return;
    queue_add(&loop->before_block, fn, arg);
    uv_prepare_start(&loop->prepare, loop_on_prepare);
}
