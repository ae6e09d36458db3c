/* Walking the document along the table of keys: unknown keys are named with what was probably meant, leaves are
 * converted. A key without a value counts as not given, so that a section whose lines are all commented out is fine. */
#include <base/str.h>
#include <config/convert.h>
#include <config/keys.h>
#include <config/read.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_NAME_MAX 64

static rbk_value *read_value(const struct config_node *n, struct config_path *path, struct config_problems *p);

/* "levels.smoke", or "the configuration" at the top. */
static char *read_path_text(const struct config_path *path)
{
    struct rbk_buf text = {0};
    for (size_t i = 0; i < path->depth; i++) {
        rbk_buf_printf(&text, "%s%.100s", i ? "." : "", path->parts[i]);
    }
    return rbk_buf_take(&text);
}

static void read_unknown_key(const struct config_node *key, const struct config_path *path, struct config_problems *p)
{
    const char *names[CONFIG_CHILDREN_MAX];
    char storage[CONFIG_CHILDREN_MAX][32];
    size_t count = config_key_children(path, names, storage);
    const char *meant = rbk_did_you_mean(key->text, names, count);
    char *place = read_path_text(path);
    struct rbk_buf hint = {0};

    if (meant) {
        rbk_buf_printf(&hint, "did you mean \"%s\"?", meant);
    } else if (strcmp(key->text, "<<") == 0) {
        rbk_buf_puts(&hint, "merging maps with << is not part of YAML 1.2: write the keys out");
    } else {
        rbk_buf_puts(&hint, "known here:");
        for (size_t i = 0; i < count; i++) {
            rbk_buf_printf(&hint, "%s %s", i ? "," : "", names[i]);
        }
    }
    config_problem_error(p, key, hint.data, "unknown key \"%.100s\"%s%s", key->text, *place ? " in " : "", place);
    rbk_buf_fini(&hint);
    free(place);
}

static bool read_name_ok(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t len = strlen(s);
    return len > 0 && len <= READ_NAME_MAX && strchr(letters, s[0]) &&
           s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

/* Names that a team chooses: words that can stand on a command line. */
static bool read_check_name(const struct config_node *key, const struct config_key *row, struct config_problems *p)
{
    if (row->type == CONFIG_TYPE_NAMES && !read_name_ok(key->text)) {
        config_problem_error(p, key, "use letters, digits, - and _, at most 64, starting with a letter or digit",
                             "\"%.100s\" cannot be a name in %s", key->text, row->path);
        return false;
    }
    if (row->type == CONFIG_TYPE_RUNBOOKS && !rbk_runbook_id_ok(key->text)) {
        config_problem_error(p, key, "write it like daily/morning-health-check",
                             "\"%.100s\" is not the id of a runbook", key->text);
        return false;
    }
    return true;
}

/* The options of something that is not ours to know, such as a type of channel. */
static rbk_value *read_as_written(const struct config_node *n)
{
    if (n->kind == CONFIG_SCALAR) {
        return config_node_scalar(n);
    }
    rbk_value *out = n->kind == CONFIG_MAP ? rbk_map_new() : rbk_list_new();
    for (size_t i = 0; i < n->count; i++) {
        rbk_value *v = read_as_written(n->items[i]);
        if (n->kind == CONFIG_MAP) {
            rbk_map_set(out, n->keys[i]->text, v);
        } else {
            rbk_list_append(out, v);
        }
    }
    return out;
}

static void read_entry(const struct config_node *map, size_t i, const struct config_key *row, struct config_path *path,
                       struct config_problems *p, rbk_value *out)
{
    const struct config_node *key = map->keys[i], *item = map->items[i];
    if (row && !read_check_name(key, row, p)) {
        return;
    }
    path->parts[path->depth++] = key->text;
    bool known = config_key_find(path) != NULL, open = row && row->type == CONFIG_TYPE_OPEN;
    rbk_value *v = known ? read_value(item, path, p) : open ? read_as_written(item) : NULL;
    path->depth--;
    if (!known && !open) {
        read_unknown_key(key, path, p);
    }
    if (v) {
        rbk_map_set(out, key->text, v);
    }
}

/* `row` is NULL for the document itself. */
static rbk_value *read_map(const struct config_node *n, const struct config_key *row, struct config_path *path,
                           struct config_problems *p)
{
    rbk_value *out = rbk_map_new();
    for (size_t i = 0; i < n->count; i++) {
        read_entry(n, i, row, path, p, out);
    }
    return out;
}

/* A scalar that stands for a map with one key. */
static rbk_value *read_shorthand(const struct config_node *n, const struct config_key *row, struct config_path *path,
                                 struct config_problems *p)
{
    rbk_value *map = rbk_map_new();
    path->parts[path->depth++] = row->shorthand;
    rbk_value *v = read_value(n, path, p);
    path->depth--;
    if (v) {
        rbk_map_set(map, row->shorthand, v);
    }
    return map;
}

/* A list of maps; in messages each has its number, from 1 on, for a name. */
static rbk_value *read_entries(const struct config_node *n, struct config_path *path, struct config_problems *p)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < n->count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i + 1);
        path->parts[path->depth++] = number;
        rbk_value *v = read_value(n->items[i], path, p);
        path->depth--;
        rbk_list_append(list, v ? v : rbk_map_new());
    }
    return list;
}

static bool read_is_map(const struct config_key *row)
{
    return row->type == CONFIG_TYPE_MAP || row->type == CONFIG_TYPE_NAMES || row->type == CONFIG_TYPE_RUNBOOKS ||
           row->type == CONFIG_TYPE_OPEN;
}

static rbk_value *read_value(const struct config_node *n, struct config_path *path, struct config_problems *p)
{
    const struct config_key *row = config_key_find(path);
    bool is_map = read_is_map(row), is_list = row->type == CONFIG_TYPE_ENTRIES;
    rbk_value *v = NULL;

    if (is_map && n->kind == CONFIG_MAP) {
        return read_map(n, row, path, p);
    }
    if (is_list && n->kind == CONFIG_LIST) {
        return read_entries(n, path, p);
    }
    if (config_node_is_null(n)) {
        return is_map ? rbk_map_new() : NULL;
    }
    if (row->shorthand && n->kind == CONFIG_SCALAR) {
        return read_shorthand(n, row, path, p);
    }
    char *name = read_path_text(path);
    if (is_map || is_list) {
        config_problem_error(p, n, config_type_hint(row->type), "%s: expected %s, found %s", name,
                             config_type_noun(row->type), config_node_what(n));
    } else {
        v = config_convert(p, name, row, n);
    }
    free(name);
    return v;
}

rbk_value *config_read(const struct config_node *root, struct config_problems *p)
{
    struct config_path path = {0};
    if (root->kind == CONFIG_MAP) {
        return read_map(root, NULL, &path, p);
    }
    if (!config_node_is_null(root)) {
        config_problem_error(p, root, "write keys such as \"project: name\", one a line",
                             "the configuration must be a map of keys, found %s", config_node_what(root));
    }
    return rbk_map_new();
}
