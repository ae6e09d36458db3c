/* Messages become requests. A trace is one request; samples are as many as they need, one after the other. What a
 * request holds is read from the store when it is sent. */
#include <otlp/push.h>

#include <base/clock.h>
#include <base/mem.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 64 << 20 }; /* what receivers take by default */

struct push;
struct rbk_otlp_pusher {
    struct rbk_otlp_pusher_options o;
    struct rbk_otlp_settings settings;
    bool read; /* settings were */
    struct push *under_way;
};

/* One message on its way. */
struct push {
    struct rbk_otlp_pusher *pusher;
    const struct rbk_otlp_signal *signal;
    char *run;                /* of a trace; NULL = samples */
    int64_t since_ms;         /* of samples */
    rbk_value *memory, *next; /* what is pushed already; and once this request is taken */
    bool more;
    rbk_sent_fn *fn;
    void *arg;
    struct rbk_timer *begin; /* until it has begun */
    struct rbk_transfer *transfer;
    struct push *next_push;
};

struct rbk_otlp_pusher *rbk_otlp_pusher_new(const struct rbk_otlp_pusher_options *options)
{
    struct rbk_otlp_pusher *p = rbk_alloc(sizeof *p);
    p->o = *options;
    return p;
}

static void push_unlink(struct push *push)
{
    struct push **at = &push->pusher->under_way;
    while (*at && *at != push)
        at = &(*at)->next_push;
    if (*at)
        *at = push->next_push;
}

static void push_free(struct push *push)
{
    rbk_timer_cancel(&push->begin);
    free(push->run);
    rbk_value_free(push->memory);
    rbk_value_free(push->next);
    free(push);
}

void rbk_otlp_pusher_free(struct rbk_otlp_pusher *p)
{
    if (!p)
        return;
    for (struct push *push = p->under_way, *after; push; push = after) {
        after = push->next_push;
        if (push->transfer)
            rbk_transfer_cancel(push->transfer);
        push_free(push);
    }
    rbk_otlp_settings_fini(&p->settings);
    free(p);
}

int rbk_otlp_pusher_check(struct rbk_otlp_pusher *p, struct rbk_error *err)
{
    if (p->read)
        return 0;
    int rc = rbk_otlp_settings_read(p->o.config, p->o.version, p->o.redactor, &p->settings, err);
    p->read = rc == 0;
    return rc;
}

/* ---- the end of a message ------------------------------------------------------------------------------------------
 */

static void finish(struct push *push, enum rbk_sent sent, int64_t retry_after_ms, const char *error)
{
    struct rbk_buf clean = {0};
    if (error)
        rbk_redact(push->pusher->o.redactor, error, strlen(error), &clean);
    struct rbk_sent_result result = {
        .sent = sent, .retry_after_ms = retry_after_ms, .error = error ? clean.data : NULL, .memory = push->memory};
    rbk_sent_fn *fn = push->fn;
    void *arg = push->arg;
    push->memory = NULL;
    push_unlink(push);
    push_free(push);
    fn(arg, &result);
    rbk_value_free(result.memory);
    rbk_buf_fini(&clean);
}

/* What the request held counts as pushed. */
static void advance(struct push *push)
{
    if (push->next) {
        rbk_value_free(push->memory);
        push->memory = push->next;
        push->next = NULL;
    }
}

static void send_next(struct push *push);

static void on_response(void *arg, const struct rbk_http_response *r, enum rbk_net_failure failure,
                        const struct rbk_error *failed)
{
    struct push *push = arg;
    struct rbk_otlp_answer answer;
    push->transfer = NULL;
    if (failed) {
        finish(push, failure == RBK_NET_NEVER ? RBK_SENT_DEAD : RBK_SENT_RETRY, 0, failed->message);
        return;
    }
    rbk_otlp_answer_read(r, rbk_clock_wall_ms(), &answer);
    if (answer.sent == RBK_SENT_ACCEPTED || answer.bad_data)
        advance(push);
    if (answer.sent == RBK_SENT_ACCEPTED && push->more)
        send_next(push);
    else
        finish(push, answer.sent, answer.retry_after_ms, answer.sent == RBK_SENT_ACCEPTED ? NULL : answer.error);
}

/* ---- requests ------------------------------------------------------------------------------------------------------
 */

