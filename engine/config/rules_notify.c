/* The rules of notification that the table of keys cannot say: a rule needs a channel that there is, patterns must fit
 * some event, priorities and times must be ones. */
#include <base/clock.h>
#include <base/mem.h>
#include <base/str.h>
#include <config/rules.h>
#include <fnmatch.h>
#include <runbook/notify.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const notify_events[] = {
#define X(name, status, what) name,
    RBK_NOTIFY_EVENTS(X)
#undef X
};
enum { NOTIFY_EVENT_COUNT = sizeof notify_events / sizeof notify_events[0] };

static const char *const notify_priorities[] = {
#define X(name) name,
    RBK_NOTIFY_PRIORITIES(X)
#undef X
};
enum { NOTIFY_PRIORITY_COUNT = sizeof notify_priorities / sizeof notify_priorities[0] };

/* The node of one text of a key that takes one or a list of them. */
static const struct config_node *notify_item(const struct config_node *n, size_t i)
{
    return n && n->kind == CONFIG_LIST ? n->items[i] : n;
}

typedef void notify_word_fn(const char *word, const struct config_node *at, struct config_problems *p,
                            const struct config_node *root);

static void notify_each_word(const rbk_value *map, const struct config_node *node, const char *key, notify_word_fn *fn,
                             struct config_problems *p, const struct config_node *root)
{
    const rbk_value *list = rbk_map_get(map, key);
    const struct config_node *at = config_node_get(node, key);
    for (size_t i = 0; i < rbk_value_length(list); i++) {
        fn(rbk_value_string(rbk_list_at(list, i)), notify_item(at, i), p, root);
    }
}

static void notify_check_event(const char *word, const struct config_node *at, struct config_problems *p,
                               const struct config_node *root)
{
    (void)root;
    for (size_t i = 0; i < NOTIFY_EVENT_COUNT; i++) {
        if (fnmatch(word, notify_events[i], 0) == 0) {
            return;
        }
    }
    const char *meant = rbk_did_you_mean(word, notify_events, NOTIFY_EVENT_COUNT);
    char *hint = meant ? rbk_asprintf("did you mean \"%s\"?", meant)
                       : rbk_strdup("write a name such as run.failed, or a pattern such as incident.*");
    config_problem_error(p, at, hint, "no event is called \"%.64s\"", word);
    free(hint);
}

static void notify_check_priority(const char *word, const struct config_node *at, struct config_problems *p,
                                  const struct config_node *root)
{
    (void)root;
    const char *name = rbk_starts_with(word, ">=") ? word + 2 + strspn(word + 2, " ") : word;
    for (size_t i = 0; i < NOTIFY_PRIORITY_COUNT; i++) {
        if (strcmp(name, notify_priorities[i]) == 0) {
            return;
        }
    }
    config_problem_error(p, at, "write one of critical, high, medium, low, a list of them, or \">= high\"",
                         "\"%.64s\" is not a priority", word);
}

