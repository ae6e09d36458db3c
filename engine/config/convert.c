/* Converting leaves: one function per type of the table. A value that does not fit is a problem at its place that says
 * what was written, what is wanted and how that looks. */
#include <base/mem.h>
#include <config/convert.h>
#include <config/leaf.h>
#include <config/words.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

rbk_value *config_leaf_refuse(const struct config_leaf *l, const struct config_node *n)
{
    const char *hint = config_type_hint(l->key->type), *noun = config_type_noun(l->key->type);
    if (n->kind != CONFIG_SCALAR || config_node_is_null(n)) {
        config_problem_error(l->problems, n, hint, "%s: expected %s, found %s", l->name, noun, config_node_what(n));
    } else {
        config_problem_error(l->problems, n, hint, "%s: \"%.100s\" is not %s", l->name, n->text, noun);
    }
    return NULL;
}

bool config_leaf_is_text(const struct config_node *n)
{
    return n->kind == CONFIG_SCALAR && !config_node_is_null(n);
}

/* Numbers and truth values keep the spelling of the file: `command: true` is the program of that name. */
static rbk_value *convert_string(const struct config_leaf *l, const struct config_node *n)
{
    return config_leaf_is_text(n) && n->text[0] ? rbk_string_new(n->text) : config_leaf_refuse(l, n);
}

static void split_choices(const char *choices, struct rbk_strv *out)
{
    char special;
    config_words_split(choices, out, &special);
}

static rbk_value *convert_choice(const struct config_leaf *l, const struct config_node *n)
{
    struct rbk_strv choices = {0};
    struct rbk_buf list = {0};
    rbk_value *out = NULL;

    if (!config_leaf_is_text(n)) {
        return config_leaf_refuse(l, n);
    }
    split_choices(l->key->choices, &choices);
    if (rbk_strv_has(&choices, n->text)) {
        out = rbk_string_new(n->text);
        goto out;
    }
    const char *meant = rbk_did_you_mean(n->text, (const char *const *)choices.items, choices.count);
    if (meant) {
        rbk_buf_printf(&list, "did you mean \"%s\"?", meant);
    } else {
        rbk_buf_puts(&list, "write one of:");
        for (size_t i = 0; i < choices.count; i++) {
            rbk_buf_printf(&list, "%s %s", i ? "," : "", choices.items[i]);
        }
    }
    config_problem_error(l->problems, n, list.data, "%s: \"%.100s\" is not known", l->name, n->text);
out:
    rbk_buf_fini(&list);
    rbk_strv_fini(&choices);
    return out;
}

static rbk_value *convert_bool(const struct config_leaf *l, const struct config_node *n)
{
    rbk_value *v = n->kind == CONFIG_SCALAR ? config_node_scalar(n) : NULL;
    if (rbk_value_type(v) == RBK_BOOL) {
        return v;
    }
    rbk_value_free(v);
    return config_leaf_refuse(l, n);
}

static rbk_value *convert_count(const struct config_leaf *l, const struct config_node *n)
{
    rbk_value *v = n->kind == CONFIG_SCALAR ? config_node_scalar(n) : NULL;
    if (rbk_value_type(v) == RBK_INT && rbk_value_int(v) >= 1 && rbk_value_int(v) <= INT_MAX) {
        return v;
    }
    rbk_value_free(v);
    return config_leaf_refuse(l, n);
}

