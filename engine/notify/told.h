/* What a rule knows of a matter (a key): how often it failed in a row, and when it was told of. One row for the matter,
 * whose event is "", and one for each event that was sent, for `dedupe`. */
#ifndef RBK_NOTIFY_TOLD_H
#define RBK_NOTIFY_TOLD_H

#include <notify/notify.h>

struct notify_told {
    int64_t failures; /* in a row */
    bool firing;      /* it was told that something is wrong, and not yet that it is over */
    int64_t told_ms;  /* 0 = never */
};

/* Zeros when there is nothing. */
int notify_told_get(struct rbk_store *s, const char *rule, const char *key, const char *event, struct notify_told *out,
                    struct rbk_error *err);
/* Zeros remove it. Inside a transaction. */
int notify_told_put(struct rbk_store *s, const char *rule, const char *key, const char *event,
                    const struct notify_told *told, struct rbk_error *err);
/* The matter is over, for every rule: those that keep silent about it, and those that are not in the configuration any
 * more. Inside a transaction. */
int notify_told_forget(struct rbk_store *s, const char *key, struct rbk_error *err);
/* Remembers an event's id: 1 = it was there. Inside a transaction. */
int notify_seen_add(struct rbk_store *s, const char *id, int64_t now_ms, struct rbk_error *err);
/* Forgets what is older than that and not firing. Inside a transaction. */
int notify_told_prune(struct rbk_store *s, int64_t before_ms, struct rbk_error *err);

#endif
