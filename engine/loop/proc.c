/* The life of a process from its start on: exit, limits of time, cancel, report. See child.h for the states and who
 * moves between them. */
#include <base/clock.h>
#include <loop/child.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the processes of a loop ---------------------------------------------------------------------------------------
 */

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

void rbk_proc_free(struct rbk_proc *p)
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

/* What watched the memory, and what the kernel's own bound has done. */
static void proc_settle_limits(struct rbk_proc *p)
{
    struct rbk_proc_result *r = &p->result;
    bool limited = p->limits.memory_tree > 0 || p->limits.memory_process > 0;
    snprintf(r->memory_by, sizeof r->memory_by, "%s", !limited ? "" : p->cgroup ? "cgroup" : "proc");
    if (!p->cgroup)
        return;
    rbk_cgroup_kill(p->cgroup);
    if (rbk_cgroup_out_of_memory(p->cgroup)) {
        r->end = RBK_END_MEMORY_LIMIT;
        r->exceeded = p->limits.memory_tree;
        r->by_process = false;
    }
}

void rbk_proc_report(struct rbk_proc *p)
{
    p->reported = true;
    rbk_output_read_rest(p);
    rbk_output_close(p);
    rbk_watch_stop(&p->exit_watch);
    proc_stop_timers(p);
    proc_settle_limits(p);
    loop_remove(p->loop, p);
    if (p->on_exit)
        p->on_exit(p->arg, &p->result);
    rbk_proc_free(p);
}

static int64_t timeval_ms(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_usec / 1000;
}

void rbk_proc_note_exit(struct rbk_proc *p, int status, const struct rusage *usage)
{
    struct rbk_proc_result *r = &p->result;
    p->reaped = true;
    r->duration_ms = (rbk_clock_mono_us() - p->started_us) / 1000;
    if (!usage)
        return;
    r->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    r->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
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

int rbk_proc_watch_exit(struct rbk_proc *p, struct rbk_error *err)
{
    p->exit_watch = rbk_watch_own(p->loop, p->pidfd, UV_READABLE, proc_on_pidfd, p, err);
    return p->exit_watch ? RBK_OK : RBK_ESTORE;
}

void rbk_proc_begin(struct rbk_proc *p)
{
    loop_add(p->loop, p);
    if (p->limits.wall_ms > 0)
        p->wall_timer = rbk_timer_start(p->loop, p->limits.wall_ms, 0, proc_on_wall_limit, p);
    if (rbk_limits_sampled(&p->limits))
        rbk_sampling_begin(p);
    if (p->tty)
        rbk_tty_follow(p->tty, p->loop, p->pid);
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
        rbk_proc_free(p);
    }
}

int rbk_proc_become_subreaper(struct rbk_error *err)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        return rbk_error_errno(err, RBK_ESTORE, "cannot become the reaper of orphaned processes");
    return RBK_OK;
}

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
