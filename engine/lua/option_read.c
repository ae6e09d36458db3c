/* Reading the declaration of an option, which stdlib wrote. */
#include <lua/option_read.h>

#include <lua/fail.h>
#include <lua/value.h>

const char *rbk_option_type(lua_State *L)
{
    return lua_getfield(L, -1, "type") == LUA_TSTRING ? lua_tostring(L, -1) : "string";
}

static void read_choices(lua_State *L, struct rbk_param *param)
{
    if (lua_getfield(L, -1, "choices") == LUA_TTABLE)
        for (int i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++, lua_pop(L, 1))
            rbk_strv_add(&param->choices, lua_tostring(L, -1));
    else
        lua_pushnil(L);
    lua_pop(L, 2);
}

void rbk_option_read(lua_State *L, struct rbk_param *param)
{
    struct rbk_error err;
    read_choices(L, param);
    lua_getfield(L, -1, "required");
    param->required = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "default") != LUA_TNIL) {
        param->dflt = rbk_lua_to_value(L, -1, &err);
        if (!param->dflt)
            rbk_lua_raise(L, &err);
    }
    lua_pop(L, 1);
}
