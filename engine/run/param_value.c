/* Parameters from values rather than text: defaults and `with` of a runbook file. A string is parsed as if it had been
 * typed; a plain number is seconds or bytes where the type says so, but never a percentage (5 or 0.05?). */
#include <math.h>
#include <run/param_parse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int param_error_name(const char *name, int rc, struct rbk_error *err)
{
    if (!err)
        return rc;
    struct rbk_error inner = *err;
    rbk_error_set(err, rc, "%s: %s", name, inner.message);
    if (*inner.hint)
        rbk_error_hint(err, "%s", inner.hint);
    return rc;
}

static const char *type_words(enum rbk_param_type type)
{
    static const char *const words[] = {
        [RBK_PARAM_STRING] = "a string",        [RBK_PARAM_INTEGER] = "a whole number (try 3)",
        [RBK_PARAM_BOOLEAN] = "true or false",  [RBK_PARAM_CHOICE] = "one of the choices",
        [RBK_PARAM_PATH] = "a path (a string)", [RBK_PARAM_LIST] = "a list (try { \"a\", \"b\" })",
    };
    return words[type] ? words[type] : param_quantity_words(type);
}

static int value_no_fit(const struct rbk_param *p, const rbk_value *v, struct rbk_error *err)
{
    char *text = rbk_value_text(v);
    int rc = param_no_fit(p, text, type_words(p->type), err);
    free(text);
    return rc;
}

static int value_allowed(const struct rbk_param *p, const rbk_value *v, rbk_value *typed, rbk_value **out,
                         struct rbk_error *err)
{
    char *text = rbk_value_text(v);
    int rc = param_choice_check(p, text, err);
    rc = rc < 0 ? rc : param_range_check(p, typed, err);
    free(text);
    if (rc == 0)
        *out = typed;
    else
        rbk_value_free(typed);
    return rc;
}

static rbk_value *plain_number(const rbk_value *v, enum rbk_unit unit)
{
    char spelling[48];
    snprintf(spelling, sizeof spelling, "%.15g%s", rbk_value_number(v), unit == RBK_UNIT_SECONDS ? "s" : "B");
    return rbk_number_new_spelled(rbk_value_number(v), unit, spelling);
}

/* NULL: a number does not fit the type. */
static rbk_value *number_typed(enum rbk_param_type type, const rbk_value *v)
{
    double n = rbk_value_number(v);
    enum rbk_unit unit = rbk_value_unit(v), wanted = param_type_unit(type);
    switch (type) {
    case RBK_PARAM_INTEGER:
        if (unit != RBK_UNIT_NONE || floor(n) != n || fabs(n) > 9e15)
            return rbk_value_type(v) == RBK_INT ? rbk_value_dup(v) : NULL;
        return rbk_int_new(rbk_value_int(v));
    case RBK_PARAM_NUMBER:
        return unit == RBK_UNIT_NONE ? rbk_value_dup(v) : NULL;
    case RBK_PARAM_DURATION:
    case RBK_PARAM_SIZE:
        if (!isfinite(n) || n < 0 || (unit != wanted && unit != RBK_UNIT_NONE))
            return NULL;
        return unit == wanted ? rbk_value_dup(v) : plain_number(v, wanted);
    case RBK_PARAM_PERCENT:
        return unit == wanted ? rbk_value_dup(v) : n == 0 ? rbk_number_new_spelled(0, wanted, "0%") : NULL;
    default:
        return NULL;
    }
}

static int list_typed(const struct rbk_param *p, const rbk_value *v, rbk_value **out, struct rbk_error *err)
{
    rbk_value *list = rbk_list_new();
    int rc = p->type == RBK_PARAM_LIST ? 0 : value_no_fit(p, v, err);
    for (size_t i = 0; i < rbk_value_length(v) && rc == 0; i++) {
        const rbk_value *item = rbk_list_at(v, i);
        enum rbk_type type = rbk_value_type(item);
        char *text = rbk_value_text(item);
        if (type != RBK_STRING && type != RBK_INT && type != RBK_NUMBER)
            rc = param_no_fit(p, text, "an item of a list: only strings and numbers are", err);
        else
            rc = param_choice_check(p, text, err);
        rbk_list_append(list, rbk_string_new(text));
        free(text);
    }
    if (rc == 0)
        *out = list;
    else
        rbk_value_free(list);
    return rc;
}

static int string_typed(const struct rbk_param *p, const rbk_value *v, rbk_value **out, struct rbk_error *err)
{
    if (strlen(rbk_value_string(v)) != rbk_value_length(v))
        return rbk_error_set(err, RBK_EINVAL, "the value holds a NUL byte");
    return param_text_parse(p, rbk_value_string(v), out, err);
}

int rbk_param_from_value(const struct rbk_param *p, const rbk_value *v, rbk_value **out, struct rbk_error *err)
{
    *out = NULL;
    rbk_value *typed = NULL;
    switch (rbk_value_type(v)) {
    case RBK_STRING:
        return string_typed(p, v, out, err);
    case RBK_LIST:
        return list_typed(p, v, out, err);
    case RBK_BOOL:
        typed = p->type == RBK_PARAM_BOOLEAN ? rbk_value_dup(v) : NULL;
        break;
    case RBK_INT:
    case RBK_NUMBER:
        typed = number_typed(p->type, v);
        break;
    case RBK_NO_DATA:
        return rbk_error_set(err, RBK_EINVAL, "there is no data to give");
    default:
        break;
    }
    return typed ? value_allowed(p, v, typed, out, err) : value_no_fit(p, v, err);
}
