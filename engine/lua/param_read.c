/* Parameters and questions: their type may be said, or follows from the choices or the default; the default is typed
 * like anything a person would write. */
#include <lua/read.h>

#include <base/mem.h>
#include <lua/types.h>
#include <lua/value.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the table says before it is put together. */
struct param_draft {
    struct rbk_param *param;
    char *type;
    rbk_value *dflt, *min, *max;
    int type_line, dflt_line, min_line, max_line;
};

static int read_type(struct rbk_reader *r, void *at)
{
    struct param_draft *d = at;
    d->type_line = r->key_line;
    return rbk_read_string(r, &d->type);
}

static int read_any(struct rbk_reader *r, rbk_value **out, int *line)
{
    struct rbk_error err;
    *line = r->key_line;
    *out = rbk_lua_to_value(r->L, -1, &err);
    return *out ? 0 : rbk_read_error(r, "`%s` of %s: %s", r->key->name, r->where, err.message);
}

static int read_default(struct rbk_reader *r, void *at)
{
    struct param_draft *d = at;
    return read_any(r, &d->dflt, &d->dflt_line);
}

static int read_min(struct rbk_reader *r, void *at)
{
    struct param_draft *d = at;
    return read_any(r, &d->min, &d->min_line);
}

static int read_max(struct rbk_reader *r, void *at)
{
    struct param_draft *d = at;
    return read_any(r, &d->max, &d->max_line);
}

static int read_choices(struct rbk_reader *r, void *at)
{
    struct param_draft *d = at;
    rbk_value *list = NULL;
    int rc = rbk_read_list(r, &list);
    if (rc == 0 && rbk_value_length(list) == 0)
        rc = rbk_read_error(r, "`choices` of %s is empty", r->where);
    for (size_t i = 0; rc == 0 && i < rbk_value_length(list); i++)
        rbk_strv_take(&d->param->choices, rbk_value_text(rbk_list_at(list, i)));
    rbk_value_free(list);
    return rc;
}

static int read_required(struct rbk_reader *r, void *at)
{
    return rbk_read_boolean(r, &((struct param_draft *)at)->param->required);
}

static int read_secret(struct rbk_reader *r, void *at)
{
    return rbk_read_boolean(r, &((struct param_draft *)at)->param->secret);
}

static int read_help(struct rbk_reader *r, void *at)
{
    return rbk_read_string(r, &((struct param_draft *)at)->param->help);
}

static const struct rbk_field param_fields[] = {
    {"type", read_type, 0},     {"default", read_default, 0}, {"choices", read_choices, 0},
    {"min", read_min, 0},       {"max", read_max, 0},         {"required", read_required, 0},
    {"secret", read_secret, 0}, {"help", read_help, 0},       {NULL, NULL, 0},
};

/* ---- putting it together -------------------------------------------------------------------------------------------
 */

static enum rbk_param_type type_of_unit(enum rbk_unit unit)
{
    switch (unit) {
    case RBK_UNIT_SECONDS:
        return RBK_PARAM_DURATION;
    case RBK_UNIT_BYTES:
        return RBK_PARAM_SIZE;
    case RBK_UNIT_RATIO:
        return RBK_PARAM_PERCENT;
    case RBK_UNIT_NONE:
        break;
    }
    return RBK_PARAM_NUMBER;
}

static enum rbk_param_type infer_type(const struct param_draft *d)
{
    switch (rbk_value_type(d->dflt)) {
    case RBK_BOOL:
        return RBK_PARAM_BOOLEAN;
    case RBK_INT:
        return d->param->choices.count ? RBK_PARAM_CHOICE : RBK_PARAM_INTEGER;
    case RBK_NUMBER:
        return type_of_unit(rbk_value_unit(d->dflt));
    case RBK_LIST:
        return RBK_PARAM_LIST;
    default:
        return d->param->choices.count ? RBK_PARAM_CHOICE : RBK_PARAM_STRING;
    }
}

static int settle_type(struct rbk_reader *r, struct param_draft *d)
{
    d->param->type = infer_type(d);
    r->key_line = d->type_line;
    if (d->type && rbk_param_type_parse(d->type, &d->param->type, r->err) != 0) {
        struct rbk_error inner = *r->err;
        rbk_read_error(r, "`type` of %s: %s", r->where, inner.message);
        return rbk_error_hint(r->err, "%s", inner.hint);
    }
    if (d->param->type == RBK_PARAM_CHOICE && d->param->choices.count == 0) {
        r->key_line = d->type ? d->type_line : r->line;
        return rbk_read_error(r, "%s is a choice without `choices`", r->where);
    }
    return 0;
}

