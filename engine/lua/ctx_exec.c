/* ctx:exec and ctx:sleep. A command's options and results live in one userdata, so that neither an error in an option
 * nor a cancel can lose them. */
#include <lua/ctx.h>

#include <base/mem.h>
#include <lua/fail.h>
#include <lua/quantity.h>
#include <lua/types.h>
#include <lua/value.h>
#include <stdlib.h>
#include <string.h>

struct exec {
    struct rbk_wait wait;
    struct rbk_command command;
    struct rbk_strv argv;
    char *shell, *cwd;
    rbk_value *env;
    struct rbk_buf input, out, err;
    struct rbk_proc_result result;
    bool truncated;
    struct rbk_error failed; /* code 0: it was started */
};

static int exec_gc(lua_State *L)
{
    struct exec *e = lua_touserdata(L, 1);
    rbk_strv_fini(&e->argv);
    rbk_value_free(e->env);
    free(e->shell);
    free(e->cwd);
    rbk_buf_fini(&e->input);
    rbk_buf_fini(&e->out);
    rbk_buf_fini(&e->err);
    memset(e, 0, sizeof *e);
    return 0;
}

static const luaL_Reg exec_meta[] = {{"__gc", exec_gc}, {NULL, NULL}};
static const struct rbk_lua_type exec_type = {"command", exec_meta};

/* ---- options: each reader finds its value on top -------------------------------------------------------------------
 */

static const char *option_string(lua_State *L, const char *name)
{
    char got[80];
    size_t len;
    const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (!s || strlen(s) != len)
        rbk_lua_fail(L, "`%s` of ctx:exec must be a string, not %s", name, rbk_lua_describe(L, -1, got, sizeof got));
    return s;
}

static void exec_cwd(lua_State *L, struct exec *e)
{
    e->cwd = rbk_strdup(option_string(L, "cwd"));
    e->command.cwd = e->cwd;
}

static void exec_shell(lua_State *L, struct exec *e)
{
    e->shell = rbk_strdup(option_string(L, "shell"));
    e->command.shell = e->shell;
}

static void check_variable(lua_State *L, const char *name, const rbk_value *v)
{
    if (!*name || strchr(name, '='))
        rbk_lua_fail(L, "`env` of ctx:exec: \"%s\" is no name of a variable", name);
    if (rbk_value_type(v) == RBK_LIST || rbk_value_type(v) == RBK_MAP)
        rbk_lua_fail(L, "`env` of ctx:exec: %s must be one text, not a table", name);
}

static void exec_env(lua_State *L, struct exec *e)
{
    struct rbk_error err;
    e->env = rbk_lua_to_value(L, -1, &err);
    if (!e->env)
        rbk_lua_fail(L, "`env` of ctx:exec: %s", err.message);
    if (rbk_value_type(e->env) != RBK_MAP && rbk_value_length(e->env) > 0)
        rbk_lua_fail(L, "`env` of ctx:exec must be a table of NAME = \"text\"");
    for (size_t i = 0; i < rbk_value_length(e->env); i++)
        check_variable(L, rbk_map_key_at(e->env, i), rbk_map_value_at(e->env, i));
    e->command.env = rbk_value_type(e->env) == RBK_MAP ? e->env : NULL;
}

static void exec_timeout(lua_State *L, struct exec *e)
{
    e->command.timeout_ms = rbk_ctx_duration(L, -1, "`timeout` of ctx:exec");
}

static void exec_input(lua_State *L, struct exec *e)
{
    size_t len;
    if (lua_type(L, -1) != LUA_TSTRING)
        option_string(L, "input");
    const char *s = lua_tolstring(L, -1, &len);
    rbk_buf_append(&e->input, s, len);
    e->command.input = e->input.data ? e->input.data : "";
    e->command.input_len = len;
}

static void exec_capture(lua_State *L, struct exec *e)
{
    struct rbk_quantity q = {0, RBK_UNIT_BYTES};
    if (lua_type(L, -1) == LUA_TNUMBER)
        q.value = lua_tonumber(L, -1);
    else if (!rbk_lua_get_quantity(L, -1, &q, NULL))
        rbk_quantity_parse_as("capture", option_string(L, "capture"), RBK_UNIT_BYTES, &q.value, NULL);
    if (!(q.value >= 1) || q.value > 1e9)
        rbk_lua_fail(L, "`capture` of ctx:exec must be a size such as \"4MiB\"");
    e->command.capture_max = (size_t)q.value;
}

static void exec_quiet(lua_State *L, struct exec *e)
{
    e->command.quiet = lua_toboolean(L, -1);
}

static const struct exec_option {
    const char *name;
    void (*read)(lua_State *L, struct exec *e);
} exec_options[] = {
    {"cwd", exec_cwd},     {"env", exec_env},         {"timeout", exec_timeout}, {"input", exec_input},
    {"shell", exec_shell}, {"capture", exec_capture}, {"quiet", exec_quiet},
};
enum { OPTION_COUNT = sizeof exec_options / sizeof *exec_options };

static void read_option(lua_State *L, struct exec *e, const char *name)
{
    const char *names[OPTION_COUNT];
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(exec_options[i].name, name) == 0) {
            exec_options[i].read(L, e);
            return;
        }
        names[i] = exec_options[i].name;
    }
    struct rbk_error err;
    rbk_error_set(&err, RBK_EINVAL, "unknown option `%s` of ctx:exec", name);
    const char *near = rbk_did_you_mean(name, names, OPTION_COUNT);
    rbk_error_hint(&err, near ? "did you mean `%s`?" : "the options are: cwd env timeout input shell capture quiet%s",
                   near ? near : "");
    rbk_lua_raise(L, &err);
}

