/* Values that are right each by itself and wrong together: a level without a command, a target beyond the maximum, a
 * service that nobody defined. Errors where a run could not go on, warnings where it would surprise. */
#include <base/mem.h>
#include <base/str.h>
#include <config/rules.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double rule_number(const rbk_value *map, const char *key)
{
    return rbk_value_number(rbk_map_get(map, key));
}

/* "45s" as it was written. */
static char *rule_text(const rbk_value *map, const char *key)
{
    return rbk_value_text(rbk_map_get(map, key));
}

/* Warns when `low` is given in the file and exceeds `high`. */
static void rule_order(const rbk_value *map, const struct config_node *node, const char *name, const char *low,
                       const char *high, const char *hint, struct config_problems *p)
{
    if (!rbk_map_get(map, low) || !rbk_map_get(map, high) || rule_number(map, low) <= rule_number(map, high)) {
        return;
    }
    const struct config_node *at = config_node_get(node, low);
    char *low_text = rule_text(map, low), *high_text = rule_text(map, high);
    config_problem_warning(p, at ? at : config_node_get(node, high), hint, "%s: %s %s is more than %s %s", name, low,
                           low_text, high, high_text);
    free(low_text);
    free(high_text);
}

static void rule_level_runs(const rbk_value *level, const struct config_node *key, struct config_problems *p)
{
    const char *runner = rbk_map_get_string(level, "runner");
    if (!rbk_map_get(level, "command")) {
        config_problem_error(p, key, "add command:, the line that runs its tests", "levels.%s has no command",
                             key->text);
    } else if (!runner) {
        config_problem_error(p, key,
                             "add runner: (pytest, ctest, node, bats), or runner: junit and report: for any other tool",
                             "levels.%s: its command does not say which runner this is", key->text);
    } else if (strcmp(runner, "junit") == 0 && !rbk_map_get(level, "report")) {
        config_problem_error(p, key, "add report:, the path or glob of the JUnit XML that the command writes",
                             "levels.%s: runner junit needs a report", key->text);
    }
}

static void rule_level_requires(const rbk_value *level, const struct config_node *services,
                                const struct config_node *node, const char *name, struct config_problems *p)
{
    const rbk_value *required = rbk_map_get(level, "requires");
    const struct config_node *at = config_node_get(node, "requires");
    for (size_t i = 0; i < rbk_value_length(required); i++) {
        const char *service = rbk_value_string(rbk_list_at(required, i));
        if (!config_node_get(services, service)) {
            config_problem_warning(p, at->kind == CONFIG_LIST ? at->items[i] : at,
                                   "define it under services:, or remove it here",
                                   "%s requires \"%.64s\", which is no service", name, service);
        }
    }
}

static void rule_level(const rbk_value *level, const struct config_node *root, const char *name,
                       struct config_problems *p)
{
    const struct config_node *levels = config_node_get(root, "levels");
    const struct config_node *key = config_node_key(levels, name), *node = config_node_get(levels, name);
    char *path = rbk_asprintf("levels.%s", name);

    if (strcmp(name, "all") == 0) {
        config_problem_error(p, key, "give it another name: every command takes `all` for all levels together",
                             "the level name \"all\" is reserved");
    }
    rule_order(level, node, path, "target", "max", "target is the wish, max the longest that is acceptable", p);
    rule_order(level, node, path, "max", "timeout", "the time-out would stop the level before max is reached", p);
    rule_level_requires(level, config_node_get(root, "services"), node, path, p);
    free(path);
}

static void rule_levels(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const rbk_value *levels = rbk_map_get(tree, "levels");
    for (size_t i = 0; i < rbk_value_length(levels); i++) {
        rule_level(rbk_map_value_at(levels, i), root, rbk_map_key_at(levels, i), p);
    }
}

static void rule_sla_row(const rbk_value *row, const struct config_node *key, const struct config_node *node,
                         struct config_problems *p)
{
    const rbk_value *target = rbk_map_get(row, "target"), *alert = rbk_map_get(row, "alert");
    const struct config_node *at = config_node_get(node, "alert") ? config_node_get(node, "alert") : key;
    if (!target || !alert) {
        return;
    }
    if (rbk_value_unit(target) != rbk_value_unit(alert)) {
        config_problem_error(p, at, "give both the same unit", "sla.%s: target is in %s, alert in %s", key->text,
                             rbk_unit_name(rbk_value_unit(target)), rbk_unit_name(rbk_value_unit(alert)));
        return;
    }
    bool higher = strcmp(rbk_map_get_string(row, "better"), "higher") == 0;
    double t = rbk_value_number(target), a = rbk_value_number(alert);
    if (higher ? a > t : a < t) {
        config_problem_warning(p, at,
                               higher ? "higher is better here: alert belongs below target"
                                      : "lower is better here: alert belongs above target",
                               "sla.%s alerts although its target is met", key->text);
    }
}

static void rule_sla(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const struct config_node *sla = config_node_get(root, "sla");
    for (size_t i = 0; sla && sla->kind == CONFIG_MAP && i < sla->count; i++) {
        const rbk_value *row = rbk_map_get(rbk_map_get(tree, "sla"), sla->keys[i]->text);
        if (row) {
            rule_sla_row(row, sla->keys[i], sla->items[i], p);
        }
    }
}

static void rule_memory(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const struct config_node *node = config_node_get(config_node_get(root, "limits"), "memory");
    const rbk_value *memory = rbk_map_get(rbk_map_get(tree, "limits"), "memory");
    if (node && rule_number(memory, "total") > 0) {
        rule_order(memory, node, "limits.memory", "process", "total", "total counts all processes together", p);
    }
}

