/* The evaluator of expressions: Kleene's three values and a fourth, `no data`. Every part is evaluated, also when the
 * answer is already known, so that a wrong unit or type is found whatever the facts are. */
#include <run/expr_operand.h>
#include <stdio.h>
#include <string.h>

struct evaluation {
    const struct rbk_expr *expr;
    rbk_lookup_fn *lookup;
    void *arg;
    struct rbk_error *err;
};

static int node_eval(struct evaluation *e, const struct expr_node *node, struct rbk_verdict *out);

const char *expr_op_text(enum expr_op op)
{
    static const char *const texts[] = {"<", "<=", ">", ">=", "==", "!="};
    return texts[op];
}

/* `(failing > 0) == true`: a group as an operand. */
static int operand_from_group(struct evaluation *e, const struct expr_node *node, struct operand *o)
{
    static const enum operand_kind kinds[] = {OPERAND_BOOL, OPERAND_BOOL, OPERAND_UNKNOWN, OPERAND_NOTHING};
    struct rbk_verdict inner = {0};
    int rc = node_eval(e, node, &inner);
    o->kind = kinds[inner.truth];
    o->truth = inner.truth == RBK_TRUE;
    snprintf(o->text, sizeof o->text, "%s", o->truth ? "true" : "false");
    return rc;
}

static int operand_eval(struct evaluation *e, const struct expr_node *node, struct operand *o)
{
    *o = (struct operand){0};
    switch (node->kind) {
    case EXPR_NAME:
        o->name = node->text;
        expr_operand_value(o, e->lookup(e->arg, node->text));
        return 0;
    case EXPR_NUMBER:
    case EXPR_STRING:
    case EXPR_BOOL:
        expr_operand_literal(o, node);
        return 0;
    default:
        return operand_from_group(e, node, o);
    }
}

static void verdict_missing(struct rbk_verdict *out, const struct operand *o)
{
    bool unknown = o->kind == OPERAND_UNKNOWN;
    out->truth = unknown ? RBK_UNKNOWN : RBK_NOTHING;
    snprintf(out->name, sizeof out->name, "%s", o->name ? o->name : "");
    snprintf(out->measured, sizeof out->measured, "%s", unknown ? "" : "no data");
    snprintf(out->explain, sizeof out->explain, unknown ? "%s is not known" : "no data for %s",
             o->name ? o->name : "a part");
}

static void verdict_measured(struct rbk_verdict *out, const struct operand *o)
{
    snprintf(out->name, sizeof out->name, "%s", o->name);
    if (o->string)
        snprintf(out->measured, sizeof out->measured, "%s", o->string);
    else
        snprintf(out->measured, sizeof out->measured, "%s", o->text);
}

static void operand_say(const struct operand *o, struct rbk_verdict *out)
{
    size_t len = strlen(out->explain);
    snprintf(out->explain + len, sizeof out->explain - len, o->name ? "%s %s" : "%.0s%s", o->name ? o->name : "",
             o->text);
}

/* Unknown before no data: it can be asked for. */
static const struct operand *missing_operand(const struct operand *a, const struct operand *b)
{
    if (a->kind == OPERAND_UNKNOWN || b->kind == OPERAND_UNKNOWN)
        return a->kind == OPERAND_UNKNOWN ? a : b;
    if (a->kind == OPERAND_NOTHING || b->kind == OPERAND_NOTHING)
        return a->kind == OPERAND_NOTHING ? a : b;
    return NULL;
}

static int compare_eval(struct evaluation *e, const struct expr_node *node, struct rbk_verdict *out)
{
    struct operand a, b;
    int rc = operand_eval(e, node->first, &a);
    if (rc == 0)
        rc = operand_eval(e, node->first->next, &b);
    if (rc == 0)
        rc = expr_operands_fit(e->expr, node, &a, &b, e->err);
    if (rc != 0)
        return rc;
    const struct operand *missing = missing_operand(&a, &b);
    if (missing) {
        verdict_missing(out, missing);
        return 0;
    }
    bool holds = expr_operands_hold(node->op, &a, &b);
    out->truth = holds ? RBK_TRUE : RBK_FALSE;
    if (a.name || b.name)
        verdict_measured(out, a.name ? &a : &b);
    operand_say(&a, out);
    size_t len = strlen(out->explain);
    snprintf(out->explain + len, sizeof out->explain - len, " is %s%s ", holds ? "" : "not ", expr_op_text(node->op));
    operand_say(&b, out);
    return 0;
}

