/* The lexer of expressions. Most people know another language's signs: `&&`, `=`, `~=`, `$name` each get told what is
 * written here instead. */
#include <run/expr_token.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

static int lexer_error(const struct expr_lexer *lexer, const char *at, struct rbk_error *err, const char *message,
                       const char *hint)
{
    int rc = expr_error(lexer->text, lexer->file, lexer->line, (int)(at - lexer->text) + 1, err, "%s", message);
    if (hint)
        rbk_error_hint(err, "%s", hint);
    return rc;
}

static void token_set(struct expr_lexer *lexer, struct expr_token *out, enum expr_token_kind kind, size_t len)
{
    out->kind = kind;
    out->at = lexer->at;
    out->len = len;
    lexer->at += len;
}

static const struct {
    const char *sign;
    enum expr_token_kind kind;
    enum expr_op op;
} signs[] = {
    /* longer before shorter */
    {"<=", TOKEN_COMPARE, EXPR_LE}, {">=", TOKEN_COMPARE, EXPR_GE}, {"==", TOKEN_COMPARE, EXPR_EQ},
    {"!=", TOKEN_COMPARE, EXPR_NE}, {"<", TOKEN_COMPARE, EXPR_LT},  {">", TOKEN_COMPARE, EXPR_GT},
    {"(", TOKEN_OPEN, EXPR_LT},     {")", TOKEN_CLOSE, EXPR_LT},
};

static const struct {
    const char *sign, *message, *hint;
} foreign[] = {
    /* what other languages write; tried before the signs, longer before shorter */
    {"&&", "`&&` is not a word of expressions", "use `and`"},
    {"||", "`||` is not a word of expressions", "use `or`"},
    {"~=", "`~=` is not a comparison", "use `!=`"},
    {"<>", "`<>` is not a comparison", "use `!=`"},
    {"=<", "`=<` is not a comparison", "use `<=`"},
    {"=>", "`=>` is not a comparison", "use `>=`"},
    {"===", "`===` is not a comparison", "use `==`"},
    {"$", "a name has no `$` in an expression", "write the name alone: `failure_rate`, not `$failure_rate`"},
};

static bool foreign_sign(const struct expr_lexer *lexer, struct rbk_error *err, int *rc)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (!rbk_starts_with(lexer->at, foreign[i].sign))
            continue;
        *rc = lexer_error(lexer, lexer->at, err, foreign[i].message, foreign[i].hint);
        return true;
    }
    return false;
}

static bool own_sign(struct expr_lexer *lexer, struct expr_token *out)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (!rbk_starts_with(lexer->at, signs[i].sign))
            continue;
        token_set(lexer, out, signs[i].kind, strlen(signs[i].sign));
        out->op = signs[i].op;
        return true;
    }
    return false;
}

static int string_token(struct expr_lexer *lexer, struct expr_token *out, struct rbk_error *err)
{
    const char *end = strchr(lexer->at + 1, *lexer->at);
    if (!end)
        return lexer_error(lexer, lexer->at, err, "this string has no closing quote", NULL);
    token_set(lexer, out, TOKEN_STRING, (size_t)(end - lexer->at) + 1);
    return 0;
}

/* "5 met" is not 5 metres: a unit after a space counts only when the word ends with it. */
static size_t number_length(const char *at, struct rbk_quantity *quantity)
{
    size_t len = rbk_quantity_scan(at, strlen(at), quantity);
    const char *space = len ? memchr(at, ' ', len) : NULL;
    if (space && is_word(at[len]))
        len = rbk_quantity_scan(at, (size_t)(space - at), quantity);
    return len;
}