/* A quantity of one unit that is not negative; a bare 0 fits every unit, other bare numbers lack theirs. */
static rbk_value *convert_unit(const struct config_leaf *l, const struct config_node *n, enum rbk_unit unit)
{
    struct rbk_quantity q;
    if (!config_leaf_is_text(n) || rbk_quantity_parse(n->text, strlen(n->text), &q, NULL)) {
        return config_leaf_refuse(l, n);
    }
    if (q.unit == RBK_UNIT_NONE && q.value != 0) {
        config_problem_error(l->problems, n, config_type_hint(l->key->type), "%s: %.100s has no unit", l->name,
                             n->text);
        return NULL;
    }
    if (q.value < 0) {
        config_problem_error(l->problems, n, config_type_hint(l->key->type), "%s: %.100s is below zero", l->name,
                             n->text);
        return NULL;
    }
    /* beyond 9e15 is a slip: it is not exact in a double, and milliseconds would not fit 64 bits */
    if ((q.unit != unit && q.unit != RBK_UNIT_NONE) || q.value > 9e15) {
        return config_leaf_refuse(l, n);
    }
    return rbk_number_new_spelled(q.value, unit, n->text);
}

static rbk_value *convert_duration(const struct config_leaf *l, const struct config_node *n)
{
    return convert_unit(l, n, RBK_UNIT_SECONDS);
}

static rbk_value *convert_response(const struct config_leaf *l, const struct config_node *n)
{
    if (config_leaf_is_text(n) && strcmp(n->text, "immediate") == 0) {
        return rbk_number_new_spelled(0, RBK_UNIT_SECONDS, "immediate");
    }
    return convert_unit(l, n, RBK_UNIT_SECONDS);
}

static rbk_value *convert_size(const struct config_leaf *l, const struct config_node *n)
{
    return convert_unit(l, n, RBK_UNIT_BYTES);
}

static rbk_value *convert_percent(const struct config_leaf *l, const struct config_node *n)
{
    return convert_unit(l, n, RBK_UNIT_RATIO);
}

static rbk_value *convert_quantity(const struct config_leaf *l, const struct config_node *n)
{
    struct rbk_quantity q;
    if (!config_leaf_is_text(n) || rbk_quantity_parse(n->text, strlen(n->text), &q, NULL)) {
        return config_leaf_refuse(l, n);
    }
    return rbk_number_new_spelled(q.value, q.unit, n->text);
}

/* N/s, N/m or N/h, kept as a number per second. */
static rbk_value *convert_rate(const struct config_leaf *l, const struct config_node *n)
{
    struct rbk_quantity q;
    const char *slash = config_leaf_is_text(n) ? strchr(n->text, '/') : NULL;
    if (!slash || rbk_quantity_parse(n->text, (size_t)(slash - n->text), &q, NULL) || q.unit != RBK_UNIT_NONE ||
        q.value <= 0 || slash[1] == '\0' || slash[2] != '\0' || !strchr("smh", slash[1])) {
        return config_leaf_refuse(l, n);
    }
    double seconds = slash[1] == 's' ? 1 : slash[1] == 'm' ? 60 : 3600;
    return rbk_number_new_spelled(q.value / seconds, RBK_UNIT_NONE, n->text);
}

static rbk_value *convert_address(const struct config_leaf *l, const struct config_node *n)
{
    const char *colon = config_leaf_is_text(n) ? strrchr(n->text, ':') : NULL;
    char *end = NULL;
    long port = colon && colon[1] >= '0' && colon[1] <= '9' ? strtol(colon + 1, &end, 10) : 0;
    if (!colon || colon == n->text || port < 1 || port > 65535 || *end) {
        return config_leaf_refuse(l, n);
    }
    return rbk_string_new(n->text);
}

static bool variable_name_ok(const char *s)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
    return *s && strchr(first, *s) && s[len] == '\0';
}

/* An entry without a value is the empty string: `DISPLAY:` takes a variable away from most programs. */
static rbk_value *convert_variables(const struct config_leaf *l, const struct config_node *n)
{
    if (n->kind != CONFIG_MAP) {
        return config_leaf_refuse(l, n);
    }
    rbk_value *map = rbk_map_new();
    for (size_t i = 0; i < n->count; i++) {
        const struct config_node *item = n->items[i];
        bool named = variable_name_ok(n->keys[i]->text);
        if (!named || item->kind != CONFIG_SCALAR) {
            config_problem_error(l->problems, named ? item : n->keys[i],
                                 named ? "write one value" : "letters, digits and _ only", "%s: \"%.100s\" is %s",
                                 l->name, n->keys[i]->text, named ? config_node_what(item) : "no name of a variable");
            rbk_value_free(map);
            return NULL;
        }
        rbk_map_set_string(map, n->keys[i]->text, config_node_is_null(item) ? "" : item->text);
    }
    return map;
}

