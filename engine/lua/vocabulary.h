/* The words that declare a runbook: runbook, param, step, parallel. */
#ifndef RBK_LUA_VOCABULARY_H
#define RBK_LUA_VOCABULARY_H

#include <lua/load.h>

/* Sets the four words in the table on top. [-0, +0, m] */
void rbk_vocabulary_open(lua_State *L);
/* After the file has run: every statement must have had its table; steps that no parallel took go into the plan in
 * order. Lua-free. */
int rbk_vocabulary_finish(struct rbk_load *load, struct rbk_error *err);
void rbk_vocabulary_fini(struct rbk_load *load);

#endif
