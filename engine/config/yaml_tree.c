/* libyaml's events as a tree of nodes with their places. Bounded in size, depth and number of nodes, so that no file -
 * an alias bomb least of all - can take more than a few megabytes. Refused: tags, a key given twice, keys that are not
 * plain words, more than one document. */
#include <base/mem.h>
#include <config/node.h>
#include <config/yaml_error.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct tree_anchor {
    char *name;
    struct config_node *node; /* borrowed from the tree */
};

struct tree_builder {
    yaml_parser_t parser;
    const char *file, *text;
    size_t len;
    struct rbk_error *err;
    struct tree_anchor *anchors;
    size_t anchor_count, anchor_cap;
    size_t nodes;
};

static struct config_node *tree_build(struct tree_builder *b, const yaml_event_t *event, int depth);

void config_node_free(struct config_node *n)
{
    if (!n) {
        return;
    }
    for (size_t i = 0; i < n->count; i++) {
        config_node_free(n->items[i]);
        if (n->keys) {
            config_node_free(n->keys[i]);
        }
    }
    free(n->keys);
    free(n->items);
    free(n->text);
    free(n);
}

/* Fails at a place, with an optional hint; always NULL, so that builders can return it. */
static struct config_node *tree_fail(struct tree_builder *b, const yaml_mark_t *mark, const char *message,
                                     const char *hint)
{
    rbk_error_set(b->err, RBK_EINVAL, "%s", message);
    rbk_error_at(b->err, b->file, (int)mark->line + 1, (int)mark->column + 1);
    if (hint) {
        rbk_error_hint(b->err, "%s", hint);
    }
    return NULL;
}

static int tree_next(struct tree_builder *b, yaml_event_t *event)
{
    if (yaml_parser_parse(&b->parser, event)) {
        return 0;
    }
    return config_yaml_error(&b->parser, b->file, b->text, b->len, b->err);
}

static struct config_node *tree_new(struct tree_builder *b, enum config_node_kind kind, const yaml_mark_t *mark)
{
    if (++b->nodes > CONFIG_NODES_MAX) {
        return tree_fail(b, mark, "the file is too large: more than 50000 values",
                         "aliases count as what they stand for");
    }
    struct config_node *n = rbk_alloc(sizeof *n);
    n->kind = kind;
    n->line = (int)mark->line + 1;
    n->column = (int)mark->column + 1;
    return n;
}

/* Takes key (NULL in a list) and item. */
static void tree_append(struct config_node *n, struct config_node *key, struct config_node *item)
{
    if (n->count == n->cap) {
        n->cap = n->cap ? n->cap * 2 : 4;
        n->items = rbk_realloc(n->items, n->cap, sizeof *n->items);
        if (n->kind == CONFIG_MAP) {
            n->keys = rbk_realloc(n->keys, n->cap, sizeof *n->keys);
        }
    }
    if (n->kind == CONFIG_MAP) {
        n->keys[n->count] = key;
    }
    n->items[n->count++] = item;
}

static int tree_check_tag(struct tree_builder *b, const yaml_char_t *tag, const yaml_mark_t *mark)
{
    if (!tag) {
        return 0;
    }
    tree_fail(b, mark, "tags (words that start with !) are not accepted", "remove the tag; quotes make a value text");
    return RBK_EINVAL;
}

/* Anchors are known once their value is complete, so that a value cannot contain itself. */
static void tree_anchor(struct tree_builder *b, const yaml_char_t *name, struct config_node *n)
{
    if (!name || !n) {
        return;
    }
    RBK_GROW(b->anchors, b->anchor_count, b->anchor_cap);
    b->anchors[b->anchor_count++] = (struct tree_anchor){rbk_strdup((const char *)name), n};
}

/* A copy placed where the alias stands; the depth is bounded like everything else's. */
static struct config_node *tree_copy(struct tree_builder *b, const struct config_node *from, const yaml_mark_t *mark,
                                     int depth)
{
    if (depth > CONFIG_DEPTH_MAX) {
        return tree_fail(b, mark, "nested too deeply: more than 32 levels", NULL);
    }
    struct config_node *n = tree_new(b, from->kind, mark);
    if (!n) {
        return NULL;
    }
    n->text = rbk_strdup(from->text);
    n->plain = from->plain;
    for (size_t i = 0; i < from->count; i++) {
        struct config_node *key = from->keys ? tree_copy(b, from->keys[i], mark, depth + 1) : NULL;
        struct config_node *item = tree_copy(b, from->items[i], mark, depth + 1);
        if (!item || (from->keys && !key)) {
            config_node_free(key);
            config_node_free(item);
            config_node_free(n);
            return NULL;
        }
        tree_append(n, key, item);
    }
    return n;
}

static struct config_node *tree_alias(struct tree_builder *b, const yaml_event_t *event, int depth)
{
    const char *name = (const char *)event->data.alias.anchor;
    for (size_t i = b->anchor_count; i-- > 0;) { /* the latest of a name counts */
        if (strcmp(b->anchors[i].name, name) == 0) {
            return tree_copy(b, b->anchors[i].node, &event->start_mark, depth);
        }
    }
    char message[160];
    snprintf(message, sizeof message, "*%.100s stands for an anchor that is not defined above", name);
    return tree_fail(b, &event->start_mark, message, "a value that starts with * needs quotes");
}

static struct config_node *tree_scalar(struct tree_builder *b, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;

    if (tree_check_tag(b, event->data.scalar.tag, &event->start_mark)) {
        return NULL;
    }
    if (memchr(value, '\0', len)) {
        return tree_fail(b, &event->start_mark, "a NUL character in a value", "remove the \\0");
    }
    struct config_node *n = tree_new(b, CONFIG_SCALAR, &event->start_mark);
    if (n) {
        n->text = rbk_strndup(value, len);
        n->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        tree_anchor(b, event->data.scalar.anchor, n);
    }
    return n;
}

