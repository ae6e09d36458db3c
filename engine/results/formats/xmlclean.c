/* See xmlclean.h. The filter knows just enough of XML's lexical structure to know where it is: text, tag, value, CDATA,
 * comment or instruction. In each state plain bytes are passed over as whole spans; a byte that means something in that
 * state stops the span and is looked at. What is handed on unchanged is copied only when something else comes between.
 * Where more bytes are needed to decide, they are left in `in` until the next feed. */
#include <results/formats/xmlclean.h>

#include <base/str.h>
#include <results/formats/xmlchar.h>
#include <string.h>

enum { TAG_MAX = 256 * 1024, VALUE_MAX = 16 * 1024 };

/* For each byte the set of states that it stops. Control bytes and everything outside ASCII stop all of them. */
#define STOP(state) (1u << (state))
#define STOP_ALL    0x7Fu
#define STOP_VALUES (STOP(XMLCLEAN_VALUE_DOUBLE) | STOP(XMLCLEAN_VALUE_SINGLE))

static const unsigned char stops[256] = {
    ['<'] = STOP(XMLCLEAN_TEXT),
    ['&'] = STOP(XMLCLEAN_TEXT) | STOP_VALUES,
    ['>'] = STOP(XMLCLEAN_TEXT) | STOP(XMLCLEAN_TAG),
    ['"'] = STOP(XMLCLEAN_TAG) | STOP(XMLCLEAN_VALUE_DOUBLE),
    ['\''] = STOP(XMLCLEAN_TAG) | STOP(XMLCLEAN_VALUE_SINGLE),
    [']'] = STOP(XMLCLEAN_CDATA),
    [0 ... 8] = STOP_ALL,
    [11 ... 12] = STOP_ALL,
    [14 ... 31] = STOP_ALL,
    [128 ... 255] = STOP_ALL,
};

/* Eight bytes at a time: all of a report goes through here. */
static const char *skip_plain(const char *from, const char *to, enum xmlclean_state state)
{
    const unsigned char *p = (const unsigned char *)from, *end = (const unsigned char *)to;
    unsigned stop = STOP(state);
    while (end - p >= 8 && !((stops[p[0]] | stops[p[1]] | stops[p[2]] | stops[p[3]] | stops[p[4]] | stops[p[5]] |
                              stops[p[6]] | stops[p[7]]) &
                             stop))
        p += 8;
    while (p < end && !(stops[*p] & stop))
        p++;
    return (const char *)p;
}

static bool in_value(const struct xmlclean *c)
{
    return c->state == XMLCLEAN_VALUE_DOUBLE || c->state == XMLCLEAN_VALUE_SINGLE;
}

/* Counts line ends, so that an error of the filter's own knows its place. */
static void advance(struct xmlclean *c, const char *p, const char *end)
{
    const char *nl;
    while ((nl = memchr(p, '\n', (size_t)(end - p)))) {
        c->line++;
        c->column = 0;
        p = nl + 1;
    }
    c->column += end - p;
}

static void flush(struct xmlclean *c, struct rbk_buf *out)
{
    rbk_buf_append(out, c->kept, c->kept_len);
    c->kept_len = 0;
}

/* Hands on bytes; neighbours become one copy. They must stay where they are until the feed ends. */
static void keep(struct xmlclean *c, const char *p, size_t len, struct rbk_buf *out)
{
    if (c->kept_len && c->kept + c->kept_len == p) {
        c->kept_len += len;
        return;
    }
    flush(c, out);
    c->kept = p;
    c->kept_len = len;
}

static void cut_from_value(struct xmlclean *c, const char *p, size_t len)
{
    c->value_rest = rbk_hash(c->value_rest ? c->value_rest : RBK_HASH_INIT, p, len);
    for (size_t i = 0; i < len; i++)
        c->dropped_lines += p[i] == '\n';
}

