/* From an event to rows of the outbox, and the same without writing: who would hear of it. Every rule is asked; a
 * channel that several rules name gets one message, as the first of them says. */
#include <notify/notify.h>

#include <base/mem.h>
#include <base/str.h>
#include <notify/decide.h>
#include <notify/outbox.h>
#include <notify/told.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 8192, OUTPUT_MAX = 4096 };

struct publication {
    struct rbk_store *store;
    const struct rbk_config *config;
    rbk_value *event;
    struct notify_circumstances circumstances;
    struct notify_target *targets;
    size_t count, cap;
    rbk_value *rules; /* what each rule said, for explain; NULL = it is for real */
};

static void publication_fini(struct publication *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->targets[i].group);
    free(p->targets);
    rbk_value_free(p->event);
    rbk_value_free(p->rules);
    notify_circumstances_fini(&p->circumstances);
}

/* ---- the event as it is kept ----------------------------------------------------------------------------------- */

static void set_if_absent(rbk_value *event, const char *name, const char *text)
{
    if (!*notify_event_text(event, name))
        rbk_map_set_string(event, name, text);
}

static bool inside_character(const char *s)
{
    return (*s & 0xc0) == 0x80; /* UTF-8 */
}

/* Keeps the end of a long text, from the beginning of a line, or its beginning. */
static void shorten(rbk_value *event, const char *name, size_t max, bool keep_end)
{
    const char *text = rbk_map_get_string(event, name);
    size_t len = text ? strlen(text) : 0;
    if (len <= max)
        return;
    const char *from = keep_end ? text + len - max : text;
    while (inside_character(from))
        from++;
    while (!keep_end && inside_character(text + max))
        max--;
    const char *line = keep_end ? strchr(from, '\n') : NULL;
    from = line ? line + 1 : from;
    char *kept = rbk_asprintf("%s%.*s%s", keep_end ? "[cut] …\n" : "", (int)max, from, keep_end ? "" : "… [cut]");
    rbk_map_set_string(event, name, kept);
    free(kept);
}

static int check_event(const rbk_value *event, const struct rbk_config *config, struct rbk_error *err)
{
    static const char *const needed[] = {"event", "key", "title"};
    const rbk_value *channels = rbk_map_get(event, "channels");
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!*notify_event_text(event, needed[i]))
            return rbk_error_set(err, RBK_EINVAL, "the event has no %s", needed[i]);
    for (size_t i = 0; i < rbk_value_length(channels); i++) {
        const char *name = rbk_value_string(rbk_list_at(channels, i));
        if (!name || !notify_channel_known(config, name)) {
            rbk_error_set(err, RBK_ENOENT, "there is no channel \"%.64s\"", name ? name : "");
            return rbk_error_hint(err, "channels are defined in runbook.yaml, under channels:");
        }
    }
    return 0;
}

static int complete_event(struct publication *p, const rbk_value *event, int64_t now_ms, struct rbk_error *err)
{
    int rc = check_event(event, p->config, err);
    if (rc < 0)
        return rc;
    p->event = rbk_value_dup(event);
    set_if_absent(p->event, "status", "info");
    set_if_absent(p->event, "priority", "medium");
    set_if_absent(p->event, "project", p->config->project);
    if (!rbk_map_get(p->event, "time"))
        rbk_map_set_int(p->event, "time", now_ms);
    shorten(p->event, "output", OUTPUT_MAX, true);
    shorten(p->event, "text", TEXT_MAX, false);
    shorten(p->event, "error", TEXT_MAX, false);
    return notify_circumstances_of(p->store, p->config, p->event, now_ms, &p->circumstances, err);
}

/* ---- who hears of it ------------------------------------------------------------------------------------------- */

static bool has_target(const struct publication *p, const char *channel)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->targets[i].channel, channel) == 0)
            return true;
    return false;
}

/* Takes `group`. */
static void add_target(struct publication *p, const char *channel, char *group, int64_t due_ms, int rule)
{
    if (has_target(p, channel) || !notify_channel_known(p->config, channel)) {
        free(group);
        return;
    }
    RBK_GROW(p->targets, p->count, p->cap);
    p->targets[p->count++] = (struct notify_target){channel, group, due_ms, rule};
}

static void add_named(struct publication *p)
{
    const rbk_value *channels = rbk_map_get(p->event, "channels");
    for (size_t i = 0; i < rbk_value_length(channels); i++)
        add_target(p, rbk_value_string(rbk_list_at(channels, i)), rbk_strdup(notify_event_text(p->event, "key")),
                   p->circumstances.now_ms, 0);
}

