/* runbook.metrics: recording and asking for what was measured (metrics/metrics.h). */
#include <lua/modules.h>

#include <lua/call.h>
#include <lua/fail.h>
#include <lua/value.h>
#include <metrics/metrics.h>

static struct rbk_store *current_store(lua_State *L)
{
    return rbk_perform_store(rbk_call_current(L, "a metric")->perform);
}

/* The table at index 1 as data in a box. [-0, +1, v] */
static rbk_value *check_table(lua_State *L)
{
    struct rbk_error err;
    luaL_checktype(L, 1, LUA_TTABLE);
    rbk_value **v = rbk_lua_push_box(L);
    *v = rbk_lua_to_value(L, 1, &err);
    if (!*v)
        rbk_lua_raise(L, &err);
    return *v;
}

/* metrics.record { name, value, labels, kind, help, at } or a list of such: true. [-1, +1|3, v] */
static int metrics_record(lua_State *L)
{
    struct rbk_error err;
    struct rbk_store *store = current_store(L);
    if (rbk_metrics_record_value(store, check_table(L), &err))
        return rbk_lua_push_failure(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

typedef int metrics_ask_fn(struct rbk_store *s, const rbk_value *asked, rbk_value **out, struct rbk_error *err);

static int push_answer(lua_State *L, metrics_ask_fn *fn)
{
    struct rbk_error err;
    struct rbk_store *store = current_store(L);
    rbk_value *asked = check_table(L), **found = rbk_lua_push_box(L);
    if (fn(store, asked, found, &err))
        return rbk_lua_push_failure(L, &err);
    rbk_lua_push_value(L, *found);
    return 1;
}

/* metrics.query { name, labels, since, until, agg, step, by }: a list of { name, labels, points }. [-1, +1|3, v] */
static int metrics_query(lua_State *L)
{
    return push_answer(L, rbk_metrics_query_value);
}

/* metrics.trend { .., limit }: the same, as a list of { name, labels, direction, per_day, last, count, reached_ms }.
 * [-1, +1|3, v] */
static int metrics_trend(lua_State *L)
{
    return push_answer(L, rbk_metrics_trend_value);
}

int rbk_open_metrics(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"record", metrics_record}, {"query", metrics_query}, {"trend", metrics_trend}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
