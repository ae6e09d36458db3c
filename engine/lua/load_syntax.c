/* Lua's own syntax errors, rewritten: the whole path instead of its tail, and a hint where the message would puzzle
 * somebody who knows no Lua beyond tables. */
#include <lua/load.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Lua starts the message with the chunk's name cut to LUA_IDSIZE, then ":LINE: ". */
static const char *split_place(const char *path, const char *message, int *line)
{
    size_t name = strlen(path);
    if (name >= LUA_IDSIZE)
        name = LUA_IDSIZE - 1;
    if (strlen(message) <= name || message[name] != ':')
        return message;
    char *rest;
    long number = strtol(message + name + 1, &rest, 10);
    if (rest[0] != ':' || rest[1] != ' ')
        return message;
    *line = (int)number;
    return rest + 2;
}

/* The word that Lua stopped at: near 'check'. */
static size_t near_word(const char *message, char *out, size_t size)
{
    const char *at = strstr(message, "near '");
    size_t len = 0;
    if (at)
        for (at += strlen("near '"); at[len] && at[len] != '\'' && len + 1 < size; len++)
            out[len] = at[len];
    out[len] = '\0';
    return len;
}

/* Whether the word is the first on its line, so that what is missing was missed on a line above. */
static bool stands_first(const char *text, size_t len, int line, const char *word)
{
    char *source = rbk_load_lines(text, len, line, line);
    const char *at = source;
    while (*at == ' ' || *at == '\t')
        at++;
    bool first = strncmp(at, word, strlen(word)) == 0;
    free(source);
    return first;
}

static void hint_missing_comma(const char *text, size_t len, int line, const char *word, struct rbk_error *err)
{
    if (stands_first(text, len, line, word))
        rbk_error_hint(err, "missing comma on the line above?");
    else
        rbk_error_hint(err, "missing comma before `%s`?", word);
}

static void add_hint(const char *text, size_t len, struct rbk_error *err)
{
    char word[64];
    bool has_word = near_word(err->message, word, sizeof word) > 0;
    bool in_table = strstr(err->message, "'}' expected") != NULL;
    if (strstr(err->message, "unfinished long string"))
        rbk_error_hint(err, "the closing ]] is missing");
    else if (strstr(err->message, "unfinished string"))
        rbk_error_hint(err, "a quote is missing, or write the text as [[..]]");
    else if (strstr(err->message, "malformed number"))
        rbk_error_hint(err, "a value with a unit stands in quotes: \"30s\"");
    else if (strstr(err->message, "near '<\\226>'"))
        rbk_error_hint(err, "a curly quote or a long dash, pasted from a document? Write it plainly: \"text\"");
    else if (strstr(err->message, "near <eof>"))
        rbk_error_hint(err, "a bracket or `end` that is missing before the end of the file?");
    else if (in_table && has_word && strcmp(word, "=") == 0)
        rbk_error_hint(err, "a key is one word, or [\"any text\"]");
    else if (in_table && has_word)
        hint_missing_comma(text, len, err->line, word, err);
}

void rbk_syntax_error(const char *path, const char *text, size_t len, const char *message, struct rbk_error *err)
{
    int line = 0;
    const char *what = split_place(path, message, &line);
    bool binary = strstr(what, "binary chunk") != NULL;
    rbk_error_set(err, RBK_EINVAL, "%s", binary ? "compiled Lua is not loaded: runbooks are text" : what);
    rbk_error_at(err, path, line, 0);
    add_hint(text, len, err);
}
