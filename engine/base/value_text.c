/* Values as a person writes them, and as JSON for the world. JSON is written here rather than by jansson: it prints
 * 0.05 as 0.050000000000000003, refuses strings that are not UTF-8, and would need the whole document a second time. */
#include <base/value_internal.h>

#include <base/mem.h>
#include <base/str.h>
#include <base/utf8.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void value_number_print(double n, bool as_real, char out[VALUE_NUMBER_SIZE])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, VALUE_NUMBER_SIZE, "%.*g", digits, n);
        if (strtod(out, NULL) == n)
            break;
    }
    if (as_real && isfinite(n) && !strpbrk(out, ".e"))
        memcpy(out + strlen(out), ".0", sizeof ".0");
}

static void text_append(struct rbk_buf *out, const rbk_value *v)
{
    char number[64];
    switch (rbk_value_type(v)) {
    case RBK_NULL:
        break;
    case RBK_NO_DATA:
        rbk_buf_puts(out, "no data");
        break;
    case RBK_BOOL:
        rbk_buf_puts(out, v->as.boolean ? "true" : "false");
        break;
    case RBK_INT:
        rbk_buf_printf(out, "%" PRId64, v->as.integer);
        break;
    case RBK_NUMBER:
        if (!v->as.number.spelling)
            rbk_quantity_format((struct rbk_quantity){v->as.number.value, v->unit}, number, sizeof number);
        rbk_buf_puts(out, v->as.number.spelling ? v->as.number.spelling : number);
        break;
    case RBK_STRING:
        rbk_buf_append(out, v->as.string.data, v->as.string.len);
        break;
    case RBK_LIST:
    case RBK_MAP: {
        char *json = rbk_value_to_json(v, 0);
        rbk_buf_puts(out, json);
        free(json);
        break;
    }
    }
}

char *rbk_value_text(const rbk_value *v)
{
    struct rbk_buf out = {0};
    if (rbk_value_type(v) != RBK_LIST) {
        text_append(&out, v);
        return rbk_buf_take(&out);
    }
    for (size_t i = 0; i < v->as.list.count; i++) {
        if (i)
            rbk_buf_putc(&out, '\n');
        text_append(&out, v->as.list.items[i]);
    }
    return rbk_buf_take(&out);
}

static void json_escape(struct rbk_buf *out, unsigned char c)
{
    static const char letters[] = "\bb\nn\ff\rr\tt\"\"\\\\";
    for (const char *p = letters; *p; p += 2) {
        if ((unsigned char)*p == c) {
            rbk_buf_putc(out, '\\');
            rbk_buf_putc(out, p[1]);
            return;
        }
    }
    rbk_buf_printf(out, "\\u%04x", c);
}

/* Whether all eight bytes stand for themselves: ASCII, no control character, no quote, no backslash. Each test sets the
 * high bit of a byte that fails (Bit Twiddling Hacks, "Determine if a word has a byte less than n"). */
static bool json_plain_word(const char *s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t w;
    memcpy(&w, s, sizeof w);
    uint64_t quote = w ^ ones * '"', backslash = w ^ ones * '\\', del = w ^ ones * 0x7f;
    return ((w | (w - ones * 0x20) | (quote - ones) | (backslash - ones) | (del - ones)) & ones * 0x80) == 0;
}

size_t value_json_plain(const char *s, size_t len)
{
    size_t n = 0;
    while (len - n >= sizeof(uint64_t) && json_plain_word(s + n))
        n += sizeof(uint64_t);
    while (n < len && s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

void rbk_json_escape(struct rbk_buf *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t plain = value_json_plain(s + i, len - i);
        rbk_buf_append(out, s + i, plain);
        i += plain;
        if (i == len)
            break;
        uint32_t c;
        size_t n = rbk_utf8_decode(s + i, len - i, &c);
        if (n == 0)
            rbk_buf_puts(out, RBK_UTF8_REPLACEMENT);
        else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
            json_escape(out, (unsigned char)c);
        else
            rbk_buf_append(out, s + i, n);
        i += n ? n : 1;
    }
}

void rbk_json_string(struct rbk_buf *out, const char *s, size_t len)
{
    rbk_buf_reserve(out, len + 2);
    rbk_buf_putc(out, '"');
    rbk_json_escape(out, s, len);
    rbk_buf_putc(out, '"');
}

static void json_newline(struct rbk_buf *out, int indent, int depth)
{
    if (indent <= 0)
        return;
    size_t spaces = (size_t)indent * (size_t)depth;
    rbk_buf_putc(out, '\n');
    memset(rbk_buf_reserve(out, spaces), ' ', spaces);
    out->len += spaces;
}

static void json_append_members(struct rbk_buf *out, const rbk_value *v, int indent, int depth)
{
    bool is_map = v->type == RBK_MAP;
    size_t count = rbk_value_length(v);
    rbk_buf_putc(out, is_map ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            rbk_buf_putc(out, ',');
        json_newline(out, indent, depth + 1);
        if (is_map) {
            rbk_json_string(out, v->as.map.keys[i], strlen(v->as.map.keys[i]));
            rbk_buf_puts(out, indent > 0 ? ": " : ":");
        }
        rbk_json_append(out, is_map ? v->as.map.items[i] : v->as.list.items[i], indent, depth + 1);
    }
    if (count)
        json_newline(out, indent, depth);
    rbk_buf_putc(out, is_map ? '}' : ']');
}

void rbk_json_append(struct rbk_buf *out, const rbk_value *v, int indent, int depth)
{
    char number[VALUE_NUMBER_SIZE];
    switch (rbk_value_type(v)) {
    case RBK_NULL:
        rbk_buf_puts(out, "null");
        break;
    case RBK_NO_DATA:
        rbk_buf_puts(out, "\"no data\"");
        break;
    case RBK_BOOL:
        rbk_buf_puts(out, v->as.boolean ? "true" : "false");
        break;
    case RBK_INT:
        rbk_buf_printf(out, "%" PRId64, v->as.integer);
        break;
    case RBK_NUMBER:
        value_number_print(v->as.number.value, false, number);
        rbk_buf_puts(out, isfinite(v->as.number.value) ? number : "null");
        break;
    case RBK_STRING:
        rbk_json_string(out, v->as.string.data, v->as.string.len);
        break;
    case RBK_LIST:
    case RBK_MAP:
        json_append_members(out, v, indent, depth);
        break;
    }
}

char *rbk_value_to_json(const rbk_value *v, int indent)
{
    struct rbk_buf out = {0};
    rbk_json_append(&out, v, indent, 0);
    return rbk_buf_take(&out);
}
