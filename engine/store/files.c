/* The state folder and its files. Everything is private (0700, 0600) or shared with one group (2770, 0660), whatever
 * the umask: a file is made under a temporary name, given its mode, and only then linked to its real name, so nobody
 * ever meets a half-made one. SQLite gives -wal and -shm the mode of the database. */
#include <store/internal.h>

#include <base/fs.h>
#include <base/mem.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *hint_for_errno(int e)
{
    switch (e) {
    case ENOSPC:
    case EDQUOT:
        return "the disk is full: free some space and try again; what was recorded before is safe";
    case EROFS:
        return "the filesystem is read-only: mount it writable, or choose another state folder with --state DIR";
    case EACCES:
    case EPERM:
        return "check who owns it (ls -ld), or choose another state folder with --state DIR";
    case ENOTDIR:
        return "a file stands where the state folder should be: move it, or choose another with --state DIR";
    case EMFILE:
    case ENFILE:
        return "too many open files: see ulimit -n";
    case EIO:
        return "the disk reported an error: look at dmesg, and copy the state folder before anything else";
    default:
        return "";
    }
}

int rbk_store_errno(struct rbk_error *err, const char *path, const char *doing)
{
    int e = errno;
    rbk_error_errno(err, RBK_ESTORE, "cannot %s %s", doing, path);
    if (*hint_for_errno(e))
        rbk_error_hint(err, "%s", hint_for_errno(e));
    return RBK_ESTORE;
}

static int refuse_network(const char *dir, const char *name, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "the state folder %s is on a network filesystem (%s)", dir, name);
    return rbk_error_hint(err, "runs are recorded in a database that needs a local disk: choose a local folder with "
                               "--state DIR or RUNBOOK_STATE");
}

/* Gives the folder and the files already in it to the group. Only their owner can; for others they stay as they are. */
static int share_with_group(const char *dir, const char *group, struct rbk_error *err)
{
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm", "state.db.lock", "locks"};
    struct stat st;
    char path[PATH_MAX];
    const struct group *g = getgrnam(group);
    if (!g) {
        rbk_error_set(err, RBK_EINVAL, "there is no group \"%s\" to share the state folder with", group);
        return rbk_error_hint(err, "see `state: { group: .. }` in runbook.yaml, and `getent group`");
    }
    if (stat(dir, &st))
        return rbk_store_errno(err, dir, "look at");
    if (st.st_gid == g->gr_gid && (st.st_mode & 07777) == 02770)
        return 0;
    if (st.st_uid != geteuid() && geteuid() != 0)
        return 0;
    if (chown(dir, (uid_t)-1, g->gr_gid) || chmod(dir, 02770))
        return rbk_store_errno(err, dir, "share");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        if ((chown(path, (uid_t)-1, g->gr_gid) || chmod(path, 0660)) && errno != ENOENT)
            return rbk_store_errno(err, path, "share");
    }
    return 0;
}

int rbk_store_nothing_yet(const char *dir, struct rbk_error *err)
{
    rbk_error_set(err, RBK_ENOENT, "nothing has been recorded in %s yet", dir);
    return rbk_error_hint(err, "run a runbook first, or name another state folder with --state DIR");
}

int rbk_store_dir_prepare(const struct rbk_store_options *o, bool create, struct rbk_error *err)
{
    char name[64];
    bool network = false;
    int rc = rbk_filesystem_of(o->dir, name, sizeof name, &network);
    if (rc && errno == ENOENT && create) {
        rc = rbk_mkdirs(o->dir, o->group ? 02770 : 0700, err);
        if (rc) {
            if (err && !err->hint[0] && *hint_for_errno(errno))
                rbk_error_hint(err, "%s", hint_for_errno(errno));
            return rc;
        }
        rc = rbk_filesystem_of(o->dir, name, sizeof name, &network);
    }
    if (rc && errno == ENOENT)
        return rbk_store_nothing_yet(o->dir, err);
    if (rc)
        return rbk_store_errno(err, o->dir, "use the state folder");
    if (network)
        return refuse_network(o->dir, name, err);
    return o->group && create ? share_with_group(o->dir, o->group, err) : 0;
}

int rbk_store_file_create(const char *dir, const char *name, mode_t mode, struct rbk_error *err)
{
    int rc = 0;
    char *path = rbk_path_join(dir, name), *temporary = rbk_asprintf("%s/.%s.XXXXXX", dir, name);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        rc = rbk_store_errno(err, path, "create");
        goto out;
    }
    if (fchmod(fd, mode) || (link(temporary, path) && errno != EEXIST))
        rc = rbk_store_errno(err, path, "create");
    unlink(temporary);
    close(fd);
out:
    free(path);
    free(temporary);
    return rc;
}

int rbk_store_file_open(const char *dir, const char *name, mode_t mode, struct rbk_error *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        int rc = rbk_store_file_create(dir, name, mode, err);
        if (rc)
            return rc;
        fd = open(path, O_RDWR | O_CLOEXEC);
    }
    return fd >= 0 ? fd : rbk_store_errno(err, path, "open");
}
