/* See trace.h. */
#include <base/trace.h>

#include <base/str.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEX "0123456789abcdef"

enum { TRACE_DIGITS = 32, SPAN_DIGITS = 16, TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53, LENGTH = 55 };

/* `count` lower-case hex digits, not all of them zero. */
static bool is_id(const char *s, size_t count)
{
    return strspn(s, HEX) >= count && strspn(s, "0") < count;
}

static bool has_shape(const char *text)
{
    if (strnlen(text, LENGTH) < LENGTH || strspn(text, HEX) != 2 || memcmp(text, "ff", 2) == 0)
        return false;
    if (text[TRACE_AT - 1] != '-' || text[SPAN_AT - 1] != '-' || text[FLAGS_AT - 1] != '-')
        return false;
    bool first_version = memcmp(text, "00", 2) == 0;
    return text[LENGTH] == '\0' || (!first_version && text[LENGTH] == '-');
}

static int hex_value(char c)
{
    return (int)(strchr(HEX, c) - HEX);
}

bool rbk_traceparent_parse(const char *text, struct rbk_trace_context *out)
{
    if (!text || !has_shape(text) || !is_id(text + TRACE_AT, TRACE_DIGITS) || !is_id(text + SPAN_AT, SPAN_DIGITS) ||
        strspn(text + FLAGS_AT, HEX) != 2)
        return false;
    snprintf(out->trace_id, sizeof out->trace_id, "%.*s", TRACE_DIGITS, text + TRACE_AT);
    snprintf(out->span_id, sizeof out->span_id, "%.*s", SPAN_DIGITS, text + SPAN_AT);
    out->sampled = hex_value(text[FLAGS_AT + 1]) & 1;
    return true;
}

void rbk_traceparent_format(const struct rbk_trace_context *c, char out[RBK_TRACEPARENT_SIZE])
{
    snprintf(out, RBK_TRACEPARENT_SIZE, "00-%s-%s-%02x", c->trace_id, c->span_id, c->sampled);
}

/* The value of a character of a ULID (base/ulid.c); 0 for what is none. */
static unsigned base32_value(char c)
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (unsigned)(at - alphabet) : 0;
}

/* 26 characters are 130 bits, of which the first two are zero. */
void rbk_trace_id_of_run(const char *run, char out[RBK_TRACE_ID_SIZE])
{
    uint64_t high = 0, low = 0;
    for (; *run; run++) {
        high = high << 5 | low >> 59;
        low = low << 5 | base32_value(*run);
    }
    snprintf(out, RBK_TRACE_ID_SIZE, "%016" PRIx64 "%016" PRIx64, high, low);
}

void rbk_trace_of_run(const char *inherited, const char *run, struct rbk_trace_context *out)
{
    if (rbk_traceparent_parse(inherited, out))
        return;
    rbk_trace_id_of_run(run, out->trace_id);
    out->span_id[0] = '\0';
    out->sampled = true;
}

/* Spreads what differs only at the end over all digits: the finalizer of MurmurHash3
 * (https://github.com/aappleby/smhasher/wiki/MurmurHash3). */
static uint64_t spread(uint64_t h)
{
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 33;
}

void rbk_span_id(const char *run, const char *step, int64_t command, char out[RBK_SPAN_ID_SIZE])
{
    uint64_t h = rbk_hash(RBK_HASH_INIT, run, strlen(run));
    if (step)
        h = rbk_hash(rbk_hash(h, "/", 1), step, strlen(step));
    if (command) {
        char text[32];
        h = rbk_hash(h, text, (size_t)snprintf(text, sizeof text, "#%" PRId64, command));
    }
    h = spread(h);
    snprintf(out, RBK_SPAN_ID_SIZE, "%016" PRIx64, h ? h : 1);
}
