/* Reading back what value_encode.c wrote. The store is ours but a disk is not to be trusted, so every form is checked.
 */
#include <base/value_internal.h>

#include <base/mem.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One level of a value takes up to three of the encoded form ($pairs). */
enum { ENCODED_DEPTH_MAX = 640 };

static rbk_value *decode(const rbk_value *j);

static rbk_value *decode_hex(const rbk_value *j)
{
    const char *hex = rbk_value_string(j);
    size_t digits = rbk_value_length(j);
    if (!hex || digits % 2 || strspn(hex, "0123456789abcdef") != digits)
        return NULL;
    struct rbk_buf bytes = {0};
    for (size_t i = 0; i < digits; i += 2)
        rbk_buf_putc(&bytes, (char)strtol((char[]){hex[i], hex[i + 1], '\0'}, NULL, 16));
    rbk_value *v = rbk_string_new_len(bytes.data ? bytes.data : "", bytes.len);
    rbk_buf_fini(&bytes);
    return v;
}

static rbk_value *decode_special_number(const rbk_value *j)
{
    const char *name = rbk_value_string(j);
    if (name && strcmp(name, "nan") == 0)
        return rbk_number_new(NAN, RBK_UNIT_NONE);
    if (name && strcmp(name, "inf") == 0)
        return rbk_number_new(INFINITY, RBK_UNIT_NONE);
    if (name && strcmp(name, "-inf") == 0)
        return rbk_number_new(-INFINITY, RBK_UNIT_NONE);
    return NULL;
}

static bool decode_unit(const char *name, enum rbk_unit *unit)
{
    for (int u = RBK_UNIT_NONE; name && u <= RBK_UNIT_RATIO; u++) {
        if (strcmp(name, rbk_unit_name((enum rbk_unit)u)) == 0) {
            *unit = (enum rbk_unit)u;
            return true;
        }
    }
    return false;
}

static rbk_value *decode_quantity(const rbk_value *j)
{
    enum rbk_unit unit;
    if (!decode_unit(rbk_value_string(rbk_list_at(j, 1)), &unit))
        return NULL;
    rbk_value *n = decode(rbk_list_at(j, 0));
    rbk_value *spelling = rbk_value_length(j) > 2 ? decode(rbk_list_at(j, 2)) : NULL;
    rbk_value *v = NULL;
    if (rbk_value_type(n) == RBK_NUMBER && rbk_value_length(j) <= 3 &&
        (rbk_value_length(j) == 2 || rbk_value_string(spelling)))
        v = rbk_number_new_spelled(rbk_value_number(n), unit, rbk_value_string(spelling));
    rbk_value_free(n);
    rbk_value_free(spelling);
    return v;
}

static bool decode_pair(rbk_value *map, const rbk_value *pair)
{
    rbk_value *key = decode(rbk_list_at(pair, 0));
    rbk_value *item = decode(rbk_list_at(pair, 1));
    bool ok = rbk_value_length(pair) == 2 && rbk_value_string(key) && item;
    if (ok)
        rbk_map_set(map, rbk_value_string(key), item);
    else
        rbk_value_free(item);
    rbk_value_free(key);
    return ok;
}

static rbk_value *decode_pairs(const rbk_value *j)
{
    if (rbk_value_type(j) != RBK_LIST)
        return NULL;
    rbk_value *map = rbk_map_new();
    for (size_t i = 0; i < rbk_value_length(j); i++) {
        if (!decode_pair(map, rbk_list_at(j, i))) {
            rbk_value_free(map);
            return NULL;
        }
    }
    return map;
}

static rbk_value *decode_tagged(const char *tag, const rbk_value *j)
{
    if (strcmp(tag, "$no_data") == 0)
        return rbk_value_bool(j) ? rbk_no_data_new() : NULL;
    if (strcmp(tag, "$q") == 0)
        return decode_quantity(j);
    if (strcmp(tag, "$n") == 0)
        return decode_special_number(j);
    if (strcmp(tag, "$hex") == 0)
        return decode_hex(j);
    if (strcmp(tag, "$pairs") == 0)
        return decode_pairs(j);
    return NULL;
}

static rbk_value *decode_list(const rbk_value *j)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < rbk_value_length(j); i++) {
        rbk_value *item = decode(rbk_list_at(j, i));
        if (!item) {
            rbk_value_free(list);
            return NULL;
        }
        rbk_list_append(list, item);
    }
    return list;
}

static rbk_value *decode_map(const rbk_value *j)
{
    const char *first = rbk_map_key_at(j, 0);
    if (first && first[0] == '$')
        return rbk_value_length(j) == 1 ? decode_tagged(first, rbk_map_value_at(j, 0)) : NULL;
    rbk_value *map = rbk_map_new();
    for (size_t i = 0; i < rbk_value_length(j); i++) {
        rbk_value *item = decode(rbk_map_value_at(j, i));
        if (!item) {
            rbk_value_free(map);
            return NULL;
        }
        rbk_map_set(map, rbk_map_key_at(j, i), item);
    }
    return map;
}

/* NULL when j is no encoded value. */
static rbk_value *decode(const rbk_value *j)
{
    if (!j)
        return NULL;
    if (rbk_value_type(j) == RBK_LIST)
        return decode_list(j);
    if (rbk_value_type(j) == RBK_MAP)
        return decode_map(j);
    return rbk_value_dup(j);
}

/* Most values hold nothing that JSON lacks: then the document is the value. */
static bool is_plain(const char *text, size_t len)
{
    return memmem(text, len, "\"$", 2) == NULL && memmem(text, len, "\"\\u0024", 7) == NULL;
}

rbk_value *rbk_value_decode(const char *text, size_t len, struct rbk_error *err)
{
    rbk_value *document = value_json_parse(text, len, ENCODED_DEPTH_MAX, err);
    if (!document || is_plain(text, len))
        return document;
    rbk_value *v = decode(document);
    rbk_value_free(document);
    if (!v)
        rbk_error_set(err, RBK_EMALFORMED, "a stored value is damaged: %.*s", (int)(len < 200 ? len : 200), text);
    return v;
}
