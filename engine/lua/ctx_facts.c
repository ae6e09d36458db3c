/* Facts as a body sees them: ctx:set, ctx:get and ctx.facts. A plain number in a fact that the verb declared with a
 * unit gets that unit. */
#include <lua/ctx.h>

#include <lua/fail.h>
#include <lua/types.h>
#include <lua/value.h>
#include <math.h>
#include <string.h>

static enum rbk_unit declared_unit(const struct rbk_verb *verb, const char *name)
{
    for (size_t i = 0; verb && i < verb->set_count; i++)
        if (strcmp(verb->sets[i].name, name) == 0)
            return verb->sets[i].unit;
    return RBK_UNIT_NONE;
}

static rbk_value *with_unit(rbk_value *v, enum rbk_unit unit)
{
    bool plain =
        rbk_value_type(v) == RBK_INT || (rbk_value_type(v) == RBK_NUMBER && rbk_value_unit(v) == RBK_UNIT_NONE);
    if (unit == RBK_UNIT_NONE || !plain)
        return v;
    rbk_value *number = rbk_number_new(rbk_value_number(v), unit);
    rbk_value_free(v);
    return number;
}

static bool all_finite(const rbk_value *v)
{
    for (size_t i = 0; rbk_value_type(v) == RBK_LIST && i < rbk_value_length(v); i++)
        if (!all_finite(rbk_list_at(v, i)))
            return false;
    for (size_t i = 0; rbk_value_type(v) == RBK_MAP && i < rbk_value_length(v); i++)
        if (!all_finite(rbk_map_value_at(v, i)))
            return false;
    return isfinite(rbk_value_number(v));
}

/* The value on top as the fact `name`. [-0, +0, v] */
static void set_fact(lua_State *L, struct rbk_script_call *call, const struct rbk_verb *verb, const char *name)
{
    struct rbk_error err;
    if (!rbk_name_ok(name))
        rbk_lua_fail_hint(L, "lower-case letters, digits and _", "\"%s\" is no name of a fact", name);
    if (lua_isnil(L, -1))
        rbk_lua_fail_hint(L, "no_data says that there was nothing to measure", "fact `%s`: its value is nil", name);
    rbk_value *v = rbk_lua_to_value(L, -1, &err);
    if (!v)
        rbk_lua_fail(L, "fact `%s`: %s", name, err.message);
    if (!all_finite(v)) {
        rbk_value_free(v);
        rbk_lua_fail_hint(L, "divided by zero? no_data says that there was nothing to measure",
                          "fact `%s`: its value is not a finite number", name);
    }
    if (rbk_perform_set(call->perform, name, with_unit(v, declared_unit(verb, name)), &err) != 0)
        rbk_lua_raise(L, &err);
}

int rbk_ctx_set(lua_State *L)
{
    struct rbk_script_call *call = rbk_ctx_call(L);
    const struct rbk_verb *verb = ((struct rbk_ctx *)lua_touserdata(L, 1))->verb;
    if (lua_type(L, 2) != LUA_TTABLE) {
        lua_settop(L, 3);
        set_fact(L, call, verb, luaL_checkstring(L, 2));
        return 0;
    }
    lua_settop(L, 2);
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            return rbk_lua_fail(L, "ctx:set takes a table of name = value");
        set_fact(L, call, verb, lua_tostring(L, -2));
    }
    return 0;
}

int rbk_ctx_get(lua_State *L)
{
    struct rbk_script_call *call = rbk_ctx_call(L);
    rbk_lua_push_value(L, rbk_perform_get(call->perform, luaL_checkstring(L, 2)));
    return 1;
}

/* ---- ctx.facts -----------------------------------------------------------------------------------------------------
 */

/* ctx.facts.name: nil when it was never set. */
static int facts_index(lua_State *L)
{
    struct rbk_script_call *call = rbk_call_current(L, "ctx.facts");
    rbk_lua_push_value(L, rbk_perform_get(call->perform, luaL_checkstring(L, 2)));
    return 1;
}

static int facts_newindex(lua_State *L)
{
    struct rbk_script_call *call = rbk_call_current(L, "ctx.facts");
    lua_settop(L, 3);
    set_fact(L, call, NULL, luaL_checkstring(L, 2));
    return 0;
}

void rbk_ctx_push_facts(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__index", facts_index}, {"__newindex", facts_newindex}, {NULL, NULL}};
    static const struct rbk_lua_type facts_type = {"facts", meta};
    rbk_lua_new_typed(L, &facts_type, 0, 0);
}