enum { RULE_ROLLUPS_MAX = 8 };

/* The step of the i-th roll-up in seconds, -1 when its name is no length of time. */
static double rule_rollup_step(const struct config_node *node, size_t i)
{
    struct rbk_quantity q;
    const char *text = node->keys[i]->text;
    bool ok = rbk_quantity_parse(text, strlen(text), &q, NULL) == 0 && q.unit == RBK_UNIT_SECONDS && q.value >= 1;
    return ok ? q.value : -1;
}

/* Two roll-ups, the one of the longer step second: its windows hold whole windows of the first, and come later. */
static void rule_rollup_pair(const rbk_value *rollups, const struct config_node *node, size_t i, size_t k,
                             struct config_problems *p)
{
    const char *shorter = node->keys[i]->text, *longer = node->keys[k]->text;
    double step = rule_rollup_step(node, i), wide = rule_rollup_step(node, k);
    if (step < 0 || wide < step || (wide == step && i >= k)) {
        return;
    }
    if (wide == step || fmod(wide, step) != 0) {
        config_problem_error(p, node->keys[k], "write steps of which each is a multiple of the one before: 5m, 1h, 1d",
                             "metrics.rollup: %s is not a multiple of %s", longer, shorter);
    } else if (rule_number(rollups, longer) <= rule_number(rollups, shorter)) {
        config_problem_error(p, node->items[k], "longer windows belong to older samples",
                             "metrics.rollup: %s begins no later than %s", longer, shorter);
    }
}

static void rule_rollup(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const struct config_node *node = config_node_get(config_node_get(root, "metrics"), "rollup");
    const rbk_value *metrics = rbk_map_get(tree, "metrics"), *rollups = rbk_map_get(metrics, "rollup");
    size_t count = node && node->kind == CONFIG_MAP ? node->count : 0;
    if (count > RULE_ROLLUPS_MAX) {
        config_problem_error(p, node, "two or three do", "metrics.rollup has more than %d steps", RULE_ROLLUPS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        double retention = rule_number(metrics, "retention");
        if (rule_rollup_step(node, i) < 0) {
            config_problem_error(p, node->keys[i], "write it like 5m: 30d, the window first",
                                 "metrics.rollup: \"%.64s\" is no length of a window", node->keys[i]->text);
        } else if (retention > 0 && rule_number(rollups, node->keys[i]->text) >= retention) {
            config_problem_warning(p, node->items[i], "samples are gone by then: raise retention, or remove it",
                                   "metrics.rollup: %s begins after metrics.retention", node->keys[i]->text);
        }
        for (size_t k = 0; k < count; k++) {
            if (k != i) {
                rule_rollup_pair(rollups, node, i, k, p);
            }
        }
    }
}

/* How many of the three sources of a value a map names. */
static int rule_sources(const rbk_value *map)
{
    return (rbk_map_get(map, "env") != NULL) + (rbk_map_get(map, "file") != NULL) +
           (rbk_map_get(map, "command") != NULL);
}

static void rule_service_known(const rbk_value *service, const struct config_node *key, struct config_problems *p)
{
    if (!rbk_map_get(service, "check") && !rbk_map_get(service, "tcp") && !rbk_map_get(service, "http")) {
        config_problem_error(p, key, "add check: (a command that exits 0), tcp: (host:port) or http: (a URL)",
                             "services.%s does not say how to see that it is up", key->text);
    }
}

static void rule_secret_source(const rbk_value *secret, const struct config_node *key, struct config_problems *p)
{
    if (rule_sources(secret) != 1) {
        config_problem_error(p, key, "the value itself never stands in this file",
                             "secrets.%s needs exactly one of env, file, command", key->text);
    }
}

static void rule_escalation_contact(const rbk_value *row, const struct config_node *key, struct config_problems *p)
{
    if (!rbk_map_get(row, "contact")) {
        config_problem_error(p, key, "add contact: and response:", "escalation.%s does not say who responds",
                             key->text);
    }
}

typedef void rule_entry_fn(const rbk_value *entry, const struct config_node *key, struct config_problems *p);

/* Applies a rule to every entry that the file has under `section`. */
static void rule_each(const rbk_value *tree, const struct config_node *root, const char *section, rule_entry_fn *rule,
                      struct config_problems *p)
{
    const struct config_node *node = config_node_get(root, section);
    const rbk_value *map = rbk_map_get(tree, section);
    for (size_t i = 0; node && node->kind == CONFIG_MAP && i < node->count; i++) {
        rule(rbk_map_get(map, node->keys[i]->text), node->keys[i], p);
    }
}

static void rules_of_whole_files(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const rbk_value *flags = rbk_map_get(tree, "flags");
    rule_each(tree, root, "levels", rule_level_runs, p);
    rule_each(tree, root, "services", rule_service_known, p);
    rule_each(tree, root, "secrets", rule_secret_source, p);
    rule_each(tree, root, "escalation", rule_escalation_contact, p);
    rule_sla(tree, root, p);
    config_rules_oncall(tree, root, p);
    rule_rollup(tree, root, p);
    config_rules_notify(tree, root, p);
    config_rules_net(tree, root, p);
    if (rbk_value_length(flags) && rule_sources(flags) != 1) {
        config_problem_error(p, config_node_key(root, "flags"), "it says where the flags are read",
                             "flags needs exactly one of file, env, command");
    }
}

/* What was refused or misspelt looks missing: while there is such an error, its consequences are not blamed. */
void config_rules(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    if (p->errors == 0) {
        rules_of_whole_files(tree, root, p);
    }
    rule_levels(tree, root, p);
    rule_memory(tree, root, p);
}
