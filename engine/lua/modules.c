/* The table of native modules: a new one is one file and one line. */
#include <lua/modules.h>

#include <lauxlib.h>
#include <lua/require.h>
#include <lua/verb.h>
#include <string.h>

static const luaL_Reg modules[] = {
    {"runbook.config", rbk_open_config},     {"runbook.fs", rbk_open_fs},           {"runbook.json", rbk_open_json},
    {"runbook.incident", rbk_open_incident}, {"runbook.metrics", rbk_open_metrics}, {"runbook.notify", rbk_open_notify},
    {"runbook.results", rbk_open_results},   {"runbook.store", rbk_open_store},     {"runbook.timing", rbk_open_timing},
};

bool rbk_modules_push(lua_State *L, const char *name)
{
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        if (strcmp(modules[i].name, name) == 0) {
            luaL_getsubtable(L, LUA_REGISTRYINDEX, "runbook.native");
            if (lua_getfield(L, -1, name) == LUA_TNIL) {
                lua_pop(L, 1);
                lua_pushcfunction(L, modules[i].func);
                lua_call(L, 0, 1);
                lua_pushvalue(L, -1);
                lua_setfield(L, -3, name);
            }
            lua_remove(L, -2);
            return true;
        }
    }
    return false;
}

bool rbk_vocabulary_module(lua_State *L, const char *name)
{
    return strcmp(name, "config") == 0 && rbk_modules_push(L, "runbook.config");
}

void rbk_modules_open(lua_State *L)
{
    lua_pushcfunction(L, rbk_verb_new);
    lua_setfield(L, -2, "verb");
    lua_pushcfunction(L, rbk_require_stdlib);
    lua_setfield(L, -2, "require");
}