/* ---- the command ---------------------------------------------------------------------------------------------------
 */

static void read_arguments(lua_State *L, struct exec *e)
{
    char got[80];
    int count = (int)lua_rawlen(L, 2);
    for (int i = 1; i <= count; i++) {
        int type = lua_rawgeti(L, 2, i);
        if (type != LUA_TSTRING && type != LUA_TNUMBER)
            rbk_lua_fail(L, "argument %d of ctx:exec must be a string, not %s", i,
                         rbk_lua_describe(L, -1, got, sizeof got));
        size_t len;
        const char *argument = luaL_tolstring(L, -1, &len);
        if (strlen(argument) != len)
            rbk_lua_fail(L, "argument %d of ctx:exec holds a zero byte", i);
        rbk_strv_add(&e->argv, argument);
        lua_pop(L, 2);
    }
    e->command.argv = count ? e->argv.items : NULL;
}

static void read_command(lua_State *L, struct exec *e)
{
    char got[80];
    if (lua_type(L, 2) == LUA_TSTRING) {
        lua_pushvalue(L, 2);
        exec_shell(L, e);
        lua_pop(L, 1);
        return;
    }
    if (lua_type(L, 2) != LUA_TTABLE)
        rbk_lua_fail(L, "ctx:exec takes { \"program\", \"argument\" } or a shell string, not %s",
                     rbk_lua_describe(L, 2, got, sizeof got));
    read_arguments(L, e);
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING)
            read_option(L, e, lua_tostring(L, -2));
    if (!e->command.argv == !e->shell)
        rbk_lua_fail(L, "ctx:exec needs a program or `shell`, and not both");
}

static void on_command(void *arg, const struct rbk_command_result *result, const struct rbk_error *failed)
{
    struct exec *e = arg;
    if (failed)
        e->failed = *failed;
    if (result) {
        e->result = result->proc;
        e->truncated = result->truncated;
        rbk_buf_append(&e->out, result->out ? result->out : "", result->out_len);
        rbk_buf_append(&e->err, result->err ? result->err : "", result->err_len);
    }
    rbk_await_done(&e->wait);
}

static void set_quantity(lua_State *L, const char *name, double value, enum rbk_unit unit)
{
    rbk_lua_push_quantity(L, value, unit, NULL);
    lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, bool flag)
{
    lua_pushboolean(L, flag);
    lua_setfield(L, -2, name);
}

static int exec_finish(lua_State *L, struct rbk_wait *w)
{
    struct exec *e = (struct exec *)w;
    if (e->failed.code)
        return rbk_lua_push_failure(L, &e->failed);
    lua_createtable(L, 0, 9);
    lua_pushinteger(L, e->result.exit_code);
    lua_setfield(L, -2, "code");
    lua_pushinteger(L, e->result.signal);
    lua_setfield(L, -2, "signal");
    lua_pushlstring(L, e->out.data ? e->out.data : "", e->out.len);
    lua_setfield(L, -2, "out");
    lua_pushlstring(L, e->err.data ? e->err.data : "", e->err.len);
    lua_setfield(L, -2, "err");
    set_quantity(L, "duration", (double)e->result.duration_ms / 1000, RBK_UNIT_SECONDS);
    set_quantity(L, "cpu", (double)e->result.cpu_ms / 1000, RBK_UNIT_SECONDS);
    set_quantity(L, "max_rss", (double)e->result.max_rss_kb * 1024, RBK_UNIT_BYTES);
    set_flag(L, "timed_out", e->result.end == RBK_END_TIMEOUT);
    set_flag(L, "truncated", e->truncated);
    return 1;
}

int rbk_ctx_exec(lua_State *L)
{
    struct rbk_script_call *call = rbk_ctx_call(L);
    struct rbk_error err;
    lua_settop(L, 2);
    rbk_await_begin(L, &call->task);
    struct exec *e = rbk_lua_new_typed(L, &exec_type, sizeof *e, 0);
    e->wait = (struct rbk_wait){.task = &call->task, .finish = exec_finish};
    read_command(L, e);
    if (rbk_perform_exec(call->perform, &e->command, on_command, e, &err) != 0)
        return rbk_lua_push_failure(L, &err);
    return rbk_await(L, &e->wait);
}

/* ---- sleep ---------------------------------------------------------------------------------------------------------
 */

struct sleep {
    struct rbk_wait wait;
    struct rbk_timer *timer;
};

static void on_sleep_over(void *arg)
{
    struct sleep *s = arg;
    s->timer = NULL;
    rbk_await_done(&s->wait);
}

static void sleep_cancel(struct rbk_wait *w)
{
    struct sleep *s = (struct sleep *)w;
    if (!s->timer)
        return;
    rbk_timer_cancel(&s->timer);
    rbk_loop_defer(w->task->loop, on_sleep_over, s);
}

static int sleep_finish(lua_State *L, struct rbk_wait *w)
{
    (void)L;
    (void)w;
    return 0;
}

int rbk_ctx_sleep(lua_State *L)
{
    static const luaL_Reg meta[] = {{NULL, NULL}};
    static const struct rbk_lua_type sleep_type = {"sleep", meta};
    struct rbk_script_call *call = rbk_ctx_call(L);
    int64_t ms = rbk_ctx_duration(L, 2, "the time to sleep");
    rbk_await_begin(L, &call->task);
    struct sleep *s = rbk_lua_new_typed(L, &sleep_type, sizeof *s, 0);
    s->wait = (struct rbk_wait){.task = &call->task, .finish = sleep_finish, .cancel = sleep_cancel};
    s->timer = rbk_timer_start(call->task.loop, ms, 0, on_sleep_over, s);
    return rbk_await(L, &s->wait);
}
