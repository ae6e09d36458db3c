/* The plan as the journal keeps it: a list of {key, id, title, kind, hash} in the order of writing. Resume compares it
 * with the file of today; reports show from it the steps that have not begun. */
#include <run/machine.h>

#include <inttypes.h>
#include <string.h>

const char *rbk_node_record_kind(const struct rbk_node *node)
{
    return node->each || node->each_list ? "each" : rbk_node_kind(node);
}

static void add_nodes(rbk_value *list, const char *prefix, struct rbk_node *const *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rbk_node *n = nodes[i];
        char hash[17];
        rbk_node_hash(n, hash);
        char *key = prefix ? rbk_asprintf("%s/%s", prefix, n->id) : rbk_strdup(n->id);
        rbk_value *entry = rbk_map_new();
        rbk_map_set_string(entry, "key", key);
        rbk_map_set_string(entry, "id", n->id);
        rbk_map_set_string(entry, "title", n->title);
        rbk_map_set_string(entry, "kind", rbk_node_record_kind(n));
        rbk_map_set_string(entry, "hash", hash);
        rbk_list_append(list, entry);
        add_nodes(list, key, n->children, n->child_count);
        free(key);
    }
}

rbk_value *rbk_plan_record(const struct rbk_plan *plan)
{
    rbk_value *list = rbk_list_new();
    add_nodes(list, NULL, plan->nodes, plan->node_count);
    return list;
}

void rbk_plan_record_hash(const rbk_value *record, char out[17])
{
    uint64_t h = RBK_HASH_INIT;
    for (size_t i = 0; i < rbk_value_length(record); i++) {
        const rbk_value *entry = rbk_list_at(record, i);
        const char *key = rbk_map_get_string(entry, "key"), *hash = rbk_map_get_string(entry, "hash");
        h = rbk_hash(h, key, strlen(key) + 1);
        h = rbk_hash(h, hash, strlen(hash) + 1);
    }
    snprintf(out, 17, "%016" PRIx64, h);
}
