/* What one rule makes of one event. */
#ifndef RBK_NOTIFY_DECIDE_H
#define RBK_NOTIFY_DECIDE_H

#include <notify/rules.h>

/* What is true of an event whatever the rule. */
struct notify_circumstances {
    const struct rbk_config *config;
    int64_t now_ms;
    bool muted; /* by a silence or a maintenance window */
    struct rbk_buf muted_by;
    int64_t quiet_until_ms; /* 0 = it is not quiet */
};
int notify_circumstances_of(struct rbk_store *s, const struct rbk_config *config, const rbk_value *event,
                            int64_t now_ms, struct notify_circumstances *out, struct rbk_error *err);
void notify_circumstances_fini(struct notify_circumstances *c);

struct notify_verdict {
    bool sent;
    int64_t due_ms;
    struct rbk_buf why; /* in a few words */
};
/* With `remember`, inside a transaction, what the rule knows of the matter is brought up to date. */
int notify_decide(struct rbk_store *s, const struct notify_rule *rule, const rbk_value *event,
                  const struct notify_circumstances *c, bool remember, struct notify_verdict *out,
                  struct rbk_error *err);

#endif
