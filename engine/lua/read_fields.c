/* Readers of plain fields: strings, numbers with units, expressions, lists and maps. */
#include <lua/read.h>

#include <base/mem.h>
#include <lua/quantity.h>
#include <lua/value.h>
#include <math.h>
#include <run/expr.h>
#include <stdlib.h>
#include <string.h>

int rbk_read_string(struct rbk_reader *r, void *at)
{
    if (lua_type(r->L, -1) != LUA_TSTRING)
        return rbk_read_expected(r, "a string");
    size_t len;
    const char *s = lua_tolstring(r->L, -1, &len);
    if (strlen(s) != len)
        return rbk_read_error(r, "`%s` of %s holds a zero byte", r->key->name, r->where);
    *(char **)at = rbk_strdup(s);
    return 0;
}

int rbk_read_name(struct rbk_reader *r, void *at)
{
    static const char what[] = "a name: lower-case letters, digits and _, at most 64";
    if (lua_type(r->L, -1) != LUA_TSTRING || !rbk_name_ok(lua_tostring(r->L, -1)))
        return rbk_read_expected(r, what);
    char *old = *(char **)at;
    *(char **)at = rbk_strdup(lua_tostring(r->L, -1));
    free(old);
    return 0;
}

int rbk_read_boolean(struct rbk_reader *r, void *at)
{
    if (lua_type(r->L, -1) != LUA_TBOOLEAN)
        return rbk_read_expected(r, "true or false");
    *(bool *)at = lua_toboolean(r->L, -1);
    return 0;
}

int rbk_read_count(struct rbk_reader *r, void *at)
{
    enum { COUNT_MAX = 1000000 };
    lua_Integer n = lua_isinteger(r->L, -1) ? lua_tointeger(r->L, -1) : 0;
    if (n < 1 || n > COUNT_MAX)
        return rbk_read_expected(r, "a whole number, at least 1");
    *(int *)at = (int)n;
    return 0;
}

int rbk_read_number(struct rbk_reader *r, void *at)
{
    double n = lua_type(r->L, -1) == LUA_TNUMBER ? lua_tonumber(r->L, -1) : -1;
    if (!(n >= 0) || isinf(n))
        return rbk_read_expected(r, "a number, not negative");
    *(double *)at = n;
    return 0;
}

/* ---- units ------------------------------------------------------------------------------------------------------- */

/* A string with a unit, a quantity, or a plain number in base units; NAN when it is none of them. */
static double read_quantity(struct rbk_reader *r, enum rbk_unit unit)
{
    struct rbk_quantity q;
    double value;
    if (lua_type(r->L, -1) == LUA_TNUMBER)
        return lua_tonumber(r->L, -1);
    if (rbk_lua_get_quantity(r->L, -1, &q, NULL))
        return q.unit == unit ? q.value : (double)NAN;
    if (lua_type(r->L, -1) == LUA_TSTRING &&
        rbk_quantity_parse_as(r->key->name, lua_tostring(r->L, -1), unit, &value, NULL) == 0)
        return value;
    return (double)NAN;
}

int rbk_read_duration(struct rbk_reader *r, void *at)
{
    const double max_s = 100.0 * 365 * 86400;
    double s = read_quantity(r, RBK_UNIT_SECONDS);
    if (!(s >= 0) || s > max_s)
        return rbk_read_expected(r, "a duration such as \"30s\", \"5m\" or \"1h30m\"");
    *(int64_t *)at = (int64_t)llround(s * 1000);
    return 0;
}

