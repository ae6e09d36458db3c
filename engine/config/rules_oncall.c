/* The rules of `contacts` and `oncall`: a rota must say who it is, a contact name a rota that is there. */
#include <base/mem.h>
#include <base/str.h>
#include <config/rules.h>
#include <stdlib.h>
#include <string.h>

static void rule_override(const rbk_value *entry, const struct config_node *at, const char *rota,
                          struct config_problems *p)
{
    const char *from = rbk_map_get_string(entry, "from"), *to = rbk_map_get_string(entry, "to");
    if (!from || !to || !rbk_map_get(entry, "who")) {
        config_problem_error(p, at, "write it like - {from: 2026-12-24, to: 2026-12-27, who: name}",
                             "oncall.%s: an override needs from, to and who", rota);
    } else if (strcmp(from, to) >= 0) {
        config_problem_error(p, at, "`to` is when it ends", "oncall.%s: the override from %s ends before it begins",
                             rota, from);
    }
}

/* Who has an entry in `contacts`, as slugs in its order; behind them who was found to have none: said once. */
struct rule_people {
    const rbk_value *contacts;
    struct rbk_strv known;
};

/* The entry that was meant, as it is written; NULL. */
static const char *rule_person_meant(const struct rule_people *people, const char *slug)
{
    size_t count = people->known.items ? rbk_value_length(people->contacts) : 0;
    const char *meant = rbk_did_you_mean(slug, (const char *const *)people->known.items, count);
    for (size_t i = 0; meant && i < count; i++) {
        if (people->known.items[i] == meant) {
            return rbk_map_key_at(people->contacts, i);
        }
    }
    return NULL;
}

/* A person in a rota without an entry of their own has no address and no channel. */
static void rule_person(const char *name, const struct config_node *at, const char *rota, struct rule_people *people,
                        struct config_problems *p)
{
    char *slug = name ? rbk_slug(name) : NULL;
    if (slug && !rbk_strv_has(&people->known, slug)) {
        const char *meant = rule_person_meant(people, slug);
        char *hint = meant ? rbk_asprintf("did you mean %s?", meant)
                           : rbk_strdup("add an entry of that name, with address: or channels:");
        config_problem_warning(p, at, hint, "oncall.%s: %.64s has no entry in contacts", rota, name);
        rbk_strv_add(&people->known, slug);
        free(hint);
    }
    free(slug);
}

static const struct config_node *rule_item(const struct config_node *list, size_t i)
{
    return list && list->kind == CONFIG_LIST && i < list->count ? list->items[i] : list;
}

static void rule_persons(const rbk_value *rota, const struct config_node *node, const char *name,
                         struct rule_people *people, struct config_problems *p)
{
    const rbk_value *members = rbk_map_get(rota, "members"), *overrides = rbk_map_get(rota, "overrides");
    for (size_t i = 0; i < rbk_value_length(members); i++) {
        rule_person(rbk_value_string(rbk_list_at(members, i)), rule_item(config_node_get(node, "members"), i), name,
                    people, p);
    }
    for (size_t i = 0; i < rbk_value_length(overrides); i++) {
        const struct config_node *at = rule_item(config_node_get(node, "overrides"), i);
        const struct config_node *who = config_node_get(at, "who");
        rule_person(rbk_map_get_string(rbk_list_at(overrides, i), "who"), who ? who : at, name, people, p);
    }
}

static void rule_rota(const rbk_value *rota, const struct config_node *key, const struct config_node *node,
                      struct config_problems *p)
{
    const struct config_node *overrides = config_node_get(node, "overrides");
    bool rotates = rbk_value_length(rbk_map_get(rota, "members")) && rbk_map_get(rota, "start");
    if (rotates == (rbk_map_get(rota, "command") != NULL)) {
        config_problem_error(p, key, "members take turns from start on; a command prints the name",
                             "oncall.%s needs members and start, or a command", key->text);
    }
    if (rbk_value_number(rbk_map_get(rota, "every")) < 60) {
        config_problem_error(p, key, "write it like 1w or 1d", "oncall.%s: a turn of less than a minute", key->text);
    }
    const rbk_value *entries = rbk_map_get(rota, "overrides");
    for (size_t i = 0; overrides && overrides->kind == CONFIG_LIST && i < overrides->count; i++) {
        rule_override(rbk_list_at(entries, i), overrides->items[i], key->text, p);
    }
}

static void rule_rotas(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const struct config_node *node = config_node_get(root, "oncall");
    struct rule_people people = {.contacts = rbk_map_get(tree, "contacts")};
    for (size_t i = 0; i < rbk_value_length(people.contacts); i++) {
        rbk_strv_take(&people.known, rbk_slug(rbk_map_key_at(people.contacts, i)));
    }
    for (size_t i = 0; node && node->kind == CONFIG_MAP && i < node->count; i++) {
        const rbk_value *rota = rbk_map_get(rbk_map_get(tree, "oncall"), node->keys[i]->text);
        rule_rota(rota, node->keys[i], node->items[i], p);
        rule_persons(rota, node->items[i], node->keys[i]->text, &people, p);
    }
    rbk_strv_fini(&people.known);
}

static void rule_channels(const rbk_value *contact, const rbk_value *known, const struct config_node *key,
                          const struct config_node *node, struct config_problems *p)
{
    const rbk_value *channels = rbk_map_get(contact, "channels");
    for (size_t i = 0; i < rbk_value_length(channels); i++) {
        const char *name = rbk_value_string(rbk_list_at(channels, i));
        if (!rbk_map_get(known, name)) {
            config_problem_error(p, config_node_get(node, "channels"),
                                 "define it under channels:", "contacts.%s: there is no channel \"%.64s\"", key->text,
                                 name);
        }
    }
}

/* A contact that names a rota which is not there would be nobody. */
static void rule_contact_rota(const rbk_value *contact, const rbk_value *rotas, const struct config_node *key,
                              const struct config_node *node, struct config_problems *p)
{
    const char *rota = rbk_map_get_string(contact, "oncall");
    if (rota && !rbk_map_get(rotas, rota)) {
        config_problem_error(p, config_node_get(node, "oncall"),
                             "define it under oncall:", "contacts.%s: there is no rota \"%.64s\"", key->text, rota);
    }
}

static void rule_contacts(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const struct config_node *node = config_node_get(root, "contacts");
    const rbk_value *contacts = rbk_map_get(tree, "contacts");
    for (size_t i = 0; node && node->kind == CONFIG_MAP && i < node->count; i++) {
        const rbk_value *contact = rbk_map_get(contacts, node->keys[i]->text);
        rule_contact_rota(contact, rbk_map_get(tree, "oncall"), node->keys[i], node->items[i], p);
        rule_channels(contact, rbk_map_get(tree, "channels"), node->keys[i], node->items[i], p);
    }
}

void config_rules_oncall(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    rule_rotas(tree, root, p);
    rule_contacts(tree, root, p);
}
