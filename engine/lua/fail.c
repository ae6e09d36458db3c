/* Raising, placing and catching errors. A place is always a line that the runbook's author wrote: frames of stdlib are
 * passed over, and named in the hint when the fault lies there. */
#include <lua/fail.h>

#include <lua/state.h>
#include <lua/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int error_tostring(lua_State *L)
{
    char text[sizeof(struct rbk_error)];
    rbk_error_format(lua_touserdata(L, 1), text, sizeof text);
    lua_pushstring(L, text);
    return 1;
}

static int error_concat(lua_State *L)
{
    luaL_tolstring(L, 1, NULL);
    luaL_tolstring(L, 2, NULL);
    lua_concat(L, 2);
    return 1;
}

static const luaL_Reg error_meta[] = {{"__tostring", error_tostring}, {"__concat", error_concat}, {NULL, NULL}};
static const struct rbk_lua_type error_type = {"error", error_meta};

static void push_error(lua_State *L, const struct rbk_error *e)
{
    *(struct rbk_error *)rbk_lua_new_typed(L, &error_type, sizeof *e, 0) = *e;
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

static bool is_runbook_line(const lua_Debug *ar)
{
    return ar->source[0] == '@' && ar->currentline > 0;
}

bool rbk_lua_place(lua_State *L, struct rbk_error *e)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (is_runbook_line(&ar)) {
            rbk_error_at(e, ar.source + 1, ar.currentline, 0);
            return true;
        }
    }
    return false;
}

/* "called from a.lua:12, a.lua:30": the runbook's own lines below the one where it went wrong. */
static void add_callers(lua_State *L, struct rbk_error *e)
{
    enum { CALLERS_MAX = 5 };
    lua_Debug ar;
    int seen = 0, used = 0;
    for (int level = 0; seen <= CALLERS_MAX && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (!is_runbook_line(&ar) || seen++ == 0)
            continue;
        used += snprintf(e->hint + used, sizeof e->hint - (size_t)used, "%s%s:%d", used ? ", " : "called from ",
                         ar.source + 1, ar.currentline);
        if (used >= (int)sizeof e->hint)
            return;
    }
}

/* ---- raising ----------------------------------------------------------------------------------------------------- */

int rbk_lua_raise(lua_State *L, const struct rbk_error *e)
{
    push_error(L, e);
    struct rbk_error *raised = lua_touserdata(L, -1);
    if (!raised->file[0])
        rbk_lua_place(L, raised);
    lua_error(L);
    abort(); /* lua_error does not come back */
}

static _Noreturn void raise_formatted(lua_State *L, const char *hint, const char *fmt, va_list args) RBK_PRINTF(3, 0);
static _Noreturn void raise_formatted(lua_State *L, const char *hint, const char *fmt, va_list args)
{
    struct rbk_error e;
    char message[sizeof e.message];
    vsnprintf(message, sizeof message, fmt, args);
    rbk_error_set(&e, RBK_EINVAL, "%s", message);
    if (hint)
        rbk_error_hint(&e, "%s", hint);
    rbk_lua_raise(L, &e);
}

int rbk_lua_fail(lua_State *L, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    raise_formatted(L, NULL, fmt, args); /* no va_end: it never returns, and va_end does nothing here */
}

int rbk_lua_fail_hint(lua_State *L, const char *hint, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    raise_formatted(L, hint, fmt, args);
}

static const char *code_name(int code)
{
    switch ((enum rbk_code)code) {
    case RBK_OK:
        break;
    case RBK_EFAIL:
        return "EFAIL";
    case RBK_EINVAL:
        return "EINVAL";
    case RBK_ENOENT:
        return "ENOENT";
    case RBK_EMALFORMED:
        return "EMALFORMED";
    case RBK_EWAITING:
        return "EWAITING";
    case RBK_EDOUBT:
        return "EDOUBT";
    case RBK_ESTORE:
        return "ESTORE";
    case RBK_EBUSY:
        return "EBUSY";
    case RBK_ETIMEOUT:
        return "ETIMEOUT";
    case RBK_ECANCELLED:
        return "ECANCELLED";
    }
    return "EFAIL";
}

