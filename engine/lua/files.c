/* Runbook files without running them: their ids are their paths. */
#include <lua/host.h>

#include <base/fs.h>
#include <base/mem.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDER_DEPTH_MAX = 8, FILES_MAX = 10000 };

struct found {
    char *id, *path;
    size_t order; /* of the folder that it was found in: the first one wins */
};
struct listing {
    struct found *files;
    size_t count, cap;
    size_t order;
    bool misnamed; /* files are wanted whose path is no id */
};

static int list_folder(struct listing *l, const char *dir, const char *prefix, int depth, struct rbk_error *err);

/* Shared code in lib/ is no runbook. */
static bool is_library(const char *prefix)
{
    return strcmp(prefix, "lib/") == 0;
}

static int list_entry(struct listing *l, const char *dir, const char *prefix, const char *name, int depth,
                      struct rbk_error *err)
{
    if (name[0] == '.')
        return 0;
    char *path = rbk_asprintf("%s/%s", dir, name);
    char *id = rbk_asprintf("%s%s", prefix, name);
    struct stat st;
    int rc = 0;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        char *inner = rbk_asprintf("%s/", id);
        rc = list_folder(l, path, inner, depth + 1, err);
        free(inner);
    } else if (rbk_ends_with(id, ".lua") && !is_library(prefix) && l->count < FILES_MAX) {
        id[strlen(id) - strlen(".lua")] = '\0';
        if (rbk_runbook_id_ok(id) != l->misnamed) {
            RBK_GROW(l->files, l->count, l->cap);
            l->files[l->count++] = (struct found){id, path, l->order};
            return 0;
        }
    }
    free(path);
    free(id);
    return rc;
}

static int list_folder(struct listing *l, const char *dir, const char *prefix, int depth, struct rbk_error *err)
{
    if (depth > FOLDER_DEPTH_MAX)
        return 0;
    DIR *d = opendir(dir);
    if (!d && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (!d) {
        rbk_error_errno(err, RBK_EINVAL, "cannot list %s", dir);
        return RBK_EINVAL;
    }
    int rc = 0;
    for (struct dirent *e; rc == 0 && (e = readdir(d));)
        rc = list_entry(l, dir, prefix, e->d_name, depth, err);
    closedir(d);
    return rc;
}

static int compare_found(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int by_id = strcmp(x->id, y->id);
    if (by_id)
        return by_id;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* Tells the first of each id, with the one that it hides. */
static int tell(const struct listing *l, rbk_runbook_file_fn *fn, void *arg)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->count;) {
        size_t next = i + 1;
        while (next < l->count && strcmp(l->files[next].id, l->files[i].id) == 0)
            next++;
        rc = fn(arg, l->files[i].id, l->files[i].path, next > i + 1 ? l->files[i + 1].path : NULL);
        i = next;
    }
    return rc;
}

static int list_files(const char *const *dirs, bool misnamed, rbk_runbook_file_fn *fn, void *arg, struct rbk_error *err)
{
    struct listing l = {.misnamed = misnamed};
    int rc = 0;
    for (; rc == 0 && dirs && *dirs; dirs++, l.order++)
        rc = list_folder(&l, *dirs, "", 0, err);
    if (rc == 0 && l.count)
        qsort(l.files, l.count, sizeof *l.files, compare_found);
    if (rc == 0)
        rc = tell(&l, fn, arg);
    for (size_t i = 0; i < l.count; i++) {
        free(l.files[i].id);
        free(l.files[i].path);
    }
    free(l.files);
    return rc;
}

int rbk_runbook_files(const char *const *dirs, rbk_runbook_file_fn *fn, void *arg, struct rbk_error *err)
{
    return list_files(dirs, false, fn, arg, err);
}

int rbk_runbook_files_misnamed(const char *const *dirs, rbk_runbook_file_fn *fn, void *arg, struct rbk_error *err)
{
    return list_files(dirs, true, fn, arg, err);
}
