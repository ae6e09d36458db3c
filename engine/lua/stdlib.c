/* Loading embedded modules. A module is a table; asking one for a field that it does not have is an error with a
 * suggestion, since `tests.rnu` would otherwise only show as "attempt to call a nil value". */
#include <lua/stdlib.h>

#include <lua/embed.h>
#include <lua/fail.h>
#include <lua/globals.h>
#include <lua/sandbox.h>
#include <lua/state.h>
#include <string.h>

static const struct rbk_embedded *find_module(const char *name)
{
    for (const struct rbk_embedded *m = rbk_embedded_modules; m->name; m++)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

/* Modules with a dot in their name are stdlib's own; runbooks see the others. */
static bool is_vocabulary(const char *name)
{
    return !strchr(name, '.');
}

void rbk_stdlib_names(struct rbk_strv *names)
{
    for (const struct rbk_embedded *m = rbk_embedded_modules; m->name; m++)
        if (is_vocabulary(m->name))
            rbk_strv_add(names, m->name);
}

/* Upvalue 1: the module's name. */
static int unknown_field(lua_State *L)
{
    struct rbk_error err;
    struct rbk_strv names = {0};
    const char *module = lua_tostring(L, lua_upvalueindex(1));
    const char *field = luaL_tolstring(L, 2, NULL);
    const char *gone = rbk_global_refused(lua_pushfstring(L, "%s.%s", module, field));
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING)
            rbk_strv_add(&names, lua_tostring(L, -2));
    rbk_error_set(&err, RBK_EINVAL, "`%s` has no `%s`", module, field);
    const char *near = rbk_did_you_mean(field, (const char *const *)names.items, names.count);
    if (gone)
        rbk_error_hint(&err, "%s", gone);
    else if (near)
        rbk_error_hint(&err, "did you mean `%s.%s`?", module, near);
    rbk_strv_fini(&names);
    return rbk_lua_raise(L, &err);
}

void rbk_module_lock(lua_State *L, const char *name)
{
    if (luaL_getmetafield(L, -1, "__index") != LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    if (!lua_getmetatable(L, -1))
        lua_newtable(L);
    lua_pushstring(L, name);
    lua_pushcclosure(L, unknown_field, 1);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0); /* out of reach of scripts, which could call __index with anything */
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

static void run_module(lua_State *L, const struct rbk_embedded *module)
{
    if (luaL_loadbufferx(L, (const char *)module->code, module->size, module->name, "b") != LUA_OK)
        lua_error(L);
    rbk_sandbox_push_stdlib(L);
    lua_setupvalue(L, -2, 1);
    lua_pushstring(L, module->name);
    lua_call(L, 1, 1);
    if (!lua_istable(L, -1))
        luaL_error(L, "stdlib/%s.lua must return a table", module->name);
    if (is_vocabulary(module->name))
        rbk_module_lock(L, module->name);
}

bool rbk_stdlib_push(lua_State *L, const char *name)
{
    const struct rbk_embedded *module = find_module(name);
    if (!module)
        return false;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "runbook.stdlib");
    if (lua_getfield(L, -1, name) == LUA_TTABLE) {
        lua_remove(L, -2);
        return true;
    }
    lua_pop(L, 1);
    run_module(L, module);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, name);
    lua_remove(L, -2);
    return true;
}
