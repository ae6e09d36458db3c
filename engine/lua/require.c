/* Finding code by name. What runbooks require is a text file in a `lib` folder beside them, run once per host in the
 * runbooks' environment; nothing else on the disk can be reached. */
#include <lua/require.h>

#include <base/fs.h>
#include <base/mem.h>
#include <lua/fail.h>
#include <lua/load.h>
#include <lua/modules.h>
#include <lua/stdlib.h>
#include <lua/types.h>
#include <stdlib.h>
#include <string.h>

enum { LIB_SIZE_MAX = 1 << 20 };

/* A first line that starts with # is for the shell, a byte-order mark for editors; neither is Lua. */
static size_t skip_preamble(const char *text, size_t len)
{
    size_t at = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (at < len && text[at] == '#') {
        const char *newline = memchr(text + at, '\n', len - at);
        at = newline ? (size_t)(newline - text) : len;
    }
    return at;
}

void rbk_chunk_load(lua_State *L, const char *path, const char *text, size_t len)
{
    struct rbk_error err;
    size_t skip = skip_preamble(text, len);
    const char *name = lua_pushfstring(L, "@%s", path);
    int status = luaL_loadbufferx(L, text + skip, len - skip, name, "t");
    if (status == LUA_ERRSYNTAX) {
        rbk_syntax_error(path, text, len, lua_tostring(L, -1), &err);
        rbk_lua_raise(L, &err);
    }
    if (status != LUA_OK)
        lua_error(L);
    lua_remove(L, -2);
}

/* ---- runbooks/lib --------------------------------------------------------------------------------------------------
 */

/* The file's text lives in a userdata, so that a syntax error cannot leak it. */
static int text_gc(lua_State *L)
{
    rbk_buf_fini(lua_touserdata(L, 1));
    return 0;
}

static char *find_lib(const char *const *dirs, const char *name)
{
    for (; dirs && *dirs; dirs++) {
        char *path = rbk_asprintf("%s/lib/%s.lua", *dirs, name);
        if (rbk_path_exists(path))
            return path;
        free(path);
    }
    return NULL;
}

/* Reads the file into a new buffer on the stack and pushes its path. [-0, +2, v] */
static struct rbk_buf *read_lib(lua_State *L, const char *name)
{
    static const luaL_Reg meta[] = {{"__gc", text_gc}, {NULL, NULL}};
    static const struct rbk_lua_type text_type = {"text", meta};
    struct rbk_buf *text = rbk_lua_new_typed(L, &text_type, sizeof *text, 0);
    struct rbk_error err;
    char *path = find_lib(rbk_lua_of(L)->dirs, name);
    int rc = path ? rbk_file_read(path, LIB_SIZE_MAX, text, &err) : 0;
    lua_pushstring(L, path ? path : "");
    bool found = path != NULL;
    free(path);
    if (!found)
        rbk_lua_fail_hint(L, "it would be runbooks/lib/NAME.lua", "there is no library `%s`", name);
    if (rc)
        rbk_lua_raise(L, &err);
    return text;
}

static bool library_name_ok(const char *name)
{
    return name[0] && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

int rbk_require_runbook_lib(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    if (!library_name_ok(name))
        return rbk_lua_fail(L, "\"%s\" is no name of a library: letters, digits, _ and -", name);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "runbook.lib");
    if (lua_getfield(L, 2, name) != LUA_TNIL)
        return 1;
    lua_settop(L, 2);
    const struct rbk_buf *text = read_lib(L, name);
    rbk_chunk_load(L, lua_tostring(L, 4), text->data ? text->data : "", text->len);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

/* ---- stdlib --------------------------------------------------------------------------------------------------------
 */

int rbk_require_stdlib(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    if (rbk_modules_push(L, name) || rbk_stdlib_push(L, name))
        return 1;
    return luaL_error(L, "stdlib has no module %s", name);
}
