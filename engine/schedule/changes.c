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

/* What a watched folder is watched for: all that matters, or one name, which is that of a folder to come. */
struct wanted {
    int watch;
    char *name; /* NULL = all that matters */
};

struct rbk_changes {
    int fd;
    struct wanted *wanted;
    size_t count, cap;
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

static bool is_wanted(const struct rbk_changes *c, const struct inotify_event *e)
{
    if (e->mask & IN_Q_OVERFLOW)
        return true;
    for (size_t i = 0; i < c->count; i++) {
        const struct wanted *w = &c->wanted[i];
        if (w->watch == e->wd && (w->name ? e->len && strcmp(w->name, e->name) == 0 : matters(e)))
            return true;
    }
    return false;
}

static void forget(struct rbk_changes *c, int watch)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->wanted[i].watch == watch)
            free(c->wanted[i].name);
        else
            c->wanted[kept++] = c->wanted[i];
    c->count = kept;
}

static void changes_on_ready(void *arg)
{
    struct rbk_changes *c = arg;
    _Alignas(struct inotify_event) char events[4096];
    bool changed = false;
    for (ssize_t n; (n = read(c->fd, events, sizeof events)) > 0;)
        for (const char *p = events; p < events + n;) {
            const struct inotify_event *e = (const struct inotify_event *)(const void *)p;
            changed = changed || is_wanted(c, e) || (e->mask & IN_IGNORED);
            if (e->mask & IN_IGNORED) /* the folder is gone; whoever adds it again waits for the next one */
                forget(c, e->wd);
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

/* -1 when it cannot be watched. A folder that is watched already keeps its number. */
static int watch_folder(struct rbk_changes *c, const char *dir, const char *name)
{
    const uint32_t come = IN_CREATE | IN_MOVED_TO, all = come | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM;
    int watch = inotify_add_watch(c->fd, dir, (name ? come : all) | IN_MASK_ADD | IN_ONLYDIR);
    bool known = watch < 0;
    for (size_t i = 0; i < c->count && !known; i++) {
        const struct wanted *w = &c->wanted[i];
        known = w->watch == watch && (name && w->name ? strcmp(name, w->name) == 0 : name == w->name);
    }
    if (!known) {
        RBK_GROW(c->wanted, c->count, c->cap);
        c->wanted[c->count++] = (struct wanted){.watch = watch, .name = name ? rbk_strdup(name) : NULL};
    }
    return watch;
}

static void add_folder(struct rbk_changes *c, const char *dir, int depth)
{
    if (watch_folder(c, dir, NULL) < 0 || depth == 0)
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

/* Watches the nearest folder above it for the next one on the way. True when that one has come meanwhile. */
static bool wait_for_folder(struct rbk_changes *c, const char *dir)
{
    char *above = rbk_strdup(dir), *slash;
    bool came = false;
    while ((slash = strrchr(above, '/')) != NULL) {
        *slash = '\0';
        if (!rbk_path_is_dir(*above ? above : "/"))
            continue;
        watch_folder(c, *above ? above : "/", slash + 1);
        *slash = '/';
        came = rbk_path_is_dir(above);
        break;
    }
    free(above);
    return came;
}

void rbk_changes_add(struct rbk_changes *c, const char *dir, bool below)
{
    while (!rbk_path_is_dir(dir))
        if (!wait_for_folder(c, dir))
            return;
    add_folder(c, dir, below ? DEPTH_MAX : 0);
}

void rbk_changes_close(struct rbk_changes *c)
{
    if (!c)
        return;
    rbk_watch_stop(&c->watch);
    close(c->fd);
    for (size_t i = 0; i < c->count; i++)
        free(c->wanted[i].name);
    free(c->wanted);
    free(c);
}