static void note_rule(struct publication *p, const struct notify_rule *rule, const struct notify_verdict *v)
{
    rbk_value *row = rbk_map_new();
    rbk_map_set_int(row, "rule", rule->number);
    rbk_map_set_bool(row, "sent", v->sent);
    rbk_map_set_string(row, "why", v->why.data ? v->why.data : "");
    rbk_map_set(row, "to", rule->to ? rbk_value_dup(rule->to) : rbk_list_new());
    rbk_list_append(p->rules, row);
}

static int ask_rule(struct publication *p, size_t i, struct rbk_error *err)
{
    struct notify_rule rule;
    struct notify_verdict verdict;
    notify_rule_get(p->config, i, &rule);
    int rc = notify_decide(p->store, &rule, p->event, &p->circumstances, !p->rules, &verdict, err);
    for (size_t k = 0; rc == 0 && verdict.sent && k < rbk_value_length(rule.to); k++)
        add_target(p, rbk_value_string(rbk_list_at(rule.to, k)), notify_rule_group(&rule, p->event), verdict.due_ms,
                   rule.number);
    if (rc == 0 && p->rules)
        note_rule(p, &rule, &verdict);
    rbk_buf_fini(&verdict.why);
    return rc;
}

static int find_targets(struct publication *p, const rbk_value *event, int64_t now_ms, struct rbk_error *err)
{
    int rc = complete_event(p, event, now_ms, err);
    if (rc < 0)
        return rc;
    add_named(p);
    size_t rules = notify_rules_count(p->config);
    for (size_t i = 0; rc == 0 && i < rules; i++)
        rc = ask_rule(p, i, err);
    return rc;
}

static int put_all(struct publication *p, int64_t now_ms, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->count; i++)
        rc = notify_outbox_put(p->store, &p->targets[i], p->event, now_ms, err);
    return rc;
}

int rbk_notify_publish(struct rbk_store *s, const struct rbk_config *config, const rbk_value *event, int64_t now_ms,
                       int *queued, struct rbk_error *err)
{
    struct publication p = {.store = s, .config = config};
    const char *id = rbk_map_get_string(event, "id");
    if (queued)
        *queued = 0;
    int rc = id ? notify_seen_add(s, id, now_ms, err) : 0;
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = find_targets(&p, event, now_ms, err);
    if (rc == 0 && notify_event_is(p.event, "resolved"))
        rc = notify_told_forget(s, notify_event_text(p.event, "key"), err);
    if (rc == 0)
        rc = put_all(&p, now_ms, err);
    if (rc == 0 && queued)
        *queued = (int)p.count;
    publication_fini(&p);
    return rc;
}

int rbk_notify_queue(struct rbk_store *s, const char *channel, const char *group, const rbk_value *event,
                     int64_t now_ms, struct rbk_error *err)
{
    struct notify_target target = {.channel = channel, .group = rbk_strdup(group), .due_ms = now_ms};
    int rc = notify_outbox_put(s, &target, event, now_ms, err);
    free(target.group);
    return rc;
}

/* ---- explain --------------------------------------------------------------------------------------------------- */

static int explain_target(struct publication *p, const struct notify_target *t, rbk_value *messages,
                          struct rbk_error *err)
{
    char *joins = NULL;
    int rc = notify_outbox_joins(p->store, t->channel, t->group, &joins, err);
    rbk_value *row = rbk_map_new();
    rbk_map_set_string(row, "channel", t->channel);
    rbk_map_set_string(row, "group", t->group);
    rbk_map_set_int(row, "due_ms", t->due_ms);
    rbk_map_set(row, "rule", t->rule ? rbk_int_new(t->rule) : rbk_null_new());
    rbk_map_set_string(row, "joins", joins);
    rbk_list_append(messages, row);
    free(joins);
    return rc;
}

int rbk_notify_explain(struct rbk_store *s, const struct rbk_config *config, const rbk_value *event, int64_t now_ms,
                       rbk_value **out, struct rbk_error *err)
{
    struct publication p = {.store = s, .config = config, .rules = rbk_list_new()};
    rbk_value *document = rbk_map_new(), *messages = rbk_list_new();
    int rc = find_targets(&p, event, now_ms, err);
    for (size_t i = 0; rc == 0 && i < p.count; i++)
        rc = explain_target(&p, &p.targets[i], messages, err);
    rbk_map_set_string(document, "schema", "runbook.notify.explain/1");
    rbk_map_set(document, "event", p.event ? rbk_value_dup(p.event) : rbk_null_new());
    rbk_map_set(document, "rules", p.rules);
    rbk_map_set(document, "messages", messages);
    p.rules = NULL;
    publication_fini(&p);
    if (rc < 0) {
        rbk_value_free(document);
        return rc;
    }
    *out = document;
    return 0;
}
