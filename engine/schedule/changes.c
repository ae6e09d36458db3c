/* See changes.h: inotify(7). */
#include <base/fs.h>
#include <base/mem.h>
#include <base/str.h>
#include <dirent.h>
#include <schedule/changes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { DEPTH_MAX = 8 };

struct rbk_changes {
    int fd;
    struct rbk_watch *watch;
    rbk_loop_fn *fn;
    void *arg;
};

/* Runbooks, the configuration, the mark that `enable` sets, and folders, which may hold any of them. */
static bool matters(const struct inotify_event *e)
{
    const char *name = e->len ? e->name : "";
    if (e->mask & (IN_ISDIR | IN_Q_OVERFLOW))
        return name[0] != '.' && strcmp(name, "__pycache__") != 0;
    return rbk_ends_with(name, ".lua") || rbk_ends_with(name, "runbook.yaml") || strcmp(name, "changed") == 0;
}

static void changes_on_ready(void *arg)
{
    struct rbk_changes *c = arg;
    _Alignas(struct inotify_event) char events[4096];
    bool changed = false;
    for (ssize_t n; (n = read(c->fd, events, sizeof events)) > 0;)
        for (const char *p = events; p < events + n;) {
            const struct inotify_event *e = (const struct inotify_event *)(const void *)p;
            changed = changed || matters(e);
            p += sizeof *e + e->len;
        }
    if (changed)
        c->fn(c->arg);
}

int rbk_changes_open(struct rbk_loop *loop, rbk_loop_fn *fn, void *arg, struct rbk_changes **out, struct rbk_error *err)
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0)
        return rbk_error_errno(err, RBK_ESTORE, "cannot watch files");
    struct rbk_changes *c = rbk_alloc(sizeof *c);
    *c = (struct rbk_changes){.fd = fd, .fn = fn, .arg = arg};
    c->watch = rbk_watch_readable(loop, fd, changes_on_ready, c, err);
    if (!c->watch) {
        rbk_changes_close(c);
        return RBK_ESTORE;
    }
    *out = c;
    return 0;
}

static void add_folder(struct rbk_changes *c, const char *dir, int depth)
{
    const uint32_t mask = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
    if (inotify_add_watch(c->fd, dir, mask) < 0 || depth == 0)
        return;
    DIR *d = opendir(dir);
    for (const struct dirent *e; d && (e = readdir(d));) {
        char *path = e->d_name[0] == '.' ? NULL : rbk_path_join(dir, e->d_name);
        if (path && rbk_path_is_dir(path))
            add_folder(c, path, depth - 1);
        free(path);
    }
    if (d)
        closedir(d);
}

void rbk_changes_add(struct rbk_changes *c, const char *dir, bool below)
{
    add_folder(c, dir, below ? DEPTH_MAX : 0);
}

void rbk_changes_close(struct rbk_changes *c)
{
    if (!c)
        return;
    rbk_watch_stop(&c->watch);
    close(c->fd);
    free(c);
}
