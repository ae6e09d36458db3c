/* The lossless form of a value for the store: JSON in which what JSON lacks is an object with one key that starts with
 * `$`. Everything else is plain, so that a person with the sqlite3 shell can read it.
 *
 *   {"$no_data":true}               no data
 *   {"$q":[86400,"seconds","24h"]}  a number with a unit and, when there is one, its spelling
 *   {"$n":"inf"}                    inf, -inf or nan
 *   {"$hex":"ff00"}                 a string that is not UTF-8
 *   {"$pairs":[["k",1]]}            a map with a key that is not UTF-8 or starts with `$`
 */
#include <base/value_internal.h>

#include <base/mem.h>
#include <base/str.h>
#include <base/utf8.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void encode_string(struct rbk_buf *out, const char *s, size_t len)
{
    if (value_json_plain(s, len) == len || rbk_utf8_valid(s, len)) {
        rbk_json_string(out, s, len);
        return;
    }
    rbk_buf_puts(out, "{\"$hex\":\"");
    for (size_t i = 0; i < len; i++)
        rbk_buf_printf(out, "%02x", (unsigned char)s[i]);
    rbk_buf_puts(out, "\"}");
}

static void encode_number(struct rbk_buf *out, const rbk_value *v)
{
    double n = v->as.number.value;
    char text[VALUE_NUMBER_SIZE + 16];
    value_number_print(n, true, text);
    if (!isfinite(n)) {
        const char *name = isnan(n) ? "nan" : n > 0 ? "inf" : "-inf";
        snprintf(text, sizeof text, "{\"$n\":\"%s\"}", name);
    }
    if (v->unit == RBK_UNIT_NONE && !v->as.number.spelling) {
        rbk_buf_puts(out, text);
        return;
    }
    rbk_buf_printf(out, "{\"$q\":[%s,\"%s\"", text, rbk_unit_name(v->unit));
    if (v->as.number.spelling) {
        rbk_buf_putc(out, ',');
        encode_string(out, v->as.number.spelling, strlen(v->as.number.spelling));
    }
    rbk_buf_puts(out, "]}");
}

static void encode_append(struct rbk_buf *out, const rbk_value *v);

static void encode_list(struct rbk_buf *out, const struct value_list *list)
{
    rbk_buf_putc(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            rbk_buf_putc(out, ',');
        encode_append(out, list->items[i]);
    }
    rbk_buf_putc(out, ']');
}

static bool needs_pairs(const struct value_map *map)
{
    for (size_t i = 0; i < map->count; i++)
        if (map->keys[i][0] == '$' || !rbk_utf8_valid(map->keys[i], strlen(map->keys[i])))
            return true;
    return false;
}

static void encode_map(struct rbk_buf *out, const struct value_map *map)
{
    bool pairs = needs_pairs(map);
    rbk_buf_puts(out, pairs ? "{\"$pairs\":[" : "{");
    for (size_t i = 0; i < map->count; i++) {
        rbk_buf_puts(out, i ? "," : "");
        rbk_buf_puts(out, pairs ? "[" : "");
        encode_string(out, map->keys[i], strlen(map->keys[i]));
        rbk_buf_putc(out, pairs ? ',' : ':');
        encode_append(out, map->items[i]);
        rbk_buf_puts(out, pairs ? "]" : "");
    }
    rbk_buf_puts(out, pairs ? "]}" : "}");
}

static void encode_append(struct rbk_buf *out, const rbk_value *v)
{
    switch (rbk_value_type(v)) {
    case RBK_NULL:
        rbk_buf_puts(out, "null");
        break;
    case RBK_NO_DATA:
        rbk_buf_puts(out, "{\"$no_data\":true}");
        break;
    case RBK_BOOL:
        rbk_buf_puts(out, v->as.boolean ? "true" : "false");
        break;
    case RBK_INT:
        rbk_buf_printf(out, "%" PRId64, v->as.integer);
        break;
    case RBK_NUMBER:
        encode_number(out, v);
        break;
    case RBK_STRING:
        encode_string(out, v->as.string.data, v->as.string.len);
        break;
    case RBK_LIST:
        encode_list(out, &v->as.list);
        break;
    case RBK_MAP:
        encode_map(out, &v->as.map);
        break;
    }
}

char *rbk_value_encode(const rbk_value *v)
{
    struct rbk_buf out = {0};
    if (rbk_value_type(v) == RBK_MAP) /* most come to this: what doubles from nothing is copied five times */
        rbk_buf_reserve(&out, 512);
    encode_append(&out, v);
    return rbk_buf_take(&out);
}
