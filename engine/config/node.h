/* One YAML document as a tree of nodes that remember their place. Lives inside this room: the reader turns it into
 * typed values (config/read.c), and the rules point into it (config/rules.c). */
#ifndef RBK_CONFIG_NODE_H
#define RBK_CONFIG_NODE_H

#include <runbook/error.h>
#include <runbook/value.h>
#include <stdbool.h>
#include <stddef.h>

#define CONFIG_FILE_MAX    (1024 * 1024) /* bytes of a file */
#define CONFIG_DEPTH_MAX   32
#define CONFIG_NODES_MAX   50000 /* of the whole tree, copies made by aliases included */
#define CONFIG_ENTRIES_MAX 2000  /* keys of one map */

enum config_node_kind { CONFIG_SCALAR, CONFIG_LIST, CONFIG_MAP };

struct config_node {
    enum config_node_kind kind;
    int line, column;
    char *text;                 /* scalar */
    bool plain;                 /* scalar written without quotes: typed by the core schema */
    struct config_node **keys;  /* map: scalars, as many as items */
    struct config_node **items; /* list, map */
    size_t count, cap;
};

/* Parses one document; an empty text gives a null scalar. The tree is the caller's. */
int config_node_parse(const char *file, const char *text, size_t len, struct config_node **out, struct rbk_error *err);
void config_node_free(struct config_node *n);
/* The value at a key of a map, NULL when missing or when `n` is no map (NULL is fine). */
const struct config_node *config_node_get(const struct config_node *n, const char *key);
/* The key itself, for its place; NULL as above. */
const struct config_node *config_node_key(const struct config_node *n, const char *key);
/* A scalar that means "nothing here": an empty value, null or ~. */
bool config_node_is_null(const struct config_node *n);
/* "a list", "a map", "nothing", "text": for messages. */
const char *config_node_what(const struct config_node *n);
/* A scalar as YAML 1.2's core schema types it (https://yaml.org/spec/1.2.2/#103-core-schema): null, true, false,
 * integers and floats when plain, else a string; `yes`, `no`, `on` and `off` are strings. */
rbk_value *config_node_scalar(const struct config_node *n);

#endif
