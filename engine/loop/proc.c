/* The life of a process: prepared, started, exited, reported. See child.h for the states and who moves between them. */
#include <base/clock.h>
#include <base/mem.h>
#include <errno.h>
#include <fcntl.h>
#include <loop/child.h>
#include <loop/spawn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_GRACE_MS 5000

/* ---- what a loop needs before its first process ------------------------------------------------------------------ */

static int loop_prepare(struct rbk_loop *loop, struct rbk_error *err)
{
    int adopts = 0;
    if (loop->null_fd < 0) {
        int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        loop->null_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (fd >= 0)
            close(fd);
        if (loop->null_fd < 0)
            return rbk_error_errno(err, RBK_ESTORE, "cannot open /dev/null");
        char children[64];
        snprintf(children, sizeof children, "/proc/self/task/%d/children", (int)getpid());
        loop->children_fd = open(children, O_RDONLY | O_CLOEXEC);
        loop->buffer = rbk_alloc(RBK_READ_SIZE);
        loop->child_stack = rbk_alloc(RBK_CHILD_STACK);
    }
    loop->adopts = prctl(PR_GET_CHILD_SUBREAPER, &adopts, 0, 0, 0) == 0 && adopts;
    return RBK_OK;
}

int rbk_proc_become_subreaper(struct rbk_error *err)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        return rbk_error_errno(err, RBK_ESTORE, "cannot become the reaper of orphaned processes");
    return RBK_OK;
}

/* ---- list of processes ------------------------------------------------------------------------------------------- */

static void loop_add(struct rbk_loop *loop, struct rbk_proc *p)
{
    p->next = loop->procs;
    if (p->next)
        p->next->prev = p;
    loop->procs = p;
    loop->proc_count++;
    rbk_housekeeping_update(loop);
}

static void loop_remove(struct rbk_loop *loop, struct rbk_proc *p)
{
    if (p->prev)
        p->prev->next = p->next;
    else
        loop->procs = p->next;
    if (p->next)
        p->next->prev = p->prev;
    loop->proc_count--;
    rbk_housekeeping_update(loop);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void proc_stop_timers(struct rbk_proc *p)
{
    rbk_timer_cancel(&p->wall_timer);
    rbk_timer_cancel(&p->sampling.timer);
    rbk_timer_cancel(&p->drain.timer);
    rbk_timer_cancel(&p->ending.timer);
}

static void proc_free(struct rbk_proc *p)
{
    proc_stop_timers(p);
    rbk_output_close(p);
    rbk_input_close(p);
    rbk_watch_stop(&p->exit_watch);
    if (p->pidfd >= 0)
        close(p->pidfd);
    rbk_tty_close(p->tty);
    rbk_cgroup_free(p->cgroup);
    free(p->marker);
    free(p);
}

void rbk_proc_report(struct rbk_proc *p)
{
    p->reported = true;
    rbk_output_read_rest(p);
    rbk_output_close(p);
    rbk_watch_stop(&p->exit_watch);
    proc_stop_timers(p);
    if (p->cgroup) {
        rbk_cgroup_kill(p->cgroup);
        if (rbk_cgroup_out_of_memory(p->cgroup))
            p->result.end = RBK_END_MEMORY_LIMIT;
    }
    loop_remove(p->loop, p);
    if (p->on_exit)
        p->on_exit(p->arg, &p->result);
    proc_free(p);
}

static int64_t timeval_ms(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_usec / 1000;
}

void rbk_proc_note_exit(struct rbk_proc *p, int status, const struct rusage *usage)
{
    struct rbk_proc_result *r = &p->result;
    p->reaped = true;
    r->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    r->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    r->duration_ms = (rbk_clock_mono_us() - p->started_us) / 1000;
    r->cpu_ms = timeval_ms(usage->ru_utime) + timeval_ms(usage->ru_stime);
    r->max_rss_kb = usage->ru_maxrss;
    if (r->signal && r->end == RBK_END_EXIT)
        r->end = RBK_END_SIGNAL;
}

static void proc_on_pidfd(void *arg)
{
    struct rbk_proc *p = arg;
    if (!rbk_reap_one(p))
        return;
    p->exited = true;
    rbk_watch_stop(&p->exit_watch);
    rbk_timer_cancel(&p->wall_timer);
    rbk_timer_cancel(&p->sampling.timer);
    rbk_input_close(p);
    rbk_tty_close(p->tty);
    p->tty = NULL;
    rbk_output_read_rest(p);
    if (p->ending.phase != RBK_ENDING_NOT)
        rbk_ending_look(p);
    else if (rbk_output_at_end(p) && !rbk_leftovers(p))
        rbk_proc_report(p);
    else
        rbk_drain_begin(p);
}

static void proc_on_wall_limit(void *arg)
{
    struct rbk_proc *p = arg;
    p->wall_timer = NULL;
    rbk_proc_cancel(p, RBK_END_TIMEOUT, false);
}

void rbk_proc_cancel(struct rbk_proc *p, enum rbk_proc_end reason, bool now)
{
    if (p->reported)
        return;
    if (!p->reaped && p->ending.phase == RBK_ENDING_NOT)
        p->result.end = reason;
    rbk_ending_begin(p, p->grace_ms, now);
}

void rbk_procs_abandon(struct rbk_loop *loop)
{
    while (loop->procs) {
        struct rbk_proc *p = loop->procs;
        struct rbk_proclist members = {0};
        rbk_tree_find(p, &members);
        rbk_tree_kill(p, &members);
        rbk_proclist_fini(&members);
        if (!p->reaped)
            (void)waitpid(p->pid, NULL, 0);
        loop_remove(loop, p);
        proc_free(p);
    }
}

/* ---- the start --------------------------------------------------------------------------------------------------- */

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

/* A pipe whose ends do not collide with the child's 0, 1, 2, even when we were started without those. */
static int pipe_above_stdio(int ends[2], struct rbk_error *err)
{
    if (pipe2(ends, O_CLOEXEC) < 0) {
        ends[0] = ends[1] = -1;
        rbk_error_errno(err, RBK_ESTORE, "cannot make a pipe for a process");
        return rbk_error_hint(err, "too many open files? see 'ulimit -n', or run fewer steps at once");
    }
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 3)
            continue;
        int low = ends[i];
        ends[i] = fcntl(low, F_DUPFD_CLOEXEC, 3);
        close(low);
        if (ends[i] < 0)
            return rbk_error_errno(err, RBK_ESTORE, "cannot make a pipe for a process");
    }
    return RBK_OK;
}

