/* One Lua state: made, entered from C, and ended. */
#include <lua/host.h>

#include <base/mem.h>
#include <lua/fail.h>
#include <lua/sandbox.h>
#include <lua/state.h>
#include <stdlib.h>

enum { MEMORY_DEFAULT = 256 << 20, LOAD_MS_DEFAULT = 5000, CALL_MS_DEFAULT = 10000 };

struct rbk_lua *rbk_lua_of(lua_State *L)
{
    return *(struct rbk_lua **)lua_getextraspace(L);
}

struct rbk_watchdog *rbk_lua_watchdog(lua_State *L)
{
    return &rbk_lua_of(L)->watchdog;
}

void rbk_lua_reserve_stack(lua_State *L)
{
    enum { STACK_SLOTS = 2000 };
    luaL_checkstack(L, STACK_SLOTS, NULL);
}

int rbk_lua_protected(struct rbk_lua *lua, lua_CFunction fn, void *arg, struct rbk_error *err)
{
    lua_State *L = lua->L;
    int top = lua_gettop(L);
    if (!lua_checkstack(L, 4))
        return rbk_error_set(err, RBK_EINVAL, "not enough memory for the script");
    lua_pushcfunction(L, rbk_lua_on_error);
    lua_pushcfunction(L, fn);
    lua_pushlightuserdata(L, arg);
    int status = lua_pcall(L, 1, 0, top + 1);
    if (status != LUA_OK)
        rbk_lua_pop_error(L, status, err);
    lua_settop(L, top);
    return status == LUA_OK ? 0 : err ? err->code : RBK_EINVAL;
}

static int open_state(lua_State *L)
{
    rbk_sandbox_open(L);
    return 0;
}

static int state_new(struct rbk_lua *lua, const struct rbk_lua_options *options, struct rbk_error *err)
{
    lua->L = lua_newstate(rbk_heap_alloc, &lua->heap);
    if (!lua->L)
        return rbk_error_set(err, RBK_ESTORE, "not enough memory for Lua");
    *(struct rbk_lua **)lua_getextraspace(lua->L) = lua;
    lua->heap.stress = options->stress_gc;
    int rc = rbk_watchdog_init(&lua->watchdog, err);
    return rc ? rc : rbk_lua_protected(lua, open_state, NULL, err);
}

int rbk_lua_new(const struct rbk_lua_options *options, struct rbk_lua **out, struct rbk_error *err)
{
    struct rbk_lua *lua = rbk_alloc(sizeof *lua);
    lua->config = options->config;
    lua->dirs = options->runbook_dirs;
    lua->heap.max = options->memory_max ? options->memory_max : MEMORY_DEFAULT;
    lua->load_ms = options->load_ms ? options->load_ms : LOAD_MS_DEFAULT;
    lua->call_ms = options->call_ms ? options->call_ms : CALL_MS_DEFAULT;
    int rc = state_new(lua, options, err);
    if (rc) {
        rbk_lua_free(lua);
        return rc;
    }
    *out = lua;
    return 0;
}

void rbk_lua_free(struct rbk_lua *lua)
{
    if (!lua)
        return;
    if (lua->L)
        lua_close(lua->L);
    rbk_watchdog_fini(&lua->watchdog);
    free(lua);
}
