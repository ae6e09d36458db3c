/* See xmldecode.h. The declaration is looked at as ASCII: every encoding with another layout has a byte order mark or
 * starts with "<" as two bytes (https://www.w3.org/TR/xml/#sec-guessing). */
#include <results/formats/xmldecode.h>

#include <results/formats/xmlchar.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DECLARATION_MAX = 512 };

void xmldecode_init(struct xmldecode *d)
{
    *d = (struct xmldecode){.kind = XMLDECODE_UNKNOWN};
}

void xmldecode_fini(struct xmldecode *d)
{
    rbk_buf_fini(&d->held);
}

/* windows-1252, 0x80-0x9F (https://encoding.spec.whatwg.org/index-windows-1252.txt); 0 = undefined. */
static const uint16_t cp1252_low[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                        0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

static void use_cp1252(struct xmldecode *d)
{
    for (int i = 0; i < 128; i++)
        d->table[i] = (uint16_t)(i < 32 ? (cp1252_low[i] ? cp1252_low[i] : 0xFFFD) : 0x80 + i);
    d->high = d->table;
    d->kind = XMLDECODE_TABLE;
}

/* ISO-8859-15 differs from ISO-8859-1 in eight places (https://encoding.spec.whatwg.org/index-iso-8859-15.txt). */
static void use_latin9(struct xmldecode *d)
{
    static const uint16_t differs[][2] = {{0xA4, 0x20AC}, {0xA6, 0x0160}, {0xA8, 0x0161}, {0xB4, 0x017D},
                                          {0xB8, 0x017E}, {0xBC, 0x0152}, {0xBD, 0x0153}, {0xBE, 0x0178}};
    for (int i = 0; i < 128; i++)
        d->table[i] = (uint16_t)(0x80 + i);
    for (size_t i = 0; i < sizeof differs / sizeof differs[0]; i++)
        d->table[differs[i][0] - 0x80] = differs[i][1];
    d->high = d->table;
    d->kind = XMLDECODE_TABLE;
}

static int use_encoding(struct xmldecode *d, const char *name, struct rbk_error *err)
{
    static const char *const utf8[] = {"utf-8", "utf8", "us-ascii", "ascii", NULL};
    static const char *const latin1[] = {"iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", NULL};
    static const char *const latin9[] = {"iso-8859-15", "iso8859-15", "latin9", NULL};
    static const char *const cp1252[] = {"windows-1252", "cp1252", "cp-1252", NULL};

    for (int i = 0; utf8[i]; i++)
        if (strcasecmp(name, utf8[i]) == 0)
            d->kind = XMLDECODE_UTF8;
    for (int i = 0; latin1[i]; i++)
        if (strcasecmp(name, latin1[i]) == 0)
            d->kind = XMLDECODE_TABLE;
    for (int i = 0; latin9[i]; i++)
        if (strcasecmp(name, latin9[i]) == 0)
            use_latin9(d);
    for (int i = 0; cp1252[i]; i++)
        if (strcasecmp(name, cp1252[i]) == 0)
            use_cp1252(d);
    if (strncasecmp(name, "utf-16", 6) == 0) /* readable as ASCII, so it is not: the writer converted it afterwards */
        d->kind = XMLDECODE_UTF8;
    if (d->kind != XMLDECODE_UNKNOWN)
        return 0;
    rbk_error_set(err, RBK_EMALFORMED, "the report is encoded as \"%.40s\", which is not supported", name);
    rbk_error_at(err, NULL, 1, 1);
    return rbk_error_hint(err, "supported are UTF-8, UTF-16, ISO-8859-1, ISO-8859-15 and windows-1252: set the "
                               "encoding where the report is written");
}

/* Copies the value of encoding="..." out of <?xml ... ?>; "utf-8" when there is none. */
static void declared_encoding(const char *text, size_t len, char *out, size_t size)
{
    snprintf(out, size, "utf-8");
    const char *end = memmem(text, len, "?>", 2);
    const char *at = end ? memmem(text, (size_t)(end - text), "encoding", 8) : NULL;
    if (!at)
        return;
    at += 8;
    while (at < end && strchr(" \t\r\n=", *at))
        at++;
    if (at == end || (*at != '"' && *at != '\''))
        return;
    const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));
    if (close && (size_t)(close - at) <= size)
        snprintf(out, size, "%.*s", (int)(close - at - 1), at + 1);
}