/* Hands on bytes that belong together: a character, a reference. In a value that is full they are cut. */
static void keep_whole(struct xmlclean *c, const char *p, size_t len, struct rbk_buf *out)
{
    if (in_value(c)) {
        if (c->value_rest || c->value_len + len > VALUE_MAX) {
            cut_from_value(c, p, len);
            return;
        }
        c->value_len += len;
    }
    if (in_value(c) || c->state == XMLCLEAN_TAG)
        c->tag_len += len;
    keep(c, p, len, out);
}

/* Hands on plain bytes, which may be cut anywhere. */
static void keep_span(struct xmlclean *c, const char *p, size_t len, struct rbk_buf *out)
{
    size_t room = c->value_rest ? 0 : VALUE_MAX - c->value_len;
    if (!in_value(c) || len <= room) {
        keep_whole(c, p, len, out);
        return;
    }
    keep_whole(c, p, room, out);
    cut_from_value(c, p + room, len - room);
}

static const char *clean_reference(struct xmlclean *c, const char *p, const char *end, bool final, struct rbk_buf *out)
{
    struct xml_token ref = xml_reference_at(p, end);
    if (ref.length < 0 && !final)
        return NULL;
    if (ref.length <= 0)
        keep_whole(c, "&amp;", 5, out);
    else if (ref.forbidden)
        keep_whole(c, XML_REPLACEMENT, 3, out);
    else
        keep_whole(c, p, (size_t)ref.length, out);
    return p + (ref.length > 0 ? ref.length : 1);
}

static const char *clean_character(struct xmlclean *c, const char *p, const char *end, bool final, struct rbk_buf *out)
{
    struct xml_token character = xml_char_at(p, end);
    if (character.length < 0 && !final)
        return NULL;
    if (character.length <= 0) {
        keep_whole(c, XML_REPLACEMENT, 3, out);
        return p + 1;
    }
    keep_whole(c, p, (size_t)character.length, out);
    return p + character.length;
}

static bool starts(const char *p, const char *end, const char *word, bool *undecided)
{
    size_t have = (size_t)(end - p), want = strlen(word);
    if (memcmp(p, word, have < want ? have : want) != 0)
        return false;
    *undecided |= have < want;
    return have >= want;
}

/* At a '<' in text. NULL with err untouched: more bytes are needed; *doctype: refused. */
static const char *clean_markup(struct xmlclean *c, const char *p, const char *end, bool final, struct rbk_buf *out,
                                bool *doctype)
{
    bool undecided = false;
    if (starts(p, end, "<!--", &undecided)) {
        c->state = XMLCLEAN_COMMENT;
        return p + 4;
    }
    if (starts(p, end, "<?", &undecided)) {
        c->state = XMLCLEAN_INSTRUCTION;
        return p + 2;
    }
    if (starts(p, end, "<![CDATA[", &undecided)) {
        keep(c, p, 9, out);
        c->state = XMLCLEAN_CDATA;
        return p + 9;
    }
    if (undecided && !final)
        return NULL;
    if (end - p > 1 && p[1] == '!') {
        *doctype = true;
        return NULL;
    }
    keep(c, p, 1, out);
    c->state = XMLCLEAN_TAG;
    c->tag_len = 1;
    return p + 1;
}

/* Drops bytes up to and including `close`, keeping the line ends. */
static const char *skip_until(struct xmlclean *c, const char *close, const char *p, const char *end, bool final,
                              struct rbk_buf *out)
{
    size_t n = strlen(close);
    const char *found = memmem(p, (size_t)(end - p), close, n);
    const char *stop = found ? found + n : final ? end : (size_t)(end - p) < n ? p : end - (n - 1);
    for (const char *nl = p; (nl = memchr(nl, '\n', (size_t)(stop - nl))); nl++)
        keep(c, nl, 1, out);
    if (found)
        c->state = XMLCLEAN_TEXT;
    return stop == p ? NULL : stop;
}

