/* The only lua_resume and the only lua_yieldk. */
#include <lua/await.h>

#include <lua/fail.h>
#include <stdio.h>
#include <stdlib.h>

static void await_check(lua_State *L, const struct rbk_script_call *call)
{
    if (!call->cancelled)
        return;
    struct rbk_error err;
    rbk_error_set(&err, RBK_ECANCELLED, "cancelled");
    rbk_lua_raise(L, &err);
}

void rbk_await_begin(lua_State *L, const struct rbk_script_call *call)
{
    await_check(L, call);
    if (!lua_isyieldable(L))
        rbk_lua_fail_hint(L, "collect first, then wait in a loop of your own",
                          "nothing can wait within string.gsub or table.sort");
}

static int await_resumed(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct rbk_wait *w = (struct rbk_wait *)ctx;
    w->call->wait = NULL;
    await_check(L, w->call);
    return w->finish(L, w);
}

int rbk_await(lua_State *L, struct rbk_wait *w)
{
    if (w->done)
        return await_resumed(L, LUA_OK, (lua_KContext)w);
    w->call->wait = w;
    return lua_yieldk(L, 0, (lua_KContext)w, await_resumed);
}

void rbk_await_done(struct rbk_wait *w)
{
    w->done = true;
    if (w->call->wait == w)
        rbk_call_resume(w->call);
}

/* ---- the coroutine -------------------------------------------------------------------------------------------------
 */

static void describe_to_watchdog(const struct rbk_script_call *call)
{
    char what[256];
    snprintf(what, sizeof what, "run %s: step %s", rbk_perform_run_id(call->perform),
             rbk_perform_step_key(call->perform));
    rbk_watchdog_describe(&call->lua->watchdog, rbk_exit_status(RBK_EDOUBT), what,
                          "the run is interrupted; `runbook status` shows it, `runbook resume` goes on");
}

static void call_end(struct rbk_script_call *call, int status)
{
    struct rbk_lua *lua = call->lua;
    struct rbk_error failed = call->failed;
    struct rbk_perform *perform = call->perform;
    if (status != LUA_OK)
        rbk_lua_pop_error(call->co, status, &failed);
    lua_resetthread(call->co);
    luaL_unref(lua->L, LUA_REGISTRYINDEX, call->anchor);
    rbk_value_free(call->options);
    free(call);
    rbk_perform_done(perform, failed.code ? &failed : NULL);
}

void rbk_call_resume(struct rbk_script_call *call)
{
    struct rbk_lua *lua = call->lua;
    struct rbk_script_call *outer = lua->call;
    int results, arguments = call->started ? 0 : 1;
    call->started = true;
    lua->call = call;
    describe_to_watchdog(call);
    rbk_watchdog_start(&lua->watchdog, call->co, lua->call_ms);
    int status = lua_resume(call->co, NULL, arguments, &results);
    rbk_watchdog_stop(&lua->watchdog);
    lua->call = outer;
    if (status != LUA_YIELD)
        call_end(call, status);
}
