/* Paths and looking things up: joining, existence, the project's folder upwards, programs on the PATH. */
#include <base/fs.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool rbk_path_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

bool rbk_path_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *rbk_path_join(const char *a, const char *b)
{
    if (*b == '/' || *a == '\0')
        return rbk_strdup(b);
    size_t len = strlen(a);
    while (len > 0 && a[len - 1] == '/')
        len--;
    return rbk_asprintf("%.*s/%s", (int)len, a, b);
}

static const char *first_that_exists(const char *folder, const char *const *names)
{
    for (size_t i = 0; names[i]; i++) {
        char *path = rbk_path_join(folder, names[i]);
        bool there = rbk_path_exists(path);
        free(path);
        if (there)
            return names[i];
    }
    return NULL;
}

char *rbk_find_upwards(const char *start, const char *const *names, const char **found)
{
    char *folder = realpath(start, NULL);
    while (folder) {
        const char *name = first_that_exists(folder, names);
        if (name) {
            if (found)
                *found = name;
            return folder;
        }
        if (strcmp(folder, "/") == 0)
            break;
        char *slash = strrchr(folder, '/');
        slash[slash == folder ? 1 : 0] = '\0';
    }
    free(folder);
    return NULL;
}

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *rbk_find_program(const char *name, const char *path_list)
{
    if (*name == '\0')
        return NULL;
    if (strchr(name, '/'))
        return is_program(name) ? rbk_strdup(name) : NULL;
    const char *p = path_list ? path_list : getenv("PATH");
    if (!p)
        p = "/bin:/usr/bin"; /* as execvp does */
    while (p) {
        size_t len = strcspn(p, ":");
        /* An empty element is the working folder (POSIX, XBD 8.3). */
        char *folder = len ? rbk_strndup(p, len) : rbk_strdup(".");
        char *candidate = rbk_path_join(folder, name);
        free(folder);
        if (is_program(candidate))
            return candidate;
        free(candidate);
        p = p[len] ? p + len + 1 : NULL;
    }
    return NULL;
}