/* Types what the table said under `key`. */
static int settle_value(struct rbk_reader *r, struct param_draft *d, const char *key, int line, const rbk_value *said,
                        rbk_value **out)
{
    if (!said)
        return 0;
    struct rbk_error inner = {0};
    if (rbk_param_from_value(d->param, said, out, &inner) == 0)
        return 0;
    r->key_line = line;
    rbk_read_error(r, "`%s` of %s: %s", key, r->where, inner.message);
    return rbk_error_hint(r->err, "%s", inner.hint);
}

static bool has_order(enum rbk_param_type type)
{
    return type == RBK_PARAM_INTEGER || type == RBK_PARAM_NUMBER || type == RBK_PARAM_DURATION ||
           type == RBK_PARAM_SIZE || type == RBK_PARAM_PERCENT;
}

static int settle_range(struct rbk_reader *r, struct param_draft *d)
{
    const char *key = d->min ? "min" : "max";
    rbk_value *min = NULL, *max = NULL;
    if (!d->min && !d->max)
        return 0;
    r->key_line = d->min ? d->min_line : d->max_line;
    if (!has_order(d->param->type))
        return rbk_read_error(r, "`%s` of %s: a %s has no order", key, r->where, rbk_param_type_name(d->param->type));
    int rc = settle_value(r, d, "min", d->min_line, d->min, &min);
    if (rc == 0)
        rc = settle_value(r, d, "max", d->max_line, d->max, &max);
    if (rc == 0 && min && max && rbk_value_number(min) > rbk_value_number(max))
        rc = rbk_read_error(r, "`min` of %s is more than its `max`", r->where);
    d->param->min = min;
    d->param->max = max;
    return rc;
}

int rbk_read_param(struct rbk_reader *r, struct rbk_param *p)
{
    struct param_draft d = {.param = p};
    const struct rbk_key *keys = r->key ? rbk_ask_keys : rbk_param_keys;
    int rc = rbk_read_table(r, keys, param_fields, &d, false);
    if (rc == 0)
        rc = settle_type(r, &d);
    if (rc == 0)
        rc = settle_range(r, &d);
    if (rc == 0)
        rc = settle_value(r, &d, "default", d.dflt_line, d.dflt, &p->dflt);
    if (rc == 0 && p->required && p->dflt) {
        r->key_line = d.dflt_line;
        rc = rbk_read_error(r, "%s is required and has a default", r->where);
    }
    free(d.type);
    rbk_value_free(d.dflt);
    rbk_value_free(d.min);
    rbk_value_free(d.max);
    return rc;
}

/* ---- ask = { name = { type = .. } } --------------------------------------------------------------------------------
 */

static int compare_params(const void *a, const void *b)
{
    const struct rbk_param *x = a, *y = b;
    return x->line != y->line ? x->line - y->line : strcmp(x->name, y->name);
}

/* One question: its name below its table on the stack. */
static int read_question(struct rbk_reader *r, struct rbk_node *n)
{
    char where[256], got[80];
    if (lua_type(r->L, -2) != LUA_TSTRING || !rbk_name_ok(lua_tostring(r->L, -2))) {
        rbk_lua_describe(r->L, -2, got, sizeof got);
        return rbk_read_error(r, "%s in `ask` of %s is no name of a fact: [a-z][a-z0-9_]*", got, r->where);
    }
    const char *name = lua_tostring(r->L, -2);
    if (lua_type(r->L, -1) != LUA_TTABLE)
        return rbk_read_error(r, "`%s` in `ask` of %s must be a table: %s = { type = \"string\" }", name, r->where,
                              name);
    struct rbk_reader inner = *r;
    snprintf(where, sizeof where, "`%s` in `ask` of %s", name, r->where);
    inner.where = where;
    inner.line = rbk_load_key_line(r->load, r->file, r->key_line, name);
    n->ask = rbk_realloc(n->ask, n->ask_count + 1, sizeof *n->ask);
    struct rbk_param *p = &n->ask[n->ask_count++];
    *p = (struct rbk_param){.name = rbk_strdup(name), .line = inner.line};
    return rbk_read_param(&inner, p);
}

int rbk_read_ask(struct rbk_reader *r, void *at)
{
    struct rbk_node *n = at;
    if (lua_type(r->L, -1) != LUA_TTABLE)
        return rbk_read_expected(r, "a table of name = { type = .. }");
    int table = lua_gettop(r->L), rc = 0;
    for (lua_pushnil(r->L); rc == 0 && lua_next(r->L, table); lua_settop(r->L, table + 1))
        rc = read_question(r, n);
    lua_settop(r->L, table);
    if (n->ask_count)
        qsort(n->ask, n->ask_count, sizeof *n->ask, compare_params);
    else if (rc == 0)
        rc = rbk_read_error(r, "`ask` of %s asks nothing", r->where);
    return rc;
}
