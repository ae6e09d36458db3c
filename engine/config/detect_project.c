/* The listing that all probes look at: at most 20,000 files, 10 folders deep, without the folders that tools, package
 * managers and builds fill. Symbolic links are not followed. */
#include <base/fs.h>
#include <base/mem.h>
#include <config/detect.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DETECT_FILES_MAX 20000
#define DETECT_DEPTH_MAX 10
#define DETECT_READ_MAX  (512 * 1024)

const char *const detect_level_names[] = {"smoke",         "unit",        "integration", "agents",
                                          "comprehensive", "performance", "e2e",         NULL};

static bool listing_skips(const char *name)
{
    static const char *const skipped[] = {"node_modules", "venv",   "env",     "__pycache__", "dist",
                                          "target",       "vendor", "_deps",   "third_party", "site-packages",
                                          "CMakeFiles",   "_build", "builddir"};
    if (name[0] == '.' || rbk_starts_with(name, "cmake-build-") || rbk_ends_with(name, ".egg-info")) {
        return true;
    }
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++) {
        if (strcmp(name, skipped[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A folder that a build configured is its output, whatever its name. */
static bool listing_is_build(int dir)
{
    return faccessat(dir, "CMakeCache.txt", F_OK, 0) == 0 || faccessat(dir, "pyvenv.cfg", F_OK, 0) == 0;
}

static void listing_walk(struct detect_project *p, int dir, const char *prefix, int depth);

static void listing_entry(struct detect_project *p, int dir, const char *prefix, const struct dirent *e, int depth)
{
    char *path = *prefix ? rbk_asprintf("%s/%s", prefix, e->d_name) : rbk_strdup(e->d_name);
    int sub = -1;

    if (e->d_type == DT_REG) {
        rbk_strv_take(&p->files, path);
        return;
    }
    if (e->d_type == DT_DIR && depth < DETECT_DEPTH_MAX && !listing_skips(e->d_name)) {
        sub = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (sub >= 0 && !listing_is_build(sub)) {
        listing_walk(p, sub, path, depth + 1);
    } else if (sub >= 0) {
        close(sub);
    }
    free(path);
}

/* Takes the descriptor. */
static void listing_walk(struct detect_project *p, int dir, const char *prefix, int depth)
{
    DIR *d = fdopendir(dir);
    if (!d) {
        close(dir);
        return;
    }
    const struct dirent *e;
    while (p->files.count < DETECT_FILES_MAX && (e = readdir(d))) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            listing_entry(p, dir, prefix, e, depth);
        }
    }
    closedir(d);
}

static int listing_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void detect_project_init(struct detect_project *p, const char *root)
{
    *p = (struct detect_project){.root = root};
    int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        listing_walk(p, dir, "", 0);
    }
    if (p->files.count) {
        qsort(p->files.items, p->files.count, sizeof p->files.items[0], listing_compare);
    }
}

void detect_project_fini(struct detect_project *p)
{
    rbk_strv_fini(&p->files);
}

char *detect_read(const struct detect_project *p, const char *path)
{
    struct rbk_buf text = {0};
    char *full = rbk_path_join(p->root, path);
    int rc = rbk_file_read(full, DETECT_READ_MAX, &text, NULL);
    free(full);
    if (rc) {
        rbk_buf_fini(&text);
        return NULL;
    }
    return rbk_buf_take(&text);
}

bool detect_has(const struct detect_project *p, const char *path)
{
    char *full = rbk_path_join(p->root, path);
    bool there = rbk_path_exists(full);
    free(full);
    return there;
}

const char *detect_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool detect_has_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = strstr(text, word); p; p = strstr(p + 1, word)) {
        if ((p == text || !word_byte(p[-1])) && !word_byte(p[len])) {
            return true;
        }
    }
    return false;
}

size_t detect_level_folders(const struct detect_project *p, const char *name, detect_is_test_fn *is_test,
                            struct rbk_strv *folders)
{
    char *inner = rbk_asprintf("/%s/", name);
    size_t count = 0;
    for (size_t i = 0; i < p->files.count; i++) {
        const char *path = p->files.items[i];
        const char *at = strstr(path, inner);
        if (!at || !is_test(path)) {
            continue;
        }
        char *folder = rbk_strndup(path, (size_t)(at - path) + strlen(name) + 1);
        if (!rbk_strv_has(folders, folder)) {
            rbk_strv_add(folders, folder);
        }
        free(folder);
        count++;
    }
    free(inner);
    return count;
}
