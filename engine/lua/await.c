/* The only lua_resume and the only lua_yieldk. */
#include <lua/await.h>

#include <lua/fail.h>

static void await_check(lua_State *L, const struct rbk_task *t)
{
    if (!t->cancelled)
        return;
    struct rbk_error err;
    rbk_error_set(&err, RBK_ECANCELLED, "cancelled");
    rbk_lua_raise(L, &err);
}

void rbk_await_begin(lua_State *L, const struct rbk_task *t)
{
    await_check(L, t);
    if (!lua_isyieldable(L))
        rbk_lua_fail_hint(L, "collect first, then wait in a loop of your own",
                          "nothing can wait within string.gsub or table.sort");
}

static int await_resumed(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct rbk_wait *w = (struct rbk_wait *)ctx;
    w->task->wait = NULL;
    await_check(L, w->task);
    return w->finish(L, w);
}

int rbk_await(lua_State *L, struct rbk_wait *w)
{
    if (w->done)
        return await_resumed(L, LUA_OK, (lua_KContext)w);
    w->task->wait = w;
    return lua_yieldk(L, 0, (lua_KContext)w, await_resumed);
}

/* ---- the coroutine -------------------------------------------------------------------------------------------------
 */

void rbk_task_drop(struct rbk_task *t)
{
    lua_resetthread(t->co);
    luaL_unref(t->lua->L, LUA_REGISTRYINDEX, t->anchor);
}

static void task_rest(struct rbk_task *t)
{
    struct rbk_lua *lua = t->lua;
    if (lua->idle_count == IDLE_COROUTINES) {
        rbk_task_drop(t);
        return;
    }
    lua_settop(t->co, 0);
    lua->idle[lua->idle_count++] = (struct rbk_idle){t->co, t->anchor};
}

/* A script that does not let go keeps the timers from firing: its time is the watchdog's to keep, too. */
static int64_t patience_ms(const struct rbk_task *t)
{
    enum { ROUNDING_MS = 10 };
    int64_t left = t->kind->left_ms ? t->kind->left_ms(t) : INT64_MAX;
    return left < t->lua->call_ms ? left + ROUNDING_MS : t->lua->call_ms;
}

void rbk_task_resume(struct rbk_task *t)
{
    struct rbk_lua *lua = t->lua;
    struct rbk_task *outer = lua->task;
    int results, arguments = t->started ? 0 : 1;
    t->started = true;
    lua->task = t;
    t->kind->describe(t, &lua->watchdog);
    rbk_watchdog_start(&lua->watchdog, t->co, patience_ms(t));
    int status = lua_resume(t->co, NULL, arguments, &results);
    rbk_watchdog_stop(&lua->watchdog);
    lua->task = outer;
    if (status == LUA_YIELD)
        return;
    if (status == LUA_OK) {
        task_rest(t);
    } else {
        rbk_lua_pop_error(t->co, status, &t->failed);
        rbk_task_drop(t);
    }
    t->kind->ended(t);
}

void rbk_await_done(struct rbk_wait *w)
{
    w->done = true;
    if (w->task->wait == w)
        rbk_task_resume(w->task);
}

static int make_coroutine(lua_State *L)
{
    struct rbk_task *t = lua_touserdata(L, 1);
    if (t->lua->idle_count) {
        struct rbk_idle idle = t->lua->idle[--t->lua->idle_count];
        t->co = idle.co;
        t->anchor = idle.anchor;
    } else {
        t->co = lua_newthread(L);
        t->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_pushcfunction(t->co, t->kind->main);
    lua_pushlightuserdata(t->co, t);
    return 0;
}

int rbk_task_init(struct rbk_task *t, struct rbk_error *err)
{
    t->anchor = LUA_NOREF;
    return rbk_lua_protected(t->lua, make_coroutine, t, err);
}

void rbk_task_cancel(struct rbk_task *t)
{
    t->cancelled = true;
    if (t->wait && t->wait->cancel)
        t->wait->cancel(t->wait);
}
