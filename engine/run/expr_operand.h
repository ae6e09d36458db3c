/* Operands of comparisons; see expr_operand.c. */
#ifndef RBK_RUN_EXPR_OPERAND_H
#define RBK_RUN_EXPR_OPERAND_H

#include <run/expr_node.h>

enum operand_kind {
    OPERAND_NUMBER,
    OPERAND_STRING,
    OPERAND_BOOL,
    OPERAND_LIST,
    OPERAND_UNKNOWN, /* from here on: not there */
    OPERAND_NOTHING
};

struct operand {
    enum operand_kind kind;
    const char *name; /* NULL for a literal; borrowed, as is `string` */
    double number;
    enum rbk_unit unit;
    const char *string;
    bool truth;
    char text[64]; /* the value as a person reads it, strings in quotes */
};

void expr_operand_value(struct operand *o, const rbk_value *v);
void expr_operand_literal(struct operand *o, const struct expr_node *node);
/* "a percentage", "a string"; and the name of the fact or the literal as written. */
const char *expr_operand_words(const struct operand *o);
const char *expr_operand_title(const struct operand *o);
/* RBK_EINVAL when types or units differ, or have no order; operands that are not there fit everything. */
int expr_operands_fit(const struct rbk_expr *expr, const struct expr_node *node, const struct operand *a,
                      const struct operand *b, struct rbk_error *err);
/* Whether the comparison holds, of operands that are there and fit. */
bool expr_operands_hold(enum expr_op op, const struct operand *a, const struct operand *b);

#endif
