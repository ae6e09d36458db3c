/* Notification: events become messages by the rules of runbook.yaml, and wait in the outbox of the project's store
 * until a channel has taken them. An event is published inside the transaction that records its cause, so neither is
 * there without the other. Messages are sent at least once, each with one key in all its attempts. */
#ifndef RUNBOOK_NOTIFY_H
#define RUNBOOK_NOTIFY_H

#include <runbook/error.h>
#include <runbook/value.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rbk_store;
struct rbk_config;

/* Every event that there is, its status (what stays wrong is "firing", the end of it "resolved", anything else "info"),
 * and what it says. Of check.failed and step.failed there are recoveries of the same name. */
#define RBK_NOTIFY_EVENTS(X)                                                         \
    X("run.failed", "firing", "a run failed or timed out")                           \
    X("run.recovered", "resolved", "a run succeeded, and the one before it had not") \
    X("run.waiting", "info", "a run waits for a person")                             \
    X("run.escalated", "info", "a runbook's escalate condition holds")               \
    X("run.interrupted", "firing", "a run was interrupted and can be resumed")       \
    X("step.failed", "firing", "a step failed, after its last retry")                \
    X("step.attempt-failed", "info", "an attempt failed, and another follows")       \
    X("check.failed", "firing", "a check was not met")                               \
    X("budget.exceeded", "info", "a step took more than it may")                     \
    X("schedule.skipped", "info", "a run that was due was not begun")                \
    X("incident.opened", "firing", "an incident began")                              \
    X("incident.escalated", "firing", "nobody acknowledged in time: the next level") \
    X("incident.acknowledged", "info", "somebody acts")                              \
    X("incident.noted", "info", "something was added to the timeline")               \
    X("incident.resolved", "resolved", "an incident is over")                        \
    X("message", "info", "somebody sent it by hand")                                 \
    X("test", "info", "a trial of a channel")

/* Priorities, the gravest first. */
#define RBK_NOTIFY_PRIORITIES(X) X("critical") X("high") X("medium") X("low")

/* Whether any rule listens: false = no event needs to be built. Reads the configuration only. */
RBK_API bool rbk_notify_wanted(const struct rbk_config *config);
/* Turns an event (a map; see docs/notifications.md) into messages: 0 or more, *queued (may be NULL). Inside a
 * transaction. `event` is borrowed, its texts free of secrets. An event with an `id` that was published before is
 * ignored. RBK_EINVAL: it lacks `event`, `key` or `title`, or names a channel that there is not. */
RBK_API int rbk_notify_publish(struct rbk_store *s, const struct rbk_config *config, const rbk_value *event,
                               int64_t now_ms, int *queued, struct rbk_error *err);
/* {"schema":"runbook.notify.explain/1", ...}: who would hear of the event and why, rule by rule. Writes nothing. */
RBK_API int rbk_notify_explain(struct rbk_store *s, const struct rbk_config *config, const rbk_value *event,
                               int64_t now_ms, rbk_value **out, struct rbk_error *err);

/* ---- the outbox ---- */

enum rbk_message_state { RBK_MESSAGE_QUEUED, RBK_MESSAGE_SENDING, RBK_MESSAGE_DELIVERED, RBK_MESSAGE_DEAD };
RBK_API const char *rbk_message_state_name(enum rbk_message_state state);
RBK_API int rbk_message_state_parse(const char *name, enum rbk_message_state *out);

struct rbk_message { /* strings and values borrowed */
    int64_t id;
    const char *key;     /* idempotency key: the same in every attempt, different for every message */
    const char *channel; /* name in `channels:` */
    const char *group;   /* what it is about; messages of one group and channel are delivered in order */
    const char *priority, *subject;
    const char
        *events; /* list, oldest first, at most 20, as rbk_value_encode writes it; `count`: how many there were */
    int64_t count;
    const rbk_value *memory; /* what this channel remembers of this group (thread, issue number): map, or NULL */
    enum rbk_message_state state;
    int attempts; /* that were begun; to a channel that sends it: before this one */
    int64_t created_ms, due_ms, delivered_ms;
    const char *last_error;
};
struct rbk_message_filter {
    const char *channel; /* NULL = every one */
    const char *key;     /* the id as text, or the key from its beginning, 8 letters at least; NULL = every one */
    int state;           /* enum rbk_message_state, -1 = any */
    int limit;           /* 0 = no limit */
};
/* Newest first. Non-zero stops and is returned. */
typedef int rbk_message_fn(void *arg, const struct rbk_message *m);
RBK_API int rbk_outbox_list(struct rbk_store *s, const struct rbk_message_filter *f, rbk_message_fn *fn, void *arg,
                            struct rbk_error *err);
/* Inside a transaction. Queues dead messages that fit again, with a life before them: how many. */
RBK_API int rbk_outbox_retry(struct rbk_store *s, const struct rbk_message_filter *f, int64_t now_ms, int *count,
                             struct rbk_error *err);
/* Inside a transaction. Forgets messages that fit and are not being sent. */
RBK_API int rbk_outbox_drop(struct rbk_store *s, const struct rbk_message_filter *f, int *count, struct rbk_error *err);

/* ---- silences ---- */

struct rbk_silence {
    int64_t id;
    const char *pattern; /* of a key, a runbook or the name of an event */
    int64_t from_ms, until_ms;
    const char *by, *why; /* why may be NULL */
};
/* Inside a transaction; *id is new. */
RBK_API int rbk_silence_add(struct rbk_store *s, const struct rbk_silence *silence, int64_t *id, struct rbk_error *err);
/* Inside a transaction: by its id as text, or its pattern. RBK_ENOENT. */
RBK_API int rbk_silence_end(struct rbk_store *s, const char *which, int *count, struct rbk_error *err);
typedef int rbk_silence_fn(void *arg, const struct rbk_silence *silence);
/* Those that are not over at `now_ms`. */
RBK_API int rbk_silence_list(struct rbk_store *s, int64_t now_ms, rbk_silence_fn *fn, void *arg, struct rbk_error *err);

#ifdef __cplusplus
}
#endif
#endif