static void end_value(struct xmlclean *c, struct rbk_buf *out)
{
    if (c->value_rest) {
        flush(c, out);
        rbk_buf_printf(out, "~%016llx", (unsigned long long)c->value_rest);
    }
    c->value_rest = 0;
    c->value_len = 0;
    c->state = XMLCLEAN_TAG;
}

/* At a byte of ASCII that means something in the current state. */
static const char *clean_special(struct xmlclean *c, const char *p, const char *end, bool final, struct rbk_buf *out)
{
    switch (*p) {
    case '&':
        return clean_reference(c, p, end, final, out);
    case '>':
        if (c->state == XMLCLEAN_TEXT) {
            keep(c, "&gt;", 4, out); /* "]]>" may not stand in text */
            return p + 1;
        }
        c->state = XMLCLEAN_TEXT;
        break;
    case '"':
    case '\'':
        if (in_value(c))
            end_value(c, out);
        else
            c->state = *p == '"' ? XMLCLEAN_VALUE_DOUBLE : XMLCLEAN_VALUE_SINGLE;
        break;
    case ']': {
        bool undecided = false;
        if (starts(p, end, "]]>", &undecided)) {
            keep(c, p, 3, out);
            c->state = XMLCLEAN_TEXT;
            return p + 3;
        }
        if (undecided && !final)
            return NULL;
        break;
    }
    default: /* a control byte */
        keep_whole(c, XML_REPLACEMENT, 3, out);
        return p + 1;
    }
    keep(c, p, 1, out);
    return p + 1;
}

/* One step: the span of plain bytes at p, or what stopped it. NULL when more bytes are needed. */
static const char *clean_step(struct xmlclean *c, const char *p, const char *end, bool final, struct rbk_buf *out,
                              bool *doctype)
{
    if (c->state == XMLCLEAN_COMMENT)
        return skip_until(c, "-->", p, end, final, out);
    if (c->state == XMLCLEAN_INSTRUCTION)
        return skip_until(c, "?>", p, end, final, out);
    const char *stop = skip_plain(p, end, c->state);
    if (stop > p) {
        keep_span(c, p, (size_t)(stop - p), out);
        return stop;
    }
    if ((unsigned char)*p >= 0x80)
        return clean_character(c, p, end, final, out);
    if (*p == '<')
        return clean_markup(c, p, end, final, out, doctype);
    return clean_special(c, p, end, final, out);
}

static int clean_error(const struct xmlclean *c, bool doctype, struct rbk_error *err)
{
    if (doctype) {
        rbk_error_set(err, RBK_EMALFORMED, "the report has a DOCTYPE or another declaration, which is refused");
        rbk_error_hint(err, "test reports need none; have the tool write plain JUnit XML");
    } else {
        rbk_error_set(err, RBK_EMALFORMED, "a tag is longer than %d KiB", TAG_MAX / 1024);
    }
    return rbk_error_at(err, NULL, c->line, (int)c->column + 1);
}

void xmlclean_init(struct xmlclean *c)
{
    *c = (struct xmlclean){.state = XMLCLEAN_TEXT, .line = 1};
    xmldecode_init(&c->decode);
}

void xmlclean_fini(struct xmlclean *c)
{
    xmldecode_fini(&c->decode);
    rbk_buf_fini(&c->in);
}

int xmlclean_feed(struct xmlclean *c, const char *data, size_t len, bool final, struct rbk_buf *out,
                  struct rbk_error *err)
{
    int rc = xmldecode_feed(&c->decode, data, len, final, &c->in, err);
    if (rc || !c->in.len)
        return rc;
    const char *p = c->in.data, *end = p + c->in.len, *next;
    bool doctype = false;
    while (p < end && c->tag_len <= TAG_MAX && (next = clean_step(c, p, end, final, out, &doctype)))
        p = next;
    flush(c, out);
    advance(c, c->in.data, p);
    rbk_buf_consume(&c->in, (size_t)(p - c->in.data));
    return doctype || c->tag_len > TAG_MAX ? clean_error(c, doctype, err) : 0;
}
