/* Lua's safe libraries, the ways to read the surroundings, and the words that stand in for what is refused. */
#include <lua/globals.h>

#include <lua/call.h>
#include <lua/fail.h>
#include <lua/quantity.h>
#include <lua/require.h>
#include <lua/stdlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void push_library(lua_State *L, lua_CFunction open, const char *name)
{
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    rbk_module_lock(L, name);
}

static void push_math(lua_State *L)
{
    push_library(L, luaopen_math, "math");
}

static void push_table(lua_State *L)
{
    push_library(L, luaopen_table, "table");
}

static void push_utf8(lua_State *L)
{
    push_library(L, luaopen_utf8, "utf8");
}

/* The clock of `os`; processes and files go through the engine. */
static int open_os(lua_State *L)
{
    static const char *const kept[] = {"clock", "date", "difftime", "getenv", "time"};
    lua_createtable(L, 0, 5);
    lua_pushcfunction(L, luaopen_os);
    lua_call(L, 0, 1);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getfield(L, -1, kept[i]);
        lua_setfield(L, -3, kept[i]);
    }
    lua_pop(L, 1);
    return 1;
}

static void push_os(lua_State *L)
{
    push_library(L, open_os, "os");
}

static void push_seconds(lua_State *L)
{
    lua_pushcfunction(L, rbk_lua_seconds);
}

static void push_bytes(lua_State *L)
{
    lua_pushcfunction(L, rbk_lua_bytes);
}

static void push_ratio(lua_State *L)
{
    lua_pushcfunction(L, rbk_lua_ratio);
}

/* env(name [, default]): a variable of the environment. [-n, +1, v] */
static int global_env(lua_State *L)
{
    const char *value = getenv(luaL_checkstring(L, 1));
    lua_settop(L, 2);
    if (value)
        lua_pushstring(L, value);
    return 1;
}

static void push_env(lua_State *L)
{
    lua_pushcfunction(L, global_env);
}

static void push_require(lua_State *L)
{
    lua_pushcfunction(L, rbk_require_runbook_lib);
}

const struct rbk_global rbk_lazy_globals[] = {
    {"math", push_math},
    {"table", push_table},
    {"utf8", push_utf8},
    {"os", push_os},
    {"env", push_env},
    {"require", push_require},
    {"seconds", push_seconds},
    {"bytes", push_bytes},
    {"ratio", push_ratio},
    {"no_data", rbk_lua_push_no_data},
    {NULL, NULL},
};

const char *rbk_global_refused(const char *name)
{
    static const struct {
        const char *name, *hint;
    } refused[] = {
        {"io", "files are read in a step: run = [[ cat file ]], or ctx:exec in a function"},
        {"debug", "runbooks do without it"},
        {"package", "require \"name\" reads runbooks/lib/name.lua"},
        {"coroutine", "waiting is done by ctx:exec and ctx:sleep"},
        {"load", "runbooks are text: write it in the file, or require \"name\" from runbooks/lib"},
        {"loadfile", "require \"name\" reads runbooks/lib/name.lua"},
        {"dofile", "require \"name\" reads runbooks/lib/name.lua"},
        {"collectgarbage", "memory takes care of itself"},
        {"os.execute", "a step runs programs: run = [[ .. ]], or ctx:exec in a function"},
        {"os.exit", "error(\"why\") ends a step; a runbook ends with its last step"},
        {"os.remove", "a step does that: run = { \"rm\", \"file\" }"},
        {"os.tmpname", "ctx:scratch() gives a function a folder of its own"},
        {"verb", "verbs are made in stdlib; in a runbook a function does: run = function(ctx) .. end"},
        {"ctx", "it is the argument of the function: run = function(ctx) .. end"},
        {"null", "Lua says nil"},
        {"None", "Lua says nil"},
        {"True", "Lua says true"},
        {"False", "Lua says false"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (strcmp(refused[i].name, name) == 0)
            return refused[i].hint;
    return NULL;
}

/* print(...): into the step's log, or to stderr while a file loads. [-n, +0, v] */
static int global_print(lua_State *L)
{
    int count = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&line, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    if (!rbk_call_log(L, text, len))
        fwrite(text, 1, len, stderr);
    return 0;
}

/* setmetatable without finalizers: no hook runs in one, so it could neither be stopped nor timed. [-2, +1, v] */
static int global_setmetatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnil(L, 2))
        luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    if (lua_istable(L, 2) && lua_getfield(L, 2, "__gc") != LUA_TNIL)
        return rbk_lua_fail_hint(L, "use `local x <close> = ..`", "a metatable cannot have `__gc` here");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return rbk_lua_fail(L, "this metatable is protected");
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

void rbk_globals_open(lua_State *L)
{
    lua_pushcfunction(L, global_print);
    lua_setfield(L, -2, "print");
    lua_pushcfunction(L, global_setmetatable);
    lua_setfield(L, -2, "setmetatable");
}
