/* Converting leaves: one function per type of the table. A value that does not fit is a problem at its place that says
 * what was written, what is wanted and how that looks. */
#include <base/mem.h>
#include <config/convert.h>
#include <config/words.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct leaf { /* what every conversion is given */
    struct config_problems *problems;
    const char *name;
    const struct config_key *key;
};

static rbk_value *leaf_refuse(const struct leaf *l, const struct config_node *n)
{
    const char *hint = config_type_hint(l->key->type), *noun = config_type_noun(l->key->type);
    if (n->kind != CONFIG_SCALAR || config_node_is_null(n)) {
        config_problem_error(l->problems, n, hint, "%s: expected %s, found %s", l->name, noun, config_node_what(n));
    } else {
        config_problem_error(l->problems, n, hint, "%s: \"%.100s\" is not %s", l->name, n->text, noun);
    }
    return NULL;
}

static bool leaf_is_text(const struct config_node *n)
{
    return n->kind == CONFIG_SCALAR && !config_node_is_null(n);
}

/* Numbers and truth values keep the spelling of the file: `command: true` is the program of that name. */
static rbk_value *convert_string(const struct leaf *l, const struct config_node *n)
{
    return leaf_is_text(n) && n->text[0] ? rbk_string_new(n->text) : leaf_refuse(l, n);
}

static void split_choices(const char *choices, struct rbk_strv *out)
{
    char special;
    config_words_split(choices, out, &special);
}

static rbk_value *convert_choice(const struct leaf *l, const struct config_node *n)
{
    struct rbk_strv choices = {0};
    struct rbk_buf list = {0};
    rbk_value *out = NULL;

    if (!leaf_is_text(n)) {
        return leaf_refuse(l, n);
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

static rbk_value *convert_count(const struct leaf *l, const struct config_node *n)
{
    rbk_value *v = n->kind == CONFIG_SCALAR ? config_node_scalar(n) : NULL;
    if (rbk_value_type(v) == RBK_INT && rbk_value_int(v) >= 1 && rbk_value_int(v) <= INT_MAX) {
        return v;
    }
    rbk_value_free(v);
    return leaf_refuse(l, n);
}

/* A quantity of one unit that is not negative; a bare 0 fits every unit, other bare numbers lack theirs. */
static rbk_value *convert_unit(const struct leaf *l, const struct config_node *n, enum rbk_unit unit)
{
    struct rbk_quantity q;
    if (!leaf_is_text(n) || rbk_quantity_parse(n->text, strlen(n->text), &q, NULL)) {
        return leaf_refuse(l, n);
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
        return leaf_refuse(l, n);
    }
    return rbk_number_new_spelled(q.value, unit, n->text);
}

static rbk_value *convert_duration(const struct leaf *l, const struct config_node *n)
{
    return convert_unit(l, n, RBK_UNIT_SECONDS);
}

static rbk_value *convert_response(const struct leaf *l, const struct config_node *n)
{
    if (leaf_is_text(n) && strcmp(n->text, "immediate") == 0) {
        return rbk_number_new_spelled(0, RBK_UNIT_SECONDS, "immediate");
    }
    return convert_unit(l, n, RBK_UNIT_SECONDS);
}

static rbk_value *convert_size(const struct leaf *l, const struct config_node *n)
{
    return convert_unit(l, n, RBK_UNIT_BYTES);
}

static rbk_value *convert_percent(const struct leaf *l, const struct config_node *n)
{
    return convert_unit(l, n, RBK_UNIT_RATIO);
}

static rbk_value *convert_quantity(const struct leaf *l, const struct config_node *n)
{
    struct rbk_quantity q;
    if (!leaf_is_text(n) || rbk_quantity_parse(n->text, strlen(n->text), &q, NULL)) {
        return leaf_refuse(l, n);
    }
    return rbk_number_new_spelled(q.value, q.unit, n->text);
}

/* N/s, N/m or N/h, kept as a number per second. */
static rbk_value *convert_rate(const struct leaf *l, const struct config_node *n)
{
    struct rbk_quantity q;
    const char *slash = leaf_is_text(n) ? strchr(n->text, '/') : NULL;
    if (!slash || rbk_quantity_parse(n->text, (size_t)(slash - n->text), &q, NULL) || q.unit != RBK_UNIT_NONE ||
        q.value <= 0 || slash[1] == '\0' || slash[2] != '\0' || !strchr("smh", slash[1])) {
        return leaf_refuse(l, n);
    }
    double seconds = slash[1] == 's' ? 1 : slash[1] == 'm' ? 60 : 3600;
    return rbk_number_new_spelled(q.value / seconds, RBK_UNIT_NONE, n->text);
}

static rbk_value *convert_address(const struct leaf *l, const struct config_node *n)
{
    const char *colon = leaf_is_text(n) ? strrchr(n->text, ':') : NULL;
    char *end = NULL;
    long port = colon && colon[1] >= '0' && colon[1] <= '9' ? strtol(colon + 1, &end, 10) : 0;
    if (!colon || colon == n->text || port < 1 || port > 65535 || *end) {
        return leaf_refuse(l, n);
    }
    return rbk_string_new(n->text);
}

static rbk_value *words_to_list(const struct rbk_strv *words)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < words->count; i++) {
        rbk_list_append(list, rbk_string_new(words->items[i]));
    }
    return list;
}

/* What a shell would have understood and the words alone do not say. */
static bool command_warn(const struct leaf *l, const struct config_node *n, const struct rbk_strv *words, char special)
{
    if (strchr(words->items[0], '=') && rbk_ends_with(l->name, "command")) {
        config_problem_error(l->problems, n, "put the variable under env: beside the command",
                             "%s: no shell reads it, so \"%.100s\" would be the program", l->name, words->items[0]);
        return false;
    }
    if (special) {
        config_problem_warning(l->problems, n, "quote it, or write [sh, -c, \"...\"] when a shell is meant",
                               "%s: no shell reads it, so the %c is passed as it is", l->name, special);
    }
    return true;
}