int rbk_lua_push_failure(lua_State *L, const struct rbk_error *e)
{
    char text[sizeof *e];
    rbk_error_format(e, text, sizeof text);
    lua_pushnil(L);
    lua_pushstring(L, text);
    lua_pushstring(L, code_name(e->code));
    return 3;
}

/* ---- catching ---------------------------------------------------------------------------------------------------- */

/* Lua writes "chunk:line: " in front of what it raises. Finds the frame that this names and cuts it off. */
static const char *strip_position(lua_State *L, const char *message, lua_Debug *found)
{
    for (int level = 0; lua_getstack(L, level, found); level++) {
        lua_getinfo(L, "Sl", found);
        char prefix[LUA_IDSIZE + 16];
        int len = snprintf(prefix, sizeof prefix, "%s:%d: ", found->short_src, found->currentline);
        if (found->currentline > 0 && strncmp(message, prefix, (size_t)len) == 0)
            return message + len;
    }
    found->source = NULL;
    return message;
}

static void explain(struct rbk_error *e)
{
    if (strstr(e->message, "stack overflow"))
        rbk_error_hint(e, "a function that calls itself without end?");
    else if (strstr(e->message, "attempt to call a string value") ||
             strstr(e->message, "attempt to call a table value"))
        rbk_error_hint(e, "missing comma on the line above?");
}

static void error_of_memory(lua_State *L, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "not enough memory: scripts may use %zu MiB", rbk_lua_of(L)->heap.max >> 20);
    rbk_error_hint(err, "a table or string that grows without end?");
}

static void error_from_text(lua_State *L, const char *text, struct rbk_error *e)
{
    lua_Debug at;
    if (strcmp(text, "not enough memory") == 0) {
        error_of_memory(L, e);
        return;
    }
    const char *message = strip_position(L, text, &at);
    bool overflow = strstr(message, "stack overflow") != NULL;
    if (overflow)
        message = "stack overflow";
    rbk_error_set(e, RBK_EINVAL, "%s", message);
    if (at.source || overflow || rbk_lua_of(L)->load) /* error(text, 0) in a body: its author wants no place */
        rbk_lua_place(L, e);
    explain(e);
    if (e->hint[0])
        return;
    if (at.source && !is_runbook_line(&at))
        rbk_error_hint(e, "in %s:%d", at.short_src, at.currentline);
    else
        add_callers(L, e);
}

int rbk_lua_on_error(lua_State *L)
{
    if (rbk_lua_test(L, 1, &error_type))
        return 1;
    struct rbk_error e;
    char got[80];
    bool text = lua_type(L, 1) == LUA_TSTRING || luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL;
    if (!text)
        lua_pushfstring(L, "error() was given %s instead of a message", rbk_lua_describe(L, 1, got, sizeof got));
    error_from_text(L, text ? luaL_tolstring(L, 1, NULL) : lua_tostring(L, -1), &e);
    push_error(L, &e);
    return 1;
}

/* Errors without the handler's touch: no memory for it, or it failed itself. */
static void error_from_status(lua_State *L, int status, struct rbk_error *err)
{
    if (status == LUA_ERRMEM) {
        error_of_memory(L, err);
        return;
    }
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "the script failed";
    rbk_error_set(err, RBK_EINVAL, "%s", status == LUA_ERRERR ? "stack overflow" : text);
    explain(err);
}

void rbk_lua_pop_error(lua_State *L, int status, struct rbk_error *err)
{
    struct rbk_error scratch;
    const struct rbk_error *e = rbk_lua_test(L, -1, &error_type);
    if (e)
        *(err ? err : &scratch) = *e;
    else
        error_from_status(L, status, err ? err : &scratch);
    lua_pop(L, 1);
}
