/* Pushing: what is queued in the outbox when a run ends, and how a delivery turns it into requests when it sends. A
 * queued message holds no telemetry, only which run or since when, so what is sent is what is on record by then. */
#ifndef RBK_OTLP_PUSH_H
#define RBK_OTLP_PUSH_H

#include <net/net.h>
#include <notify/notify.h>
#include <otlp/otlp.h>
#include <store/journal.h>

/* The outbox' channel of these messages, which is none of runbook.yaml. */
#define RBK_OTLP_CHANNEL "@otlp"

/* Queues what is wanted of a run that has ended and was started, not called: its trace, and the samples since the last
 * push. In the transaction that records its end. Does nothing when nothing is to be pushed. */
int rbk_otlp_queue(struct rbk_store *s, const struct rbk_config *config, const struct rbk_run_row *run, int64_t now_ms,
                   struct rbk_error *err);

struct rbk_otlp_pusher;
struct rbk_otlp_pusher_options { /* all borrowed */
    struct rbk_loop *loop;
    struct rbk_net *net;
    struct rbk_store *store;
    const struct rbk_config *config;
    struct rbk_redactor *redactor;
    const char *version; /* of the program */
};
/* Reads no settings yet. */
struct rbk_otlp_pusher *rbk_otlp_pusher_new(const struct rbk_otlp_pusher_options *options);
void rbk_otlp_pusher_free(struct rbk_otlp_pusher *p); /* what is under way is given up without its callback; NULL */
/* What can be said of the settings before anything is sent. */
int rbk_otlp_pusher_check(struct rbk_otlp_pusher *p, struct rbk_error *err);
/* Sends a message of RBK_OTLP_CHANNEL, as rbk_channel_ops.send promises. */
int rbk_otlp_push(struct rbk_otlp_pusher *p, const struct rbk_message *m, rbk_sent_fn *fn, void *arg,
                  struct rbk_error *err);
/* What would be sent, for a person. Heap. */
int rbk_otlp_preview(struct rbk_otlp_pusher *p, const struct rbk_message *m, char **out, struct rbk_error *err);

/* answer.c: what a collector's answer means (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response) */
struct rbk_otlp_answer {
    enum rbk_sent sent;
    int64_t retry_after_ms;
    bool bad_data;   /* DEAD for what was in it: sending it again, or with more, cannot help */
    char error[320]; /* "" = nothing to say */
};
void rbk_otlp_answer_read(const struct rbk_http_response *r, int64_t now_ms, struct rbk_otlp_answer *out);

/* recent.c: the samples that were not pushed yet. `memory` is what the last push left, or NULL; *next is what this one
 * leaves, for when it has been accepted. *more = there was too much for one request. *out NULL = there is nothing. */
struct rbk_otlp_recent {
    rbk_value *document, *next; /* the caller's */
    bool more;
};
int rbk_otlp_recent_read(struct rbk_store *s, const rbk_value *memory, int64_t since_ms, int64_t now_ms,
                         const rbk_value *resource, struct rbk_otlp_recent *out, struct rbk_error *err);

#endif
