/* string.match over a step's output, under the watchdog: a pattern can take very long. */
#include <lua/match.h>

#include <base/mem.h>
#include <lua/state.h>
#include <string.h>

struct match {
    const char *pattern, *text;
    size_t len;
    char *found;
};

static int run_match(lua_State *L)
{
    struct match *m = lua_touserdata(L, 1);
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "match");
    lua_pushlstring(L, m->text, m->len);
    lua_pushstring(L, m->pattern);
    lua_call(L, 2, 1);
    size_t len;
    const char *s = lua_isnil(L, -1) ? NULL : luaL_tolstring(L, -1, &len);
    if (s)
        m->found = rbk_strndup(s, len);
    return 0;
}

/* Loading has its own watch, which covers the patterns that are tried there. */
static int match_under_watch(struct rbk_lua *lua, struct match *m, struct rbk_error *err)
{
    if (lua->watchdog.running)
        return rbk_lua_protected(lua, run_match, m, err);
    rbk_watchdog_describe(&lua->watchdog, rbk_exit_status(RBK_EDOUBT), "a pattern of `capture`",
                          "the run is interrupted; `runbook resume` goes on");
    rbk_watchdog_start(&lua->watchdog, lua->L, lua->call_ms);
    int rc = rbk_lua_protected(lua, run_match, m, err);
    rbk_watchdog_stop(&lua->watchdog);
    return rc;
}

int rbk_lua_match(void *host, const char *pattern, const char *text, size_t len, char **out, struct rbk_error *err)
{
    struct match m = {pattern, text, len, NULL};
    int rc = match_under_watch(host, &m, err);
    if (rc)
        return rc;
    *out = m.found;
    return m.found ? 1 : 0;
}
