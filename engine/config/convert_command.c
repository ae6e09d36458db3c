/* Commands and lists of words: a line is split as a shell would split it, and what a shell would have understood beyond
 * that is pointed out, because no shell will read it. */
#include <config/leaf.h>
#include <config/words.h>
#include <string.h>

static rbk_value *words_to_list(const struct rbk_strv *words)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < words->count; i++) {
        rbk_list_append(list, rbk_string_new(words->items[i]));
    }
    return list;
}

/* What a shell would have understood and the words alone do not say. */
static bool command_warn(const struct config_leaf *l, const struct config_node *n, const struct rbk_strv *words,
                         char special)
{
    if (strchr(words->items[0], '=') && !rbk_ends_with(l->name, ".args")) {
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

static rbk_value *command_from_text(const struct config_leaf *l, const struct config_node *n)
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

static rbk_value *list_of_text(const struct config_leaf *l, const struct config_node *n, bool may_be_empty_text)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < n->count; i++) {
        const struct config_node *item = n->items[i];
        if (!config_leaf_is_text(item) || (!item->text[0] && !may_be_empty_text)) {
            config_problem_error(l->problems, item, config_type_hint(l->key->type), "%s: item %zu is %s, not a word",
                                 l->name, i + 1, config_leaf_is_text(item) ? "empty" : config_node_what(item));
            rbk_value_free(list);
            return NULL;
        }
        rbk_list_append(list, rbk_string_new(item->text));
    }
    return list;
}

rbk_value *config_convert_command(const struct config_leaf *l, const struct config_node *n)
{
    if (config_leaf_is_text(n)) {
        return command_from_text(l, n);
    }
    if (n->kind != CONFIG_LIST) {
        return config_leaf_refuse(l, n);
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
rbk_value *config_convert_commands(const struct config_leaf *l, const struct config_node *n)
{
    const struct config_key command = {.path = l->key->path, .type = CONFIG_TYPE_COMMAND};
    const struct config_leaf inner = {l->problems, l->name, &command};

    if (n->kind != CONFIG_LIST && !config_leaf_is_text(n)) {
        return config_leaf_refuse(l, n);
    }
    rbk_value *list = rbk_list_new();
    size_t count = n->kind == CONFIG_LIST ? n->count : 1;
    for (size_t i = 0; i < count; i++) {
        rbk_value *argv = config_convert_command(&inner, n->kind == CONFIG_LIST ? n->items[i] : n);
        if (!argv) {
            rbk_value_free(list);
            return NULL;
        }
        rbk_list_append(list, argv);
    }
    return list;
}

rbk_value *config_convert_strings(const struct config_leaf *l, const struct config_node *n)
{
    if (config_leaf_is_text(n) && n->text[0]) {
        rbk_value *list = rbk_list_new();
        rbk_list_append(list, rbk_string_new(n->text));
        return list;
    }
    return n->kind == CONFIG_LIST ? list_of_text(l, n, false) : config_leaf_refuse(l, n);
}
