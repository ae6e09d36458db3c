/* See rules.h. */
#include <notify/rules.h>

#include <base/str.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const priorities[] = {
#define X(name) name,
    RBK_NOTIFY_PRIORITIES(X)
#undef X
};
enum { PRIORITIES = sizeof priorities / sizeof priorities[0], MEDIUM = 2 };

const char *notify_event_text(const rbk_value *event, const char *name)
{
    const char *text = rbk_map_get_string(event, name);
    return text ? text : "";
}

bool notify_event_is(const rbk_value *event, const char *status)
{
    return strcmp(notify_event_text(event, "status"), status) == 0;
}

int64_t notify_config_ms(const rbk_value *map, const char *name, int64_t absent)
{
    const rbk_value *v = map ? rbk_map_get(map, name) : NULL;
    return v ? llround(rbk_value_number(v) * 1000) : absent;
}

bool notify_channel_known(const struct rbk_config *config, const char *name)
{
    const rbk_value *channels = rbk_config_get(config, "channels");
    return channels && rbk_map_get(channels, name) != NULL;
}

static const rbk_value *rules_list(const struct rbk_config *config)
{
    return rbk_config_get(config, "notify.rules");
}

size_t notify_rules_count(const struct rbk_config *config)
{
    return rbk_value_length(rules_list(config));
}

bool rbk_notify_wanted(const struct rbk_config *config)
{
    return notify_rules_count(config) > 0;
}

static bool flag(const rbk_value *map, const char *name, bool absent)
{
    const rbk_value *v = rbk_map_get(map, name);
    return v ? rbk_value_bool(v) : absent;
}

/* What a rule is about. Its other members say what is done with it: who edits those still hears how a matter ends. */
static const char *const matched[] = {"on", "priority", "runbook"};
enum { MATCHED = sizeof matched / sizeof matched[0] };

static bool matches_same(const rbk_value *a, const rbk_value *b)
{
    for (size_t i = 0; i < MATCHED; i++) {
        const rbk_value *one = rbk_map_get(a, matched[i]), *other = rbk_map_get(b, matched[i]);
        if (one != other && (!one || !other || !rbk_value_equal(one, other)))
            return false;
    }
    return true;
}

/* Of what it is about, and how many rules before it are about the same. */
static void identify(const rbk_value *rules, size_t at, char out[20])
{
    const rbk_value *map = rbk_list_at(rules, at);
    uint64_t hash = RBK_HASH_INIT;
    for (size_t i = 0; i < MATCHED; i++) {
        const rbk_value *v = rbk_map_get(map, matched[i]);
        char *text = v ? rbk_value_encode(v) : NULL;
        hash = rbk_hash(hash, text ? text : "", text ? strlen(text) + 1 : 1);
        free(text);
    }
    for (size_t i = 0; i < at; i++)
        if (matches_same(rbk_list_at(rules, i), map))
            hash = rbk_hash(hash, "+", 1);
    snprintf(out, 20, "%016" PRIx64, hash);
}

void notify_rule_read(const struct rbk_config *config, size_t i, struct notify_rule *out)
{
    const rbk_value *map = rbk_list_at(rules_list(config), i), *after = rbk_map_get(map, "after");
    *out = (struct notify_rule){
        .number = (int)i + 1,
        .on = rbk_map_get(map, "on"),
        .priority = rbk_map_get(map, "priority"),
        .runbook = rbk_map_get(map, "runbook"),
        .to = rbk_map_get(map, "to"),
        .group_by = rbk_map_get(map, "group_by"),
        .after = after ? rbk_value_int(after) : 1,
        .repeat_ms = notify_config_ms(map, "repeat", 0),
        .dedupe_ms = notify_config_ms(map, "dedupe", 0),
        .group_ms = notify_config_ms(map, "group", 0),
        .final = flag(map, "final", true),
        .recovery = flag(map, "recovery", true),
        .quiet = flag(map, "quiet", true),
    };
}

void notify_rule_get(const struct rbk_config *config, size_t i, struct notify_rule *out)
{
    notify_rule_read(config, i, out);
    identify(rules_list(config), i, out->id);
}

static int rank_of(const char *priority)
{
    for (int i = 0; i < PRIORITIES; i++)
        if (strcmp(priorities[i], priority) == 0)
            return i;
    return -1;
}

int notify_priority_rank(const char *priority)
{
    int rank = rank_of(priority);
    return rank < 0 ? MEDIUM : rank;
}

