/* Patterns for `capture`. */
#ifndef RBK_LUA_MATCH_H
#define RBK_LUA_MATCH_H

#include <runbook/error.h>
#include <stddef.h>

/* The first match of a Lua pattern (its first capture, if it has one): 1 and *out (heap), 0, or negative for a bad
 * pattern. `host` is a struct rbk_lua. */
int rbk_lua_match(void *host, const char *pattern, const char *text, size_t len, char **out, struct rbk_error *err);

#endif
