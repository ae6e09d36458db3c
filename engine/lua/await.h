/* The one way to wait. An operation is a userdata that starts with a struct rbk_wait; it lies on the coroutine's stack
 * as long as anybody waits for it. It may complete before the coroutine yields. */
#ifndef RBK_LUA_AWAIT_H
#define RBK_LUA_AWAIT_H

#include <lua/call.h>

struct rbk_wait {
    struct rbk_script_call *call;
    int (*finish)(lua_State *L, struct rbk_wait *w); /* pushes the results, returns their number */
    void (*cancel)(struct rbk_wait *w);              /* ends it early; NULL: the step machine does */
    bool done;
};

/* To be called before an operation begins: raises when the call was cancelled or cannot wait here. */
void rbk_await_begin(lua_State *L, const struct rbk_script_call *call);
/* Waits for w: `return rbk_await(L, w)`. The caller's results are those of w->finish. [-0, +n, v] */
int rbk_await(lua_State *L, struct rbk_wait *w);
/* The operation has ended; its results are in w. Resumes the coroutine if it waits. */
void rbk_await_done(struct rbk_wait *w);

/* Runs the call's coroutine until it waits or ends; at the end tells the step machine and frees the call. */
void rbk_call_resume(struct rbk_script_call *call);

#endif