/* The child's side of one output; ours is watched. */
static int prepare_output(struct rbk_output *out, int *child_end, struct rbk_error *err)
{
    int ends[2];
    int rc = pipe_above_stdio(ends, err);
    out->fd = ends[0];
    *child_end = ends[1];
    return rc < 0 ? rc : rbk_output_watch(out, err);
}

static int prepare_input(struct rbk_proc *p, const struct rbk_proc_options *o, int *child_end, struct rbk_error *err)
{
    int ends[2];
    int rc = pipe_above_stdio(ends, err);
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

/* Memory is bounded by a cgroup where one can be had, and watched in /proc where not. */
static void prepare_limits(struct rbk_proc *p)
{
    if (p->limits.memory_tree > 0)
        p->cgroup = rbk_cgroup_make(p->limits.memory_tree);
    if (p->cgroup)
        p->limits.memory_tree = 0;
    if (p->cgroup || p->limits.memory_tree > 0 || p->limits.memory_process > 0)
        snprintf(p->result.memory_by, sizeof p->result.memory_by, "%s", p->cgroup ? "cgroup" : "proc");
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
        .cgroup_procs = p->cgroup ? rbk_cgroup_procs(p->cgroup) : -1,
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
    p->exit_watch = rbk_watch_own(p->loop, p->pidfd, UV_READABLE, proc_on_pidfd, p, err);
    if (p->exit_watch)
        return RBK_OK;
    kill(p->pid, SIGKILL); /* unwatched it must not live */
    (void)waitpid(p->pid, NULL, 0);
    return RBK_ESTORE;
}

static void proc_begin_watching(struct rbk_proc *p)
{
    loop_add(p->loop, p);
    if (p->limits.wall_ms > 0)
        p->wall_timer = rbk_timer_start(p->loop, p->limits.wall_ms, 0, proc_on_wall_limit, p);
    if (rbk_limits_sampled(&p->limits))
        rbk_sampling_begin(p);
    if (p->tty)
        rbk_tty_follow(p->tty, p->loop, p->pid);
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
    prepare_limits(p);
    rc = proc_execute(p, options, stdio, err);
out:
    close_child_ends(p, stdio);
    if (rc < 0) {
        proc_free(p);
        return rc;
    }
    proc_begin_watching(p);
    if (out)
        *out = p;
    return RBK_OK;
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

pid_t rbk_proc_pid(const struct rbk_proc *p)
{
    return p->pid;
}

pid_t rbk_proc_session(const struct rbk_proc *p)
{
    return p->has_session ? p->pid : 0;
}

bool rbk_proc_exited(const struct rbk_proc *p)
{
    return p->exited;
}
