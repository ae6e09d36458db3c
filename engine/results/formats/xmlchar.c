/* See xmlchar.h. */
#include <results/formats/xmlchar.h>

#include <string.h>

enum { REFERENCE_MAX = 16, CODE_MAX = 0x110000 };

bool xml_char_ok(uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    return code < 0xD800 || (code >= 0xE000 && code < 0xFFFE) || (code >= 0x10000 && code < CODE_MAX);
}

void xml_char_put(struct rbk_buf *out, uint32_t code)
{
    char utf8[4];
    size_t n = 0;
    if (!xml_char_ok(code))
        code = 0xFFFD;
    if (code < 0x80) {
        utf8[n++] = (char)code;
    } else if (code < 0x800) {
        utf8[n++] = (char)(0xC0 | code >> 6);
        utf8[n++] = (char)(0x80 | (code & 0x3F));
    } else {
        if (code < 0x10000) {
            utf8[n++] = (char)(0xE0 | code >> 12);
        } else {
            utf8[n++] = (char)(0xF0 | code >> 18);
            utf8[n++] = (char)(0x80 | (code >> 12 & 0x3F));
        }
        utf8[n++] = (char)(0x80 | (code >> 6 & 0x3F));
        utf8[n++] = (char)(0x80 | (code & 0x3F));
    }
    rbk_buf_append(out, utf8, n);
}

struct xml_token xml_char_at(const char *p, const char *end)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)*p;
    int n = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    uint32_t code = lead & (0x7Fu >> n);
    for (int i = 1; i < n; i++) {
        if (p + i == end)
            return (struct xml_token){.length = -1};
        unsigned char next = (unsigned char)p[i];
        if ((next & 0xC0) != 0x80)
            return (struct xml_token){.length = 0};
        code = code << 6 | (next & 0x3F);
    }
    bool ok = n && code >= smallest[n] && xml_char_ok(code);
    return (struct xml_token){.length = ok ? n : 0};
}

/* The value of one digit, or 16 when it is none. */
static uint32_t digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0');
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10 : 16;
}

/* The code point of the digits [p, end), CODE_MAX when it is too large, or -1 when they are not digits. */
static int64_t digits_value(const char *p, const char *end, uint32_t base)
{
    uint32_t code = 0;
    if (p == end)
        return -1;
    for (; p < end; p++) {
        uint32_t v = digit_value(*p);
        if (v >= base)
            return -1;
        code = code < CODE_MAX ? code * base + v : CODE_MAX;
    }
    return code;
}

static bool is_known_entity(const char *p, int len)
{
    static const char *const known[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if ((size_t)len == strlen(known[i]) && memcmp(p, known[i], (size_t)len) == 0)
            return true;
    return false;
}

struct xml_token xml_reference_at(const char *p, const char *end)
{
    size_t avail = (size_t)(end - p);
    const char *semicolon = memchr(p, ';', avail < REFERENCE_MAX ? avail : REFERENCE_MAX);
    if (!semicolon)
        return (struct xml_token){.length = avail < REFERENCE_MAX ? -1 : 0};
    int len = (int)(semicolon + 1 - p);
    if (p[1] != '#')
        return (struct xml_token){.length = is_known_entity(p, len) ? len : 0};
    bool hex = p[2] == 'x' || p[2] == 'X';
    int64_t code = digits_value(p + (hex ? 3 : 2), semicolon, hex ? 16 : 10);
    if (code < 0)
        return (struct xml_token){.length = 0};
    /* XML knows only a small x; a capital one is rewritten like a forbidden character rather than refused */
    return (struct xml_token){.length = len, .forbidden = p[2] == 'X' || !xml_char_ok((uint32_t)code)};
}
