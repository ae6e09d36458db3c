/* Finds a place for cgroups: below our own, or beside it, where a user's systemd delegates. The interface is that of
 * https://docs.kernel.org/admin-guide/cgroup-v2.html . */
#include <base/fs.h>
#include <base/mem.h>
#include <base/str.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <loop/cgroup.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REMOVE_TRIES 50

struct rbk_cgroup {
    char *path;
    int procs; /* open cgroup.procs */
};

/* The mount point of the version 2 hierarchy; heap, NULL when there is none. Lines are those of proc_pid_mountinfo(5):
 * the fifth field is the mount point, the file system's type follows " - ". */
static char *find_mount(void)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char *line = NULL, *found = NULL;
    size_t size = 0;
    while (file && !found && getline(&line, &size, file) > 0) {
        char *type = strstr(line, " - "), *save = NULL, *field = NULL;
        if (!type || !rbk_starts_with(type + 3, "cgroup2 "))
            continue;
        for (int i = 0; i < 5; i++)
            field = strtok_r(i ? NULL : line, " ", &save);
        found = rbk_strdup(field);
    }
    free(line);
    if (file)
        fclose(file);
    return found;
}

/* Our own path in that hierarchy, "/..."; heap, NULL. */
static char *find_own(void)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    char *line = NULL, *found = NULL;
    size_t size = 0;
    while (file && !found && getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (rbk_starts_with(line, "0::/"))
            found = rbk_strdup(line + 3);
    }
    free(line);
    if (file)
        fclose(file);
    return found;
}

static bool write_control(const char *folder, const char *name, const char *value)
{
    char *path = rbk_path_join(folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, value, strlen(value)) >= 0;
    if (fd >= 0)
        close(fd);
    free(path);
    return done;
}

/* Swapping would only hide that the limit is reached; where there is no swap there is no such file. */
static bool bound_memory(const char *folder, int64_t memory_max)
{
    char value[32];
    snprintf(value, sizeof value, "%lld", (long long)memory_max);
    (void)write_control(folder, "memory.swap.max", "0");
    (void)write_control(folder, "memory.oom.group", "1");
    return write_control(folder, "memory.max", value);
}

/* Empty ones that a killed engine could not remove any more. */
static void remove_abandoned(const char *parent)
{
    DIR *dir = opendir(parent);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        int pid = rbk_starts_with(entry->d_name, "runbook-") ? atoi(entry->d_name + strlen("runbook-")) : 0;
        if (pid > 0 && kill(pid, 0) < 0 && errno == ESRCH)
            (void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
    }
    if (dir)
        closedir(dir);
}

/* What is made below has a bound on memory only where this controller is handed down. */
static bool hands_down_memory(const char *parent)
{
    struct rbk_buf controllers = {0};
    char *path = rbk_path_join(parent, "cgroup.subtree_control");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, rbk_buf_reserve(&controllers, 512), 511);
    controllers.len = got > 0 ? (size_t)got : 0;
    rbk_buf_putc(&controllers, '\0');
    bool found = strstr(controllers.data, "memory") != NULL;
    if (fd >= 0)
        close(fd);
    free(path);
    rbk_buf_fini(&controllers);
    return found;
}

/* Takes `parent`. */
static struct rbk_cgroup *make_below(char *parent, int64_t memory_max)
{
    if (memory_max > 0 && !hands_down_memory(parent)) {
        free(parent);
        return NULL;
    }
    struct rbk_cgroup *cgroup = rbk_alloc(sizeof *cgroup);
    cgroup->path = rbk_asprintf("%s/runbook-%d-XXXXXX", parent, (int)getpid());
    cgroup->procs = -1;
    remove_abandoned(parent);
    free(parent);
    if (!mkdtemp(cgroup->path)) {
        free(cgroup->path);
        free(cgroup);
        return NULL;
    }
    char *procs = rbk_path_join(cgroup->path, "cgroup.procs");
    cgroup->procs = open(procs, O_WRONLY | O_CLOEXEC);
    free(procs);
    if (cgroup->procs < 0 || (memory_max > 0 && !bound_memory(cgroup->path, memory_max))) {
        rbk_cgroup_free(cgroup);
        return NULL;
    }
    return cgroup;
}

struct rbk_cgroup *rbk_cgroup_make(int64_t memory_max)
{
    char *mount = find_mount(), *own = mount ? find_own() : NULL;
    struct rbk_cgroup *cgroup = NULL;
    if (own) {
        cgroup = make_below(rbk_asprintf("%s%s", mount, own), memory_max);
        char *slash = strrchr(own, '/');
        if (!cgroup && slash[1]) {
            *slash = '\0';
            cgroup = make_below(rbk_asprintf("%s%s", mount, own), memory_max);
        }
    }
    free(own);
    free(mount);
    return cgroup;
}

const char *rbk_cgroup_path(const struct rbk_cgroup *cgroup)
{
    return cgroup->path;
}

void rbk_cgroup_take_in(struct rbk_cgroup *cgroup, const struct rbk_proclist *processes)
{
    for (size_t i = 0; i < processes->count; i++) {
        char pid[16];
        int len = snprintf(pid, sizeof pid, "%d", (int)processes->items[i].pid);
        if (write(cgroup->procs, pid, (size_t)len) < 0)
            continue; /* gone, or not ours to move: whoever calls looks again */
    }
}

void rbk_cgroup_catch(struct rbk_cgroup *cgroup, const struct rbk_proclist *processes)
{
    (void)write_control(cgroup->path, "cgroup.freeze", "1");
    rbk_cgroup_take_in(cgroup, processes);
    rbk_cgroup_kill(cgroup);
}

void rbk_cgroup_kill(struct rbk_cgroup *cgroup)
{
    (void)write_control(cgroup->path, "cgroup.kill", "1");
}

bool rbk_cgroup_out_of_memory(const struct rbk_cgroup *cgroup)
{
    char *path = rbk_path_join(cgroup->path, "memory.events");
    char text[1024] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    free(path);
    const char *kills = got > 0 ? strstr(text, "oom_kill ") : NULL;
    return kills && atoll(kills + strlen("oom_kill ")) > 0;
}

void rbk_cgroup_free(struct rbk_cgroup *cgroup)
{
    if (!cgroup)
        return;
    if (cgroup->procs >= 0)
        close(cgroup->procs);
    for (int i = 0; i < REMOVE_TRIES && rmdir(cgroup->path) < 0 && errno == EBUSY; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); /* what was killed inside is still on its way out */
    free(cgroup->path);
    free(cgroup);
}
