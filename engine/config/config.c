/* The configuration as a whole: find the file, parse it, check it, fill in defaults, hand out fields. */
#include <base/fs.h>
#include <base/mem.h>
#include <config/config.h>
#include <config/read.h>
#include <config/rules.h>
#include <config/typed.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const config_names[] = {"runbook.yaml", ".runbook.yaml", NULL};

/* Everything short of the fields: *out is the tree of values, or NULL when a problem was an error. */
static void config_load(const char *file, const char *text, size_t len, struct config_problems *p, rbk_value **out)
{
    struct config_node *root = NULL;
    struct rbk_error err = {0};

    *out = NULL;
    if (config_node_parse(file, text, len, &root, &err)) {
        config_problem_take(p, &err);
        return;
    }
    rbk_value *tree = config_read(root, p);
    config_defaults(tree);
    config_complete(tree, root);
    config_rules(tree, root, p);
    config_problems_sort(p);
    config_node_free(root);
    if (p->errors) {
        rbk_value_free(tree);
        return;
    }
    *out = tree;
}

static void config_keep_warnings(struct rbk_config *c, const struct config_problems *p)
{
    c->warnings = p->count ? rbk_alloc(p->count * sizeof *c->warnings) : NULL;
    for (size_t i = 0; i < p->count; i++) {
        c->warnings[c->warning_count++] = p->items[i].error;
    }
}

/* Without a name of its own the project is called as its folder is. */
static void config_name_project(struct rbk_config *c)
{
    const char *slash = strrchr(c->root, '/');
    const char *name = slash && slash[1] ? slash + 1 : c->root;
    if (!c->project) {
        c->project = rbk_strdup(name);
        rbk_map_set_string(c->tree, "project", name);
    }
}

/* `file` names the text in errors; `path` is where it lies, NULL when there is none. */
static int config_build(const char *file, const char *path, const char *root, const char *text, size_t len,
                        struct rbk_config **out, struct rbk_error *err)
{
    struct config_problems p = {.file = file};
    rbk_value *tree = NULL;

    config_load(file, text, len, &p, &tree);
    if (!tree) {
        const struct rbk_error *first = config_problems_first_error(&p);
        int code = first->code;
        if (err) {
            *err = *first;
        }
        config_problems_fini(&p);
        return code;
    }
    struct rbk_config *c = rbk_alloc(sizeof *c);
    c->tree = tree;
    c->root = rbk_strdup(root);
    c->file = rbk_strdup(path);
    config_typed_fill(c);
    config_name_project(c);
    config_keep_warnings(c, &p);
    config_problems_fini(&p);
    *out = c;
    return 0;
}

int rbk_config_parse(const char *file, const char *text, size_t len, struct rbk_config **out, struct rbk_error *err)
{
    const char *slash = strrchr(file, '/');
    char *root = slash ? rbk_strndup(file, slash == file ? 1 : (size_t)(slash - file)) : rbk_strdup(".");

    *out = NULL;
    int rc = config_build(file, file, root, text, len, out, err);
    free(root);
    return rc;
}

int rbk_config_check(const char *file, const char *text, size_t len, rbk_problem_fn *on_problem, void *arg)
{
    struct config_problems p = {.file = file};
    rbk_value *tree = NULL;

    config_load(file, text, len, &p, &tree);
    rbk_value_free(tree);
    for (size_t i = 0; i < p.count; i++) {
        on_problem(arg, p.items[i].warning ? "warning" : "error", &p.items[i].error);
    }
    int errors = p.errors;
    config_problems_fini(&p);
    return errors;
}

/* The folder itself must hold a configuration. */
static int config_find_in(const char *project, const char **name, struct rbk_error *err)
{
    for (size_t i = 0; config_names[i]; i++) {
        char *path = rbk_path_join(project, config_names[i]);
        bool there = rbk_path_exists(path);
        free(path);
        if (there) {
            *name = config_names[i];
            return 0;
        }
    }
    rbk_error_set(err, RBK_ENOENT, "no runbook.yaml in %s", project);
    return rbk_error_hint(err, "write one there with: runbook init");
}

/* A file in the folder where the person stands is named by its name alone. */
static char *config_display_name(const char *path, const char *root, const char *name)
{
    char here[PATH_MAX];
    bool same = getcwd(here, sizeof here) && strcmp(here, root) == 0;
    return rbk_strdup(same ? name : path);
}

static int config_open_file(const char *root, const char *name, struct rbk_config **out, struct rbk_error *err)
{
    struct rbk_buf text = {0};
    char *path = rbk_path_join(root, name);
    char *shown = config_display_name(path, root, name);

    int rc = rbk_file_read(path, CONFIG_FILE_MAX, &text, err);
    if (rc) {
        rbk_error_at(err, shown, 0, 0);
    } else {
        rc = config_build(shown, path, root, text.data ? text.data : "", text.len, out, err);
    }
    rbk_buf_fini(&text);
    free(shown);
    free(path);
    return rc;
}

int rbk_config_open(const char *start, const char *project, struct rbk_config **out, struct rbk_error *err)
{
    const char *name = NULL;
    char *absolute = NULL, *root = NULL;
    int rc = 0;

    *out = NULL;
    absolute = realpath(project ? project : start, NULL);
    if (!absolute) {
        return rbk_error_errno(err, RBK_ENOENT, "cannot open the folder %s", project ? project : start);
    }
    if (project) {
        root = rbk_strdup(absolute);
        rc = config_find_in(root, &name, err);
    } else {
        root = rbk_find_upwards(absolute, config_names, &name);
    }
    if (rc == 0 && root) {
        rc = config_open_file(root, name, out, err);
    } else if (rc == 0) {
        rc = config_build("defaults", NULL, absolute, "", 0, out, err);
    }
    free(root);
    free(absolute);
    return rc;
}

const struct rbk_level *rbk_config_level(const struct rbk_config *c, const char *name)
{
    for (size_t i = 0; i < c->level_count; i++) {
        if (strcmp(c->levels[i].name, name) == 0) {
            return &c->levels[i];
        }
    }
    return NULL;
}

const struct rbk_variant *rbk_level_variant(const struct rbk_level *l, const char *name)
{
    for (size_t i = 0; i < l->variant_count; i++) {
        if (strcmp(l->variants[i].name, name) == 0) {
            return &l->variants[i];
        }
    }
    return NULL;
}

const rbk_value *rbk_config_get(const struct rbk_config *c, const char *path)
{
    const rbk_value *v = c->tree;
    while (v && *path) {
        size_t len = strcspn(path, ".");
        char *key = rbk_strndup(path, len);
        v = rbk_value_type(v) == RBK_MAP ? rbk_map_get(v, key) : NULL;
        free(key);
        path += len + (path[len] == '.');
    }
    return v;
}
