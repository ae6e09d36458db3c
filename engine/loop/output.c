/* The output pipes: read while the process runs, and drained once it has exited. A pipe ends when its last writer is
 * gone, and that may be a grandchild that lives on; so after the exit of the child a pipe is read until it has been
 * silent for a moment, with a cap for those that never fall silent. Those that live on may be about to finish, as the
 * end of `tee >(gzip >file)` for which no shell waits, so they have as long before they are ended. All processes of a
 * loop share one buffer. */
#include <base/clock.h>
#include <errno.h>
#include <fcntl.h>
#include <loop/child.h>
#include <unistd.h>

#define DRAIN_IDLE_MS    50
#define DRAIN_CAP_MS     2000
#define DRAIN_LOOK_MS    20        /* between two looks whether what was left has ended by itself */
#define LEFTOVER_GRACE   2000      /* ms between TERM and KILL for what was left behind, at most */
#define HEAVY_READ       32768     /* a read of that size says that the pipe is a bottleneck */
#define HEAVY_PIPE       (1 << 20) /* what an unprivileged process may ask for */
#define READS_PER_TURN   16
#define READS_PER_FINISH 64

bool rbk_output_at_end(const struct rbk_proc *p)
{
    return p->out[0].fd < 0 && p->out[1].fd < 0;
}

static void output_end(struct rbk_output *out)
{
    rbk_watch_stop(&out->watch); /* out of the poll set before the descriptor is closed */
    if (out->fd >= 0)
        close(out->fd);
    out->fd = -1;
}

void rbk_output_close(struct rbk_proc *p)
{
    output_end(&p->out[0]);
    output_end(&p->out[1]);
}

static void output_enlarge(struct rbk_output *out)
{
    out->enlarged = true; /* tried once: beyond the user's quota of pipe memory it stays as it is */
    (void)fcntl(out->fd, F_SETPIPE_SZ, HEAVY_PIPE);
}

/* Reads until there is nothing, or `turns` times. */
static void output_read(struct rbk_output *out, int turns)
{
    struct rbk_proc *p = out->proc;
    while (turns-- > 0 && out->fd >= 0) {
        ssize_t got = read(out->fd, p->loop->buffer, RBK_READ_SIZE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            output_end(out);
            return;
        }
        if (got >= HEAVY_READ && !out->enlarged)
            output_enlarge(out);
        if (p->on_output)
            p->on_output(p->arg, out->stream, p->loop->buffer, (size_t)got, rbk_clock_wall_ms());
        if (p->exited)
            p->drain.last_output_ms = rbk_clock_mono_ms();
    }
}

static void output_on_readable(void *arg)
{
    struct rbk_output *out = arg;
    struct rbk_proc *p = out->proc;
    output_read(out, READS_PER_TURN);
    if (p->drain.timer && rbk_output_at_end(p) && !rbk_leftovers(p))
        rbk_proc_report(p);
}

int rbk_output_watch(struct rbk_output *out, struct rbk_error *err)
{
    out->watch = rbk_watch_own(out->proc->loop, out->fd, UV_READABLE, output_on_readable, out, err);
    return out->watch ? RBK_OK : RBK_ESTORE;
}

void rbk_output_read_rest(struct rbk_proc *p)
{
    output_read(&p->out[0], READS_PER_FINISH);
    output_read(&p->out[1], READS_PER_FINISH);
}

static void end_leftovers(struct rbk_proc *p)
{
    struct rbk_proclist members = {0};
    rbk_tree_find(p, &members);
    bool gone = rbk_tree_is_gone(p) && !members.count;
    p->result.leftovers = gone ? 0 : members.count ? (int)members.count : 1;
    rbk_proclist_fini(&members);
    if (gone)
        rbk_proc_report(p);
    else
        rbk_ending_begin(p, p->grace_ms < LEFTOVER_GRACE ? p->grace_ms : LEFTOVER_GRACE, false);
}

static void drain_on_timer(void *arg)
{
    struct rbk_proc *p = arg;
    int64_t now = rbk_clock_mono_ms();
    int64_t idle_at = p->drain.last_output_ms + DRAIN_IDLE_MS;
    int64_t until = idle_at < p->drain.deadline_ms ? idle_at : p->drain.deadline_ms;
    p->drain.timer = NULL;
    if (now >= until && now < p->drain.deadline_ms && rbk_leftovers(p))
        until = now + DRAIN_LOOK_MS;
    if (now < until)
        p->drain.timer = rbk_timer_start(p->loop, until - now, 0, drain_on_timer, p);
    else
        end_leftovers(p);
}

void rbk_drain_begin(struct rbk_proc *p)
{
    int64_t now = rbk_clock_mono_ms();
    p->drain.last_output_ms = now;
    p->drain.deadline_ms = now + DRAIN_CAP_MS;
    p->drain.timer = rbk_timer_start(p->loop, DRAIN_IDLE_MS, 0, drain_on_timer, p);
}
