/* The native modules that stdlib can require: "runbook.results" and its kin. */
#ifndef RBK_LUA_MODULES_H
#define RBK_LUA_MODULES_H

#include <lua.h>
#include <stdbool.h>

/* Pushes the module of that name, making it at first use; false when there is none. [-0, +1|0, v] */
bool rbk_modules_push(lua_State *L, const char *name);
/* Sets `verb` and `require` in the environment of stdlib, which is on top. [-0, +0, m] */
void rbk_modules_open(lua_State *L);
/* The modules that runbooks see too: `config`. [-0, +1|0, v] */
bool rbk_vocabulary_module(lua_State *L, const char *name);

/* One opener per module: pushes its table. [-0, +1, m] */
int rbk_open_config(lua_State *L);
int rbk_open_fs(lua_State *L);
int rbk_open_incident(lua_State *L);
int rbk_open_json(lua_State *L);
int rbk_open_metrics(lua_State *L);
int rbk_open_notify(lua_State *L);
int rbk_open_results(lua_State *L);
int rbk_open_store(lua_State *L);
int rbk_open_timing(lua_State *L);

#endif
