/* The parser of expressions: recursive descent, bounded in length and depth. Whatever is wrong is said with the column
 * and with what was expected there. */
#include <base/mem.h>
#include <run/expr_token.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096, DEPTH_MAX = 64, QUOTED_MAX = 80 };

struct parser {
    struct expr_lexer lexer;
    struct expr_token token;    /* the one looked at */
    struct expr_token previous; /* the one before it; len 0 at the start */
    int depth;
    struct rbk_error *err;
};

static struct expr_node *parse_or(struct parser *p);

int expr_error(const char *text, const char *file, int line, int column, struct rbk_error *err, const char *fmt, ...)
{
    char message[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    int len = (int)strnlen(text, QUOTED_MAX + 1);
    bool cut = len > QUOTED_MAX;
    rbk_error_set(err, RBK_EINVAL, "\"%.*s%s\": %s", cut ? QUOTED_MAX : len, text, cut ? "..." : "", message);
    rbk_error_at(err, file, line, column);
    return RBK_EINVAL;
}

int expr_node_error(const struct rbk_expr *expr, const struct expr_node *node, struct rbk_error *err,
                    const char *message, const char *hint)
{
    expr_error(expr->text, expr->file, expr->line, node->column, err, "%s", message);
    if (*hint)
        rbk_error_hint(err, "%s", hint);
    return RBK_EINVAL;
}

static void *parser_fail(struct parser *p, const char *at, const char *message)
{
    expr_error(p->lexer.text, p->lexer.file, p->lexer.line, (int)(at - p->lexer.text) + 1, p->err, "%s", message);
    return NULL;
}

static bool parser_advance(struct parser *p)
{
    p->previous = p->token;
    return expr_token_next(&p->lexer, &p->token, p->err) == 0;
}

static void node_free(struct expr_node *node)
{
    while (node) {
        struct expr_node *next = node->next;
        node_free(node->first);
        free(node->text);
        free(node);
        node = next;
    }
}

static struct expr_node *node_new(enum expr_kind kind, const char *text, const char *at)
{
    struct expr_node *node = rbk_alloc(sizeof *node);
    node->kind = kind;
    node->column = (int)(at - text) + 1;
    return node;
}

static void *expected(struct parser *p, const char *what)
{
    char message[256];
    const struct expr_token *before = &p->previous, *here = &p->token;
    int before_len = before->len > 40 ? 40 : (int)before->len, here_len = here->len > 40 ? 40 : (int)here->len;
    if (before_len == 0 && here->kind == TOKEN_END)
        snprintf(message, sizeof message, "expected %s, found nothing", what);
    else if (before_len == 0)
        snprintf(message, sizeof message, "expected %s, found `%.*s`", what, here_len, here->at);
    else if (here->kind == TOKEN_END)
        snprintf(message, sizeof message, "expected %s after `%.*s`", what, before_len, before->at);
    else
        snprintf(message, sizeof message, "expected %s after `%.*s`, found `%.*s`", what, before_len, before->at,
                 here_len, here->at);
    return parser_fail(p, here->at, message);
}

static struct expr_node *leaf(struct parser *p, enum expr_kind kind)
{
    struct expr_node *node = node_new(kind, p->lexer.text, p->token.at);
    bool quoted = kind == EXPR_STRING;
    node->text = rbk_strndup(p->token.at + quoted, p->token.len - 2 * quoted);
    node->quantity = p->token.quantity;
    node->truth = p->token.kind == TOKEN_TRUE;
    if (parser_advance(p))
        return node;
    node_free(node);
    return NULL;
}

static struct expr_node *parse_group(struct parser *p)
{
    if (++p->depth > DEPTH_MAX)
        return parser_fail(p, p->token.at, "too deeply nested (64 levels at most)");
    struct expr_node *inner = parser_advance(p) ? parse_or(p) : NULL;
    p->depth--;
    if (inner && p->token.kind == TOKEN_CLOSE) {
        if (parser_advance(p))
            return inner;
    } else if (inner) {
        expected(p, "`)`");
    }
    node_free(inner);
    return NULL;
}

static struct expr_node *parse_operand(struct parser *p)
{
    switch (p->token.kind) {
    case TOKEN_NAME:
        return leaf(p, EXPR_NAME);
    case TOKEN_NUMBER:
        return leaf(p, EXPR_NUMBER);
    case TOKEN_STRING:
        return leaf(p, EXPR_STRING);
    case TOKEN_TRUE:
    case TOKEN_FALSE:
        return leaf(p, EXPR_BOOL);
    case TOKEN_OPEN:
        return parse_group(p);
    default:
        return expected(p, "a value");
    }
}

static struct expr_node *parse_compare(struct parser *p)
{
    struct expr_node *left = parse_operand(p);
    if (!left || p->token.kind != TOKEN_COMPARE)
        return left;
    struct expr_node *compare = node_new(EXPR_COMPARE, p->lexer.text, p->token.at);
    compare->op = p->token.op;
    compare->first = left;
    left->next = parser_advance(p) ? parse_operand(p) : NULL;
    if (left->next && p->token.kind == TOKEN_COMPARE) {
        parser_fail(p, p->token.at, "comparisons do not chain");
        rbk_error_hint(p->err, "write both and join them with `and`: `1 < x and x < 5`");
    } else if (left->next) {
        return compare;
    }
    node_free(compare);
    return NULL;
}

static struct expr_node *parse_not(struct parser *p)
{
    if (p->token.kind != TOKEN_NOT)
        return parse_compare(p);
    if (++p->depth > DEPTH_MAX)
        return parser_fail(p, p->token.at, "too deeply nested (64 levels at most)");
    struct expr_node *node = node_new(EXPR_NOT, p->lexer.text, p->token.at);
    node->first = parser_advance(p) ? parse_not(p) : NULL;
    p->depth--;
    if (node->first)
        return node;
    node_free(node);
    return NULL;
}

/* one (word one)*, as a single node with all of them as children. */
static struct expr_node *parse_chain(struct parser *p, enum expr_kind kind, enum expr_token_kind word,
                                     struct expr_node *(*one)(struct parser *))
{
    struct expr_node *first = one(p);
    if (!first || p->token.kind != word)
        return first;
    struct expr_node *chain = node_new(kind, p->lexer.text, p->token.at), *last = first;
    chain->first = first;
    while (p->token.kind == word) {
        last->next = parser_advance(p) ? one(p) : NULL;
        last = last->next;
        if (!last) {
            node_free(chain);
            return NULL;
        }
    }
    return chain;
}

static struct expr_node *parse_and(struct parser *p)
{
    return parse_chain(p, EXPR_AND, TOKEN_AND, parse_not);
}

static struct expr_node *parse_or(struct parser *p)
{
    return parse_chain(p, EXPR_OR, TOKEN_OR, parse_and);
}

static struct expr_node *parse_whole(struct parser *p)
{
    if (expr_token_next(&p->lexer, &p->token, p->err) != 0)
        return NULL;
    struct expr_node *root = parse_or(p);
    if (!root || p->token.kind == TOKEN_END)
        return root;
    expected(p, "`and`, `or` or the end");
    node_free(root);
    return NULL;
}

int rbk_expr_parse(const char *text, const char *file, int line, struct rbk_expr **out, struct rbk_error *err)
{
    struct rbk_error unheard = {0};
    struct parser p = {.lexer = {text, text, file, line}, .err = err ? err : &unheard};
    *out = NULL;
    if (strnlen(text, TEXT_MAX + 1) > TEXT_MAX)
        return expr_error(text, file, line, TEXT_MAX + 1, err, "longer than 4096 bytes");
    struct expr_node *root = parse_whole(&p);
    if (!root)
        return RBK_EINVAL;
    *out = rbk_alloc(sizeof **out);
    **out = (struct rbk_expr){rbk_strdup(text), rbk_strdup(file), line, root};
    return 0;
}

void rbk_expr_free(struct rbk_expr *e)
{
    if (!e)
        return;
    node_free(e->root);
    free(e->text);
    free(e->file);
    free(e);
}

const char *rbk_expr_text(const struct rbk_expr *e)
{
    return e->text;
}

static void node_names(const struct expr_node *node, struct rbk_strv *out)
{
    for (; node; node = node->next) {
        if (node->kind == EXPR_NAME && !rbk_strv_has(out, node->text))
            rbk_strv_add(out, node->text);
        node_names(node->first, out);
    }
}

void rbk_expr_names(const struct rbk_expr *e, struct rbk_strv *out)
{
    node_names(e->root, out);
}
