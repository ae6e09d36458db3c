/* What verbs and channels declare of an option in the same words. Within verb.c and channel_spec.c. */
#ifndef RBK_LUA_OPTION_READ_H
#define RBK_LUA_OPTION_READ_H

#include <lua.h>
#include <run/param.h>

/* `required`, `choices` and `default` of the table on top; its `type` is the caller's. Raises. [-0, +0, v] */
void rbk_option_read(lua_State *L, struct rbk_param *param);
/* The `type` of the table on top, "string" where it has none. [-0, +1, m] */
const char *rbk_option_type(lua_State *L);

#endif
