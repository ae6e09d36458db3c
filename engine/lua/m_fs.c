/* runbook.fs: looking at files, bounded and never writing. Paths are relative to the project's folder. */
#include <lua/modules.h>

#include <base/fs.h>
#include <errno.h>
#include <glob.h>
#include <lua/fail.h>
#include <lua/quantity.h>
#include <lua/state.h>
#include <lua/types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { READ_DEFAULT = 1 << 20, READ_MAX = 64 << 20, GLOB_MAX = 100000 };

/* The path at index 1 within the project, pushed. [-0, +1, v] */
static const char *project_path(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1), *root = rbk_lua_of(L)->config->root;
    return path[0] == '/' || !root ? lua_pushstring(L, path) : lua_pushfstring(L, "%s/%s", root, path);
}

static int push_errno(lua_State *L, const char *what, const char *path)
{
    struct rbk_error err;
    rbk_error_errno(&err, errno == ENOENT ? RBK_ENOENT : RBK_EFAIL, "%s %s", what, path);
    return rbk_lua_push_failure(L, &err);
}

/* ---- read ----------------------------------------------------------------------------------------------------------
 */

static int bytes_gc(lua_State *L)
{
    rbk_buf_fini(lua_touserdata(L, 1));
    return 0;
}

typedef int read_fn(const char *path, size_t max, struct rbk_buf *out, struct rbk_error *err);

static int push_bytes(lua_State *L, read_fn *read)
{
    static const luaL_Reg meta[] = {{"__gc", bytes_gc}, {NULL, NULL}};
    static const struct rbk_lua_type bytes_type = {"bytes", meta};
    struct rbk_error err;
    lua_Integer max = luaL_optinteger(L, 2, READ_DEFAULT);
    luaL_argcheck(L, max > 0 && max <= READ_MAX, 2, "at most 64 MiB");
    const char *path = project_path(L);
    struct rbk_buf *text = rbk_lua_new_typed(L, &bytes_type, sizeof *text, 0);
    if (read(path, (size_t)max, text, &err) != 0)
        return rbk_lua_push_failure(L, &err);
    lua_pushlstring(L, text->data ? text->data : "", text->len);
    return 1;
}

/* fs.read(path [, max bytes]): all of it. [-2, +1|3, v] */
static int fs_read(lua_State *L)
{
    return push_bytes(L, rbk_file_read);
}

/* fs.tail(path [, max bytes]): its end, however long it is. [-2, +1|3, v] */
static int fs_tail(lua_State *L)
{
    return push_bytes(L, rbk_file_read_end);
}

/* ---- look ----------------------------------------------------------------------------------------------------------
 */

/* fs.exists(path). [-1, +1, v] */
static int fs_exists(lua_State *L)
{
    lua_pushboolean(L, rbk_path_exists(project_path(L)));
    return 1;
}

static const char *type_name(mode_t mode)
{
    if (S_ISREG(mode))
        return "file";
    if (S_ISDIR(mode))
        return "directory";
    if (S_ISSOCK(mode))
        return "socket";
    return "other";
}

/* fs.stat(path) -> { type, size, mtime, mode, executable }. [-1, +1|3, v] */
static int fs_stat(lua_State *L)
{
    struct stat st;
    const char *path = project_path(L);
    if (stat(path, &st) != 0)
        return push_errno(L, "cannot look at", path);
    lua_createtable(L, 0, 5);
    lua_pushstring(L, type_name(st.st_mode));
    lua_setfield(L, -2, "type");
    rbk_lua_push_quantity(L, (double)st.st_size, RBK_UNIT_BYTES, NULL);
    lua_setfield(L, -2, "size");
    lua_pushnumber(L, (double)st.st_mtim.tv_sec + (double)st.st_mtim.tv_nsec / 1e9);
    lua_setfield(L, -2, "mtime");
    lua_pushinteger(L, st.st_mode & 07777);
    lua_setfield(L, -2, "mode");
    lua_pushboolean(L, (st.st_mode & 0111) != 0);
    lua_setfield(L, -2, "executable");
    return 1;
}

/* fs.statvfs(path) -> { total, free, available, used }: used is the ratio that df shows. [-1, +1|3, v] */
static int fs_statvfs(lua_State *L)
{
    struct statvfs vfs;
    const char *path = project_path(L);
    if (statvfs(path, &vfs) != 0)
        return push_errno(L, "cannot look at the filesystem of", path);
    double block = (double)vfs.f_frsize, total = (double)vfs.f_blocks * block;
    double available = (double)vfs.f_bavail * block, used = total - (double)vfs.f_bfree * block;
    lua_createtable(L, 0, 4);
    rbk_lua_push_quantity(L, total, RBK_UNIT_BYTES, NULL);
    lua_setfield(L, -2, "total");
    rbk_lua_push_quantity(L, (double)vfs.f_bfree * block, RBK_UNIT_BYTES, NULL);
    lua_setfield(L, -2, "free");
    rbk_lua_push_quantity(L, available, RBK_UNIT_BYTES, NULL);
    lua_setfield(L, -2, "available");
    rbk_lua_push_quantity(L, used + available > 0 ? used / (used + available) : 0, RBK_UNIT_RATIO, NULL);
    lua_setfield(L, -2, "used");
    return 1;
}

/* ---- glob ----------------------------------------------------------------------------------------------------------
 */

static int glob_gc(lua_State *L)
{
    globfree(lua_touserdata(L, 1));
    return 0;
}

/* The project's folder as a pattern that matches only itself. [-0, +1, m] */
static void push_escaped_root(lua_State *L, const char *root)
{
    luaL_Buffer pattern;
    luaL_buffinit(L, &pattern);
    for (; *root; root++) {
        if (strchr("*?[]\\", *root))
            luaL_addchar(&pattern, '\\');
        luaL_addchar(&pattern, *root);
    }
    luaL_addchar(&pattern, '/');
    luaL_pushresult(&pattern);
}

/* fs.glob(pattern): sorted paths, as the pattern was: relative or absolute. [-1, +1|3, v] */
static int fs_glob(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", glob_gc}, {NULL, NULL}};
    static const struct rbk_lua_type glob_type = {"glob", meta};
    const char *pattern = luaL_checkstring(L, 1), *root = rbk_lua_of(L)->config->root;
    size_t prefix = pattern[0] == '/' || !root ? 0 : strlen(root) + 1;
    lua_settop(L, 1);
    if (prefix)
        push_escaped_root(L, root);
    else
        lua_pushliteral(L, "");
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
    glob_t *g = rbk_lua_new_typed(L, &glob_type, sizeof *g, 0);
    int rc = glob(lua_tostring(L, 2), 0, NULL, g);
    if (rc == GLOB_NOSPACE || g->gl_pathc > GLOB_MAX)
        return rbk_lua_fail(L, "fs.glob: too many files match \"%s\"", pattern);
    lua_createtable(L, (int)g->gl_pathc, 0);
    for (size_t i = 0; i < g->gl_pathc; i++) {
        lua_pushstring(L, g->gl_pathv[i] + prefix);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* fs.has_program(name): whether $PATH has it. [-1, +1, v] */
static int fs_has_program(lua_State *L)
{
    char *path = rbk_find_program(luaL_checkstring(L, 1), NULL);
    lua_pushboolean(L, path != NULL);
    free(path);
    return 1;
}

int rbk_open_fs(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"read", fs_read}, {"tail", fs_tail},       {"exists", fs_exists},           {"stat", fs_stat},
        {"glob", fs_glob}, {"statvfs", fs_statvfs}, {"has_program", fs_has_program}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
