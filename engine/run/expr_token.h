/* Words and signs of an expression. A token borrows from the text. */
#ifndef RBK_RUN_EXPR_TOKEN_H
#define RBK_RUN_EXPR_TOKEN_H

#include <run/expr_node.h>

enum expr_token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_COMPARE,
    TOKEN_OPEN,
    TOKEN_CLOSE
};

struct expr_token {
    enum expr_token_kind kind;
    enum expr_op op; /* COMPARE */
    struct rbk_quantity quantity;
    const char *at; /* its first byte */
    size_t len;
};

struct expr_lexer {
    const char *text, *at;
    const char *file;
    int line;
};

/* Reads the next token. RBK_EINVAL: no token of the grammar starts here, with what was probably meant. */
int expr_token_next(struct expr_lexer *lexer, struct expr_token *out, struct rbk_error *err);

#endif
