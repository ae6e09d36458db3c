/* runbook.json: decode and encode. */
#include <lua/modules.h>

#include <lauxlib.h>
#include <lua/fail.h>
#include <lua/value.h>
#include <stdlib.h>

/* json.decode(text). [-1, +1|3, v] */
static int json_decode(lua_State *L)
{
    size_t len;
    struct rbk_error err;
    const char *text = luaL_checklstring(L, 1, &len);
    rbk_value **v = rbk_lua_push_box(L);
    *v = rbk_value_from_json(text, len, &err);
    if (!*v)
        return rbk_lua_push_failure(L, &err);
    rbk_lua_push_value(L, *v);
    return 1;
}

/* json.encode(value [, indent]). The text goes through a string value, which a box can own. [-2, +1, v] */
static int json_encode(lua_State *L)
{
    struct rbk_error err;
    int indent = (int)luaL_optinteger(L, 2, 0);
    luaL_checkany(L, 1);
    rbk_value **v = rbk_lua_push_box(L), **text = rbk_lua_push_box(L);
    *v = rbk_lua_to_value(L, 1, &err);
    if (!*v)
        return rbk_lua_raise(L, &err);
    char *json = rbk_value_to_json(*v, indent < 0 || indent > 8 ? 0 : indent);
    *text = rbk_string_new(json);
    free(json);
    lua_pushlstring(L, rbk_value_string(*text), rbk_value_length(*text));
    return 1;
}

int rbk_open_json(lua_State *L)
{
    static const luaL_Reg functions[] = {{"decode", json_decode}, {"encode", json_encode}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
