/* Reading JSON: jansson does it (exact 64-bit integers), bounded in depth before it starts so that the place of a
 * document that is too deep is known. */
#include <base/value_internal.h>

#include <base/mem.h>
#include <jansson.h>

enum { DOCUMENT_DEPTH_MAX = 200 };

/* Counts brackets outside strings. The document may be wrong in any way; jansson judges that afterwards. */
static int json_check_depth(const char *text, size_t len, int depth_max, struct rbk_error *err)
{
    int depth = 0, line = 1;
    size_t line_start = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '\n') {
            line++;
            line_start = i + 1;
        } else if (in_string && c == '\\') {
            i++;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '[' || c == '{') && ++depth > depth_max) {
            rbk_error_set(err, RBK_EMALFORMED, "JSON is nested more than %d levels deep", depth_max);
            rbk_error_at(err, NULL, line, (int)(i - line_start) + 1);
            return RBK_EMALFORMED;
        } else if (!in_string && (c == ']' || c == '}')) {
            depth--;
        }
    }
    return RBK_OK;
}

static rbk_value *value_of_json(const json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_TRUE:
    case JSON_FALSE:
        return rbk_bool_new(json_is_true(j));
    case JSON_INTEGER:
        return rbk_int_new(json_integer_value(j));
    case JSON_REAL:
        return rbk_number_new(json_real_value(j), RBK_UNIT_NONE);
    case JSON_STRING:
        return rbk_string_new_len(json_string_value(j), json_string_length(j));
    case JSON_NULL:
        return rbk_null_new();
    case JSON_ARRAY: {
        rbk_value *list = rbk_list_new();
        for (size_t i = 0; i < json_array_size(j); i++)
            rbk_list_append(list, value_of_json(json_array_get(j, i)));
        return list;
    }
    case JSON_OBJECT:
        break;
    }
    rbk_value *map = rbk_map_new();
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)j, key, item) rbk_map_set(map, key, value_of_json(item));
    return map;
}

rbk_value *value_json_parse(const char *text, size_t len, int depth_max, struct rbk_error *err)
{
    if (json_check_depth(text, len, depth_max, err) != RBK_OK)
        return NULL;
    json_error_t problem;
    json_t *document = json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &problem);
    if (!document) {
        rbk_error_set(err, RBK_EMALFORMED, "not valid JSON: %s", problem.text);
        rbk_error_at(err, NULL, problem.line, problem.column);
        return NULL;
    }
    rbk_value *v = value_of_json(document);
    json_decref(document);
    return v;
}

rbk_value *rbk_value_from_json(const char *text, size_t len, struct rbk_error *err)
{
    return value_json_parse(text, len, DOCUMENT_DEPTH_MAX, err);
}
