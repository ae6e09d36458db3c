/* What the step machine asks of the host: perform a function or an action, stop it, match a pattern, load a called
 * runbook. */
#include <lua/call.h>

#include <base/mem.h>
#include <lua/fail.h>
#include <lua/match.h>
#include <lua/value.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rbk_script_call *rbk_call_running(const struct rbk_lua *lua)
{
    return lua->task ? lua->task->call : NULL;
}

struct rbk_script_call *rbk_call_current(lua_State *L, const char *what)
{
    struct rbk_script_call *call = rbk_call_running(rbk_lua_of(L));
    if (!call)
        rbk_lua_fail_hint(L, "do it in a function: run = function(ctx) .. end",
                          "%s works only while a step runs, not while the file loads", what);
    return call;
}

rbk_value *rbk_call_asked(lua_State *L, const char *const *texts)
{
    struct rbk_error err;
    struct rbk_perform *perform = rbk_call_running(rbk_lua_of(L))->perform;
    luaL_checktype(L, 1, LUA_TTABLE);
    rbk_value **v = rbk_lua_push_box(L);
    *v = rbk_lua_to_value(L, 1, &err);
    if (!*v)
        rbk_lua_raise(L, &err);
    for (; *texts; texts++) {
        const char *text = rbk_map_get_string(*v, *texts);
        char *clean = text ? rbk_perform_redacted(perform, text) : NULL;
        if (clean)
            rbk_map_set_string(*v, *texts, clean);
        free(clean);
    }
    return *v;
}

bool rbk_call_log(lua_State *L, const char *text, size_t len)
{
    struct rbk_script_call *call = rbk_call_running(rbk_lua_of(L));
    if (call)
        rbk_perform_log(call->perform, text, len);
    return call != NULL;
}

/* ---- the body of the coroutine -------------------------------------------------------------------------------------
 */

static int pass_results(lua_State *L, int status, lua_KContext below)
{
    (void)status;
    return lua_gettop(L) - (int)below;
}

static void check_intent(lua_State *L, struct rbk_script_call *call)
{
    struct rbk_error err;
    if (rbk_perform_intent(call->perform, &err) != 0)
        rbk_lua_raise(L, &err);
}

int rbk_action_perform(lua_State *L, int idx, const rbk_value *options)
{
    struct rbk_script_call *call = rbk_call_current(L, "performing an action");
    const struct rbk_action *action = rbk_lua_to_action(L, idx);
    struct rbk_error err;
    idx = lua_absindex(L, idx);
    rbk_value **typed = rbk_lua_push_box(L);
    if (rbk_verb_type_options(action->verb, options, true, typed, &err) != 0)
        return rbk_lua_raise(L, &err);
    if (action->writes)
        check_intent(L, call);
    int below = lua_gettop(L);
    lua_getiuservalue(L, idx, RBK_ACTION_VERB);
    int verb = lua_gettop(L);
    lua_getiuservalue(L, verb, RBK_VERB_SPEC);
    lua_getfield(L, -1, "perform");
    lua_replace(L, -2);
    rbk_ctx_push(L, verb);
    lua_remove(L, verb);
    rbk_lua_push_value(L, *typed);
    lua_callk(L, 2, LUA_MULTRET, below, pass_results);
    return pass_results(L, LUA_OK, below);
}

/* The call as a light userdata. [-1, +n, v] */
static int run_body(lua_State *L)
{
    struct rbk_script_call *call = ((struct rbk_task *)lua_touserdata(L, 1))->call;
    rbk_await_begin(L, &call->task);
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->body->script);
    if (call->body->kind == RBK_BODY_ACTION)
        return rbk_action_perform(L, -1, call->options);
    rbk_ctx_push(L, 0);
    lua_callk(L, 1, LUA_MULTRET, 1, pass_results);
    return pass_results(L, LUA_OK, 1);
}

/* `return nil, "message"`, and `return false`. */
static void read_results(lua_State *L, int first, struct rbk_error *failed)
{
    int count = lua_gettop(L) - first + 1;
    if (count < 1 || lua_toboolean(L, first))
        return;
    if (count >= 2 && !lua_isnil(L, first + 1))
        rbk_error_set(failed, RBK_EFAIL, "%s", luaL_tolstring(L, first + 1, NULL));
    else if (lua_isboolean(L, first))
        rbk_error_set(failed, RBK_EFAIL, "the function returned false");
}

