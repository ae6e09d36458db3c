/* runbook.timing: the monotonic clock, slots and turns that all processes of a store share, and sleeps that a resumed
 * run takes up again. Times are seconds as plain numbers; stdlib/timing.lua gives them their unit. */
#include <lua/modules.h>

#include <base/clock.h>
#include <base/str.h>
#include <lua/call.h>
#include <lua/ctx.h>
#include <lua/fail.h>
#include <lua/types.h>
#include <stdio.h>
#include <store/lock.h>
#include <store/timing.h>

static struct rbk_perform *current_perform(lua_State *L)
{
    return rbk_call_current(L, "waiting")->perform;
}

/* timing.now(): seconds on the monotonic clock. [-0, +1, -] */
static int timing_now(lua_State *L)
{
    lua_pushnumber(L, (double)rbk_clock_mono_us() / 1e6);
    return 1;
}

/* timing.span(duration, what): a duration as people write it, in seconds. [-2, +1, v] */
static int timing_span(lua_State *L)
{
    lua_pushnumber(L, (double)rbk_ctx_duration(L, 1, luaL_checkstring(L, 2)) / 1000);
    return 1;
}

/* ---- slots ---------------------------------------------------------------------------------------------------------
 */

struct slot {
    struct rbk_lock *lock;
};

/* slot:release(), also when it is closed or collected. [-1, +0, -] */
static int slot_release(lua_State *L);
static const luaL_Reg slot_meta[] = {{"__gc", slot_release}, {"__close", slot_release}, {NULL, NULL}};
static const struct rbk_lua_type slot_type = {"slot", slot_meta};

static int slot_release(lua_State *L)
{
    struct slot *slot = rbk_lua_test(L, 1, &slot_type);
    if (slot) {
        rbk_lock_release(slot->lock);
        slot->lock = NULL;
    }
    return 0;
}

/* timing.slot(name, i): holds slot i of that name, or nil, message, "EBUSY". [-2, +1|3, v] */
static int timing_slot(lua_State *L)
{
    struct rbk_perform *p = current_perform(L);
    struct rbk_error err;
    char holder[120];
    const char *key = lua_pushfstring(L, "slot %s#%d", luaL_checkstring(L, 1), (int)luaL_checkinteger(L, 2));
    snprintf(holder, sizeof holder, "run %.12s, step %s", rbk_perform_run_id(p), rbk_perform_step_key(p));
    struct slot *slot = rbk_lua_new_typed(L, &slot_type, sizeof *slot, 0);
    if (rbk_lock_try(rbk_perform_store(p), RBK_LOCK_NAMED, key, holder, &slot->lock, &err) != 0)
        return rbk_lua_push_failure(L, &err);
    return 1;
}

/* ---- turns and sleeps ----------------------------------------------------------------------------------------------
 */

/* timing.turn(name, n, per): true when a turn was given, else false and when the next one is free. [-3, +1|2|3, v] */
static int timing_turn(lua_State *L)
{
    struct rbk_error err;
    int64_t free_us = 0;
    lua_Integer n = luaL_checkinteger(L, 2);
    luaL_argcheck(L, n >= 1 && n <= RBK_TURNS_MAX, 2, "1 to 1000 turns");
    int rc = rbk_turn_take(rbk_perform_store(current_perform(L)), luaL_checkstring(L, 1), (int)n,
                           (int64_t)(luaL_checknumber(L, 3) * 1e6), &free_us, &err);
    if (rc != 0 && rc != RBK_EBUSY)
        return rbk_lua_push_failure(L, &err);
    lua_pushboolean(L, rc == 0);
    lua_pushnumber(L, (double)free_us / 1e6);
    return 2;
}

/* timing.sleep_begin(seconds): how many of them are left for this step of this run. [-1, +1|3, v] */
static int timing_sleep_begin(lua_State *L)
{
    struct rbk_perform *p = current_perform(L);
    struct rbk_error err;
    int64_t length = (int64_t)(luaL_checknumber(L, 1) * 1000), now = rbk_clock_wall_ms(), until = 0;
    if (rbk_sleep_begin(rbk_perform_store(p), rbk_perform_run_id(p), rbk_perform_step_key(p), now + length, &until,
                        &err) != 0)
        return rbk_lua_push_failure(L, &err);
    int64_t left = until - now; /* a wall clock that was set back makes no sleep longer than it was meant to be */
    left = left < 0 ? 0 : left;
    lua_pushnumber(L, (double)(left > length ? length : left) / 1000);
    return 1;
}

/* timing.sleep_end(): true. [-0, +1|3, v] */
static int timing_sleep_end(lua_State *L)
{
    struct rbk_perform *p = current_perform(L);
    struct rbk_error err;
    if (rbk_sleep_end(rbk_perform_store(p), rbk_perform_run_id(p), rbk_perform_step_key(p), &err) != 0)
        return rbk_lua_push_failure(L, &err);
    lua_pushboolean(L, 1);
    return 1;
}

int rbk_open_timing(lua_State *L)
{
    static const luaL_Reg functions[] = {{"now", timing_now},
                                         {"sleep_begin", timing_sleep_begin},
                                         {"sleep_end", timing_sleep_end},
                                         {"slot", timing_slot},
                                         {"span", timing_span},
                                         {"turn", timing_turn},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
