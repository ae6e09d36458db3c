/* Declared statements as scripts hold them: only the number of a statement of the load. Within the vocabulary. */
#ifndef RBK_LUA_STATEMENT_H
#define RBK_LUA_STATEMENT_H

#include <lua/load.h>

/* The load that is going on; raises when there is none. */
struct rbk_load *rbk_statement_load(lua_State *L, const char *word);
/* Pushes the handle of the statement that was added last. [-0, +1, m] */
void rbk_statement_push(lua_State *L, const struct rbk_load *load);
/* statement { .. }. [-2, +1, v] */
int rbk_statement_take(lua_State *L);
/* The word that declares a kind, and `step "Build"` for messages. */
const char *rbk_statement_word(enum rbk_statement_kind kind);
const char *rbk_statement_name(const struct rbk_statement *s, char *out, size_t size);

#endif
