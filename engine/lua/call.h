/* One body being performed: a task of the host on one side, a struct rbk_perform of the step machine on the other. */
#ifndef RBK_LUA_CALL_H
#define RBK_LUA_CALL_H

#include <lua/await.h>
#include <lua/verb.h>
#include <run/script.h>

struct rbk_script_call {
    struct rbk_task task;
    struct rbk_perform *perform;
    const struct rbk_body *body; /* borrowed: the plan outlives the run */
    rbk_value *options;          /* of an action, $name replaced; owned */
    unsigned long serial;        /* tells a stale ctx */
};

/* The call whose coroutine is running; raises while a file loads. `what` needs it. */
struct rbk_script_call *rbk_call_current(lua_State *L, const char *what);
/* The same, or NULL. */
struct rbk_script_call *rbk_call_running(const struct rbk_lua *lua);
/* The table at index 1 as data, in a box; `texts`, up to NULL, are the members from which secrets are taken. While a
 * call runs. [-0, +1, v] */
rbk_value *rbk_call_asked(lua_State *L, const char *const *texts);
/* Writes to the log of the running step; false when none runs. */
bool rbk_call_log(lua_State *L, const char *text, size_t len);

/* Pushes a ctx for the running call; `verb` is at index `verb` (0 = a function's ctx). [-0, +1, m] */
void rbk_ctx_push(lua_State *L, int verb);
/* Performs the action at idx with options that need no more replacing: calls its `perform` and returns what that
 * returns. To be returned from a C function. [-?, +n, v] */
int rbk_action_perform(lua_State *L, int idx, const rbk_value *options);

#endif
