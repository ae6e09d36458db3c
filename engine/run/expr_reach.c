/* Expressions that can never be true. Each name of an `and` gets the interval that its comparisons with numbers leave
 * open; an empty one is a contradiction. Strings contradict when two different ones are demanded of one name. */
#include <math.h>
#include <run/expr_reach.h>
#include <string.h>

struct range {
    double low, high;
    bool low_open, high_open; /* the end itself is not in */
    const char *string;       /* demanded by ==, or NULL */
    bool clash;               /* two strings demanded */
};

static bool node_never(const struct rbk_expr *e, const struct expr_node *node);

static const rbk_value *nothing_known(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return NULL;
}

static bool constantly_false(const struct rbk_expr *e, const struct expr_node *node)
{
    struct expr_node alone = *node;
    struct rbk_expr part = {e->text, e->file, e->line, &alone};
    struct rbk_verdict verdict;
    alone.next = NULL;
    return rbk_expr_eval(&part, nothing_known, NULL, &verdict, NULL) == 0 && verdict.truth == RBK_FALSE;
}

static enum expr_op mirrored(enum expr_op op)
{
    static const enum expr_op mirror[] = {EXPR_GT, EXPR_GE, EXPR_LT, EXPR_LE, EXPR_EQ, EXPR_NE};
    return mirror[op];
}

static void range_low(struct range *r, double low, bool open)
{
    if (low > r->low || (low == r->low && open)) {
        r->low = low;
        r->low_open = open;
    }
}

static void range_high(struct range *r, double high, bool open)
{
    if (high < r->high || (high == r->high && open)) {
        r->high = high;
        r->high_open = open;
    }
}

static void range_number(struct range *r, enum expr_op op, double number)
{
    if (op == EXPR_GT || op == EXPR_GE || op == EXPR_EQ)
        range_low(r, number, op == EXPR_GT);
    if (op == EXPR_LT || op == EXPR_LE || op == EXPR_EQ)
        range_high(r, number, op == EXPR_LT);
}

static void range_string(struct range *r, enum expr_op op, const char *text)
{
    if (op != EXPR_EQ)
        return;
    r->clash = r->clash || (r->string && strcmp(r->string, text) != 0);
    r->string = text;
}

/* The literal that the comparison sets against `name`, and the operator with the name on its left; NULL: another one.
 */
static const struct expr_node *compared_with(const struct expr_node *node, const char *name, enum expr_op *op)
{
    const struct expr_node *left = node->first, *right = left ? left->next : NULL;
    if (node->kind != EXPR_COMPARE || !right)
        return NULL;
    if (left->kind == EXPR_NAME && strcmp(left->text, name) == 0) {
        *op = node->op;
        return right;
    }
    if (right->kind == EXPR_NAME && strcmp(right->text, name) == 0) {
        *op = mirrored(node->op);
        return left;
    }
    return NULL;
}

static bool range_empty(const struct range *r)
{
    return r->clash || r->low > r->high || (r->low == r->high && (r->low_open || r->high_open));
}

static bool name_contradicts(const struct expr_node *chain, const char *name)
{
    struct range range = {.low = -INFINITY, .high = INFINITY};
    for (const struct expr_node *child = chain->first; child; child = child->next) {
        enum expr_op op;
        const struct expr_node *literal = compared_with(child, name, &op);
        if (literal && literal->kind == EXPR_NUMBER)
            range_number(&range, op, literal->quantity.value);
        else if (literal && literal->kind == EXPR_STRING)
            range_string(&range, op, literal->text);
    }
    return range_empty(&range);
}

static bool chain_contradicts(const struct expr_node *chain)
{
    for (const struct expr_node *child = chain->first; child; child = child->next)
        for (const struct expr_node *side = child->kind == EXPR_COMPARE ? child->first : NULL; side; side = side->next)
            if (side->kind == EXPR_NAME && name_contradicts(chain, side->text))
                return true;
    return false;
}

static bool and_never(const struct rbk_expr *e, const struct expr_node *node)
{
    for (const struct expr_node *child = node->first; child; child = child->next)
        if (node_never(e, child))
            return true;
    return chain_contradicts(node);
}

static bool or_never(const struct rbk_expr *e, const struct expr_node *node)
{
    for (const struct expr_node *child = node->first; child; child = child->next)
        if (!node_never(e, child))
            return false;
    return true;
}

static bool node_never(const struct rbk_expr *e, const struct expr_node *node)
{
    if (node->kind == EXPR_AND)
        return and_never(e, node);
    if (node->kind == EXPR_OR)
        return or_never(e, node);
    return constantly_false(e, node);
}

bool expr_never(const struct rbk_expr *e)
{
    return node_never(e, e->root);
}

static void node_strings(const struct expr_node *node, const char *name, struct rbk_strv *out)
{
    enum expr_op op;
    for (; node; node = node->next) {
        const struct expr_node *literal = compared_with(node, name, &op);
        if (literal && literal->kind == EXPR_STRING)
            rbk_strv_add(out, literal->text);
        node_strings(node->first, name, out);
    }
}

void expr_compared_strings(const struct rbk_expr *e, const char *name, struct rbk_strv *out)
{
    node_strings(e->root, name, out);
}

static bool node_compares_with(const struct expr_node *node, const char *name)
{
    for (; node; node = node->next) {
        const struct expr_node *right = node->kind == EXPR_COMPARE && node->op >= EXPR_EQ ? node->first->next : NULL;
        if (right && right->kind == EXPR_NAME && strcmp(right->text, name) == 0)
            return true;
        if (node_compares_with(node->first, name))
            return true;
    }
    return false;
}

bool expr_compares_with(const struct rbk_expr *e, const char *name)
{
    return node_compares_with(e->root, name);
}