/* Decides the encoding from the held start of the document. Returns 1 decided, 0 more is needed, or an error. */
static int detect(struct xmldecode *d, bool final, struct rbk_error *err)
{
    const char *p = d->held.data;
    size_t n = d->held.len;
    if (n < 4 && !final)
        return 0;
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        rbk_buf_consume(&d->held, 3);
        d->kind = XMLDECODE_UTF8;
        return 1;
    }
    if (n >= 2 && (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0)) {
        d->kind = p[0] == '\xFF' ? XMLDECODE_UTF16LE : XMLDECODE_UTF16BE;
        rbk_buf_consume(&d->held, 2);
        return 1;
    }
    if (n >= 2 && ((p[0] == '<' && p[1] == 0) || (p[0] == 0 && p[1] == '<'))) {
        d->kind = p[0] ? XMLDECODE_UTF16LE : XMLDECODE_UTF16BE;
        return 1;
    }
    if (n < 5 || memcmp(p, "<?xml", 5) != 0) {
        if (n < 5 && !final && memcmp(p, "<?xml", n) == 0)
            return 0;
        d->kind = XMLDECODE_UTF8;
        return 1;
    }
    if (!final && n < DECLARATION_MAX && !memmem(p, n, "?>", 2))
        return 0;
    char name[64];
    declared_encoding(p, n < DECLARATION_MAX ? n : DECLARATION_MAX, name, sizeof name);
    int rc = use_encoding(d, name, err);
    return rc ? rc : 1;
}

static void put_utf16(struct xmldecode *d, uint32_t unit, struct rbk_buf *out)
{
    if (d->surrogate) {
        uint32_t high = d->surrogate;
        d->surrogate = 0;
        if (unit >= 0xDC00 && unit < 0xE000) {
            xml_char_put(out, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
            return;
        }
        xml_char_put(out, 0xFFFD);
    }
    if (unit >= 0xD800 && unit < 0xDC00)
        d->surrogate = unit;
    else
        xml_char_put(out, unit);
}

static void decode_utf16(struct xmldecode *d, bool final, struct rbk_buf *out)
{
    const unsigned char *p = (const unsigned char *)d->held.data;
    size_t pairs = d->held.len / 2;
    for (size_t i = 0; i < pairs; i++) {
        uint32_t a = p[2 * i], b = p[2 * i + 1];
        put_utf16(d, d->kind == XMLDECODE_UTF16LE ? a | b << 8 : a << 8 | b, out);
    }
    bool odd = d->held.len % 2;
    rbk_buf_consume(&d->held, pairs * 2);
    if (final && (odd || d->surrogate))
        xml_char_put(out, 0xFFFD);
}

static void decode_table(const struct xmldecode *d, const char *data, size_t len, struct rbk_buf *out)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char b = (unsigned char)data[i];
        xml_char_put(out, b < 0x80 || !d->high ? b : d->high[b - 0x80]);
    }
}

static void decode(struct xmldecode *d, const char *data, size_t len, bool final, struct rbk_buf *out)
{
    switch (d->kind) {
    case XMLDECODE_UTF16LE:
    case XMLDECODE_UTF16BE:
        rbk_buf_append(&d->held, data, len);
        decode_utf16(d, final, out);
        break;
    case XMLDECODE_TABLE:
        decode_table(d, data, len, out);
        break;
    default:
        rbk_buf_append(out, data, len);
    }
}

int xmldecode_feed(struct xmldecode *d, const char *data, size_t len, bool final, struct rbk_buf *out,
                   struct rbk_error *err)
{
    if (d->kind != XMLDECODE_UNKNOWN) {
        decode(d, data, len, final, out);
        return 0;
    }
    rbk_buf_append(&d->held, data, len);
    int rc = detect(d, final, err);
    if (rc <= 0)
        return rc;
    struct rbk_buf start = d->held;
    d->held = (struct rbk_buf){0};
    decode(d, start.data, start.len, final, out);
    rbk_buf_fini(&start);
    return 0;
}
