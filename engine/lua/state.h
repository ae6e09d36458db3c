/* The host's state, shared by the files of this room only. */
#ifndef RBK_LUA_STATE_H
#define RBK_LUA_STATE_H

#include <lauxlib.h>
#include <lua/heap.h>
#include <lua/host.h>
#include <lua/watchdog.h>

struct rbk_load;
struct rbk_task;

/* A coroutine that has ended well, with the stack that it has grown: the next task runs in it. */
enum { IDLE_COROUTINES = 16 };
struct rbk_idle {
    lua_State *co;
    int anchor;
};

struct rbk_lua {
    lua_State *L;
    const struct rbk_config *config; /* borrowed */
    const char *const *dirs;         /* borrowed; NULL-terminated */
    struct rbk_heap heap;
    struct rbk_watchdog watchdog;
    int64_t load_ms, call_ms;
    unsigned long loads;   /* how many files were loaded: their serial numbers */
    unsigned long calls;   /* how many bodies were started */
    struct rbk_load *load; /* the file that is being loaded, or NULL */
    struct rbk_task *task; /* whose coroutine runs right now, or NULL */
    struct rbk_idle idle[IDLE_COROUTINES];
    int idle_count;
};

/* The host that a Lua thread belongs to. */
struct rbk_lua *rbk_lua_of(lua_State *L);
/* Runs fn(L) with `arg` as its only argument, a light userdata, and turns what it raises into an error. The one way in
 * from C. Results are dropped. */
int rbk_lua_protected(struct rbk_lua *lua, lua_CFunction fn, void *arg, struct rbk_error *err);

/* Room for the frames above the calling C function, kept as long as it runs. Lua 5.4.4 loses the rest of
 * `"a" .. b .. "c" .. q` when the stack moves while the __concat of q runs; with room it does not move. [-0, +0, m] */
void rbk_lua_reserve_stack(lua_State *L);

#endif
