/* What scripts can see. Runbooks get the safe part of Lua, the vocabulary and the modules of stdlib; stdlib besides
 * gets `verb` and the native modules. Reading a global that does not exist, and setting any, is an error. */
#ifndef RBK_LUA_SANDBOX_H
#define RBK_LUA_SANDBOX_H

#include <lua.h>

/* Fills the globals of a new state. [-0, +0, m] */
void rbk_sandbox_open(lua_State *L);
/* Pushes the environment that stdlib's modules run in. [-0, +1, m] */
void rbk_sandbox_push_stdlib(lua_State *L);

#endif