/* A step's error is one line: the place goes into the message, as it is seen from the project's folder. */
static void place_into_message(const struct rbk_script_call *call, struct rbk_error *failed)
{
    const char *root = call->task.lua->config->root, *file = failed->file;
    size_t len = root ? strlen(root) : 0;
    if (!file[0] || failed->line == 0)
        return;
    if (len && strncmp(file, root, len) == 0 && file[len] == '/')
        file += len + 1;
    struct rbk_error copy = *failed;
    rbk_error_set(failed, copy.code, "%s:%d: %s", file, copy.line, copy.message);
    rbk_error_hint(failed, "%s", copy.hint);
}

/* Errors of a body are failures of its step, not of the runbook. */
static int body_ended(lua_State *L, int status, lua_KContext ctx)
{
    struct rbk_task *t = (struct rbk_task *)ctx;
    if (status == LUA_OK || status == LUA_YIELD) {
        read_results(L, 2, &t->failed);
        return 0;
    }
    rbk_lua_pop_error(L, status, &t->failed);
    if (t->failed.code == RBK_ECANCELLED)
        return 0;
    t->failed.code = RBK_EFAIL;
    place_into_message(t->call, &t->failed);
    return 0;
}

/* The coroutine's main function: one protected call, so that what a script left to close is closed here, where it may
 * still wait. */
static int call_main(lua_State *L)
{
    void *task = lua_touserdata(L, 1);
    lua_settop(L, 0);
    rbk_lua_reserve_stack(L);
    lua_pushcfunction(L, rbk_lua_on_error);
    lua_pushcfunction(L, run_body);
    lua_pushlightuserdata(L, task);
    int status = lua_pcallk(L, 1, LUA_MULTRET, 1, (lua_KContext)task, body_ended);
    return body_ended(L, status, (lua_KContext)task);
}

/* ---- the operations ------------------------------------------------------------------------------------------------
 */

static void describe_call(const struct rbk_task *t, struct rbk_watchdog *w)
{
    char what[256];
    snprintf(what, sizeof what, "run %s: step %s", rbk_perform_run_id(t->call->perform),
             rbk_perform_step_key(t->call->perform));
    rbk_watchdog_describe(w, rbk_exit_status(RBK_EDOUBT), what,
                          "the run is interrupted; `runbook status` shows it, `runbook resume` goes on");
}

static void call_ended(struct rbk_task *t)
{
    struct rbk_error failed = t->failed;
    struct rbk_perform *perform = t->call->perform;
    rbk_value_free(t->call->options);
    free(t->call);
    rbk_perform_done(perform, failed.code ? &failed : NULL);
}

static int64_t call_left_ms(const struct rbk_task *t)
{
    return rbk_perform_left_ms(t->call->perform);
}

static const struct rbk_task_kind call_kind = {
    .main = call_main, .describe = describe_call, .left_ms = call_left_ms, .ended = call_ended};

static void first_resume(void *arg)
{
    rbk_task_resume(arg);
}

static int script_start(void *host, const struct rbk_body *body, const rbk_value *options, struct rbk_perform *perform,
                        struct rbk_script_call **out, struct rbk_error *err)
{
    struct rbk_script_call *call = rbk_alloc(sizeof *call);
    struct rbk_lua *lua = host;
    call->task = (struct rbk_task){.kind = &call_kind, .lua = lua, .loop = rbk_perform_loop(perform), .call = call};
    call->perform = perform;
    call->body = body;
    call->serial = ++lua->calls;
    int rc = rbk_task_init(&call->task, err);
    if (rc) {
        free(call);
        return rc;
    }
    call->options = rbk_value_dup(options);
    rbk_loop_defer(call->task.loop, first_resume, &call->task);
    *out = call;
    return 0;
}

static void script_cancel(void *host, struct rbk_script_call *call)
{
    (void)host;
    rbk_task_cancel(&call->task);
}

static int script_load(void *host, const char *id, struct rbk_plan **out, struct rbk_error *err)
{
    return rbk_lua_load(host, id, out, err);
}

const struct rbk_script_ops rbk_lua_script_ops = {
    .start = script_start,
    .cancel = script_cancel,
    .match = rbk_lua_match,
    .load = script_load,
};
