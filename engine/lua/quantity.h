/* Numbers with units in Lua: seconds(30), bytes(2e9), ratio(0.05). They add, compare and print; units that do not fit
 * raise. `no_data` stands for "measured, nothing there". */
#ifndef RBK_LUA_QUANTITY_H
#define RBK_LUA_QUANTITY_H

#include <lua.h>
#include <runbook/units.h>
#include <stdbool.h>

/* `spelling` is how a person wrote it, or NULL. [-0, +1, m] */
void rbk_lua_push_quantity(lua_State *L, double value, enum rbk_unit unit, const char *spelling);
/* False when the value at idx is no quantity; never raises. `spelling` ("" when none) is borrowed and may be NULL. */
bool rbk_lua_get_quantity(lua_State *L, int idx, struct rbk_quantity *out, const char **spelling);
void rbk_lua_push_no_data(lua_State *L);
bool rbk_lua_is_no_data(lua_State *L, int idx);

/* Constructors for the sandbox. [-1, +1, v] */
int rbk_lua_seconds(lua_State *L);
int rbk_lua_bytes(lua_State *L);
int rbk_lua_ratio(lua_State *L);

#endif
