/* Signals as events. A watched signal does not keep the loop running: it waits for nothing by itself. */
#include <base/mem.h>
#include <loop/internal.h>
#include <stdlib.h>

struct rbk_signal {
    uv_signal_t uv; /* first: see rbk_handle_close */
    struct rbk_loop *loop;
    rbk_signal_fn *fn;
    void *arg;
};

static void signal_on_arrive(uv_signal_t *uv, int signo)
{
    struct rbk_signal *signal = uv->data;
    signal->fn(signal->arg, signo);
}

static int signal_open(struct rbk_signal *signal, int signo)
{
    int rc = uv_signal_init(&signal->loop->uv, &signal->uv);
    if (rc < 0) {
        free(signal);
        return rc;
    }
    signal->uv.data = signal;
    signal->loop->handles++;
    rc = uv_signal_start(&signal->uv, signal_on_arrive, signo);
    if (rc < 0)
        rbk_handle_close(signal->loop, (uv_handle_t *)&signal->uv);
    else
        uv_unref((uv_handle_t *)&signal->uv);
    return rc;
}

struct rbk_signal *rbk_signal_watch(struct rbk_loop *loop, int signo, rbk_signal_fn *fn, void *arg,
                                    struct rbk_error *err)
{
    struct rbk_signal *signal = rbk_alloc(sizeof *signal);
    signal->loop = loop;
    signal->fn = fn;
    signal->arg = arg;
    int rc = signal_open(signal, signo);
    if (rc < 0) {
        rbk_error_set(err, RBK_ESTORE, "cannot watch for signal %d: %s", signo, uv_strerror(rc));
        return NULL;
    }
    return signal;
}

void rbk_signal_unwatch(struct rbk_signal **signal)
{
    if (!*signal)
        return;
    rbk_handle_close((*signal)->loop, (uv_handle_t *)&(*signal)->uv);
    *signal = NULL;
}
