/* The single functions and small libraries that every script has. */
#ifndef RBK_LUA_GLOBALS_H
#define RBK_LUA_GLOBALS_H

#include <lua.h>

struct rbk_global {
    const char *name;
    void (*push)(lua_State *L); /* [-0, +1, m] */
};
/* Made at first use; ends with a NULL name. */
extern const struct rbk_global rbk_lazy_globals[];

/* Sets in the table on top what is always there. [-0, +0, m] */
void rbk_globals_open(lua_State *L);
/* Why a part of Lua that people know ("io", "os.execute") is not here; NULL for other names. */
const char *rbk_global_refused(const char *name);

#endif