static void notify_check_channel(const char *word, const struct config_node *at, struct config_problems *p,
                                 const struct config_node *root)
{
    const struct config_node *channels = config_node_get(root, "channels");
    if (config_node_get(channels, word)) {
        return;
    }
    size_t count = channels && channels->kind == CONFIG_MAP ? channels->count : 0;
    const char **names = rbk_alloc((count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[i] = channels->keys[i]->text;
    }
    const char *meant = rbk_did_you_mean(word, names, count);
    char *hint = meant ? rbk_asprintf("did you mean \"%s\"?", meant) : rbk_strdup("define it under channels:");
    config_problem_error(p, at, hint, "there is no channel \"%.64s\"", word);
    free(hint);
    free(names);
}

static void notify_rule(const rbk_value *rule, const struct config_node *node, struct config_problems *p,
                        const struct config_node *root)
{
    if (!rbk_value_length(rbk_map_get(rule, "to"))) {
        config_problem_error(p, node, "add to:, the names of channels", "the rule does not say who hears of it");
    }
    notify_each_word(rule, node, "to", notify_check_channel, p, root);
    notify_each_word(rule, node, "on", notify_check_event, p, root);
    notify_each_word(rule, node, "priority", notify_check_priority, p, root);
    if (rbk_map_get(rule, "on") && !rbk_map_get(rule, "final")) {
        const rbk_value *on = rbk_map_get(rule, "on");
        for (size_t i = 0; i < rbk_value_length(on); i++) {
            if (strcmp(rbk_value_string(rbk_list_at(on, i)), "step.attempt-failed") == 0) {
                config_problem_warning(p, notify_item(config_node_get(node, "on"), i), "add final: false",
                                       "attempts that are tried again are not told of unless final is false");
            }
        }
    }
}

static bool notify_clock_ok(const char *text)
{
    int hour, minute, end = 0;
    return text && sscanf(text, "%2d:%2d%n", &hour, &minute, &end) == 2 && text[end] == '\0' && hour >= 0 &&
           hour < 24 && minute >= 0 && minute < 60;
}

static void notify_quiet(const rbk_value *quiet, const struct config_node *node, struct config_problems *p)
{
    static const char *const times[] = {"from", "to"};
    for (size_t i = 0; i < 2; i++) {
        const char *text = rbk_map_get_string(quiet, times[i]);
        if (!notify_clock_ok(text)) {
            const struct config_node *at = config_node_get(node, times[i]);
            config_problem_error(p, at ? at : node, "write it like from: \"22:00\" and to: \"07:00\"",
                                 "notify.quiet.%s: \"%.32s\" is not a time of day", times[i], text ? text : "");
        }
    }
    notify_each_word(quiet, node, "except", notify_check_priority, p, NULL);
}

static void notify_window(const rbk_value *window, const struct config_node *node, struct config_problems *p)
{
    const char *from = rbk_map_get_string(window, "from"), *at = rbk_map_get_string(window, "at");
    int64_t ms;
    if ((from != NULL) == (at != NULL) || !rbk_map_get(window, "for")) {
        config_problem_error(p, node, "write at: (a schedule) or from: (a date and time), and for: (how long)",
                             "the window does not say when it is");
    } else if (from && (!strchr(from, '-') || rbk_time_parse(from, 0, &ms, NULL))) {
        config_problem_error(p, config_node_get(node, "from"), "write it like 2026-11-22 22:00",
                             "\"%.64s\" is not a date and time", from);
    }
}

static void notify_channels(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const struct config_node *node = config_node_get(root, "channels");
    const rbk_value *channels = rbk_map_get(tree, "channels");
    for (size_t i = 0; node && node->kind == CONFIG_MAP && i < node->count; i++) {
        const rbk_value *channel = rbk_map_get(channels, node->keys[i]->text);
        if (channel && !rbk_map_get(channel, "type")) {
            config_problem_error(p, node->keys[i], "add type: email, slack, webhook ..",
                                 "channels.%.64s does not say what it is", node->keys[i]->text);
        }
    }
}

void config_rules_notify(const rbk_value *tree, const struct config_node *root, struct config_problems *p)
{
    const rbk_value *notify = rbk_map_get(tree, "notify");
    const struct config_node *node = config_node_get(root, "notify");
    const rbk_value *rules = rbk_map_get(notify, "rules"), *windows = rbk_map_get(notify, "maintenance");
    notify_channels(tree, root, p);
    for (size_t i = 0; i < rbk_value_length(rules); i++) {
        notify_rule(rbk_list_at(rules, i), config_node_get(node, "rules")->items[i], p, root);
    }
    if (config_node_get(node, "quiet")) {
        notify_quiet(rbk_map_get(notify, "quiet"), config_node_get(node, "quiet"), p);
    }
    for (size_t i = 0; i < rbk_value_length(windows); i++) {
        notify_window(rbk_list_at(windows, i), config_node_get(node, "maintenance")->items[i], p);
    }
}
