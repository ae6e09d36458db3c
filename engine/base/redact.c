/* Finding secrets. Patterns are sorted; a bitmap over the hash of their first four bytes lets nearly every position of
 * the input pass at the cost of one load and one multiplication, and only then is the sorted array searched.
 *
 * What is covered is the union of all occurrences of all patterns, so the result does not depend on how the input was
 * cut into chunks: at each position the longest match extends the covered range, and a range that starts where nothing
 * is covered writes one `***`. A stream stops at the first position from which a pattern might still be completed. */
#include <base/redact_internal.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_MIN = 4, SECRET_LINE_MIN = 8 };

struct rbk_redactor *rbk_redactor_new(void)
{
    return rbk_alloc(sizeof(struct rbk_redactor));
}

void rbk_redactor_free(struct rbk_redactor *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++)
        free(r->patterns[i].bytes);
    free(r->patterns);
    free(r);
}

bool rbk_redactor_empty(const struct rbk_redactor *r)
{
    return !r || r->count == 0;
}

static uint32_t gram_hash(const char *p)
{
    uint32_t gram;
    memcpy(&gram, p, sizeof gram);
    return gram * UINT32_C(2654435761) >> (32 - REDACT_FILTER_BITS);
}

static bool filter_has(const struct rbk_redactor *r, const char *p)
{
    uint32_t h = gram_hash(p);
    return r->filter[h / 64] >> (h % 64) & 1;
}