static int alone_eval(struct evaluation *e, const struct expr_node *node, struct rbk_verdict *out)
{
    struct operand o;
    operand_eval(e, node, &o);
    if (o.kind >= OPERAND_UNKNOWN) {
        verdict_missing(out, &o);
        return 0;
    }
    if (o.kind != OPERAND_BOOL) {
        char message[300], hint[160];
        snprintf(message, sizeof message, "%s is %s, not true or false", expr_operand_title(&o),
                 expr_operand_words(&o));
        if (o.kind == OPERAND_LIST)
            snprintf(hint, sizeof hint, "compare its count, a fact such as `failing_count`");
        else
            snprintf(hint, sizeof hint, "compare it with something: `%s == ...`", expr_operand_title(&o));
        return expr_node_error(e->expr, node, e->err, message, hint);
    }
    out->truth = o.truth ? RBK_TRUE : RBK_FALSE;
    if (o.name)
        verdict_measured(out, &o);
    snprintf(out->explain, sizeof out->explain, o.name ? "%s is %s" : "%.0s%s", o.name ? o.name : "", o.text);
    return 0;
}

static int not_eval(struct evaluation *e, const struct expr_node *node, struct rbk_verdict *out)
{
    static const enum rbk_truth opposite[] = {RBK_TRUE, RBK_FALSE, RBK_UNKNOWN, RBK_NOTHING};
    int rc = node_eval(e, node->first, out);
    out->truth = opposite[out->truth];
    return rc;
}

/* Which of two outcomes of `and` decides: false, then unknown (asking may turn it false), then no data. */
static int and_rank(enum rbk_truth truth)
{
    static const int ranks[] = {[RBK_FALSE] = 3, [RBK_UNKNOWN] = 2, [RBK_NOTHING] = 1, [RBK_TRUE] = 0};
    return ranks[truth];
}

static int or_rank(enum rbk_truth truth)
{
    static const int ranks[] = {[RBK_TRUE] = 3, [RBK_UNKNOWN] = 2, [RBK_NOTHING] = 1, [RBK_FALSE] = 0};
    return ranks[truth];
}

/* When all parts had to agree (`and` true, `or` false), all of them are the reason. */
static void verdict_join(struct rbk_verdict *out, const struct rbk_verdict *part)
{
    size_t len = strlen(out->explain);
    snprintf(out->explain + len, sizeof out->explain - len, " and %s", part->explain);
}

static int chain_eval(struct evaluation *e, const struct expr_node *node, struct rbk_verdict *out)
{
    int (*rank)(enum rbk_truth) = node->kind == EXPR_AND ? and_rank : or_rank;
    int rc = node_eval(e, node->first, out);
    for (const struct expr_node *child = node->first->next; child && rc == 0; child = child->next) {
        struct rbk_verdict part = {0};
        rc = node_eval(e, child, &part);
        if (rank(part.truth) > rank(out->truth))
            *out = part;
        else if (rank(part.truth) == 0 && rank(out->truth) == 0)
            verdict_join(out, &part);
    }
    return rc;
}

static int node_eval(struct evaluation *e, const struct expr_node *node, struct rbk_verdict *out)
{
    switch (node->kind) {
    case EXPR_OR:
    case EXPR_AND:
        return chain_eval(e, node, out);
    case EXPR_NOT:
        return not_eval(e, node, out);
    case EXPR_COMPARE:
        return compare_eval(e, node, out);
    default:
        return alone_eval(e, node, out);
    }
}

int rbk_expr_eval(const struct rbk_expr *e, rbk_lookup_fn *lookup, void *arg, struct rbk_verdict *out,
                  struct rbk_error *err)
{
    struct rbk_error unheard = {0};
    struct evaluation evaluation = {e, lookup, arg, err ? err : &unheard};
    *out = (struct rbk_verdict){0};
    return node_eval(&evaluation, e->root, out);
}
