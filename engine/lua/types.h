/* Kinds of userdata (and of marked tables). A kind is known by the address of its descriptor, never by a name, so
 * nothing from outside can pass for one; metatables are made at first use. */
#ifndef RBK_LUA_TYPES_H
#define RBK_LUA_TYPES_H

#include <lauxlib.h>
#include <stdbool.h>

struct rbk_lua_type {
    const char *name; /* "step", for messages */
    const luaL_Reg *meta;
};

/* Sets the metatable of the value on top. [-0, +0, m] */
void rbk_lua_set_type(lua_State *L, const struct rbk_lua_type *type);
/* A new userdata of that kind, zeroed. [-0, +1, m] */
void *rbk_lua_new_typed(lua_State *L, const struct rbk_lua_type *type, size_t size, int user_values);
/* Whether the value at idx is of that kind; never raises. [-0, +0, -] */
bool rbk_lua_is(lua_State *L, int idx, const struct rbk_lua_type *type);
/* The userdata at idx when it is of that kind, else NULL; never raises. [-0, +0, -] */
void *rbk_lua_test(lua_State *L, int idx, const struct rbk_lua_type *type);
/* The kind's name when the value has one of ours, else Lua's name of its type. Borrowed. [-0, +0, -] */
const char *rbk_lua_type_name(lua_State *L, int idx);
/* A value in a message: "\"smoke\"", "42", "true", "a table", "a step". Writes at most `size` bytes; never raises. */
const char *rbk_lua_describe(lua_State *L, int idx, char *out, size_t size);

#endif