static int pattern_compare(const void *a, const void *b)
{
    const struct redact_pattern *x = a, *y = b;
    int order = memcmp(x->bytes, y->bytes, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Sorts and drops repetitions. */
static void patterns_settle(struct rbk_redactor *r)
{
    qsort(r->patterns, r->count, sizeof *r->patterns, pattern_compare);
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (kept > 0 && pattern_compare(&r->patterns[kept - 1], &r->patterns[i]) == 0) {
            r->patterns[kept - 1].wraps |= r->patterns[i].wraps;
            free(r->patterns[i].bytes);
        } else {
            r->patterns[kept++] = r->patterns[i];
        }
    }
    r->count = kept;
}

static void secret_add(struct rbk_redactor *r, const char *secret, size_t len)
{
    struct redact_forms forms = {0};
    redact_forms_add(&forms, secret, len);
    for (size_t i = 0; i < forms.count; i++) {
        if (forms.items[i].len < REDACT_GRAM)
            continue;
        uint32_t h = gram_hash(forms.items[i].bytes);
        r->filter[h / 64] |= UINT64_C(1) << (h % 64);
        RBK_GROW(r->patterns, r->count, r->cap);
        r->patterns[r->count++] = forms.items[i];
        forms.items[i].bytes = NULL;
    }
    redact_forms_fini(&forms);
}

/* A terminal ends lines with \r\n and a logger puts something before each: lines are secrets of their own. */
static void secret_add_lines(struct rbk_redactor *r, const char *secret, size_t len)
{
    for (size_t start = 0; start < len;) {
        const char *newline = memchr(secret + start, '\n', len - start);
        size_t end = newline ? (size_t)(newline - secret) : len;
        size_t line = end - start;
        if (line > 0 && secret[end - 1] == '\r')
            line--;
        if (line >= SECRET_LINE_MIN && line < len)
            secret_add(r, secret + start, line);
        start = end + 1;
    }
}

bool rbk_redactor_add(struct rbk_redactor *r, const char *secret, size_t len)
{
    /* The newline at the end of a file with a secret is none of it. */
    while (len > 0 && (secret[len - 1] == '\n' || secret[len - 1] == '\r'))
        len--;
    if (len < SECRET_MIN)
        return false;
    secret_add(r, secret, len);
    if (memchr(secret, '\n', len))
        secret_add_lines(r, secret, len);
    patterns_settle(r);
    return true;
}

/* The first pattern whose first n bytes are not less than p[0..n). */
static size_t patterns_from(const struct rbk_redactor *r, const char *p, size_t n)
{
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (memcmp(r->patterns[mid].bytes, p, n) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct match {
    size_t len;   /* of the longest complete pattern here, 0 when there is none */
    bool partial; /* the text ends inside a pattern */
};

/* The bytes of one line end at p, 0 when there is none; a \r at the end of the text may become one. */
static size_t line_end(const char *p, size_t left)
{
    if (p[0] == '\n')
        return 1;
    return p[0] == '\r' && (left == 1 || p[1] == '\n') ? (left == 1 ? 1 : 2) : 0;
}

static void match_exact(const struct redact_pattern *pattern, const char *p, size_t left, struct match *m)
{
    size_t n = pattern->len < left ? pattern->len : left;
    if (memcmp(pattern->bytes, p, n) != 0)
        return;
    if (n < pattern->len)
        m->partial = true;
    else if (n > m->len)
        m->len = n;
}

/* The same, with single line ends allowed between the bytes of the pattern. */
static void match_wrapped(const struct redact_pattern *pattern, const char *p, size_t left, struct match *m)
{
    size_t matched = 0, at = 0;
    bool broken = false;
    while (matched < pattern->len && at < left) {
        size_t skip = matched > 0 && !broken ? line_end(p + at, left - at) : 0;
        broken = skip > 0;
        at += broken ? skip : 1;
        if (!broken && p[at - 1] != pattern->bytes[matched++])
            return;
    }
    if (matched < pattern->len)
        m->partial = true;
    else if (at > m->len)
        m->len = at;
}

static struct match match_at(const struct rbk_redactor *r, const char *p, size_t left)
{
    struct match m = {0};
    size_t gram = left < REDACT_GRAM ? left : REDACT_GRAM;
    if (gram == REDACT_GRAM && !filter_has(r, p))
        return m;
    for (size_t i = patterns_from(r, p, gram); i < r->count; i++) {
        const struct redact_pattern *pattern = &r->patterns[i];
        if (memcmp(pattern->bytes, p, gram) != 0)
            break;
        if (pattern->wraps)
            match_wrapped(pattern, p, left, &m);
        else
            match_exact(pattern, p, left, &m);
    }
    return m;
}

/* Hands on text[0..len) with secrets replaced and returns how much of it was dealt with: all of it when `final`.
 * `*covered` is how far from the start a secret already replaced reaches, and then how far beyond the end. */
static size_t redact_scan(const struct rbk_redactor *r, const char *text, size_t len, bool final, size_t *covered,
                          rbk_bytes_fn *sink, void *arg)
{
    size_t clean = *covered < len ? *covered : len, at = 0; /* text[clean..at) is to be handed on */
    for (; at < len; at++) {
        struct match m = match_at(r, text + at, len - at);
        if (m.partial && !final)
            break;
        if (m.len == 0)
            continue;
        if (at >= *covered) {
            if (at > clean)
                sink(arg, text + clean, at - clean);
            sink(arg, "***", 3);
        }
        if (at + m.len > *covered)
            *covered = at + m.len;
        clean = *covered;
    }
    if (at > clean)
        sink(arg, text + clean, at - clean);
    *covered = *covered > at ? *covered - at : 0;
    return at;
}

static void append_to_buf(void *arg, const char *data, size_t len)
{
    rbk_buf_append(arg, data, len);
}

void rbk_redact(const struct rbk_redactor *r, const char *text, size_t len, struct rbk_buf *out)
{
    size_t covered = 0;
    if (rbk_redactor_empty(r))
        rbk_buf_append(out, text, len);
    else
        redact_scan(r, text, len, true, &covered, append_to_buf, out);
}

bool rbk_redact_matches(const struct rbk_redactor *r, const char *text, size_t len)
{
    if (rbk_redactor_empty(r))
        return false;
    for (size_t at = 0; at + REDACT_GRAM <= len; at++)
        if (match_at(r, text + at, len - at).len > 0)
            return true;
    return false;
}

void rbk_redact_stream_init(struct rbk_redact_stream *s, const struct rbk_redactor *set)
{
    *s = (struct rbk_redact_stream){.set = set};
}

void rbk_redact_feed(struct rbk_redact_stream *s, const char *data, size_t len, rbk_bytes_fn *sink, void *arg)
{
    if (len == 0)
        return;
    if (rbk_redactor_empty(s->set)) {
        sink(arg, data, len);
        return;
    }
    if (s->held.len == 0) { /* straight from the caller's bytes; only an unfinished tail is copied */
        size_t done = redact_scan(s->set, data, len, false, &s->covered, sink, arg);
        rbk_buf_append(&s->held, data + done, len - done);
        return;
    }
    rbk_buf_append(&s->held, data, len);
    size_t done = redact_scan(s->set, s->held.data, s->held.len, false, &s->covered, sink, arg);
    rbk_buf_consume(&s->held, done);
}

void rbk_redact_flush(struct rbk_redact_stream *s, rbk_bytes_fn *sink, void *arg)
{
    if (s->held.len > 0)
        redact_scan(s->set, s->held.data, s->held.len, true, &s->covered, sink, arg);
    rbk_buf_clear(&s->held);
    s->covered = 0;
}

void rbk_redact_stream_fini(struct rbk_redact_stream *s)
{
    rbk_buf_fini(&s->held);
}
