/* What a channel may do to carry a message: `via`, the third argument of its `send`. Within channel*.c. */
#ifndef RBK_LUA_VIA_H
#define RBK_LUA_VIA_H

#include <lua/await.h>
#include <lua/channel.h>

/* A message on its way, as `via` sees it: the task is its first member. */
struct rbk_via {
    struct rbk_task task;
    struct rbk_net *net;
    const struct rbk_redactor *redactor;
};

/* Pushes the table of functions, made once per host; they belong to the task that runs. [-0, +1, m] */
void rbk_via_push(lua_State *L);

#endif
