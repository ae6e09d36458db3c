/* The names of all zones, for "did you mean": the files below the folder of zones. */
#include <base/fs.h>
#include <base/mem.h>
#include <base/str.h>
#include <ctype.h>
#include <dirent.h>
#include <schedule/zone.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 3, NAMES_MAX = 3000 };

/* Zones begin with a capital letter; posix/, right/ and the lists beside them do not. */
static void add_names(const char *dir, const char *prefix, int depth, struct rbk_strv *out)
{
    DIR *d = opendir(dir);
    for (const struct dirent *e; d && (e = readdir(d)) && out->count < NAMES_MAX;) {
        if (!isupper((unsigned char)e->d_name[0]))
            continue;
        char *path = rbk_path_join(dir, e->d_name);
        char *name = rbk_asprintf("%s%s", prefix, e->d_name);
        if (!rbk_path_is_dir(path)) {
            rbk_strv_add(out, name);
        } else if (depth < DEPTH_MAX) {
            char *inner = rbk_asprintf("%s/", name);
            add_names(path, inner, depth + 1, out);
            free(inner);
        }
        free(name);
        free(path);
    }
    if (d)
        closedir(d);
}

/* "berlin" is near to "Europe/Berlin", too: a person may know the city alone. */
static const char *by_city(const struct rbk_strv *names, const char *word)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *slash = strrchr(names->items[i], '/');
        if (strcasecmp(slash ? slash + 1 : names->items[i], word) == 0 || strcasecmp(names->items[i], word) == 0)
            return names->items[i];
    }
    return NULL;
}

char *tz_names_suggest(const char *dir, const char *name)
{
    struct rbk_strv names = {0};
    if (strlen(name) > 100)
        return NULL;
    add_names(dir, "", 0, &names);
    const char *near = by_city(&names, name);
    if (!near)
        near = rbk_did_you_mean(name, (const char *const *)names.items, names.count);
    char *copy = rbk_strdup(near);
    rbk_strv_fini(&names);
    return copy;
}
