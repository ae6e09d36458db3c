/* What the tests of delivery share: channels that answer as the test says, and a delivery to them from its beginning to
 * its end. */
#ifndef NOTIFY_HOST_H
#define NOTIFY_HOST_H

#include "notify_fixture.h"

#include <notify/delivery.h>
#include <store/lock.h>

/* A host that keeps what it was sent, and answers each message with the next letter of `script`: a accepted, r try
 * again, d dead; the last letter goes on for ever. One channel may hang. */
struct host {
    struct world *world;
    const char *script;
    struct rbk_buf sent; /* "channel group count;" */
    struct rbk_strv keys;
    int under_way, most_under_way;
    int64_t retry_after_ms;
    const char *local, *refused, *hangs;
    rbk_value *memory; /* what each accepted message leaves */
};

struct answer {
    struct host *host;
    char letter;
    rbk_sent_fn *fn;
    void *arg;
};

static inline void give_answer(void *arg)
{
    struct answer *a = arg;
    struct rbk_sent_result result = {.sent = a->letter == 'a'   ? RBK_SENT_ACCEPTED
                                             : a->letter == 'r' ? RBK_SENT_RETRY
                                                                : RBK_SENT_DEAD,
                                     .retry_after_ms = a->letter == 'r' ? a->host->retry_after_ms : 0,
                                     .error = a->letter == 'a' ? NULL : "it said no"};
    if (a->letter == 'a' && a->host->memory)
        result.memory = rbk_value_dup(a->host->memory);
    a->host->under_way--;
    a->fn(a->arg, &result);
    free(a);
}

static inline int host_send(void *self, const struct rbk_message *m, rbk_sent_fn *fn, void *arg, struct rbk_error *err)
{
    (void)err;
    struct host *h = self;
    rbk_buf_printf(&h->sent, "%s %s %lld%s;", m->channel, m->group, (long long)m->count, m->memory ? " known" : "");
    rbk_strv_add(&h->keys, m->key);
    if (++h->under_way > h->most_under_way)
        h->most_under_way = h->under_way;
    if (h->hangs && strcmp(h->hangs, m->channel) == 0)
        return 0;
    char letter = *h->script;
    h->script += h->script[1] != '\0';
    struct answer *a = rbk_alloc(sizeof *a);
    *a = (struct answer){h, letter, fn, arg};
    rbk_loop_defer(h->world->loop, give_answer, a);
    return 0;
}

static inline int host_check(void *self, const char *channel, struct rbk_error *err)
{
    struct host *h = self;
    if (h->refused && strcmp(h->refused, channel) == 0)
        return rbk_error_set(err, RBK_EINVAL, "%s has no url", channel);
    return 0;
}

static inline bool host_local(void *self, const char *channel)
{
    struct host *h = self;
    return h->local && strcmp(h->local, channel) == 0;
}

static const struct rbk_channel_ops host_ops = {.check = host_check, .send = host_send, .local = host_local};

struct outcome {
    struct world *world;
    struct rbk_delivery_report report;
    bool ended;
};

static inline void on_ended(void *arg, const struct rbk_delivery_report *report, const struct rbk_error *failed)
{
    struct outcome *o = arg;
    if (failed)
        fail_msg("%s", failed->message);
    o->report = *report;
    o->ended = true;
}

static inline struct rbk_delivery_report deliver_with(struct world *w, struct host *h, struct rbk_delivery_options o)
{
    struct outcome outcome = {.world = w};
    struct rbk_delivery *d = NULL;
    struct rbk_error err = {0};
    h->world = w;
    o.loop = w->loop;
    o.store = w->store;
    o.config = w->config;
    o.ops = &host_ops;
    o.host = h;
    o.ended = on_ended;
    o.arg = &outcome;
    if (rbk_delivery_start(&o, &d, &err))
        fail_msg("%s", err.message);
    assert_int_equal(rbk_loop_run(w->loop, &err), 0);
    assert_true(outcome.ended);
    rbk_delivery_free(d);
    return outcome.report;
}

static inline struct rbk_delivery_report deliver(struct world *w, struct host *h, enum rbk_delivery_part part)
{
    return deliver_with(w, h, (struct rbk_delivery_options){.part = part});
}

static inline void host_fini(struct host *h)
{
    rbk_buf_fini(&h->sent);
    rbk_strv_fini(&h->keys);
    rbk_value_free(h->memory);
}

#define SEND(key, channel) "{'event':'message','key':'" key "','title':'" key "','channels':['" channel "']}"

#endif
