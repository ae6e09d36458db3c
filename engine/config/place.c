/* Where in the file something stands that another room has found wrong. Values do not remember their places, so the
 * file is read again: only a mistake costs that. */
#include <base/fs.h>
#include <config/config.h>
#include <config/node.h>
#include <stdlib.h>

/* The child that a word names: by its key, or by its number in a list, from 1 on. *place is what to point at. */
static const struct config_node *child(const struct config_node *n, const char *word, const struct config_node **place)
{
    const struct config_node *found = config_node_get(n, word);
    if (n->kind == CONFIG_LIST) {
        size_t number = strtoul(word, NULL, 10);
        found = number >= 1 && number <= n->count ? n->items[number - 1] : NULL;
    }
    if (found)
        *place = n->kind == CONFIG_MAP ? config_node_key(n, word) : found;
    return found;
}

int rbk_config_place(const struct rbk_config *c, const char *const *path, struct rbk_error *err)
{
    struct rbk_buf text = {0};
    struct config_node *root = NULL;
    const struct config_node *place = NULL;
    struct rbk_error ignored = {0};
    if (rbk_file_read(c->file, CONFIG_FILE_MAX, &text, &ignored) == 0)
        config_node_parse(c->file, text.data ? text.data : "", text.len, &root, &ignored);
    for (const struct config_node *n = root; n && *path; path++)
        n = child(n, *path, &place);
    int rc = rbk_error_at(err, c->file, place ? place->line : 0, place ? place->column : 0);
    config_node_free(root);
    rbk_buf_fini(&text);
    return rc;
}
