/* ctx, the argument of a body: what a function may do while its step runs. Within ctx*.c. */
#ifndef RBK_LUA_CTX_H
#define RBK_LUA_CTX_H

#include <lua/call.h>

/* User value 1 keeps its verb. */
struct rbk_ctx {
    unsigned long serial;        /* of its call */
    const struct rbk_verb *verb; /* whose facts have units; NULL in a function */
};

/* Everything that ctx has, sorted; ends with NULL. */
extern const char *const rbk_ctx_members[];

/* The running call of the ctx at index 1; raises when it is not this step's. */
struct rbk_script_call *rbk_ctx_call(lua_State *L);

/* Methods. Stack effects as seen from Lua. */
int rbk_ctx_exec(lua_State *L);    /* ctx:exec { .. }        [-2, +1|3, v] */
int rbk_ctx_http(lua_State *L);    /* ctx:http { .. }        [-2, +1|3, v] */
int rbk_ctx_sleep(lua_State *L);   /* ctx:sleep(duration)    [-2, +0, v] */
int rbk_ctx_perform(lua_State *L); /* ctx:perform(action)    [-2, +n, v] */
int rbk_ctx_set(lua_State *L);     /* ctx:set(name, value)   [-3, +0, v] */
int rbk_ctx_get(lua_State *L);     /* ctx:get(name)          [-2, +1, v] */

/* Seconds as a number, a string with a unit or a quantity, in milliseconds; raises otherwise. */
int64_t rbk_ctx_duration(lua_State *L, int idx, const char *what);
/* Pushes the table of facts, ctx.facts. [-0, +1, m] */
void rbk_ctx_push_facts(lua_State *L);

#endif
