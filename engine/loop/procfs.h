/* What /proc says about processes. */
#ifndef RBK_LOOP_PROCFS_H
#define RBK_LOOP_PROCFS_H

#include <base/buf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rbk_procstat {
    pid_t pid, ppid, pgrp, session;
    bool dead;            /* a zombie: it only waits to be reaped */
    bool member;          /* for the use of a search (tree.c, sweep.c) */
    uint64_t start_ticks; /* since boot; with the pid it names a process for good */
    int64_t cpu_ms;       /* user + system, of the process and of the children that it reaped */
    int64_t rss;          /* bytes, resident */
};

struct rbk_proclist { /* by ascending pid; zero-initialise */
    struct rbk_procstat *items;
    size_t count, cap;
};

/* False when there is no such process (any more). */
bool rbk_procfs_stat(pid_t pid, struct rbk_procstat *out);
/* Every process. Leaves an empty list when /proc cannot be read. */
void rbk_procfs_list(struct rbk_proclist *out);
struct rbk_procstat *rbk_proclist_find(const struct rbk_proclist *list, pid_t pid);
/* Drops what is no member, or dead. */
void rbk_proclist_keep_members(struct rbk_proclist *list);
void rbk_proclist_fini(struct rbk_proclist *list);
/* Marks the descendants of members as members, whatever their depth. */
void rbk_proclist_spread(struct rbk_proclist *list);

/* Whether the environment that the process was started with has this entry; a marker that ends in '/' is a prefix. */
bool rbk_procfs_marked(pid_t pid, const char *marker);
/* Proportional resident bytes: shared pages count once over all sharers. 0 when the process is gone, -1 when we may not
 * know. */
int64_t rbk_procfs_pss(pid_t pid);
/* The pid that was given out last in this pid namespace; 0 when not known. */
pid_t rbk_procfs_last_pid(void);
/* "Now" on the clock of start_ticks. */
uint64_t rbk_procfs_ticks_now(void);
/* Sends a signal to exactly this process: nothing happens when its pid was given to another one since. */
void rbk_procfs_signal(const struct rbk_procstat *process, int signo);

#endif
