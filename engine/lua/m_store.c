/* runbook.store: looking after the state folder that the run itself is recorded in (store/upkeep.h). */
#include <lua/modules.h>

#include <lua/call.h>
#include <lua/fail.h>
#include <lua/quantity.h>
#include <store/upkeep.h>

static struct rbk_store *current_store(lua_State *L)
{
    return rbk_perform_store(rbk_call_current(L, "the state folder")->perform);
}

/* store.prune_logs(before_ms, really): of how many runs, how many bytes. [-2, +2|3, v] */
static int store_prune_logs(lua_State *L)
{
    struct rbk_error err;
    struct rbk_prune_logs pruned;
    int64_t before_ms = (int64_t)luaL_checknumber(L, 1);
    if (rbk_store_prune_logs(current_store(L), before_ms, lua_toboolean(L, 2), &pruned, &err) != 0)
        return rbk_lua_push_failure(L, &err);
    lua_pushinteger(L, pruned.runs);
    rbk_lua_push_quantity(L, (double)pruned.bytes, RBK_UNIT_BYTES, NULL);
    return 2;
}

/* store.copy(path): the size of the copy, which was read back, and how many runs it holds. [-1, +2|3, v] */
static int store_copy(lua_State *L)
{
    struct rbk_error err;
    struct rbk_store_copy copy;
    if (rbk_store_copy(current_store(L), luaL_checkstring(L, 1), &copy, &err) != 0)
        return rbk_lua_push_failure(L, &err);
    rbk_lua_push_quantity(L, (double)copy.bytes, RBK_UNIT_BYTES, NULL);
    lua_pushinteger(L, copy.runs);
    return 2;
}

int rbk_open_store(lua_State *L)
{
    static const luaL_Reg functions[] = {{"prune_logs", store_prune_logs}, {"copy", store_copy}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
