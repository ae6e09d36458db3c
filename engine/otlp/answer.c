/* What a collector's answer means. A request that was taken in part is not sent again, and neither is one that was
 * refused for what is in it; only four statuses are worth another try. */
#include <otlp/push.h>

#include <runbook/value.h>
#include <stdio.h>
#include <stdlib.h>

static rbk_value *body_of(const struct rbk_http_response *r)
{
    struct rbk_error ignored;
    rbk_value *v = r->body_len && !r->truncated ? rbk_value_from_json(r->body, r->body_len, &ignored) : NULL;
    if (v && rbk_value_type(v) != RBK_MAP) {
        rbk_value_free(v);
        v = NULL;
    }
    return v;
}

/* 64-bit integers may come as strings or numbers. */
static int64_t count_at(const rbk_value *map, const char *key)
{
    const rbk_value *v = rbk_map_get(map, key);
    const char *text = rbk_value_string(v);
    return text ? strtoll(text, NULL, 10) : rbk_value_int(v);
}

static void read_partial(const rbk_value *body, struct rbk_otlp_answer *out)
{
    const rbk_value *partial = rbk_map_get(body, "partialSuccess");
    const char *message = rbk_map_get_string(partial, "errorMessage");
    int64_t rejected = count_at(partial, "rejectedSpans") + count_at(partial, "rejectedDataPoints");
    if (rejected <= 0)
        return;
    out->sent = RBK_SENT_DEAD;
    out->bad_data = true;
    snprintf(out->error, sizeof out->error, "the collector took all but %lld: %.200s", (long long)rejected,
             message ? message : "it does not say why");
}

void rbk_otlp_answer_read(const struct rbk_http_response *r, int64_t now_ms, struct rbk_otlp_answer *out)
{
    rbk_value *body = body_of(r);
    const char *message = rbk_map_get_string(body, "message");
    *out = (struct rbk_otlp_answer){.sent = RBK_SENT_DEAD};
    if (r->status >= 200 && r->status < 300) {
        out->sent = RBK_SENT_ACCEPTED;
        read_partial(body, out);
    } else {
        if (r->status == 429 || (r->status >= 502 && r->status <= 504)) {
            out->sent = RBK_SENT_RETRY;
            int64_t wait_ms = rbk_http_retry_after_ms(r, now_ms);
            out->retry_after_ms = wait_ms > 0 ? wait_ms : 0;
        }
        out->bad_data = r->status == 400 || r->status == 413;
        snprintf(out->error, sizeof out->error, "the collector answered %d%s%.200s", r->status, message ? ": " : "",
                 message ? message : "");
    }
    rbk_value_free(body);
}
