/* Values between C and Lua: null is nil, lists and maps are tables, numbers with units are quantities, and `no data` is
 * a value of its own. */
#ifndef RBK_LUA_VALUE_H
#define RBK_LUA_VALUE_H

#include <lua.h>
#include <runbook/value.h>

/* Pushes a copy; NULL is nil. [-0, +1, m] */
void rbk_lua_push_value(lua_State *L, const rbk_value *v);
/* The value at idx as data that the caller owns. NULL with err for what is no data (a function, a table with holes or
 * mixed keys, a table within itself). Keys of maps are sorted, so that the same table is always the same data. Never
 * raises. [-0, +0, -] */
rbk_value *rbk_lua_to_value(lua_State *L, int idx, struct rbk_error *err);
/* How many items a list has; -1 when the table has other keys, -2 when it has a hole (a nil). Never raises. */
int rbk_lua_list_length(lua_State *L, int idx);

/* Pushes a box that owns the value put into it: for values that must survive a raising call. [-0, +1, m] */
rbk_value **rbk_lua_push_box(lua_State *L);

#endif
