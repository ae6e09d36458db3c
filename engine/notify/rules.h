/* The rules of runbook.yaml as data, and whether an event fits one. What a rule knows of the past is in told.h. */
#ifndef RBK_NOTIFY_RULES_H
#define RBK_NOTIFY_RULES_H

#include <base/buf.h>
#include <notify/notify.h>

struct notify_rule {     /* borrows from the configuration */
    int number;          /* from 1, as it stands in the file */
    char id[20];         /* the same as long as nobody edits what it is about: on, priority, runbook */
    const rbk_value *on; /* patterns; NULL = every event */
    const rbk_value *priority, *runbook, *to, *group_by;
    int64_t after, repeat_ms, dedupe_ms, group_ms;
    bool final, recovery, quiet;
};

size_t notify_rules_count(const struct rbk_config *config);
void notify_rule_get(const struct rbk_config *config, size_t i, struct notify_rule *out);
/* The same without its id. */
void notify_rule_read(const struct rbk_config *config, size_t i, struct notify_rule *out);

/* Whether the event is one that the rule is about; if not, `why` says so in a few words. A recovery is asked for what
 * is not its name: it goes where the failure was told. */
bool notify_rule_fits(const struct notify_rule *rule, const struct rbk_notify_about *about, struct rbk_buf *why);
struct rbk_notify_about notify_about_of(const rbk_value *event); /* borrows from it */
/* What the messages of this event share; heap. */
char *notify_rule_group(const struct notify_rule *rule, const rbk_value *event);

/* Whether a priority is one of a list (">= high", "critical"); a list that is not there has them all. */
bool notify_priority_fits(const rbk_value *list, const char *priority);
/* 0 = critical .. 3 = low; what is none of them counts as medium. */
int notify_priority_rank(const char *priority);
/* Whether one of the patterns is that of the event's key, its name or its runbook. */
bool notify_pattern_fits(const char *pattern, const rbk_value *event);
/* Whether a channel of that name is in the configuration. */
bool notify_channel_known(const struct rbk_config *config, const char *name);

/* A member of the event that is text, or "". */
const char *notify_event_text(const rbk_value *event, const char *name);
bool notify_event_is(const rbk_value *event, const char *status);
/* A duration of the configuration in milliseconds, or `absent`. */
int64_t notify_config_ms(const rbk_value *map, const char *name, int64_t absent);

#endif
