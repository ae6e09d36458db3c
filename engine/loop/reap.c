/* Reaping. Children are reaped one by one by pid: never waitpid(-1), which would take a status that belongs to someone
 * else. As subreaper we also inherit the orphans of every tree: waitid with WNOWAIT names a dead child without reaping
 * it, and what is no process of this loop is such an orphan. */
#include <base/clock.h>
#include <base/mem.h>
#include <errno.h>
#include <loop/child.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUSEKEEPING_MS 1000
#define REAP_AT_ONCE    1024 /* a fork storm dies as fast as we reap: give the loop its turn */
/* So short-lived a process cannot have seen the pids wrap around unnoticed. */
#define YOUNG_US 50000

static struct rbk_proc *proc_of_pid(const struct rbk_loop *loop, pid_t pid)
{
    for (struct rbk_proc *p = loop->procs; p; p = p->next)
        if (p->pid == pid && !p->reaped)
            return p;
    return NULL;
}

void rbk_stranger_add(struct rbk_loop *loop, pid_t pid)
{
    RBK_GROW(loop->strangers, loop->stranger_count, loop->stranger_cap);
    loop->strangers[loop->stranger_count++] = pid;
}

bool rbk_stranger_is(const struct rbk_loop *loop, pid_t pid)
{
    for (size_t i = 0; i < loop->stranger_count; i++)
        if (loop->strangers[i] == pid)
            return true;
    return false;
}

/* It is reaped, and its pid may be another's soon. */
static void stranger_remove(struct rbk_loop *loop, pid_t pid)
{
    for (size_t i = 0; i < loop->stranger_count; i++)
        if (loop->strangers[i] == pid)
            loop->strangers[i--] = loop->strangers[--loop->stranger_count];
}

static bool is_known(const struct rbk_loop *loop, pid_t pid)
{
    return proc_of_pid(loop, pid) || rbk_stranger_is(loop, pid);
}

bool rbk_reap_one(struct rbk_proc *p)
{
    int status;
    struct rusage usage;
    if (p->reaped)
        return true;
    pid_t pid;
    do
        pid = wait4(p->pid, &status, WNOHANG, &usage);
    while (pid < 0 && errno == EINTR);
    if (pid == p->pid)
        rbk_proc_note_exit(p, status, &usage);
    else if (pid < 0) /* someone took it from us: an unknown end is better than none */
        rbk_proc_note_exit(p, 0, NULL);
    return p->reaped;
}

static int64_t usage_ms(const struct rusage *usage)
{
    return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000 +
           (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1000;
}

/* What an orphan used counts for the tree it came from, when that is known by its session or there is only one. */
static void reap_orphan(struct rbk_loop *loop, pid_t pid)
{
    struct rbk_procstat orphan;
    struct rusage usage;
    bool known = rbk_procfs_stat(pid, &orphan);
    if (wait4(pid, NULL, WNOHANG | __WALL, &usage) != pid)
        return;
    if (rbk_stranger_is(loop, pid)) {
        stranger_remove(loop, pid);
        return;
    }
    for (struct rbk_proc *p = loop->procs; p; p = p->next)
        if (loop->proc_count == 1 || (known && p->has_session && orphan.session == p->pid))
            p->sampling.reaped_cpu_ms += usage_ms(&usage);
}

/* The kernel's own list of the main thread's children, to which orphans are added: -1 = this kernel has none. */
static int others_in_children_file(const struct rbk_loop *loop, bool (*known)(const struct rbk_loop *loop, pid_t pid))
{
    char text[4096];
    ssize_t got = loop->children_fd < 0 ? -1 : pread(loop->children_fd, text, sizeof text - 1, 0);
    if (got < 0 || got == (ssize_t)sizeof text - 1)
        return -1;
    text[got] = '\0';
    char *end;
    for (char *at = text;; at = end) {
        pid_t pid = (pid_t)strtol(at, &end, 10);
        if (end == at)
            return 0;
        if (!known(loop, pid))
            return 1;
    }
}

/* The only children left are those that go their own way. */
static bool only_strangers(const struct rbk_loop *loop)
{
    return loop->stranger_count && others_in_children_file(loop, rbk_stranger_is) == 0;
}

enum rbk_brood rbk_reap(struct rbk_loop *loop)
{
    if (!loop->adopts) {
        for (struct rbk_proc *p = loop->procs; p; p = p->next)
            rbk_reap_one(p);
        return RBK_SOME_CHILDREN;
    }
    for (int i = 0; i < REAP_AT_ONCE; i++) {
        siginfo_t dead = {0};
        if (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 && errno != EINTR)
            return RBK_NO_CHILDREN;
        if (!dead.si_pid)
            return only_strangers(loop) ? RBK_NO_CHILDREN : RBK_SOME_CHILDREN;
        struct rbk_proc *p = proc_of_pid(loop, dead.si_pid);
        if (p)
            rbk_reap_one(p);
        else
            reap_orphan(loop, dead.si_pid);
    }
    return RBK_SOME_CHILDREN;
}

bool rbk_tree_is_gone(struct rbk_proc *p)
{
    const struct rbk_loop *loop = p->loop;
    bool unsure = loop->stranger_count && loop->children_fd < 0; /* then a search says it */
    return rbk_reap(p->loop) == RBK_NO_CHILDREN || !loop->adopts || loop->proc_count > 1 || unsure;
}

static bool may_be_leftover(const struct rbk_proc *p, pid_t pid)
{
    pid_t session = getsid(pid);
    struct rbk_procstat stat;
    if (session < 0 || is_known(p->loop, pid))
        return false;
    return session == p->pid || (rbk_procfs_stat(pid, &stat) && stat.ppid == getpid());
}

/* All descendants of a child have got their pids since. When that is a handful, each is looked at: -1 = too many. */
static int leftover_among_new_pids(const struct rbk_proc *p)
{
    pid_t last = rbk_procfs_last_pid();
    if (last < p->pid || rbk_clock_mono_us() - p->started_us > YOUNG_US)
        return -1;
    for (pid_t pid = p->pid + 1; pid <= last; pid++)
        if (may_be_leftover(p, pid))
            return 1;
    return 0;
}

static bool scan_finds_leftovers(struct rbk_proc *p)
{
    struct rbk_proclist members = {0};
    rbk_tree_find(p, &members);
    bool some = members.count > 0;
    rbk_proclist_fini(&members);
    return some;
}

bool rbk_leftovers(struct rbk_proc *p)
{
    if (rbk_reap(p->loop) == RBK_NO_CHILDREN)
        return false;
    if (!rbk_tree_is_gone(p))
        return true;
    int found = -1;
    if (p->loop->adopts) { /* then whatever is left has an ancestor among our children */
        found = others_in_children_file(p->loop, is_known);
        found = found < 0 ? leftover_among_new_pids(p) : found;
    }
    return found != 0 && scan_finds_leftovers(p);
}

static void housekeeping_on_timer(void *arg)
{
    rbk_reap(arg);
}

/* Adopted orphans that die while a long step runs are no event for anyone: they are reaped now and then. */
void rbk_housekeeping_update(struct rbk_loop *loop)
{
    if (!loop->proc_count)
        rbk_timer_cancel(&loop->housekeeping);
    else if (loop->adopts && !loop->housekeeping)
        loop->housekeeping = rbk_timer_start(loop, HOUSEKEEPING_MS, HOUSEKEEPING_MS, housekeeping_on_timer, loop);
}
