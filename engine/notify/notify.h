/* Notification: an event becomes messages by the rules of runbook.yaml, messages wait in the outbox, which is a table
 * of the store, and a delivery sends them until they are accepted or dead.
 *
 * An event is published inside the transaction that records its cause, so neither exists without the other. A message
 * is sent at least once; every attempt carries the same key, by which a receiver knows a repetition. While a message
 * has not been tried yet, further events for the same channel and group join it; afterwards its text is frozen and they
 * begin a new one. So an outage of a day leaves at most two messages per group and channel, not a flood.
 *
 * At most one process per store delivers (a named lock); the others leave their messages to it. */
#ifndef RBK_NOTIFY_NOTIFY_H
#define RBK_NOTIFY_NOTIFY_H

#include <config/config.h>
#include <loop/loop.h>
#include <store/store.h>

extern const struct rbk_schema rbk_notify_schema;

/* ---- events ---------------------------------------------------------------------------------------------------------
 * A map, all strings redacted by whoever publishes; see docs/notifications.md:
 *   event     run.failed run.recovered run.waiting run.escalated run.interrupted step.failed step.attempt-failed
 * check.failed budget.exceeded schedule.skipped incident.opened incident.escalated incident.acknowledged incident.noted
 *             incident.resolved message test
 *   key       what it is about: events with the same key are the same matter ("run:daily/morning-health-check",
 *             "check:ID/STEP/EXPR", "incident:KEY"); a recovery has the key of what it ends
 *   status    "firing", "resolved" or "info"
 *   priority  critical high medium low
 *   title     one line; text: more, or absent
 *   time      ms; project, host
 *   and, where known: runbook, run (id), run_short, step (title), number, attempt, attempts, state, error, output (last
 * lines), command, log (path), checks [{expr, value, threshold, result}], facts {name: text}, next [commands to type],
 * to (contact), channels [names: sent there whatever the rules say], incident {key, priority, state, level},
 * duration_ms, url
 */

/* Whether anything listens: false = no event needs to be built. Reads the configuration only. */
bool rbk_notify_wanted(const struct rbk_config *config);
/* Turns the event into outbox rows (0 or more: *queued, may be NULL). In a transaction. `event` is borrowed. The same
 * event published again with the same `id` member (a string, optional) is ignored. */
int rbk_notify_publish(struct rbk_store *s, const struct rbk_config *config, const rbk_value *event, int64_t now_ms,
                       int *queued, struct rbk_error *err);
/* {"schema":"runbook.notify.explain/1", ...}: who would hear of the event and why, rule by rule. Writes nothing. */
int rbk_notify_explain(struct rbk_store *s, const struct rbk_config *config, const rbk_value *event, int64_t now_ms,
                       rbk_value **out, struct rbk_error *err);

/* ---- the outbox -----------------------------------------------------------------------------------------------------
 */
enum rbk_message_state { RBK_MESSAGE_QUEUED, RBK_MESSAGE_SENDING, RBK_MESSAGE_DELIVERED, RBK_MESSAGE_DEAD };
struct rbk_message { /* strings and values borrowed */
    int64_t id;
    const char *key;     /* idempotency key: the same in every attempt, different for every message */
    const char *channel; /* name in `channels:` */
    const char *group;   /* what it is about; messages of one group and channel are delivered in order */
    const char *priority, *subject;
    const rbk_value *events; /* list, oldest first, at most 20; `count` says how many there were */
    int64_t count;
    const rbk_value *memory; /* what this channel remembers of this group (thread, issue number): map, or NULL */
    enum rbk_message_state state;
    int attempts;
    int64_t created_ms, due_ms, delivered_ms;
    const char *last_error;
};

/* ---- delivery -------------------------------------------------------------------------------------------------------
 */
enum rbk_sent { RBK_SENT_ACCEPTED, RBK_SENT_RETRY, RBK_SENT_DEAD };
struct rbk_sent_result {
    enum rbk_sent sent;
    int64_t retry_after_ms; /* RETRY: what the receiver asked for; 0 = as the backoff says */
    const char *error;      /* redacted, one line; NULL when accepted */
    rbk_value *memory;      /* ACCEPTED: replaces what is remembered for channel and group; taken; NULL = unchanged */
};
typedef void rbk_sent_fn(void *arg, struct rbk_sent_result *result);
/* How a message is carried to its receiver: the Lua host (lua/channel.h). */
struct rbk_channel_ops {
    /* The channel is known and its options are right. Called by `check`, `notify test`, and before the first message.
     */
    int (*check)(void *host, const char *channel, struct rbk_error *err);
    /* Starts sending; fn is called once, later, from the loop. Negative: it cannot be sent as things are (dead). */
    int (*send)(void *host, const struct rbk_message *m, rbk_sent_fn *fn, void *arg, struct rbk_error *err);
    /* What would arrive, as text for a person (notify preview). Heap. */
    int (*preview)(void *host, const struct rbk_message *m, char **out, struct rbk_error *err);
    /* Whether it must be sent by the process that queued it (a terminal's bell, GitHub's annotations on stdout). */
    bool (*local)(void *host, const char *channel);
};
#endif
