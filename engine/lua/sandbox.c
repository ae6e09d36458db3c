/* The two environments. Most of it is made when a script first asks for it, because most runbooks use little: a start
 * must not pay for what nobody uses. */
#include <lua/sandbox.h>

#include <base/str.h>
#include <lua/fail.h>
#include <lua/globals.h>
#include <lua/modules.h>
#include <lua/stdlib.h>
#include <lua/types.h>
#include <lua/vocabulary.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

/* ---- names that do not exist ---------------------------------------------------------------------------------------
 */

static void add_global_names(lua_State *L, struct rbk_strv *names)
{
    lua_pushglobaltable(L);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING)
            rbk_strv_add(names, lua_tostring(L, -2));
    lua_pop(L, 1);
    for (const struct rbk_global *g = rbk_lazy_globals; g->name; g++)
        rbk_strv_add(names, g->name);
    rbk_stdlib_names(names);
}

static int unknown_global(lua_State *L, const char *name)
{
    struct rbk_error err;
    struct rbk_strv names = {0};
    rbk_error_set(&err, RBK_EINVAL, "unknown name `%s`", name);
    const char *gone = rbk_global_refused(name);
    add_global_names(L, &names);
    const char *near = rbk_did_you_mean(name, (const char *const *)names.items, names.count);
    if (gone)
        rbk_error_hint(&err, "%s", gone);
    else if (near)
        rbk_error_hint(&err, "did you mean `%s`?", near);
    else
        rbk_error_hint(&err, "text goes into quotes; a variable needs `local %s = ..` first", name);
    rbk_strv_fini(&names);
    return rbk_lua_raise(L, &err);
}

static const char *name_argument(lua_State *L)
{
    return lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_tolstring(L, 2, NULL);
}

/* Keeps what is on top under the name, so that it is made once. [-0, +0, m] */
static int keep(lua_State *L)
{
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

static int global_index(lua_State *L)
{
    const char *name = name_argument(L);
    for (const struct rbk_global *g = rbk_lazy_globals; g->name; g++) {
        if (strcmp(g->name, name) == 0) {
            g->push(L);
            return keep(L);
        }
    }
    if (!strchr(name, '.') && (rbk_stdlib_push(L, name) || rbk_vocabulary_module(L, name)))
        return keep(L);
    return unknown_global(L, name);
}

static int global_newindex(lua_State *L)
{
    const char *name = name_argument(L);
    return rbk_lua_fail_hint(L, "write `local` in front of it", "`%s` would become a global variable", name);
}

/* ---- runbooks ------------------------------------------------------------------------------------------------------
 */

static void refuse_globals(lua_State *L)
{
    static const char *const refused[] = {"_G", "_VERSION", "collectgarbage", "dofile", "load", "loadfile", "warn"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        lua_pushnil(L);
        lua_setfield(L, -2, refused[i]);
    }
}

static void lock_table(lua_State *L, lua_CFunction index)
{
    lua_createtable(L, 0, 3);
    lua_pushcfunction(L, index);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, global_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

/* The metatable of all strings, which stdlib shares with runbooks. */
static void lock_strings(lua_State *L)
{
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

void rbk_sandbox_open(lua_State *L)
{
    luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
    refuse_globals(L);
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 0);
    lock_strings(L);
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    rbk_module_lock(L, LUA_STRLIBNAME);
    lua_setfield(L, -2, LUA_STRLIBNAME);
    rbk_globals_open(L);
    rbk_vocabulary_open(L);
    lock_table(L, global_index);
    lua_pop(L, 1);
}

/* ---- stdlib --------------------------------------------------------------------------------------------------------
 */

/* What stdlib does not have itself it finds among the globals of runbooks. */
static int stdlib_index(lua_State *L)
{
    lua_pushglobaltable(L);
    lua_pushvalue(L, 2);
    lua_gettable(L, -2);
    return 1;
}

void rbk_sandbox_push_stdlib(lua_State *L)
{
    static const char key;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    rbk_modules_open(L);
    lock_table(L, stdlib_index);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
}
