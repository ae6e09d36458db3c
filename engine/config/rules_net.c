/* Ranges of addresses under `net:`. A slip in a list that denies must not be found out by the request that it should
 * have stopped. */
#include <base/address.h>
#include <base/mem.h>
#include <config/rules.h>

static void rule_ranges(const rbk_value *net, const struct config_node *node, const char *key,
                        struct config_problems *p)
{
    const rbk_value *list = rbk_map_get(net, key);
    const struct config_node *at = config_node_get(node, key);
    struct rbk_ranges ranges = {0};
    struct rbk_error why;
    for (size_t i = 0; at && i < rbk_value_length(list); i++) {
        if (rbk_ranges_add(&ranges, rbk_value_string(rbk_list_at(list, i)), &why) < 0)
            config_problem_error(p, at->kind == CONFIG_LIST ? at->items[i] : at, why.hint, "net.%s: %s", key,
                                 why.message);
    }
    rbk_ranges_fini(&ranges);
}

void config_rules_net(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const struct config_node *node = config_node_get(root, "net");
    if (!node)
        return;
    rule_ranges(rbk_map_get(tree, "net"), node, "deny", p);
    rule_ranges(rbk_map_get(tree, "net"), node, "allow", p);
}