static rbk_value *command_from_text(const struct leaf *l, const struct config_node *n)
{
    struct rbk_strv words = {0};
    rbk_value *out = NULL;
    char special = 0;
    const char *problem = config_words_split(n->text, &words, &special);

    if (problem) {
        config_problem_error(l->problems, n, "close it, or write the command as a list of words", "%s: %s", l->name,
                             problem);
    } else if (words.count == 0 || !words.items[0][0]) {
        config_problem_error(l->problems, n, config_type_hint(l->key->type), "%s is empty", l->name);
    } else if (command_warn(l, n, &words, special)) {
        out = words_to_list(&words);
    }
    rbk_strv_fini(&words);
    return out;
}

static rbk_value *list_of_text(const struct leaf *l, const struct config_node *n, bool may_be_empty_text)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < n->count; i++) {
        const struct config_node *item = n->items[i];
        if (!leaf_is_text(item) || (!item->text[0] && !may_be_empty_text)) {
            config_problem_error(l->problems, item, config_type_hint(l->key->type), "%s: item %zu is %s, not a word",
                                 l->name, i + 1, leaf_is_text(item) ? "empty" : config_node_what(item));
            rbk_value_free(list);
            return NULL;
        }
        rbk_list_append(list, rbk_string_new(item->text));
    }
    return list;
}

static rbk_value *convert_command(const struct leaf *l, const struct config_node *n)
{
    if (leaf_is_text(n)) {
        return command_from_text(l, n);
    }
    if (n->kind != CONFIG_LIST) {
        return leaf_refuse(l, n);
    }
    rbk_value *list = list_of_text(l, n, true);
    const char *program = list ? rbk_value_string(rbk_list_at(list, 0)) : NULL;
    if (list && (!program || !*program)) {
        config_problem_error(l->problems, n, config_type_hint(l->key->type), "%s is empty", l->name);
        rbk_value_free(list);
        return NULL;
    }
    return list;
}

/* A list whose items are commands. One command alone, as text, stands for a list of one. */
static rbk_value *convert_commands(const struct leaf *l, const struct config_node *n)
{
    const struct config_key command = {.path = l->key->path, .type = CONFIG_TYPE_COMMAND};
    const struct leaf inner = {l->problems, l->name, &command};

    if (n->kind != CONFIG_LIST && !leaf_is_text(n)) {
        return leaf_refuse(l, n);
    }
    rbk_value *list = rbk_list_new();
    size_t count = n->kind == CONFIG_LIST ? n->count : 1;
    for (size_t i = 0; i < count; i++) {
        rbk_value *argv = convert_command(&inner, n->kind == CONFIG_LIST ? n->items[i] : n);
        if (!argv) {
            rbk_value_free(list);
            return NULL;
        }
        rbk_list_append(list, argv);
    }
    return list;
}

static rbk_value *convert_strings(const struct leaf *l, const struct config_node *n)
{
    if (leaf_is_text(n) && n->text[0]) {
        rbk_value *list = rbk_list_new();
        rbk_list_append(list, rbk_string_new(n->text));
        return list;
    }
    return n->kind == CONFIG_LIST ? list_of_text(l, n, false) : leaf_refuse(l, n);
}

static bool variable_name_ok(const char *s)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
    return *s && strchr(first, *s) && s[len] == '\0';
}

/* An entry without a value is the empty string: `DISPLAY:` takes a variable away from most programs. */
static rbk_value *convert_variables(const struct leaf *l, const struct config_node *n)
{
    if (n->kind != CONFIG_MAP) {
        return leaf_refuse(l, n);
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

static rbk_value *convert_scalars(const struct leaf *l, const struct config_node *n)
{
    if (n->kind != CONFIG_MAP) {
        return leaf_refuse(l, n);
    }
    rbk_value *map = rbk_map_new();
    for (size_t i = 0; i < n->count; i++) {
        const struct config_node *item = n->items[i];
        if (!leaf_is_text(item)) {
            config_problem_error(l->problems, item, "write text, a number, true or false", "%s.%.100s is %s", l->name,
                                 n->keys[i]->text, config_node_what(item));
            rbk_value_free(map);
            return NULL;
        }
        rbk_map_set(map, n->keys[i]->text, config_node_scalar(item));
    }
    return map;
}

typedef rbk_value *convert_fn(const struct leaf *l, const struct config_node *n);
static convert_fn *const converters[] = {
    [CONFIG_TYPE_STRING] = convert_string,     [CONFIG_TYPE_CHOICE] = convert_choice,
    [CONFIG_TYPE_COUNT] = convert_count,       [CONFIG_TYPE_DURATION] = convert_duration,
    [CONFIG_TYPE_RESPONSE] = convert_response, [CONFIG_TYPE_SIZE] = convert_size,
    [CONFIG_TYPE_PERCENT] = convert_percent,   [CONFIG_TYPE_QUANTITY] = convert_quantity,
    [CONFIG_TYPE_RATE] = convert_rate,         [CONFIG_TYPE_ADDRESS] = convert_address,
    [CONFIG_TYPE_COMMAND] = convert_command,   [CONFIG_TYPE_COMMANDS] = convert_commands,
    [CONFIG_TYPE_STRINGS] = convert_strings,   [CONFIG_TYPE_VARIABLES] = convert_variables,
    [CONFIG_TYPE_SCALARS] = convert_scalars,
};

rbk_value *config_convert(struct config_problems *p, const char *name, const struct config_key *key,
                          const struct config_node *n)
{
    const struct leaf leaf = {p, name, key};
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