int rbk_read_size(struct rbk_reader *r, void *at)
{
    const double max_bytes = 1e18;
    double bytes = read_quantity(r, RBK_UNIT_BYTES);
    if (!(bytes >= 0) || bytes > max_bytes)
        return rbk_read_expected(r, "a size such as \"512MB\" or \"2GiB\"");
    *(int64_t *)at = (int64_t)llround(bytes);
    return 0;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

int rbk_read_expression(struct rbk_reader *r, void *at)
{
    if (lua_type(r->L, -1) != LUA_TSTRING) {
        rbk_read_expected(r, "an expression in quotes such as \"failure_rate < 5%\"");
        if (lua_type(r->L, -1) == LUA_TBOOLEAN)
            rbk_error_hint(r->err, "what Lua knows while the file is loaded goes into an `if` around the step");
        return r->err->code;
    }
    return rbk_expr_parse(lua_tostring(r->L, -1), r->file, r->key_line, at, r->err);
}

int rbk_read_on_fail(struct rbk_reader *r, void *at)
{
    static const char *const names[] = {"stop", "continue", "undo"};
    const char *word = lua_type(r->L, -1) == LUA_TSTRING ? lua_tostring(r->L, -1) : "";
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, names[i]) == 0) {
            *(enum rbk_on_fail *)at = (enum rbk_on_fail)i;
            return 0;
        }
    }
    rbk_read_expected(r, "\"stop\", \"continue\" or \"undo\"");
    const char *near = rbk_did_you_mean(word, names, 3);
    if (near)
        rbk_error_hint(r->err, "did you mean \"%s\"?", near);
    return r->err->code;
}

/* ---- lists and maps ---------------------------------------------------------------------------------------------- */

int rbk_read_strings(struct rbk_reader *r, void *at)
{
    lua_State *L = r->L;
    if (lua_type(L, -1) == LUA_TSTRING) {
        rbk_strv_add(at, lua_tostring(L, -1));
        return 0;
    }
    int count = lua_type(L, -1) == LUA_TTABLE ? rbk_lua_list_length(L, -1) : -1;
    if (count < 0)
        return rbk_read_expected(r, count == -2 ? "a list of strings without a nil in it" : "a list of strings");
    for (int i = 1; i <= count; i++) {
        bool text = lua_rawgeti(L, -1, i) == LUA_TSTRING;
        if (text)
            rbk_strv_add(at, lua_tostring(L, -1));
        lua_pop(L, 1);
        if (!text)
            return rbk_read_error(r, "item %d of `%s` of %s must be a string", i, r->key->name, r->where);
    }
    return 0;
}

static int read_value(struct rbk_reader *r, enum rbk_type type, const char *what, rbk_value **out)
{
    struct rbk_error e;
    if (lua_type(r->L, -1) != LUA_TTABLE)
        return rbk_read_expected(r, what);
    rbk_value *v = rbk_lua_to_value(r->L, -1, &e);
    if (!v)
        return rbk_read_error(r, "`%s` of %s: %s", r->key->name, r->where, e.message);
    if (type == RBK_MAP && rbk_value_length(v) == 0) {
        rbk_value_free(v);
        v = rbk_map_new();
    }
    if (rbk_value_type(v) != type) {
        rbk_value_free(v);
        return rbk_read_expected(r, what);
    }
    *out = v;
    return 0;
}

int rbk_read_list(struct rbk_reader *r, void *at)
{
    return read_value(r, RBK_LIST, "a list", at);
}

int rbk_read_map(struct rbk_reader *r, void *at)
{
    return read_value(r, RBK_MAP, "a table of name = value", at);
}

int rbk_read_text_map(struct rbk_reader *r, void *at)
{
    rbk_value *map = NULL, *texts = rbk_map_new();
    int rc = read_value(r, RBK_MAP, "a table of NAME = \"text\"", &map);
    for (size_t i = 0; rc == 0 && i < rbk_value_length(map); i++) {
        const rbk_value *v = rbk_map_value_at(map, i);
        enum rbk_type type = rbk_value_type(v);
        if (type == RBK_LIST || type == RBK_MAP)
            rc = rbk_read_error(r, "`%s` in `%s` of %s must be a string, not a table", rbk_map_key_at(map, i),
                                r->key->name, r->where);
        char *text = rc == 0 ? rbk_value_text(v) : NULL;
        if (text)
            rbk_map_set_string(texts, rbk_map_key_at(map, i), text);
        free(text);
    }
    rbk_value_free(map);
    if (rc == 0)
        *(rbk_value **)at = texts;
    else
        rbk_value_free(texts);
    return rc;
}
