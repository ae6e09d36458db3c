/* Bodies: what `run`, `undo` and `verify` take. A string is for the shell, a table is an argv, a function runs inside
 * the engine, an action is what a verb returns. */
#include <lua/read.h>

#include <base/fs.h>
#include <base/mem.h>
#include <lua/types.h>
#include <lua/value.h>
#include <lua/verb.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_MAX = 1 << 20 };

static int read_shell(struct rbk_reader *r, struct rbk_body *body)
{
    int rc = rbk_read_string(r, &body->text);
    if (rc)
        return rc;
    if (body->text[strspn(body->text, " \t\n")] == '\0')
        return rbk_read_error(r, "`%s` of %s is empty", r->key->name, r->where);
    body->kind = RBK_BODY_SHELL;
    body->line = r->key_line;
    return 0;
}

/* Numbers may stand in an argv; they are written as a person would. */
static int read_argument(struct rbk_reader *r, int i, struct rbk_strv *argv)
{
    struct rbk_error err;
    char got[80];
    int type = lua_rawgeti(r->L, -1, i);
    rbk_value *v = type == LUA_TSTRING || type == LUA_TNUMBER ? rbk_lua_to_value(r->L, -1, &err) : NULL;
    rbk_lua_describe(r->L, -1, got, sizeof got);
    lua_pop(r->L, 1);
    if (!v)
        return rbk_read_error(r, "argument %d of `%s` of %s must be a string, not %s", i, r->key->name, r->where, got);
    bool cut = rbk_value_type(v) == RBK_STRING && strlen(rbk_value_string(v)) != rbk_value_length(v);
    if (!cut)
        rbk_strv_take(argv, rbk_value_text(v));
    rbk_value_free(v);
    return cut ? rbk_read_error(r, "argument %d of `%s` of %s holds a zero byte", i, r->key->name, r->where) : 0;
}

static int read_argv(struct rbk_reader *r, struct rbk_body *body)
{
    int count = rbk_lua_list_length(r->L, -1);
    if (count == -2)
        return rbk_read_error(r, "`%s` of %s has a hole: one of its arguments is nil", r->key->name, r->where);
    if (count == 0)
        return rbk_read_error(r, "`%s` of %s is an empty list", r->key->name, r->where);
    if (count < 0)
        return rbk_read_expected(r, "a shell string, a list of arguments, a function or an action");
    for (int i = 1; i <= count; i++)
        if (read_argument(r, i, &body->argv) != 0)
            return RBK_EINVAL;
    body->kind = RBK_BODY_ARGV;
    body->line = r->key_line;
    return 0;
}

/* The source of a function, for its hash: whole lines of the file that it stands in. */
static char *function_text(const struct rbk_load *load, const lua_Debug *ar)
{
    if (ar->source[0] != '@')
        return rbk_asprintf("%s:%d", ar->short_src, ar->linedefined);
    if (strcmp(ar->source + 1, load->path) == 0)
        return rbk_load_lines(load->text, load->len, ar->linedefined, ar->lastlinedefined);
    struct rbk_buf file = {0};
    char *text = rbk_file_read(ar->source + 1, SOURCE_MAX, &file, NULL) == 0
                     ? rbk_load_lines(file.data, file.len, ar->linedefined, ar->lastlinedefined)
                     : rbk_asprintf("%s:%d", ar->source + 1, ar->linedefined);
    rbk_buf_fini(&file);
    return text;
}

static int read_function(struct rbk_reader *r, struct rbk_body *body)
{
    lua_Debug ar;
    lua_pushvalue(r->L, -1);
    lua_getinfo(r->L, ">S", &ar);
    if (ar.what[0] == 'C')
        return rbk_read_error(r, "`%s` of %s must be a function of your own, not one of Lua's", r->key->name, r->where);
    body->text = function_text(r->load, &ar);
    body->line = ar.linedefined;
    body->kind = RBK_BODY_FUNCTION;
    lua_pushvalue(r->L, -1);
    body->script = luaL_ref(r->L, LUA_REGISTRYINDEX);
    return 0;
}

static int read_action(struct rbk_reader *r, struct rbk_body *body)
{
    rbk_action_describe(r->L, -1, body);
    if (lua_getiuservalue(r->L, -1, RBK_ACTION_UNDO) != LUA_TNIL && rbk_lua_to_action(r->L, -1)) {
        body->undo = rbk_alloc(sizeof *body->undo);
        rbk_action_describe(r->L, -1, body->undo);
        lua_pushvalue(r->L, -1);
        body->undo->script = luaL_ref(r->L, LUA_REGISTRYINDEX);
    }
    lua_pop(r->L, 1);
    lua_pushvalue(r->L, -1);
    body->script = luaL_ref(r->L, LUA_REGISTRYINDEX);
    return 0;
}

int rbk_read_body(struct rbk_reader *r, void *at)
{
    struct rbk_body *body = at;
    const struct rbk_verb *verb = rbk_lua_to_verb(r->L, -1);
    if (verb)
        return rbk_read_error(r, "%s is a verb: call it, %s { }", verb->name, verb->name);
    if (rbk_lua_to_action(r->L, -1))
        return read_action(r, body);
    switch (lua_type(r->L, -1)) {
    case LUA_TSTRING:
        return read_shell(r, body);
    case LUA_TTABLE:
        return read_argv(r, body);
    case LUA_TFUNCTION:
        return read_function(r, body);
    default:
        return rbk_read_expected(r, "a shell string, a list of arguments, a function or an action");
    }
}
