/* require: runbooks share Lua code in runbooks/lib/NAME.lua; stdlib requires its own modules and the native ones. */
#ifndef RBK_LUA_REQUIRE_H
#define RBK_LUA_REQUIRE_H

#include <lua.h>
#include <stddef.h>

/* Compiles text (never bytecode) and pushes the function; syntax errors raise with place and hint. [-0, +1, v] */
void rbk_chunk_load(lua_State *L, const char *path, const char *text, size_t len);
/* require for runbooks. [-1, +1, v] */
int rbk_require_runbook_lib(lua_State *L);
/* require for stdlib. [-1, +1, v] */
int rbk_require_stdlib(lua_State *L);

#endif
