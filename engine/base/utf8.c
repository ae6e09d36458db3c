/* UTF-8 decoding and the widths of characters. */
#include <base/utf8.h>

#include <base/utf8_widths.h>

size_t rbk_utf8_decode(const char *s, size_t len, uint32_t *code_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)s;
    if (len == 0)
        return 0;
    if (p[0] < 0x80) {
        *code_point = p[0];
        return 1;
    }
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || len < n)
        return 0;
    uint32_t c = p[0] & (0xffU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *code_point = c;
    return n;
}

bool rbk_utf8_valid(const char *s, size_t len)
{
    uint32_t c;
    for (size_t i = 0; i < len;) {
        size_t n = (unsigned char)s[i] < 0x80 ? 1 : rbk_utf8_decode(s + i, len - i, &c);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

static bool in_ranges(uint32_t c, const struct utf8_range *ranges, size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c < ranges[mid].first)
            high = mid;
        else if (c > ranges[mid].last)
            low = mid + 1;
        else
            return true;
    }
    return false;
}

int rbk_utf8_columns(uint32_t c)
{
    if (c < 0x300)
        return c >= 0x20 && (c < 0x7f || c >= 0xa0) ? 1 : 0;
    if (in_ranges(c, utf8_no_columns, sizeof utf8_no_columns / sizeof utf8_no_columns[0]))
        return 0;
    return in_ranges(c, utf8_two_columns, sizeof utf8_two_columns / sizeof utf8_two_columns[0]) ? 2 : 1;
}
