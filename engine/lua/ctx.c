/* The ctx object: its methods, and run, step, root and facts as fields. */
#include <lua/ctx.h>

#include <lua/fail.h>
#include <lua/quantity.h>
#include <lua/types.h>
#include <lua/value.h>
#include <lua/verb.h>
#include <math.h>
#include <run/subst.h>
#include <string.h>

static int ctx_index(lua_State *L);
static const luaL_Reg ctx_meta[] = {{"__index", ctx_index}, {NULL, NULL}};
static const struct rbk_lua_type ctx_type = {"ctx", ctx_meta};

void rbk_ctx_push(lua_State *L, int verb)
{
    struct rbk_ctx *ctx = rbk_lua_new_typed(L, &ctx_type, sizeof *ctx, 1);
    ctx->serial = rbk_call_running(rbk_lua_of(L))->serial;
    if (verb) {
        ctx->verb = rbk_lua_to_verb(L, verb);
        lua_pushvalue(L, verb);
        lua_setiuservalue(L, -2, 1);
    }
}

struct rbk_script_call *rbk_ctx_call(lua_State *L)
{
    const struct rbk_ctx *ctx = rbk_lua_test(L, 1, &ctx_type);
    if (!ctx)
        rbk_lua_fail_hint(L, "write ctx:name(..) with a colon", "the method needs its ctx");
    struct rbk_script_call *call = rbk_call_current(L, "ctx");
    if (ctx->serial != call->serial)
        rbk_lua_fail(L, "this ctx belongs to a step that is over");
    return call;
}

int64_t rbk_ctx_duration(lua_State *L, int idx, const char *what)
{
    struct rbk_quantity q = {0, RBK_UNIT_NONE};
    double seconds = -1;
    char got[80];
    if (lua_type(L, idx) == LUA_TNUMBER)
        seconds = lua_tonumber(L, idx);
    else if (rbk_lua_get_quantity(L, idx, &q, NULL) && q.unit == RBK_UNIT_SECONDS)
        seconds = q.value;
    else if (lua_type(L, idx) != LUA_TSTRING ||
             rbk_quantity_parse_as(what, lua_tostring(L, idx), RBK_UNIT_SECONDS, &seconds, NULL) != 0)
        seconds = -1;
    if (!(seconds >= 0) || seconds > 1e9)
        rbk_lua_fail(L, "%s must be a duration such as \"30s\", not %s", what,
                     rbk_lua_describe(L, idx, got, sizeof got));
    return (int64_t)llround(seconds * 1000);
}

/* ---- talk ----------------------------------------------------------------------------------------------------------
 */

/* ctx:note(text). [-2, +0, v] */
static int ctx_note(lua_State *L)
{
    struct rbk_script_call *call = rbk_ctx_call(L);
    rbk_perform_note(call->perform, luaL_tolstring(L, 2, NULL));
    return 0;
}

/* ctx:log(text): whole lines. [-2, +0, v] */
static int ctx_log(lua_State *L)
{
    struct rbk_script_call *call = rbk_ctx_call(L);
    size_t len;
    const char *text = luaL_tolstring(L, 2, &len);
    if (len == 0 || text[len - 1] != '\n') {
        lua_pushliteral(L, "\n");
        lua_concat(L, 2);
        text = lua_tolstring(L, -1, &len);
    }
    rbk_perform_log(call->perform, text, len);
    return 0;
}

/* ctx:scratch(). [-1, +1|3, v] */
static int ctx_scratch(lua_State *L)
{
    struct rbk_script_call *call = rbk_ctx_call(L);
    struct rbk_error err;
    const char *dir = rbk_perform_scratch(call->perform, &err);
    if (!dir)
        return rbk_lua_push_failure(L, &err);
    lua_pushstring(L, dir);
    return 1;
}

/* ---- actions -------------------------------------------------------------------------------------------------------
 */

static const rbk_value *lookup_fact(void *perform, const char *name)
{
    return rbk_perform_get(perform, name);
}

int rbk_ctx_perform(lua_State *L)
{
    struct rbk_script_call *call = rbk_ctx_call(L);
    struct rbk_error err;
    char got[80];
    const struct rbk_verb *verb = rbk_lua_to_verb(L, 2);
    const struct rbk_action *action = rbk_lua_to_action(L, 2);
    if (verb)
        return rbk_lua_fail(L, "%s is a verb: call it, %s { }", verb->name, verb->name);
    if (!action)
        return rbk_lua_fail(L, "ctx:perform takes an action, not %s", rbk_lua_describe(L, 2, got, sizeof got));
    lua_settop(L, 2);
    rbk_value **options = rbk_lua_push_box(L);
    if (rbk_subst_value(action->options, lookup_fact, call->perform, options, &err) != 0)
        return rbk_lua_raise(L, &err);
    return rbk_action_perform(L, 2, *options);
}

/* ---- fields --------------------------------------------------------------------------------------------------------
 */

static const luaL_Reg methods[] = {
    {"exec", rbk_ctx_exec},   {"get", rbk_ctx_get},
    {"http", rbk_ctx_http},   {"log", ctx_log},
    {"note", ctx_note},       {"perform", rbk_ctx_perform},
    {"scratch", ctx_scratch}, {"set", rbk_ctx_set},
    {"sleep", rbk_ctx_sleep}, {NULL, NULL},
};

const char *const rbk_ctx_members[] = {"exec", "facts", "get",     "http", "log",   "note", "perform",
                                       "root", "run",   "scratch", "set",  "sleep", "step", NULL};

static int unknown_member(lua_State *L, const char *key)
{
    enum { MEMBER_COUNT = sizeof rbk_ctx_members / sizeof *rbk_ctx_members - 1 };
    struct rbk_error err;
    const char *near = rbk_did_you_mean(key, rbk_ctx_members, MEMBER_COUNT);
    rbk_error_set(&err, RBK_EINVAL, "ctx has no `%s`", key);
    if (near)
        rbk_error_hint(&err, "did you mean `%s`?", near);
    return rbk_lua_raise(L, &err);
}

static int ctx_index(lua_State *L)
{
    const char *key = luaL_checkstring(L, 2);
    for (const luaL_Reg *m = methods; m->name; m++) {
        if (strcmp(m->name, key) == 0) {
            lua_pushcfunction(L, m->func);
            return 1;
        }
    }
    struct rbk_script_call *call = rbk_ctx_call(L);
    if (strcmp(key, "run") == 0)
        lua_pushstring(L, rbk_perform_run_id(call->perform));
    else if (strcmp(key, "step") == 0)
        lua_pushstring(L, rbk_perform_step_key(call->perform));
    else if (strcmp(key, "root") == 0)
        lua_pushstring(L, call->task.lua->config->root);
    else if (strcmp(key, "facts") == 0)
        rbk_ctx_push_facts(L);
    else
        return unknown_member(L, key);
    return 1;
}
