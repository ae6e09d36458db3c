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
#include <runbook/notify.h>
#include <store/store.h>

extern const struct rbk_schema rbk_notify_schema;

/* ---- events ---------------------------------------------------------------------------------------------------------
 * A map, all strings redacted by whoever publishes; see docs/notifications.md:
 *   event     one of RBK_NOTIFY_EVENTS
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

/* What reading the configuration cannot know of `notify`: zones and schedules that there are. The first mistake.
 * Where there is one, events are told as if there were no such time: it keeps no run from its record. */
int rbk_notify_check(const struct rbk_config *config, struct rbk_error *err);

struct rbk_notify_about { /* what rules ask an event for; "" where there is none */
    const char *event, *status, *priority, *runbook;
    int64_t attempt, attempts;
};
/* Whether any rule is about such an event: false = it need not be made. Reads the configuration only. */
bool rbk_notify_wants(const struct rbk_config *config, const struct rbk_notify_about *about);
/* Records an event in the transaction of its cause, for the least that this may cost: the rules are asked later, as of
 * `now_ms`. `event` is as rbk_value_encode writes it, and may leave out `output` where `log` is the path of a log: its
 * last lines are read then. */
int rbk_notify_record(struct rbk_store *s, const char *event, size_t len, int64_t now_ms, struct rbk_error *err);
/* 1 = events are recorded that no rule was asked about; 0; negative. */
int rbk_notify_unsettled(struct rbk_store *s, struct rbk_error *err);
struct rbk_notify_settled {
    int events, queued; /* what was recorded, and the messages it became */
    int dropped;        /* of the events: they cannot be published, as when their channel is gone */
    char why[256];      /* of the last one that was dropped, "" = none */
};
/* Publishes what is recorded, in its order; in transactions of its own, so that an event is either recorded or queued
 * whatever happens. Every command that writes does it, and every delivery: who is killed leaves it to the next. */
int rbk_notify_settle(struct rbk_store *s, const struct rbk_config *config, struct rbk_notify_settled *out,
                      struct rbk_error *err);

/* 1 = some rule counts a failure of this key, or told of one, or may yet do so: whoever finds it mended publishes that;
 * 0; negative. */
int rbk_notify_is_open(struct rbk_store *s, const char *key, struct rbk_error *err);

/* Queues a message that is the program's own: no rule is asked, and the channel is none of runbook.yaml but one that
 * the host of the delivery carries itself; its name begins with '@'. Inside a transaction. `event` needs a `title`. */
int rbk_notify_queue(struct rbk_store *s, const char *channel, const char *group, const rbk_value *event,
                     int64_t now_ms, struct rbk_error *err);

/* ---- delivery -------------------------------------------------------------------------------------------------------
 */
enum rbk_sent { RBK_SENT_ACCEPTED, RBK_SENT_RETRY, RBK_SENT_DEAD };
struct rbk_sent_result {
    enum rbk_sent sent;
    int64_t retry_after_ms; /* RETRY: what the receiver asked for; 0 = as the backoff says */
    const char *error;      /* redacted, one line; NULL when accepted */
    rbk_value *memory;      /* replaces what is remembered for channel and group; taken; NULL = unchanged */
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

struct rbk_delivery_report {
    int accepted, failed, dead; /* attempts that ended so; failed: they are tried again later */
    int left;                   /* messages that are still queued or being sent */
    char error[256];            /* the last one, "" = none */
};
/* Called once, from the loop. `failed` NULL = nothing went wrong with the store. */
typedef void rbk_delivery_fn(void *arg, const struct rbk_delivery_report *report, const struct rbk_error *failed);
enum rbk_delivery_part {
    RBK_DELIVER_REMOTE, /* what is due, to every channel that is not local */
    RBK_DELIVER_ALL,    /* the same, and what is not due is made so first: each is tried at least once */
    RBK_DELIVER_LOCAL   /* what waits for local channels: by the process that queued it, at its end */
};
struct rbk_delivery_options { /* all borrowed until the delivery is freed */
    struct rbk_loop *loop;
    struct rbk_store *store;
    const struct rbk_config *config;
    const struct rbk_channel_ops *ops;
    void *host;
    enum rbk_delivery_part part;
    const char *channel; /* nothing else; NULL */
    const char *only;    /* the key of one message that is waited for: over when it is not queued any more; NULL */
    int64_t linger_ms;   /* stay when something is due within this time */
    int64_t bound_ms;    /* over after this time, whatever is under way; 0 = no bound */
    rbk_delivery_fn *ended;
    void *arg;
};
struct rbk_delivery;
/* Begins to deliver. RBK_EBUSY: another process does, and will see what was committed before this call. */
int rbk_delivery_start(const struct rbk_delivery_options *o, struct rbk_delivery **out, struct rbk_error *err);
/* After `ended`. The host must be gone, or have nothing under way: its callbacks lead nowhere. What was
 * being sent is sent again by the next delivery. NULL is fine. */
void rbk_delivery_free(struct rbk_delivery *d);

/* Makes everything that is queued due now, for whoever delivers. A transaction of its own. */
int rbk_delivery_hurry(struct rbk_store *s, struct rbk_error *err);

/* When something is to be delivered by a process that is not there yet: *due_ms, INT64_MAX = nothing is queued.
 * *nobody = no process delivers now. One cheap query; writes nothing. */
int rbk_delivery_due(struct rbk_store *s, int64_t *due_ms, bool *nobody, struct rbk_error *err);
#endif
