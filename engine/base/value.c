/* Values: making, reading, comparing and freeing them. Maps are in value_map.c, text forms in value_text.c,
 * value_json.c and value_encode.c. */
#include <base/value_internal.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

static rbk_value *value_new(enum rbk_type type)
{
    rbk_value *v = rbk_alloc(sizeof *v);
    v->type = type;
    return v;
}

rbk_value *rbk_null_new(void)
{
    return value_new(RBK_NULL);
}

rbk_value *rbk_no_data_new(void)
{
    return value_new(RBK_NO_DATA);
}

rbk_value *rbk_bool_new(bool b)
{
    rbk_value *v = value_new(RBK_BOOL);
    v->as.boolean = b;
    return v;
}

rbk_value *rbk_int_new(int64_t i)
{
    rbk_value *v = value_new(RBK_INT);
    v->as.integer = i;
    return v;
}

rbk_value *rbk_number_new(double n, enum rbk_unit unit)
{
    return rbk_number_new_spelled(n, unit, NULL);
}

rbk_value *rbk_number_new_spelled(double n, enum rbk_unit unit, const char *spelling)
{
    rbk_value *v = value_new(RBK_NUMBER);
    v->unit = unit;
    v->as.number.value = n;
    v->as.number.spelling = rbk_strdup(spelling);
    return v;
}

rbk_value *rbk_string_new(const char *s)
{
    return rbk_string_new_len(s, strlen(s));
}

rbk_value *rbk_string_new_len(const char *s, size_t len)
{
    rbk_value *v = value_new(RBK_STRING);
    v->as.string.data = rbk_strndup(s, len);
    v->as.string.len = len;
    return v;
}

rbk_value *rbk_list_new(void)
{
    return value_new(RBK_LIST);
}

rbk_value *rbk_map_new(void)
{
    return value_new(RBK_MAP);
}

rbk_value *rbk_value_dup(const rbk_value *v)
{
    switch (rbk_value_type(v)) {
    case RBK_NULL:
        return rbk_null_new();
    case RBK_NO_DATA:
        return rbk_no_data_new();
    case RBK_BOOL:
        return rbk_bool_new(v->as.boolean);
    case RBK_INT:
        return rbk_int_new(v->as.integer);
    case RBK_NUMBER:
        return rbk_number_new_spelled(v->as.number.value, v->unit, v->as.number.spelling);
    case RBK_STRING:
        return rbk_string_new_len(v->as.string.data, v->as.string.len);
    case RBK_LIST:
    case RBK_MAP:
        break;
    }
    rbk_value *copy = value_new(v->type);
    for (size_t i = 0; i < rbk_value_length(v); i++) {
        if (v->type == RBK_LIST)
            rbk_list_append(copy, rbk_value_dup(v->as.list.items[i]));
        else
            rbk_map_set(copy, v->as.map.keys[i], rbk_value_dup(v->as.map.items[i]));
    }
    return copy;
}

void rbk_value_free(rbk_value *v)
{
    if (!v)
        return;
    if (v->type == RBK_STRING) {
        free(v->as.string.data);
    } else if (v->type == RBK_NUMBER) {
        free(v->as.number.spelling);
    } else if (v->type == RBK_LIST) {
        for (size_t i = 0; i < v->as.list.count; i++)
            rbk_value_free(v->as.list.items[i]);
        free(v->as.list.items);
    } else if (v->type == RBK_MAP) {
        value_map_clear(&v->as.map);
    }
    free(v);
}

enum rbk_type rbk_value_type(const rbk_value *v)
{
    return v ? v->type : RBK_NULL;
}

bool rbk_value_bool(const rbk_value *v)
{
    return rbk_value_type(v) == RBK_BOOL && v->as.boolean;
}

/* A cast of a double that int64_t cannot hold is undefined, so it saturates first. */
static int64_t integer_of(double n)
{
    if (n != n)
        return 0;
    if (n >= 9223372036854775808.0)
        return INT64_MAX;
    if (n < -9223372036854775808.0)
        return INT64_MIN;
    return (int64_t)n;
}

int64_t rbk_value_int(const rbk_value *v)
{
    if (rbk_value_type(v) == RBK_INT)
        return v->as.integer;
    return rbk_value_type(v) == RBK_NUMBER ? integer_of(v->as.number.value) : 0;
}

double rbk_value_number(const rbk_value *v)
{
    if (rbk_value_type(v) == RBK_NUMBER)
        return v->as.number.value;
    return rbk_value_type(v) == RBK_INT ? (double)v->as.integer : 0;
}

enum rbk_unit rbk_value_unit(const rbk_value *v)
{
    return rbk_value_type(v) == RBK_NUMBER ? v->unit : RBK_UNIT_NONE;
}

const char *rbk_value_string(const rbk_value *v)
{
    return rbk_value_type(v) == RBK_STRING ? v->as.string.data : NULL;
}

size_t rbk_value_length(const rbk_value *v)
{
    switch (rbk_value_type(v)) {
    case RBK_STRING:
        return v->as.string.len;
    case RBK_LIST:
        return v->as.list.count;
    case RBK_MAP:
        return v->as.map.count;
    default:
        return 0;
    }
}

static bool is_numeric(const rbk_value *v)
{
    return rbk_value_type(v) == RBK_INT || rbk_value_type(v) == RBK_NUMBER;
}

static bool numbers_equal(const rbk_value *a, const rbk_value *b)
{
    if (a->type == RBK_INT && b->type == RBK_INT)
        return a->as.integer == b->as.integer;
    return rbk_value_unit(a) == rbk_value_unit(b) && rbk_value_number(a) == rbk_value_number(b);
}

static bool lists_equal(const rbk_value *a, const rbk_value *b)
{
    for (size_t i = 0; i < a->as.list.count; i++)
        if (!rbk_value_equal(a->as.list.items[i], b->as.list.items[i]))
            return false;
    return true;
}

static bool maps_equal(const rbk_value *a, const rbk_value *b)
{
    for (size_t i = 0; i < a->as.map.count; i++) {
        const rbk_value *other = rbk_map_get(b, a->as.map.keys[i]);
        if (!other || !rbk_value_equal(a->as.map.items[i], other))
            return false;
    }
    return true;
}

bool rbk_value_equal(const rbk_value *a, const rbk_value *b)
{
    if (is_numeric(a) && is_numeric(b))
        return numbers_equal(a, b);
    if (rbk_value_type(a) != rbk_value_type(b) || rbk_value_length(a) != rbk_value_length(b))
        return false;
    switch (rbk_value_type(a)) {
    case RBK_BOOL:
        return a->as.boolean == b->as.boolean;
    case RBK_STRING:
        return memcmp(a->as.string.data, b->as.string.data, a->as.string.len) == 0;
    case RBK_LIST:
        return lists_equal(a, b);
    case RBK_MAP:
        return maps_equal(a, b);
    default:
        return true;
    }
}

void rbk_list_append(rbk_value *list, rbk_value *item)
{
    struct value_list *l = &list->as.list;
    RBK_GROW(l->items, l->count, l->cap);
    l->items[l->count++] = item;
}

const rbk_value *rbk_list_at(const rbk_value *list, size_t i)
{
    return rbk_value_type(list) == RBK_LIST && i < list->as.list.count ? list->as.list.items[i] : NULL;
}