static int number_token(struct expr_lexer *lexer, struct expr_token *out, struct rbk_error *err)
{
    size_t len = number_length(lexer->at, &out->quantity);
    if (len == 0 || is_word(lexer->at[len]) || lexer->at[len] == '.') {
        size_t word = 1;
        while (is_word(lexer->at[word]) || lexer->at[word] == '.')
            word++;
        char message[160];
        snprintf(message, sizeof message, "`%.*s` is not a number with a unit", (int)(word > 40 ? 40 : word),
                 lexer->at);
        return lexer_error(lexer, lexer->at, err, message, "units: ms s m h d w, B KB MB GB TB KiB MiB GiB TiB, %");
    }
    token_set(lexer, out, TOKEN_NUMBER, len);
    return 0;
}

static enum expr_token_kind word_kind(const char *at, size_t len)
{
    static const struct {
        const char *word;
        enum expr_token_kind kind;
    } words[] = {
        {"and", TOKEN_AND}, {"or", TOKEN_OR}, {"not", TOKEN_NOT}, {"true", TOKEN_TRUE}, {"false", TOKEN_FALSE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == len && memcmp(words[i].word, at, len) == 0)
            return words[i].kind;
    return TOKEN_NAME;
}

/* A name, or two joined by one dot. */
static bool dotted_name_ok(const char *at, size_t len)
{
    char copy[130];
    if (len >= sizeof copy)
        return false;
    memcpy(copy, at, len);
    copy[len] = 0;
    char *dot = strchr(copy, '.');
    if (dot)
        *dot = 0;
    return rbk_name_ok(copy) && (!dot || rbk_name_ok(dot + 1));
}

static int word_token(struct expr_lexer *lexer, struct expr_token *out, struct rbk_error *err)
{
    size_t len = 0;
    while (is_word(lexer->at[len]) || lexer->at[len] == '.')
        len++;
    enum expr_token_kind kind = word_kind(lexer->at, len);
    if (kind == TOKEN_NAME && !dotted_name_ok(lexer->at, len)) {
        char message[160];
        snprintf(message, sizeof message, "`%.*s` is not a name", (int)(len > 60 ? 60 : len), lexer->at);
        return lexer_error(lexer, lexer->at, err, message,
                           "names are lower-case letters, digits and _; `step.name` for a fact of a called runbook");
    }
    token_set(lexer, out, kind, len);
    return 0;
}

static const struct {
    char sign;
    const char *message, *hint;
} single[] = {
    /* signs that mean nothing here, but something to people */
    {'=', "`=` is not a comparison", "use `==`"},
    {'!', "`!` is not a word of expressions", "use `not`"},
    {'-', "there is no arithmetic in expressions", "a name has `_`, not `-`: `failing_count`"},
    {'+', "there is no arithmetic in expressions", NULL},
    {'*', "there is no arithmetic in expressions", NULL},
    {'/', "there is no arithmetic in expressions", NULL},
};

static int unknown_sign(const struct expr_lexer *lexer, struct rbk_error *err)
{
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (*lexer->at == single[i].sign)
            return lexer_error(lexer, lexer->at, err, single[i].message, single[i].hint);
    unsigned char c = (unsigned char)*lexer->at;
    char message[64];
    if (c > ' ' && c < 0x7f)
        snprintf(message, sizeof message, "`%c` does not belong in an expression", c);
    else
        snprintf(message, sizeof message, "byte \\x%02x does not belong in an expression", c);
    return lexer_error(lexer, lexer->at, err, message, NULL);
}

int expr_token_next(struct expr_lexer *lexer, struct expr_token *out, struct rbk_error *err)
{
    int rc = 0;
    lexer->at += strspn(lexer->at, " \t\r\n");
    char c = *lexer->at;
    if (!c)
        token_set(lexer, out, TOKEN_END, 0);
    else if (foreign_sign(lexer, err, &rc))
        return rc;
    else if (c == '"' || c == '\'')
        return string_token(lexer, out, err);
    else if (is_digit(c) || ((c == '-' || c == '.') && (is_digit(lexer->at[1]) || lexer->at[1] == '.')))
        return number_token(lexer, out, err);
    else if (is_word(c))
        return word_token(lexer, out, err);
    else if (!own_sign(lexer, out))
        return unknown_sign(lexer, err);
    return 0;
}
