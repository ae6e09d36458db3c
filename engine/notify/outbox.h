/* The rows of the outbox, for the files of this room. */
#ifndef RBK_NOTIFY_OUTBOX_H
#define RBK_NOTIFY_OUTBOX_H

#include <base/buf.h>
#include <notify/notify.h>

enum { NOTIFY_EVENTS_MAX = 20 }; /* of one message; those in the middle go first */

/* Where an event goes. */
struct notify_target {
    const char *channel; /* borrowed */
    char *group;         /* owned */
    int64_t due_ms;
    int rule; /* its number, 0 = the event names the channel itself */
};

/* Queues the event, in a message of its own or in one that has not been tried yet. Inside a transaction. */
int notify_outbox_put(struct rbk_store *s, const struct notify_target *target, const rbk_value *event, int64_t now_ms,
                      struct rbk_error *err);
/* The key of the message that it would join, or NULL; heap. */
int notify_outbox_joins(struct rbk_store *s, const char *channel, const char *group, char **key, struct rbk_error *err);

#define NOTIFY_MESSAGE_COLUMNS                                                                                     \
    "id, key, channel, grp, priority, subject, events, count, state, attempts, created_ms, due_ms, delivered_ms, " \
    "last_error"
/* Reads the row that `q` stands on. Everything in `m` is owned until notify_message_fini; `memory` is not read. */
void notify_message_read(struct rbk_stmt *q, struct rbk_message *m);
void notify_message_fini(struct rbk_message *m);

/* Removes what was delivered long ago, and what is remembered of it. Inside a transaction. */
int notify_outbox_prune(struct rbk_store *s, const struct rbk_config *config, int64_t now_ms, struct rbk_error *err);

#endif
