/* Kinds of userdata by the address of their descriptor. The metatable lies in the registry under that address; its
 * integer 1 points back to the descriptor, which is how a value tells its name. */
#include <lua/types.h>

#include <stdio.h>
#include <string.h>

static void push_metatable(lua_State *L, const struct rbk_lua_type *type)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, type) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    luaL_setfuncs(L, type->meta, 0);
    lua_pushstring(L, type->name);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushlightuserdata(L, (void *)type);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, type);
}

void rbk_lua_set_type(lua_State *L, const struct rbk_lua_type *type)
{
    push_metatable(L, type);
    lua_setmetatable(L, -2);
}

void *rbk_lua_new_typed(lua_State *L, const struct rbk_lua_type *type, size_t size, int user_values)
{
    void *data = lua_newuserdatauv(L, size, user_values);
    memset(data, 0, size);
    rbk_lua_set_type(L, type);
    return data;
}

/* The descriptor of the value's kind, NULL when it has none of ours. A script cannot forge one: it has no light
 * userdata. */
static const struct rbk_lua_type *type_of(lua_State *L, int idx)
{
    if (!lua_checkstack(L, 2) || !lua_getmetatable(L, idx))
        return NULL;
    lua_rawgeti(L, -1, 1);
    const struct rbk_lua_type *type = lua_islightuserdata(L, -1) ? lua_touserdata(L, -1) : NULL;
    lua_pop(L, 2);
    return type;
}

bool rbk_lua_is(lua_State *L, int idx, const struct rbk_lua_type *type)
{
    return type_of(L, idx) == type;
}

void *rbk_lua_test(lua_State *L, int idx, const struct rbk_lua_type *type)
{
    return lua_type(L, idx) == LUA_TUSERDATA && rbk_lua_is(L, idx, type) ? lua_touserdata(L, idx) : NULL;
}

const char *rbk_lua_type_name(lua_State *L, int idx)
{
    const struct rbk_lua_type *type = type_of(L, idx);
    return type ? type->name : lua_typename(L, lua_type(L, idx));
}

const char *rbk_lua_describe(lua_State *L, int idx, char *out, size_t size)
{
    const char *name = rbk_lua_type_name(L, idx);
    switch (lua_type(L, idx)) {
    case LUA_TSTRING: {
        size_t len;
        const char *s = lua_tolstring(L, idx, &len);
        size_t line = strcspn(s, "\n");
        bool cut = line > 40 || line < len;
        snprintf(out, size, "\"%.*s%s\"", (int)(line > 40 ? 40 : line), s, cut ? "..." : "");
        break;
    }
    case LUA_TBOOLEAN:
        snprintf(out, size, "%s", lua_toboolean(L, idx) ? "true" : "false");
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, idx))
            snprintf(out, size, "%lld", (long long)lua_tointeger(L, idx));
        else
            snprintf(out, size, "%.14g", lua_tonumber(L, idx));
        break;
    case LUA_TNONE:
    case LUA_TNIL:
        snprintf(out, size, "nothing");
        break;
    default:
        snprintf(out, size, "%s %s", strchr("aeiou", name[0]) ? "an" : "a", name);
    }
    return out;
}
