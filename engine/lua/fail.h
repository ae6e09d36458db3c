/* Errors across the C-Lua boundary: a struct rbk_error travels through Lua as a userdata whose text is
 * "file:line: message", so nothing is lost on the way out and pcall in a script can still print it. */
#ifndef RBK_LUA_FAIL_H
#define RBK_LUA_FAIL_H

#include <lua.h>
#include <runbook/error.h>
#include <stdbool.h>

struct rbk_watchdog;

/* Raise RBK_EINVAL at the nearest line of a runbook: misuse. They never return; `return rbk_lua_fail(..)` reads well.
 * [-0, +0, v] */
_Noreturn int rbk_lua_fail(lua_State *L, const char *fmt, ...) RBK_PRINTF(2, 3);
_Noreturn int rbk_lua_fail_hint(lua_State *L, const char *hint, const char *fmt, ...) RBK_PRINTF(3, 4);
/* Raises a copy of e, placed at the nearest line of a runbook unless it has a place. [-0, +0, v] */
_Noreturn int rbk_lua_raise(lua_State *L, const struct rbk_error *e);
/* An operational failure as a script sees it: nil, message, code ("ENOENT"). [-0, +3, m] */
int rbk_lua_push_failure(lua_State *L, const struct rbk_error *e);

/* The innermost line that stands in a runbook's own file (not in stdlib): fills e's place, false when there is none. */
bool rbk_lua_place(lua_State *L, struct rbk_error *e);
/* The message handler of every protected call: makes any error value one of ours, with its place. [-1, +1, m] */
int rbk_lua_on_error(lua_State *L);
/* What a protected call left on the top of the stack, as an error. [-1, +0, -] */
void rbk_lua_pop_error(lua_State *L, int status, struct rbk_error *err);

struct rbk_watchdog *rbk_lua_watchdog(lua_State *L);

#endif
