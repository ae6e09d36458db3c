/* The tree of a process: who belongs to it, and signals to all of it. A process belongs when it is the child itself, is
 * in the child's session or process group, descends from one that belongs, or is an orphan that we adopted as subreaper
 * and that carries the marker. An adopted orphan without any mark (own session, cleaned environment) belongs to
 * whichever process may have begotten it last: it is claimed when only one is left that could have. */
#include <base/clock.h>
#include <loop/child.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define CHASE_WIDTH 4 /* pids, down from the newest */

static bool in_session_or_group(const struct rbk_proc *p, const struct rbk_procstat *process)
{
    return process->pgrp == p->pid || (p->has_session && process->session == p->pid);
}

static bool has_mark(const struct rbk_proc *p, const struct rbk_procstat *process)
{
    return in_session_or_group(p, process) || (p->marker && rbk_procfs_marked(process->pid, p->marker));
}

static bool is_direct_child_of_loop(const struct rbk_loop *loop, pid_t pid)
{
    for (const struct rbk_proc *p = loop->procs; p; p = p->next)
        if (p->pid == pid && !p->reaped)
            return true;
    return false;
}

static bool belongs(const struct rbk_proc *p, const struct rbk_procstat *process, pid_t self)
{
    if (process->pid == p->pid)
        return !p->reaped;
    if (process->start_ticks + 1 < p->started_ticks || process->pid == self ||
        is_direct_child_of_loop(p->loop, process->pid) || rbk_stranger_is(p->loop, process->pid))
        return false;
    if (!p->loop->adopts || process->ppid != self)
        return in_session_or_group(p, process) || (!p->loop->adopts && has_mark(p, process));
    return has_mark(p, process) || p->loop->proc_count == 1;
}

void rbk_tree_find(struct rbk_proc *p, struct rbk_proclist *members)
{
    pid_t self = getpid();
    rbk_procfs_list(members);
    for (size_t i = 0; i < members->count; i++)
        members->items[i].member = belongs(p, &members->items[i], self);
    rbk_proclist_spread(members);
    rbk_proclist_keep_members(members);
}

void rbk_tree_signal(const struct rbk_proclist *members, int signo)
{
    for (size_t i = 0; i < members->count; i++)
        rbk_procfs_signal(&members->items[i], signo);
}

/* Killing a group is atomic against fork: a process that forks while its group is killed does not get a child. */
static void kill_group(const struct rbk_proc *p, const struct rbk_procstat *process)
{
    bool foreign = process->pgrp == p->pid || process->session != getsid(0);
    if (process->pgrp > 1 && process->pgrp != getpgrp() && foreign)
        (void)kill(-process->pgrp, SIGKILL);
}

void rbk_tree_kill(const struct rbk_proc *p, const struct rbk_proclist *members)
{
    pid_t last = 0;
    for (size_t i = 0; i < members->count; i++) {
        if (members->items[i].pgrp != last)
            kill_group(p, &members->items[i]);
        last = members->items[i].pgrp;
    }
    rbk_tree_signal(members, SIGKILL);
}

static void kill_if_ours(const struct rbk_proc *p, pid_t pid, int generations)
{
    struct rbk_procstat process;
    if (pid <= 1 || generations < 0 || !rbk_procfs_stat(pid, &process) || process.ppid <= 0)
        return;
    if (belongs(p, &process, getpid()))
        rbk_procfs_signal(&process, SIGKILL);
    else
        kill_if_ours(p, process.ppid, generations - 1);
}

bool rbk_tree_chase(struct rbk_proc *p, int64_t budget_us)
{
    int64_t deadline = rbk_clock_mono_us() + budget_us;
    while (!rbk_tree_is_gone(p) && rbk_clock_mono_us() < deadline) {
        pid_t last = rbk_procfs_last_pid();
        for (pid_t pid = last; pid > last - CHASE_WIDTH; pid--)
            kill_if_ours(p, pid, 1);
    }
    return rbk_tree_is_gone(p);
}
