/* Preparing and starting a process: its pipes and its environment. What fails here leaves nothing behind. */
#include <base/clock.h>
#include <base/mem.h>
#include <fcntl.h>
#include <loop/child.h>
#include <loop/spawn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_GRACE_MS 5000

/* What a loop needs before its first process. */
static int loop_prepare(struct rbk_loop *loop, struct rbk_error *err)
{
    int adopts = 0;
    if (loop->null_fd < 0) {
        loop->null_fd = rbk_spawn_fd(open("/dev/null", O_RDWR | O_CLOEXEC));
        if (loop->null_fd < 0)
            return rbk_error_errno(err, RBK_ESTORE, "cannot open /dev/null");
        char children[64];
        snprintf(children, sizeof children, "/proc/self/task/%d/children", (int)getpid());
        loop->children_fd = open(children, O_RDONLY | O_CLOEXEC);
        loop->buffer = rbk_alloc(RBK_READ_SIZE);
        loop->child_stack = rbk_realloc(NULL, 1, RBK_CHILD_STACK);
    }
    loop->adopts = !loop->is_guest && prctl(PR_GET_CHILD_SUBREAPER, &adopts, 0, 0, 0) == 0 && adopts;
    return RBK_OK;
}

/* The environment with the marker in place of an inherited one; the caller frees the array, not the strings. */
static char **env_with_marker(char *const *env, const char *marker)
{
    size_t count = 0, kept = 0, name = strcspn(marker, "=") + 1;
    while (env[count])
        count++;
    char **copy = rbk_realloc(NULL, count + 2, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        if (strncmp(env[i], marker, name) != 0)
            copy[kept++] = env[i];
    copy[kept++] = (char *)marker;
    copy[kept] = NULL;
    return copy;
}

static int make_pipe(int ends[2], struct rbk_error *err)
{
    if (pipe2(ends, O_CLOEXEC) < 0) {
        ends[0] = ends[1] = -1;
        rbk_error_errno(err, RBK_ESTORE, "cannot make a pipe for a process");
        return rbk_error_hint(err, "too many open files? see 'ulimit -n', or run fewer steps at once");
    }
    ends[0] = rbk_spawn_fd(ends[0]);
    ends[1] = rbk_spawn_fd(ends[1]);
    if (ends[0] < 0 || ends[1] < 0)
        return rbk_error_errno(err, RBK_ESTORE, "cannot make a pipe for a process");
    return RBK_OK;
}

/* The child's side of one output; ours is watched. */
static int prepare_output(struct rbk_output *out, int *child_end, struct rbk_error *err)
{
    int ends[2];
    int rc = make_pipe(ends, err);
    out->fd = ends[0];
    *child_end = ends[1];
    return rc < 0 ? rc : rbk_output_watch(out, err);
}

static int prepare_input(struct rbk_proc *p, const struct rbk_proc_options *o, int *child_end, struct rbk_error *err)
{
    int ends[2];
    int rc = make_pipe(ends, err);
    *child_end = ends[0];
    p->input.fd = ends[1];
    p->input.data = o->input_data;
    p->input.len = o->input_len;
    return rc < 0 ? rc : rbk_input_begin(p, err);
}

/* Fills the child's 0, 1 and 2. Those that are no descriptor of the loop or the terminal are the caller's to close. */
static int prepare_stdio(struct rbk_proc *p, const struct rbk_proc_options *o, int stdio[3], struct rbk_error *err)
{
    if (o->input == RBK_INPUT_TTY) {
        p->tty = rbk_tty_open(err);
        if (!p->tty)
            return RBK_EINVAL;
        stdio[0] = stdio[1] = stdio[2] = rbk_tty_fd(p->tty);
        return RBK_OK;
    }
    int rc = RBK_OK;
    if (o->input == RBK_INPUT_BYTES)
        rc = prepare_input(p, o, &stdio[0], err);
    else
        stdio[0] = p->loop->null_fd;
    for (int i = 0; i < 2 && rc == RBK_OK; i++)
        rc = prepare_output(&p->out[i], &stdio[i + 1], err);
    return rc;
}

static void close_child_ends(const struct rbk_proc *p, const int stdio[3])
{
    for (int i = 0; i < 3 && !p->tty; i++)
        if (stdio[i] >= 0 && stdio[i] != p->loop->null_fd)
            close(stdio[i]);
}

static struct rbk_proc *proc_new(struct rbk_loop *loop, const struct rbk_proc_options *o)
{
    struct rbk_proc *p = rbk_alloc(sizeof *p);
    p->loop = loop;
    p->pidfd = p->input.fd = -1;
    p->marker = rbk_strdup(o->marker);
    p->has_session = o->input != RBK_INPUT_TTY;
    p->limits = o->limits;
    p->grace_ms = o->grace_ms > 0 ? o->grace_ms : DEFAULT_GRACE_MS;
    p->on_output = o->on_output;
    p->on_exit = o->on_exit;
    p->arg = o->arg;
    p->out[0] = (struct rbk_output){.proc = p, .stream = RBK_STDOUT, .fd = -1};
    p->out[1] = (struct rbk_output){.proc = p, .stream = RBK_STDERR, .fd = -1};
    p->result.exit_code = -1;
    return p;
}

static int proc_execute(struct rbk_proc *p, const struct rbk_proc_options *o, const int stdio[3], struct rbk_error *err)
{
    char *const *env = o->env ? o->env : environ;
    char **marked = o->marker ? env_with_marker(env, o->marker) : NULL;
    struct rbk_spawn_spec spec = {
        .argv = o->argv,
        .env = marked ? marked : env,
        .cwd = o->cwd,
        .stdio = {stdio[0], stdio[1], stdio[2]},
        .tty = p->tty ? rbk_tty_fd(p->tty) : -1,
        .child_stack = p->loop->child_stack,
        .child_stack_size = RBK_CHILD_STACK,
    };
    struct rbk_spawned spawned;
    p->started_us = rbk_clock_mono_us();
    p->started_ticks = rbk_procfs_ticks_now();
    int rc = rbk_spawn(&spec, &spawned, err);
    free(marked);
    if (rc < 0)
        return rc;
    p->pid = spawned.pid;
    p->pidfd = spawned.pidfd;
    if (rbk_proc_watch_exit(p, err) == RBK_OK)
        return RBK_OK;
    kill(p->pid, SIGKILL); /* unwatched it must not live */
    (void)waitpid(p->pid, NULL, 0);
    return RBK_ESTORE;
}

int rbk_proc_spawn(struct rbk_loop *loop, const struct rbk_proc_options *options, struct rbk_proc **out,
                   struct rbk_error *err)
{
    int stdio[3] = {-1, -1, -1};
    struct rbk_error unseen;
    err = err ? err : &unseen; /* its code is what a hint returns */
    int rc = loop_prepare(loop, err);
    if (rc < 0)
        return rc;
    struct rbk_proc *p = proc_new(loop, options);
    rc = prepare_stdio(p, options, stdio, err);
    if (rc < 0)
        goto out;
    rc = proc_execute(p, options, stdio, err);
out:
    close_child_ends(p, stdio);
    if (rc < 0) {
        rbk_proc_free(p);
        return rc;
    }
    rbk_proc_begin(p);
    if (out)
        *out = p;
    return RBK_OK;
}
