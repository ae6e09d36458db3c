/* Ranges of addresses under `net:`, and channels whose address `net.allow_http` does not let out. A slip in a list that
 * denies must not be found out by the request that it should have stopped, nor one in a channel by the message that
 * never came.
 */
#include <base/address.h>
#include <base/mem.h>
#include <base/str.h>
#include <config/rules.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* Of "http://user@host:port/path" the host; NULL when the text is another kind of address. Heap. */
static char *http_host(const char *url)
{
    static const char scheme[] = "http://";
    if (!url || strncasecmp(url, scheme, strlen(scheme)) != 0)
        return NULL;
    const char *begin = url + strlen(scheme), *end = begin + strcspn(begin, "/?#\\");
    for (const char *p = begin; p < end; p++)
        if (*p == '@')
            begin = p + 1;
    const char *bracket = *begin == '[' ? memchr(begin, ']', (size_t)(end - begin)) : NULL;
    const char *colon = bracket ? bracket + 1 : memchr(begin, ':', (size_t)(end - begin));
    return rbk_strndup(begin, (size_t)((colon ? colon : end) - begin));
}

static void rule_channel_url(const char *name, const rbk_value *channel, const struct config_node *node,
                             const char *key, struct config_problems *p)
{
    char *host = http_host(rbk_map_get_string(channel, key));
    if (host && *host && !rbk_host_is_loopback(host))
        config_problem_warning(
            p, config_node_get(node, key), "write https://, or set net.allow_http: true when the way to it is safe",
            "channels.%.64s.%s: nothing will be sent, http to another machine is not allowed", name, key);
    free(host);
}

/* The keys by which bundled channels take the address that they send to; others may be pages to link to. */
static void rule_channels(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    static const char *const keys[] = {"url", "api"};
    const struct config_node *node = config_node_get(root, "channels");
    const char *allowed = rbk_map_get_string(rbk_map_get(tree, "net"), "allow_http");
    if (allowed && strcmp(allowed, "true") == 0)
        return;
    for (size_t i = 0; node && node->kind == CONFIG_MAP && i < node->count; i++) {
        const char *name = node->keys[i]->text;
        const rbk_value *channel = rbk_map_get(rbk_map_get(tree, "channels"), name);
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            rule_channel_url(name, channel, config_node_get(node, name), keys[k], p);
    }
}

void config_rules_net(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const struct config_node *node = config_node_get(root, "net");
    rule_channels(tree, root, p);
    if (!node)
        return;
    rule_ranges(rbk_map_get(tree, "net"), node, "deny", p);
    rule_ranges(rbk_map_get(tree, "net"), node, "allow", p);
}
