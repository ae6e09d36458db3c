/* Expressions: the tiny grammar of `when`, `check`, `trigger` and `escalate`.
 *
 *   or    := and ("or" and)*          and := not ("and" not)*        not := "not" not | cmp
 *   cmp   := operand (("<" | "<=" | ">" | ">=" | "==" | "!=") operand)?
 *   operand := name | name "." name | number with unit | "string" | 'string' | true | false | "(" or ")"
 *
 * Three-valued (Kleene): a name that was never set makes a comparison UNKNOWN, never false. `no data` also compares as
 * unknown but is told apart, because it neither fails nor asks. Units must agree (a bare 0 agrees with all). */
#ifndef RBK_RUN_EXPR_H
#define RBK_RUN_EXPR_H

#include <base/str.h>
#include <runbook/value.h>

struct rbk_expr;
enum rbk_truth { RBK_FALSE, RBK_TRUE, RBK_UNKNOWN, RBK_NOTHING /* no data */ };

/* `file`, `line` place errors (the column is that within the expression text). Depth and length are bounded. */
int rbk_expr_parse(const char *text, const char *file, int line, struct rbk_expr **out, struct rbk_error *err);
void rbk_expr_free(struct rbk_expr *e);
const char *rbk_expr_text(const struct rbk_expr *e);
/* Adds every name it reads. */
void rbk_expr_names(const struct rbk_expr *e, struct rbk_strv *out);

typedef const rbk_value *rbk_lookup_fn(void *arg, const char *name); /* NULL = never set */
struct rbk_verdict {
    enum rbk_truth truth;
    char name[130];    /* the fact that decided, or that is unknown; "" when none */
    char measured[64]; /* its value as text: "1.5%"; "no data"; "" */
    char explain[192]; /* "failure_rate 0.5% is not > 20%" */
};
/* Returns 0, or RBK_EINVAL when units or types do not fit (with the place). */
int rbk_expr_eval(const struct rbk_expr *e, rbk_lookup_fn *lookup, void *arg, struct rbk_verdict *out,
                  struct rbk_error *err);

#endif
