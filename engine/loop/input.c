/* Bytes for a child's stdin: written at once as far as the pipe takes them, the rest as the child reads. A child that
 * closes its stdin early has read all it wanted; that is no error. */
#include <errno.h>
#include <fcntl.h>
#include <loop/child.h>
#include <unistd.h>

void rbk_input_close(struct rbk_proc *p)
{
    rbk_watch_stop(&p->input.watch);
    if (p->input.fd >= 0)
        close(p->input.fd);
    p->input.fd = -1;
}

/* False when the pipe is full: there is more to write. */
static bool input_write(struct rbk_input *input)
{
    while (input->len) {
        ssize_t put = write(input->fd, input->data, input->len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno != EAGAIN;
        input->data += put;
        input->len -= (size_t)put;
    }
    return true;
}

static void input_on_writable(void *arg)
{
    struct rbk_proc *p = arg;
    if (input_write(&p->input))
        rbk_input_close(p);
}

int rbk_input_begin(struct rbk_proc *p, struct rbk_error *err)
{
    (void)fcntl(p->input.fd, F_SETFL, O_NONBLOCK);
    if (input_write(&p->input)) {
        rbk_input_close(p);
        return RBK_OK;
    }
    p->input.watch = rbk_watch_own(p->loop, p->input.fd, UV_WRITABLE, input_on_writable, p, err);
    return p->input.watch ? RBK_OK : RBK_ESTORE;
}
