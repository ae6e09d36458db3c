/* Looking at a tree of nodes: by key, and a scalar's type by YAML 1.2's core schema
 * (https://yaml.org/spec/1.2.2/#103-core-schema). */
#include <config/node.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t node_index(const struct config_node *n, const char *key)
{
    for (size_t i = 0; i < n->count; i++) {
        if (strcmp(n->keys[i]->text, key) == 0) {
            return i;
        }
    }
    return n->count;
}

const struct config_node *config_node_get(const struct config_node *n, const char *key)
{
    if (!n || n->kind != CONFIG_MAP) {
        return NULL;
    }
    size_t i = node_index(n, key);
    return i < n->count ? n->items[i] : NULL;
}

const struct config_node *config_node_key(const struct config_node *n, const char *key)
{
    if (!n || n->kind != CONFIG_MAP) {
        return NULL;
    }
    size_t i = node_index(n, key);
    return i < n->count ? n->keys[i] : NULL;
}

static bool scalar_is_one_of(const char *text, const char *const words[3])
{
    return strcmp(text, words[0]) == 0 || strcmp(text, words[1]) == 0 || strcmp(text, words[2]) == 0;
}

bool config_node_is_null(const struct config_node *n)
{
    static const char *const nulls[3] = {"null", "Null", "NULL"};
    return n->kind == CONFIG_SCALAR && n->plain &&
           (n->text[0] == '\0' || strcmp(n->text, "~") == 0 || scalar_is_one_of(n->text, nulls));
}

const char *config_node_what(const struct config_node *n)
{
    if (n->kind == CONFIG_LIST) {
        return "a list";
    }
    if (n->kind == CONFIG_MAP) {
        return "a map";
    }
    return config_node_is_null(n) ? "nothing" : "text";
}

/* [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+ that fits 64 bits. */
static bool scalar_integer(const char *text, int64_t *out)
{
    const char *digits = text, *set = "0123456789";
    int base = 10;
    char *end = NULL;

    if (text[0] == '0' && (text[1] == 'o' || text[1] == 'x')) {
        base = text[1] == 'o' ? 8 : 16;
        set = text[1] == 'o' ? "01234567" : "0123456789abcdefABCDEF";
        digits = text + 2;
    } else if (text[0] == '-' || text[0] == '+') {
        digits = text + 1;
    }
    if (!*digits || digits[strspn(digits, set)]) {
        return false;
    }
    errno = 0;
    *out = strtoll(base == 10 ? text : digits, &end, base);
    return errno == 0;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? and .inf, .nan */
static bool scalar_float(const char *text, double *out)
{
    static const char *const infinite[3] = {".inf", ".Inf", ".INF"}, *const not_numbers[3] = {".nan", ".NaN", ".NAN"};
    const char *body = text + (text[0] == '-' || text[0] == '+');
    char *end = NULL;

    if (scalar_is_one_of(body, infinite)) {
        *out = text[0] == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (scalar_is_one_of(text, not_numbers)) {
        *out = NAN;
        return true;
    }
    bool starts = (body[0] >= '0' && body[0] <= '9') || (body[0] == '.' && body[1] >= '0' && body[1] <= '9');
    if (!starts || body[strspn(body, "0123456789.eE+-")]) {
        return false;
    }
    *out = strtod(text, &end);
    return *end == '\0';
}

rbk_value *config_node_scalar(const struct config_node *n)
{
    static const char *const yes[3] = {"true", "True", "TRUE"}, *const no[3] = {"false", "False", "FALSE"};
    int64_t integer;
    double number;

    if (!n->plain) {
        return rbk_string_new(n->text);
    }
    if (config_node_is_null(n)) {
        return rbk_null_new();
    }
    if (scalar_is_one_of(n->text, yes) || scalar_is_one_of(n->text, no)) {
        return rbk_bool_new(n->text[0] == 't' || n->text[0] == 'T');
    }
    if (scalar_integer(n->text, &integer)) {
        return rbk_int_new(integer);
    }
    if (scalar_float(n->text, &number)) {
        return rbk_number_new_spelled(number, RBK_UNIT_NONE, n->text);
    }
    return rbk_string_new(n->text);
}