static struct config_node *tree_list(struct tree_builder *b, const yaml_event_t *event, int depth)
{
    if (tree_check_tag(b, event->data.sequence_start.tag, &event->start_mark)) {
        return NULL;
    }
    struct config_node *n = tree_new(b, CONFIG_LIST, &event->start_mark);
    while (n) {
        yaml_event_t next;
        if (tree_next(b, &next)) {
            break;
        }
        if (next.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&next);
            tree_anchor(b, event->data.sequence_start.anchor, n);
            return n;
        }
        struct config_node *item = tree_build(b, &next, depth + 1);
        yaml_event_delete(&next);
        if (!item) {
            break;
        }
        tree_append(n, NULL, item);
    }
    config_node_free(n);
    return NULL;
}

/* A map's key: a scalar that the map does not have yet. */
static struct config_node *tree_key(struct tree_builder *b, const struct config_node *map, const yaml_event_t *event,
                                    int depth)
{
    if (event->type != YAML_SCALAR_EVENT) {
        return tree_fail(b, &event->start_mark, "a key must be a plain word", "{ } and [ ] need quotes here");
    }
    if (map->count >= CONFIG_ENTRIES_MAX) {
        return tree_fail(b, &event->start_mark, "more than 2000 keys in one map", NULL);
    }
    struct config_node *key = tree_build(b, event, depth);
    const struct config_node *first = key ? config_node_key(map, key->text) : NULL;
    if (first) {
        char message[256];
        snprintf(message, sizeof message, "the key \"%.100s\" is given twice, first on line %d", key->text,
                 first->line);
        config_node_free(key);
        return tree_fail(b, &event->start_mark, message, "keep one of them");
    }
    return key;
}

static int tree_entry(struct tree_builder *b, struct config_node *map, const yaml_event_t *key_event, int depth)
{
    yaml_event_t value;
    struct config_node *key = tree_key(b, map, key_event, depth + 1);
    if (!key) {
        return RBK_EINVAL;
    }
    struct config_node *item = NULL;
    if (tree_next(b, &value) == 0) {
        item = tree_build(b, &value, depth + 1);
        yaml_event_delete(&value);
    }
    if (!item) {
        config_node_free(key);
        return RBK_EINVAL;
    }
    tree_append(map, key, item);
    return 0;
}

static struct config_node *tree_map(struct tree_builder *b, const yaml_event_t *event, int depth)
{
    if (tree_check_tag(b, event->data.mapping_start.tag, &event->start_mark)) {
        return NULL;
    }
    struct config_node *n = tree_new(b, CONFIG_MAP, &event->start_mark);
    while (n) {
        yaml_event_t next;
        if (tree_next(b, &next)) {
            break;
        }
        if (next.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&next);
            tree_anchor(b, event->data.mapping_start.anchor, n);
            return n;
        }
        int rc = tree_entry(b, n, &next, depth);
        yaml_event_delete(&next);
        if (rc) {
            break;
        }
    }
    config_node_free(n);
    return NULL;
}

static struct config_node *tree_build(struct tree_builder *b, const yaml_event_t *event, int depth)
{
    if (depth > CONFIG_DEPTH_MAX) {
        return tree_fail(b, &event->start_mark, "nested too deeply: more than 32 levels", NULL);
    }
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return tree_alias(b, event, depth);
    case YAML_SEQUENCE_START_EVENT:
        return tree_list(b, event, depth);
    case YAML_MAPPING_START_EVENT:
        return tree_map(b, event, depth);
    default:
        return tree_scalar(b, event);
    }
}

static struct config_node *tree_document(struct tree_builder *b)
{
    struct config_node *root = NULL;
    yaml_event_t event;

    for (;;) {
        if (tree_next(b, &event)) {
            break;
        }
        yaml_event_type_t type = event.type;
        bool second = type == YAML_DOCUMENT_START_EVENT && root;
        if (second) {
            tree_fail(b, &event.start_mark, "a second document starts here", "remove everything from this --- on");
        } else if (type == YAML_STREAM_END_EVENT && !root) { /* nothing but comments */
            root = tree_new(b, CONFIG_SCALAR, &event.start_mark);
            root->text = rbk_strdup("");
            root->plain = true;
        } else if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT ||
                   type == YAML_ALIAS_EVENT) {
            root = tree_build(b, &event, 0);
            second = !root;
        }
        yaml_event_delete(&event);
        if (second) {
            break;
        }
        if (type == YAML_STREAM_END_EVENT) {
            return root;
        }
    }
    config_node_free(root);
    return NULL;
}

int config_node_parse(const char *file, const char *text, size_t len, struct config_node **out, struct rbk_error *err)
{
    struct tree_builder b = {.file = file, .text = text, .len = len, .err = err};

    *out = NULL;
    if (len > CONFIG_FILE_MAX) {
        rbk_error_set(err, RBK_EINVAL, "the configuration is larger than 1 MiB");
        return rbk_error_at(err, file, 0, 0);
    }
    if (!yaml_parser_initialize(&b.parser)) {
        return rbk_error_set(err, RBK_ESTORE, "out of memory while reading %s", file);
    }
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, len);
    *out = tree_document(&b);
    for (size_t i = 0; i < b.anchor_count; i++) {
        free(b.anchors[i].name);
    }
    free(b.anchors);
    yaml_parser_delete(&b.parser);
    return *out ? 0 : RBK_EINVAL;
}
