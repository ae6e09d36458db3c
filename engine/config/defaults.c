/* Defaults: every row of the table that has one is filled in where the file says nothing; below a `*` for each name
 * that is there. */
#include <config/convert.h>
#include <config/keys.h>
#include <config/read.h>
#include <string.h>

enum { NAME_SIZE = 64 }; /* of a name in the table */

/* Sets the default of `row` at `path`, the part of its path that is below `map`. */
static void defaults_set(rbk_value *map, const char *path, const struct config_key *row)
{
    size_t len = strcspn(path, ".");
    if (rbk_value_type(map) != RBK_MAP) {
        return; /* a list of maps: its items have no defaults */
    }
    if (len == 1 && path[0] == '*') {
        for (size_t i = 0; i < rbk_value_length(map); i++) {
            rbk_value *entry = rbk_map_get_mut(map, rbk_map_key_at(map, i));
            defaults_set(entry, path + 2, row);
        }
        return;
    }
    char name[NAME_SIZE] = "";
    memcpy(name, path, len < sizeof name ? len : sizeof name - 1);
    rbk_value *inner = rbk_map_get_mut(map, name);
    if (path[len] == '\0') {
        if (!inner) {
            rbk_map_set(map, name, config_convert_default(row));
        }
    } else {
        if (!inner && !row->only_existing) {
            rbk_map_set(map, name, rbk_map_new());
            inner = rbk_map_get_mut(map, name);
        }
        if (inner) {
            defaults_set(inner, path + len + 1, row);
        }
    }
}

/* Names written out come first: their rows fit better than those with a `*`. */
void config_defaults(rbk_value *tree)
{
    for (int starred = 0; starred <= 1; starred++) {
        for (size_t i = 0; i < config_key_count; i++) {
            const struct config_key *row = &config_keys[i];
            if (row->dflt && (strchr(row->path, '*') != NULL) == starred) {
                defaults_set(tree, row->path, row);
            }
        }
    }
}
