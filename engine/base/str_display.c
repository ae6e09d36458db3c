/* Text on its way to a terminal or a plain log: what it may contain, and how many columns it takes. */
#include <base/str.h>

#include <base/utf8.h>
#include <string.h>

/* Characters that reorder or hide text: bidirectional controls and zero-width ones (Unicode TR 36, section 2.10). */
static bool is_deceptive(uint32_t c)
{
    return c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) ||
           c == 0xfeff || c == 0x2028 || c == 0x2029 || (c >= 0xe0000 && c <= 0xe007f);
}

/* The length of a colour (or erase-line) sequence at s, 0 when there is none. ECMA-48: ESC [ parameters m or K. */
static size_t colour_sequence(const char *s, size_t len)
{
    if (len < 3 || s[0] != '\033' || s[1] != '[')
        return 0;
    size_t i = 2;
    while (i < len && ((s[i] >= '0' && s[i] <= '9') || s[i] == ';' || s[i] == ':'))
        i++;
    return i < len && (s[i] == 'm' || s[i] == 'K') ? i + 1 : 0;
}

static void put_bytes_as_hex(struct rbk_buf *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        rbk_buf_printf(out, "\\x%02x", (unsigned char)s[i]);
}

/* Appends one character of a text that is not plain ASCII; returns the bytes it took. */
static size_t escape_one(struct rbk_buf *out, const char *s, size_t len)
{
    size_t skip = colour_sequence(s, len);
    if (skip)
        return skip;
    if (s[0] == '\r' && (len == 1 || s[1] == '\n')) /* a line end from elsewhere */
        return 1;
    uint32_t c = 0;
    size_t n = rbk_utf8_decode(s, len, &c);
    if (n == 0 || is_deceptive(c))
        rbk_buf_puts(out, RBK_UTF8_REPLACEMENT);
    else if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0))
        put_bytes_as_hex(out, s, n);
    else
        rbk_buf_append(out, s, n);
    return n ? n : 1;
}

void rbk_escape_terminal(struct rbk_buf *out, const char *s, size_t len)
{
    size_t i = 0;
    while (i < len) {
        size_t plain = i;
        while (plain < len && ((s[plain] >= 0x20 && s[plain] < 0x7f) || s[plain] == '\n'))
            plain++;
        rbk_buf_append(out, s + i, plain - i);
        i = plain;
        if (i < len)
            i += escape_one(out, s + i, len - i);
    }
}

/* Wrong bytes count as one column each: that is how they are shown. */
static size_t next_character(const char *s, size_t len, size_t *columns)
{
    uint32_t c;
    size_t n = rbk_utf8_decode(s, len, &c);
    *columns = n ? (size_t)rbk_utf8_columns(c) : 1;
    return n ? n : 1;
}

size_t rbk_display_width(const char *s, size_t len)
{
    size_t width = 0, columns = 1;
    for (size_t i = 0; i < len; width += columns, columns = 1)
        i += s[i] >= 0x20 && s[i] < 0x7f ? 1 : next_character(s + i, len - i, &columns);
    return width;
}

size_t rbk_display_prefix(const char *s, size_t len, size_t columns)
{
    size_t i = 0, used = 0;
    while (i < len) {
        size_t width;
        size_t n = next_character(s + i, len - i, &width);
        if (used + width > columns)
            break;
        used += width;
        i += n;
    }
    return i;
}