/* The document of the next request; *out NULL = there is nothing to send. */
static int read_document(struct push *push, rbk_value **out, struct rbk_error *err)
{
    struct rbk_otlp_pusher *p = push->pusher;
    int64_t now_ms = rbk_clock_wall_ms();
    *out = NULL;
    if (push->run) {
        int sampled = rbk_otlp_sampled(p->o.store, push->run, err);
        return sampled > 0 ? rbk_otlp_trace(p->o.store, push->run, p->settings.resource, now_ms, out, err) : sampled;
    }
    struct rbk_otlp_recent recent;
    int rc = rbk_otlp_recent_read(p->o.store, push->memory, push->since_ms, now_ms, p->settings.resource, &recent, err);
    if (rc < 0)
        return rc;
    rbk_value_free(push->next);
    push->next = recent.next;
    push->more = recent.more;
    *out = recent.document;
    return 0;
}

static int post(struct push *push, const rbk_value *document, struct rbk_error *err)
{
    const struct rbk_otlp_signal *signal = push->signal;
    struct rbk_strv headers = {0};
    char *body = rbk_value_to_json(document, 0);
    for (size_t i = 0; i < signal->headers.count; i++)
        rbk_strv_add(&headers, signal->headers.items[i]);
    rbk_strv_add(&headers, "Content-Type: application/json");
    struct rbk_http_request request = {.method = "POST",
                                       .url = signal->url,
                                       .headers = &headers,
                                       .body = body,
                                       .body_len = strlen(body),
                                       .total_ms = signal->timeout_ms};
    int rc = request.body_len > BODY_MAX
                 ? rbk_error_set(err, RBK_EINVAL, "%zu bytes are more than a collector takes", request.body_len)
                 : rbk_net_http(push->pusher->o.net, &request, on_response, push, &push->transfer, err);
    rbk_strv_fini(&headers);
    free(body);
    return rc;
}

/* One request of the message; with nothing in it, the message has been sent. */
static int send_one(struct push *push, bool *sent, struct rbk_error *err)
{
    rbk_value *document = NULL;
    int rc = 0;
    do {
        rc = read_document(push, &document, err);
        if (rc == 0 && !document)
            advance(push);
    } while (rc == 0 && !document && push->more);
    *sent = rc == 0 && document;
    if (*sent)
        rc = post(push, document, err);
    rbk_value_free(document);
    return rc;
}

/* A run that is not on record any more will not come back. */
static void send_next(struct push *push)
{
    struct rbk_error err = {0};
    bool sent = false;
    int rc = send_one(push, &sent, &err);
    if (rc < 0)
        finish(push, rc == RBK_ENOENT && push->run ? RBK_SENT_DEAD : RBK_SENT_RETRY, 0, err.message);
    else if (!sent)
        finish(push, RBK_SENT_ACCEPTED, 0, NULL);
}

/* ---- beginning -----------------------------------------------------------------------------------------------------
 */

static struct push *push_new(struct rbk_otlp_pusher *p, const struct rbk_message *m)
{
    rbk_value *events = rbk_value_decode(m->events, strlen(m->events), NULL);
    const rbk_value *event = rbk_list_at(events, 0);
    struct push *push = rbk_alloc(sizeof *push);
    push->pusher = p;
    push->run = rbk_strdup(rbk_map_get_string(event, "run"));
    push->since_ms = rbk_value_int(rbk_map_get(event, "since"));
    push->signal = push->run ? &p->settings.traces : &p->settings.metrics;
    push->memory = m->memory ? rbk_value_dup(m->memory) : NULL;
    push->next_push = p->under_way;
    p->under_way = push;
    rbk_value_free(events);
    return push;
}

/* The variables of the process that queued it may not be those of the one that delivers. */
static const char not_configured[] =
    "no collector is configured here: set OTEL_EXPORTER_OTLP_ENDPOINT, or otlp.endpoint in runbook.yaml";

static void on_begin(void *arg)
{
    struct push *push = arg;
    push->begin = NULL;
    if (push->signal->url)
        send_next(push);
    else
        finish(push, RBK_SENT_RETRY, 0, not_configured);
}

int rbk_otlp_push(struct rbk_otlp_pusher *p, const struct rbk_message *m, rbk_sent_fn *fn, void *arg,
                  struct rbk_error *err)
{
    int rc = rbk_otlp_pusher_check(p, err);
    if (rc < 0)
        return rc;
    struct push *push = push_new(p, m);
    push->fn = fn;
    push->arg = arg;
    push->begin = rbk_timer_start(p->o.loop, 0, 0, on_begin, push);
    return 0;
}

int rbk_otlp_preview(struct rbk_otlp_pusher *p, const struct rbk_message *m, char **out, struct rbk_error *err)
{
    int rc = rbk_otlp_pusher_check(p, err);
    if (rc < 0)
        return rc;
    rbk_value *document = NULL;
    struct push *push = push_new(p, m);
    rc = read_document(push, &document, err);
    if (rc == 0)
        *out = document ? rbk_value_to_json(document, 2) : rbk_strdup("");
    rbk_value_free(document);
    push_unlink(push);
    push_free(push);
    return rc;
}