bool notify_priority_fits(const rbk_value *list, const char *priority)
{
    int rank = notify_priority_rank(priority);
    for (size_t i = 0; i < rbk_value_length(list); i++) {
        const char *text = rbk_value_string(rbk_list_at(list, i));
        bool above = rbk_starts_with(text, ">=");
        int wanted = rank_of(above ? text + 2 + strspn(text + 2, " ") : text);
        if (above ? rank <= wanted : rank == wanted)
            return true;
    }
    return !list;
}

static bool any_fits(const rbk_value *patterns, const char *text)
{
    for (size_t i = 0; i < rbk_value_length(patterns); i++)
        if (fnmatch(rbk_value_string(rbk_list_at(patterns, i)), text, 0) == 0)
            return true;
    return !patterns;
}

bool notify_pattern_fits(const char *pattern, const rbk_value *event)
{
    static const char *const members[] = {"key", "event", "runbook"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const char *text = notify_event_text(event, members[i]);
        if (*text && fnmatch(pattern, text, 0) == 0)
            return true;
    }
    return false;
}

struct rbk_notify_about notify_about_of(const rbk_value *event)
{
    return (struct rbk_notify_about){.event = notify_event_text(event, "event"),
                                     .status = notify_event_text(event, "status"),
                                     .priority = notify_event_text(event, "priority"),
                                     .runbook = notify_event_text(event, "runbook"),
                                     .attempt = rbk_value_int(rbk_map_get(event, "attempt")),
                                     .attempts = rbk_value_int(rbk_map_get(event, "attempts"))};
}

/* An attempt after which another comes. */
static bool will_be_tried_again(const struct rbk_notify_about *about)
{
    return about->attempt > 0 && about->attempt < about->attempts;
}

static void join(struct rbk_buf *out, const rbk_value *list)
{
    for (size_t i = 0; i < rbk_value_length(list); i++)
        rbk_buf_printf(out, "%s%s", i ? ", " : "", rbk_value_string(rbk_list_at(list, i)));
}

static bool refuse(struct rbk_buf *why, const char *key, const rbk_value *list, const char *found)
{
    rbk_buf_printf(why, "%s: %s is not ", key, *found ? found : "an event without it");
    join(why, list);
    return false;
}

/* What somebody sends by hand goes where it was sent; a rule that wants it too names it. */
static bool is_by_hand(const struct notify_rule *rule, const char *name)
{
    if (strcmp(name, "message") != 0 && strcmp(name, "test") != 0)
        return false;
    for (size_t i = 0; i < rbk_value_length(rule->on); i++)
        if (strcmp(rbk_value_string(rbk_list_at(rule->on, i)), name) == 0)
            return false;
    return true;
}

bool notify_rule_fits(const struct notify_rule *rule, const struct rbk_notify_about *about, struct rbk_buf *why)
{
    bool over = strcmp(about->status, "resolved") == 0;
    if (is_by_hand(rule, about->event)) {
        rbk_buf_puts(why, "on: it is sent by hand, and the rule does not name it");
        return false;
    }
    if (!over && !any_fits(rule->on, about->event))
        return refuse(why, "on", rule->on, about->event);
    if (over && !rule->recovery) {
        rbk_buf_puts(why, "recovery: false");
        return false;
    }
    if (!over && !notify_priority_fits(rule->priority, about->priority))
        return refuse(why, "priority", rule->priority, about->priority);
    if (!any_fits(rule->runbook, about->runbook))
        return refuse(why, "runbook", rule->runbook, about->runbook);
    if (rule->final && will_be_tried_again(about)) {
        rbk_buf_puts(why, "final: another attempt follows");
        return false;
    }
    return true;
}

bool rbk_notify_wants(const struct rbk_config *config, const struct rbk_notify_about *about)
{
    struct rbk_buf why = {0};
    bool fits = false;
    size_t rules = notify_rules_count(config);
    for (size_t i = 0; i < rules && !fits; i++) {
        struct notify_rule rule;
        notify_rule_read(config, i, &rule);
        fits = notify_rule_fits(&rule, about, &why);
    }
    rbk_buf_fini(&why);
    return fits;
}

char *notify_rule_group(const struct notify_rule *rule, const rbk_value *event)
{
    struct rbk_buf out = {0};
    if (!rule->group_by)
        rbk_buf_puts(&out, notify_event_text(event, "key"));
    for (size_t i = 0; i < rbk_value_length(rule->group_by); i++) {
        const char *name = rbk_value_string(rbk_list_at(rule->group_by, i));
        char *text = rbk_value_text(rbk_map_get(event, name));
        rbk_buf_printf(&out, "%s%s=%s", i ? "," : "", name, rbk_map_get(event, name) ? text : "");
        free(text);
    }
    return rbk_buf_take(&out);
}
