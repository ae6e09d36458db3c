/* What an expression says about itself, without values. */
#ifndef RBK_RUN_EXPR_REACH_H
#define RBK_RUN_EXPR_REACH_H

#include <run/expr_node.h>

/* True when no values whatever make it true: it is constantly false, or contradicts itself ("n > 5 and n < 3"). False
 * when that cannot be told. */
bool expr_never(const struct rbk_expr *e);
/* Adds the string literals that the name is compared with by == and !=. */
void expr_compared_strings(const struct rbk_expr *e, const char *name, struct rbk_strv *out);
/* Is another name compared with this one by == or !=, as in `level == all`? */
bool expr_compares_with(const struct rbk_expr *e, const char *name);

#endif
