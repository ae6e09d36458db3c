/* The modules of stdlib: embedded in the program, run at the first use of their name. */
#ifndef RBK_LUA_STDLIB_H
#define RBK_LUA_STDLIB_H

#include <base/str.h>
#include <lua.h>

/* Pushes the module of that name, loading it if it is new; false, and nothing pushed, when there is none. [-0, +1|0, v]
 */
bool rbk_stdlib_push(lua_State *L, const char *name);
/* Adds the names that runbooks can use as globals: modules without a dot. */
void rbk_stdlib_names(struct rbk_strv *names);

/* Makes asking the table on top for a field that it lacks an error with a suggestion, unless it has an __index of its
 * own. [-0, +0, m] */
void rbk_module_lock(lua_State *L, const char *name);

#endif
