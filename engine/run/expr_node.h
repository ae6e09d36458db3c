/* The tree of an expression, shared by the parser, the evaluator and what looks at expressions without values. */
#ifndef RBK_RUN_EXPR_NODE_H
#define RBK_RUN_EXPR_NODE_H

#include <run/expr.h>

enum expr_kind { EXPR_OR, EXPR_AND, EXPR_NOT, EXPR_COMPARE, EXPR_NAME, EXPR_NUMBER, EXPR_STRING, EXPR_BOOL };
enum expr_op { EXPR_LT, EXPR_LE, EXPR_GT, EXPR_GE, EXPR_EQ, EXPR_NE };

struct expr_node {
    enum expr_kind kind;
    enum expr_op op;              /* COMPARE */
    int column;                   /* 1-based, where it starts */
    char *text;                   /* NAME: the name; STRING: what is between the quotes; NUMBER: as written */
    struct rbk_quantity quantity; /* NUMBER */
    bool truth;                   /* BOOL */
    struct expr_node *first;      /* children: OR, AND two or more; NOT one; COMPARE two */
    struct expr_node *next;       /* the next child of the same parent */
};

struct rbk_expr {
    char *text, *file;
    int line;
    struct expr_node *root;
};

const char *expr_op_text(enum expr_op op);
/* Sets err to `"the expression": message` at its place. */
int expr_error(const char *text, const char *file, int line, int column, struct rbk_error *err, const char *fmt, ...)
    RBK_PRINTF(6, 7);
/* The same at a node; `hint` "" = none. */
int expr_node_error(const struct rbk_expr *expr, const struct expr_node *node, struct rbk_error *err,
                    const char *message, const char *hint);

#endif
