/* Reads /proc. The format of stat is that of proc_pid_stat(5): the name in parentheses may hold anything, so the fields
 * are counted from its last closing parenthesis. */
#include <base/mem.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <loop/procfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

enum { /* fields after the name, the state being the first */
       FIELD_PPID = 1,
       FIELD_PGRP = 2,
       FIELD_SESSION = 3,
       FIELD_UTIME = 11,
       FIELD_CSTIME = 14,
       FIELD_THREADS = 17,
       FIELD_START = 19,
       FIELD_RSS = 21,
       FIELD_COUNT = 22,
};

/* Reads a small file at once. Returns the length, -1 with errno when it cannot be read; the text is terminated. */
static ssize_t read_small(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, out, size - 1);
    int error = got < 0 ? errno : 0;
    close(fd);
    errno = error;
    if (got >= 0)
        out[got] = '\0';
    return got;
}

static bool parse_fields(char *text, int64_t fields[FIELD_COUNT])
{
    fields[0] = 0;
    char *at = text + 1; /* after the state letter */
    for (int i = 1; i < FIELD_COUNT; i++) {
        char *end;
        fields[i] = strtoll(at, &end, 10);
        if (end == at)
            return false;
        at = end;
    }
    return true;
}

static int64_t ticks_per_second(void)
{
    long ticks = sysconf(_SC_CLK_TCK);
    return ticks > 0 ? ticks : 100;
}

/* A leader that ended before its threads looks like a zombie, but the process lives. */
static bool is_dead(char state, int64_t threads)
{
    return state == 'X' || (state == 'Z' && threads <= 1);
}

bool rbk_procfs_stat(pid_t pid, struct rbk_procstat *out)
{
    char path[40], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (read_small(path, text, sizeof text) <= 0)
        return false;
    char *name_end = strrchr(text, ')');
    int64_t f[FIELD_COUNT];
    if (!name_end || name_end[1] != ' ' || !parse_fields(name_end + 2, f))
        return false;
    int64_t ticks = 0;
    for (int i = FIELD_UTIME; i <= FIELD_CSTIME; i++)
        ticks += f[i];
    *out = (struct rbk_procstat){
        .pid = pid,
        .ppid = (pid_t)f[FIELD_PPID],
        .pgrp = (pid_t)f[FIELD_PGRP],
        .session = (pid_t)f[FIELD_SESSION],
        .dead = is_dead(name_end[2], f[FIELD_THREADS]),
        .start_ticks = (uint64_t)f[FIELD_START],
        .cpu_ms = ticks * 1000 / ticks_per_second(),
        .rss = f[FIELD_RSS] * sysconf(_SC_PAGESIZE),
    };
    return true;
}

static int compare_pids(const void *a, const void *b)
{
    const struct rbk_procstat *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

void rbk_procfs_list(struct rbk_proclist *out)
{
    out->count = 0;
    DIR *dir = opendir("/proc");
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        RBK_GROW(out->items, out->count, out->cap);
        if (rbk_procfs_stat((pid_t)atoi(entry->d_name), &out->items[out->count]))
            out->count++;
    }
    closedir(dir);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, compare_pids);
}

struct rbk_procstat *rbk_proclist_find(const struct rbk_proclist *list, pid_t pid)
{
    struct rbk_procstat key = {.pid = pid};
    return list->count ? bsearch(&key, list->items, list->count, sizeof key, compare_pids) : NULL;
}

void rbk_proclist_keep_members(struct rbk_proclist *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].member && !list->items[i].dead)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

void rbk_proclist_spread(struct rbk_proclist *list)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < list->count; i++) {
            struct rbk_procstat *parent = list->items[i].member ? NULL : rbk_proclist_find(list, list->items[i].ppid);
            if (parent && parent->member)
                list->items[i].member = changed = true;
        }
    }
}

void rbk_proclist_fini(struct rbk_proclist *list)
{
    free(list->items);
    *list = (struct rbk_proclist){0};
}

static bool environment_has(const struct rbk_buf *environment, const char *marker)
{
    size_t len = strlen(marker);
    bool prefix = len && marker[len - 1] == '/';
    for (size_t at = 0; at < environment->len; at += strlen(environment->data + at) + 1) {
        const char *entry = environment->data + at;
        if (prefix ? strncmp(entry, marker, len) == 0 : strcmp(entry, marker) == 0)
            return true;
    }
    return false;
}

bool rbk_procfs_marked(pid_t pid, const char *marker)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const size_t most = 8u << 20; /* beyond what execve takes by default */
    struct rbk_buf environment = {0};
    ssize_t got = 1;
    while (got > 0 && environment.len < most) {
        got = read(fd, rbk_buf_reserve(&environment, 16384), 16384);
        if (got > 0)
            environment.len += (size_t)got;
    }
    close(fd);
    rbk_buf_putc(&environment, '\0');
    bool marked = environment_has(&environment, marker);
    rbk_buf_fini(&environment);
    return marked;
}

int64_t rbk_procfs_pss(pid_t pid)
{
    char path[48], text[4096];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    if (read_small(path, text, sizeof text) <= 0)
        return errno == EACCES || errno == EPERM ? -1 : 0;
    const char *line = strstr(text, "\nPss:");
    return line ? strtoll(line + 5, NULL, 10) * 1024 : 0;
}

/* The last field of /proc/loadavg (proc_loadavg(5)). */
pid_t rbk_procfs_last_pid(void)
{
    char text[128];
    if (read_small("/proc/loadavg", text, sizeof text) <= 0)
        return 0;
    const char *last = strrchr(text, ' ');
    return last ? (pid_t)atoi(last + 1) : 0;
}

uint64_t rbk_procfs_ticks_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    uint64_t per_second = (uint64_t)ticks_per_second();
    return (uint64_t)now.tv_sec * per_second + (uint64_t)now.tv_nsec * per_second / 1000000000u;
}

void rbk_procfs_signal(const struct rbk_procstat *process, int signo)
{
    struct rbk_procstat now;
    int pidfd = pidfd_open(process->pid, 0);
    if (pidfd < 0)
        return;
    if (rbk_procfs_stat(process->pid, &now) && now.start_ticks == process->start_ticks)
        (void)pidfd_send_signal(pidfd, signo, NULL, 0);
    close(pidfd);
}
