/* Operands of a comparison: a literal or the value of a fact, and what may be compared with what. Both sides are named
 * in a refusal, since `failure_rate > 5` is the commonest slip. */
#include <base/mem.h>
#include <run/expr_operand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void expr_operand_value(struct operand *o, const rbk_value *v)
{
    static const enum operand_kind kinds[] = {
        [RBK_NULL] = OPERAND_UNKNOWN, [RBK_NO_DATA] = OPERAND_NOTHING, [RBK_BOOL] = OPERAND_BOOL,
        [RBK_INT] = OPERAND_NUMBER,   [RBK_NUMBER] = OPERAND_NUMBER,   [RBK_STRING] = OPERAND_STRING,
        [RBK_LIST] = OPERAND_LIST,    [RBK_MAP] = OPERAND_LIST,
    };
    o->kind = kinds[rbk_value_type(v)];
    o->number = rbk_value_number(v);
    o->unit = rbk_value_unit(v);
    o->string = rbk_value_string(v);
    o->truth = rbk_value_bool(v);
    if (o->kind == OPERAND_UNKNOWN || o->kind == OPERAND_LIST)
        return;
    char *text = o->kind == OPERAND_NOTHING ? rbk_strdup("no data") : rbk_value_text(v);
    snprintf(o->text, sizeof o->text, o->string ? "\"%s\"" : "%s", text);
    free(text);
}

void expr_operand_literal(struct operand *o, const struct expr_node *node)
{
    o->number = node->quantity.value;
    o->unit = node->quantity.unit;
    o->string = node->text;
    o->truth = node->truth;
    snprintf(o->text, sizeof o->text, node->kind == EXPR_STRING ? "\"%s\"" : "%s", node->text);
    o->kind = node->kind == EXPR_NUMBER ? OPERAND_NUMBER : node->kind == EXPR_STRING ? OPERAND_STRING : OPERAND_BOOL;
}

static const char *unit_words(enum rbk_unit unit)
{
    static const char *const words[] = {[RBK_UNIT_NONE] = "a number without a unit",
                                        [RBK_UNIT_SECONDS] = "a duration",
                                        [RBK_UNIT_BYTES] = "a size",
                                        [RBK_UNIT_RATIO] = "a percentage"};
    return words[unit];
}

const char *expr_operand_words(const struct operand *o)
{
    static const char *const words[] = {[OPERAND_STRING] = "a string",
                                        [OPERAND_BOOL] = "true or false",
                                        [OPERAND_LIST] = "a list",
                                        [OPERAND_UNKNOWN] = "unknown",
                                        [OPERAND_NOTHING] = "no data"};
    return o->kind == OPERAND_NUMBER ? unit_words(o->unit) : words[o->kind];
}

const char *expr_operand_title(const struct operand *o)
{
    return o->name ? o->name : o->text;
}

static bool units_agree(const struct operand *a, const struct operand *b)
{
    bool bare_zero = (a->unit == RBK_UNIT_NONE && a->number == 0 && !a->name) ||
                     (b->unit == RBK_UNIT_NONE && b->number == 0 && !b->name);
    return a->unit == b->unit || bare_zero;
}

/* The literal that the other side probably meant: `5` beside a percentage is `5%`. */
static void unit_hint(const struct operand *measured, const struct operand *literal, char *out, size_t size)
{
    static const char *const units[] = {
        [RBK_UNIT_NONE] = "", [RBK_UNIT_SECONDS] = "s", [RBK_UNIT_BYTES] = "MB", [RBK_UNIT_RATIO] = "%"};
    if (!literal->name && literal->unit == RBK_UNIT_NONE)
        snprintf(out, size, "write `%s%s`", literal->text, units[measured->unit]);
    else if (!literal->name && measured->unit == RBK_UNIT_NONE)
        snprintf(out, size, "compare it with a plain number");
}

/* Texts and truth values have no order, whatever the other side turns out to be. NULL: neither side is one. */
static const struct operand *without_order(const struct operand *a, const struct operand *b)
{
    if (a->kind == OPERAND_STRING || a->kind == OPERAND_BOOL)
        return a;
    return b->kind == OPERAND_STRING || b->kind == OPERAND_BOOL ? b : NULL;
}

/* A parameter with the default "90%" is a text until it gets a type. */
static const char *order_hint(const struct operand *o)
{
    return o->name && o->kind == OPERAND_STRING ? "a parameter needs a type for that, such as type = \"percent\""
                                                : "use `==` or `!=`";
}

int expr_operands_fit(const struct rbk_expr *expr, const struct expr_node *node, const struct operand *a,
                      const struct operand *b, struct rbk_error *err)
{
    char message[300], hint[120] = "";
    const struct operand *list = a->kind == OPERAND_LIST ? a : b;
    if (list->kind == OPERAND_LIST) {
        snprintf(message, sizeof message, "%s is a list, and lists cannot be compared", expr_operand_title(list));
        return expr_node_error(expr, node, err, message, "compare its count, a fact such as `failing_count`");
    }
    const struct operand *unordered = node->op < EXPR_EQ ? without_order(a, b) : NULL;
    bool unknown = a->kind >= OPERAND_UNKNOWN || b->kind >= OPERAND_UNKNOWN;
    if (unordered && (unknown || a->kind == b->kind)) {
        snprintf(message, sizeof message, "%s is %s, which has no order", expr_operand_title(unordered),
                 expr_operand_words(unordered));
        return expr_node_error(expr, node, err, message, unknown ? order_hint(unordered) : "use `==` or `!=`");
    }
    if (unknown)
        return 0;
    if (a->kind != b->kind || (a->kind == OPERAND_NUMBER && !units_agree(a, b))) {
        snprintf(message, sizeof message, "%s is %s but %s is %s", expr_operand_title(a), expr_operand_words(a),
                 expr_operand_title(b), expr_operand_words(b));
        if (a->kind == b->kind)
            unit_hint(b->name ? b : a, b->name ? a : b, hint, sizeof hint);
        else if (unordered && unordered->kind == OPERAND_STRING)
            snprintf(hint, sizeof hint, "%s", order_hint(unordered));
        return expr_node_error(expr, node, err, message, hint);
    }
    return 0;
}

static bool ordered(enum expr_op op, double a, double b)
{
    switch (op) {
    case EXPR_LT:
        return a < b;
    case EXPR_LE:
        return a <= b;
    case EXPR_GT:
        return a > b;
    case EXPR_GE:
        return a >= b;
    case EXPR_EQ:
        return a == b;
    default:
        return a != b;
    }
}

bool expr_operands_hold(enum expr_op op, const struct operand *a, const struct operand *b)
{
    if (a->kind == OPERAND_NUMBER)
        return ordered(op, a->number, b->number);
    bool equal = a->kind == OPERAND_BOOL ? a->truth == b->truth : strcmp(a->string, b->string) == 0;
    return equal == (op == EXPR_EQ);
}
