/* Ending what a dead run left running, found by the marker in its environment. Its process groups were made by the run
 * (each step has its own), so a group mate of a marked process belongs to it as well, and so does every descendant. A
 * session would say too much: a step with a terminal shares the session of its user. */
#include <base/clock.h>
#include <loop/proc.h>
#include <loop/procfs.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS   10
#define GIVE_UP_MS 5000

/* We and those who started us are never ended, even when a run inside a run sweeps. */
static bool is_own_line(const struct rbk_proclist *all, pid_t pid)
{
    for (pid_t at = getpid(); at > 0;) {
        const struct rbk_procstat *process = rbk_proclist_find(all, at);
        if (at == pid)
            return true;
        at = process ? process->ppid : 0;
    }
    return false;
}

static void mark_group(struct rbk_proclist *all, const struct rbk_procstat *of)
{
    if (of->pgrp <= 1 || of->pgrp == getpgrp())
        return;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].pgrp == of->pgrp && !is_own_line(all, all->items[i].pid))
            all->items[i].member = true;
}

static void find_marked(const char *marker, struct rbk_proclist *all)
{
    rbk_procfs_list(all);
    for (size_t i = 0; i < all->count; i++) {
        struct rbk_procstat *process = &all->items[i];
        process->member = process->member || (!process->dead && rbk_procfs_marked(process->pid, marker) &&
                                              !is_own_line(all, process->pid));
        if (process->member)
            mark_group(all, process);
    }
    rbk_proclist_spread(all);
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].member && is_own_line(all, all->items[i].pid))
            all->items[i].member = false;
    rbk_proclist_keep_members(all);
}

static void signal_all(const struct rbk_proclist *list, int signo)
{
    for (size_t i = 0; i < list->count; i++)
        rbk_procfs_signal(&list->items[i], signo);
}

static void pause_a_moment(void)
{
    struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    nanosleep(&pause, NULL);
}

/* Waits until a search finds nothing; with KILL, kills what each search finds. True when nothing is left. */
static bool wait_until_gone(const char *marker, struct rbk_proclist *list, int64_t patience_ms, bool killing)
{
    int64_t deadline = rbk_clock_mono_ms() + patience_ms;
    do {
        if (killing)
            signal_all(list, SIGKILL);
        pause_a_moment();
        find_marked(marker, list);
    } while (list->count && rbk_clock_mono_ms() < deadline);
    return list->count == 0;
}

int rbk_proc_sweep(const char *marker, int64_t grace_ms, struct rbk_error *err)
{
    struct rbk_proclist list = {0};
    find_marked(marker, &list);
    int found = (int)list.count;
    if (found) {
        signal_all(&list, SIGTERM);
        signal_all(&list, SIGCONT);
        if (!wait_until_gone(marker, &list, grace_ms, false) && !wait_until_gone(marker, &list, GIVE_UP_MS, true)) {
            rbk_error_set(err, RBK_ESTORE, "%zu processes of the earlier run cannot be ended, the first is %d",
                          list.count, (int)list.items[0].pid);
            rbk_error_hint(err, "end them by hand ('kill -9 %d', perhaps as another user), then resume",
                           (int)list.items[0].pid);
            found = RBK_ESTORE;
        }
    }
    rbk_proclist_fini(&list);
    return found;
}