static rbk_value *convert_scalars(const struct config_leaf *l, const struct config_node *n)
{
    if (n->kind != CONFIG_MAP) {
        return config_leaf_refuse(l, n);
    }
    rbk_value *map = rbk_map_new();
    for (size_t i = 0; i < n->count; i++) {
        const struct config_node *item = n->items[i];
        if (!config_leaf_is_text(item)) {
            config_problem_error(l->problems, item, "write text, a number, true or false", "%s.%.100s is %s", l->name,
                                 n->keys[i]->text, config_node_what(item));
            rbk_value_free(map);
            return NULL;
        }
        rbk_map_set(map, n->keys[i]->text, config_node_scalar(item));
    }
    return map;
}

static bool date_digits(const char *s, const char *shape)
{
    for (; *shape; s++, shape++) {
        if (*shape == '0' ? *s < '0' || *s > '9' : *s != *shape) {
            return false;
        }
    }
    return *s == '\0';
}

/* The 31st of a short month is the first of the next to whoever reads it. */
static rbk_value *convert_date(const struct config_leaf *l, const struct config_node *n)
{
    int month = 0, day = 0, hour = 0, minute = 0;
    if (!config_leaf_is_text(n) || (!date_digits(n->text, "0000-00-00") && !date_digits(n->text, "0000-00-00 00:00"))) {
        return config_leaf_refuse(l, n);
    }
    sscanf(n->text + 5, "%2d-%2d %2d:%2d", &month, &day, &hour, &minute);
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59) {
        return config_leaf_refuse(l, n);
    }
    return rbk_string_new(n->text);
}

typedef rbk_value *convert_fn(const struct config_leaf *l, const struct config_node *n);
static convert_fn *const converters[] = {
    [CONFIG_TYPE_STRING] = convert_string,
    [CONFIG_TYPE_CHOICE] = convert_choice,
    [CONFIG_TYPE_BOOL] = convert_bool,
    [CONFIG_TYPE_COUNT] = convert_count,
    [CONFIG_TYPE_DURATION] = convert_duration,
    [CONFIG_TYPE_RESPONSE] = convert_response,
    [CONFIG_TYPE_SIZE] = convert_size,
    [CONFIG_TYPE_PERCENT] = convert_percent,
    [CONFIG_TYPE_QUANTITY] = convert_quantity,
    [CONFIG_TYPE_RATE] = convert_rate,
    [CONFIG_TYPE_ADDRESS] = convert_address,
    [CONFIG_TYPE_COMMAND] = config_convert_command,
    [CONFIG_TYPE_COMMANDS] = config_convert_commands,
    [CONFIG_TYPE_STRINGS] = config_convert_strings,
    [CONFIG_TYPE_VARIABLES] = convert_variables,
    [CONFIG_TYPE_SCALARS] = convert_scalars,
    [CONFIG_TYPE_DATE] = convert_date,
};

rbk_value *config_convert(struct config_problems *p, const char *name, const struct config_key *key,
                          const struct config_node *n)
{
    const struct config_leaf leaf = {p, name, key};
    return converters[key->type](&leaf, n);
}

rbk_value *config_convert_default(const struct config_key *key)
{
    struct config_problems none = {.file = "default"};
    struct config_node n = {.kind = CONFIG_SCALAR, .plain = true, .text = rbk_strdup(key->dflt)};
    rbk_value *v = config_convert(&none, key->path, key, &n);
    free(n.text);
    config_problems_fini(&none);
    return v;
}
