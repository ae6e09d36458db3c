/* What a collector's answer means. A request that was taken in part is not sent again, and neither is one that was
 * refused for what is in it; only four statuses are worth another try. */
#include <otlp/push.h>

#include <runbook/value.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* RFC 9110, 10.2.3: seconds, or a date. 0 when it says nothing. */
static int64_t retry_after_ms(const char *text, int64_t now_ms)
{
    char *end = NULL;
    struct tm date = {0};
    if (!text)
        return 0;
    long seconds = strtol(text, &end, 10);
    if (end != text && *end == '\0')
        return seconds > 0 && seconds < 1000000 ? seconds * 1000 : 0;
    const char *rest = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &date);
    int64_t at_ms = rest && *rest == '\0' ? (int64_t)timegm(&date) * 1000 : 0;
    return at_ms > now_ms ? at_ms - now_ms : 0;
}

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
            out->retry_after_ms = retry_after_ms(rbk_http_header(r, "retry-after"), now_ms);
        }
        out->bad_data = r->status == 400 || r->status == 413;
        snprintf(out->error, sizeof out->error, "the collector answered %d%s%.200s", r->status, message ? ": " : "",
                 message ? message : "");
    }
    rbk_value_free(body);
}
