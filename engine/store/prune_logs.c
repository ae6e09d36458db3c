/* Removing the logs of runs that ended long ago. A folder in DIR/logs belongs to the run of its name; one whose run the
 * journal does not know, or which may still be resumed, is left alone. */
#include <store/upkeep.h>

#include <base/clock.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 64 };

struct pruning {
    bool really;
    struct rbk_prune_logs *out;
    struct rbk_error *err;
};

static int fail(const struct pruning *p, const char *doing, const char *name)
{
    return rbk_error_errno(p->err, RBK_ESTORE, "cannot %s %s", doing, name);
}

static int prune_folder(const struct pruning *p, int parent, const char *name, int depth);

/* One entry of a folder; links are removed, never followed. */
static int prune_entry(const struct pruning *p, int dir, const char *name, int depth)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : fail(p, "look at", name);
    if (S_ISDIR(st.st_mode))
        return prune_folder(p, dir, name, depth + 1);
    p->out->bytes += st.st_size;
    if (p->really && unlinkat(dir, name, 0) != 0 && errno != ENOENT)
        return fail(p, "remove", name);
    return 0;
}

static int prune_entries(const struct pruning *p, DIR *dir, int depth)
{
    struct dirent *entry;
    int rc = 0;
    while (rc == 0 && (errno = 0, entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = prune_entry(p, dirfd(dir), entry->d_name, depth);
    return rc || errno == 0 ? rc : fail(p, "read", "a folder of logs");
}

static int prune_folder(const struct pruning *p, int parent, const char *name, int depth)
{
    int fd = depth < DEPTH_MAX ? openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int rc = fail(p, "open", name);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    int rc = prune_entries(p, dir, depth);
    closedir(dir);
    if (rc == 0 && p->really && unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        rc = fail(p, "remove", name);
    return rc;
}

/* 1 when the run has ended before that time and stays so. */
static int is_over(struct rbk_store *s, const char *run, int64_t before_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT 1 FROM runs WHERE id = ? AND ended_ms > 0 AND ended_ms < ?"
                                     " AND state NOT IN ('running', 'waiting', 'interrupted')");
    rbk_bind_text(q, 1, run);
    rbk_bind_int(q, 2, before_ms);
    int rc = rbk_stmt_step(q, err);
    rbk_stmt_end(q);
    return rc;
}

static int prune_runs(struct rbk_store *s, DIR *logs, int64_t before_ms, const struct pruning *p)
{
    struct dirent *entry;
    int rc = 0;
    while (rc == 0 && (errno = 0, entry = readdir(logs))) {
        if (strlen(entry->d_name) != RBK_ULID_SIZE - 1)
            continue;
        rc = is_over(s, entry->d_name, before_ms, p->err);
        if (rc == 1) {
            p->out->runs++;
            rc = prune_folder(p, dirfd(logs), entry->d_name, 0);
        }
    }
    return rc;
}

int rbk_store_prune_logs(struct rbk_store *s, int64_t before_ms, bool really, struct rbk_prune_logs *out,
                         struct rbk_error *err)
{
    char path[4096];
    struct pruning p = {really, out, err};
    *out = (struct rbk_prune_logs){0};
    snprintf(path, sizeof path, "%s/logs", rbk_store_dir(s));
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : fail(&p, "open", path);
    DIR *logs = fdopendir(fd);
    if (!logs) {
        int rc = fail(&p, "read", path);
        close(fd);
        return rc;
    }
    int rc = prune_runs(s, logs, before_ms, &p);
    closedir(logs);
    return rc;
}
