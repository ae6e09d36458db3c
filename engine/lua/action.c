/* Calling verbs: options are typed, defaults filled in, and what the plan must know (facts, writes, undo) is settled
 * while the file loads. */
#include <lua/verb.h>

#include <base/mem.h>
#include <lua/fail.h>
#include <lua/state.h>
#include <lua/types.h>
#include <lua/value.h>
#include <run/subst.h>
#include <stdlib.h>
#include <string.h>

static int action_gc(lua_State *L)
{
    struct rbk_action *action = lua_touserdata(L, 1);
    rbk_value_free(action->options);
    action->options = NULL;
    return 0;
}

static void action_text(const struct rbk_action *action, struct rbk_buf *out)
{
    size_t count = rbk_value_length(action->options);
    rbk_buf_printf(out, "%s {", action->verb->name);
    for (size_t i = 0; i < count; i++) {
        char *text = rbk_value_text(rbk_map_value_at(action->options, i));
        for (char *c = text; *c; c++)
            if (*c == '\n')
                *c = ' ';
        rbk_buf_printf(out, "%s %s = %s", i ? "," : "", rbk_map_key_at(action->options, i), text);
        free(text);
    }
    rbk_buf_puts(out, count ? " }" : "}");
}

static int action_tostring(lua_State *L)
{
    const struct rbk_action *action = rbk_lua_to_action(L, 1);
    lua_pushfstring(L, "action %s", action && action->verb ? action->verb->name : "?");
    return 1;
}

static const luaL_Reg action_meta[] = {{"__gc", action_gc}, {"__tostring", action_tostring}, {NULL, NULL}};
static const struct rbk_lua_type action_type = {"action", action_meta};

struct rbk_action *rbk_lua_to_action(lua_State *L, int idx)
{
    return rbk_lua_test(L, idx, &action_type);
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static int unknown_option(const struct rbk_verb *verb, const char *name, struct rbk_error *err)
{
    struct rbk_strv names = {0};
    struct rbk_buf line = {0};
    for (size_t i = 0; i < verb->option_count; i++) {
        rbk_strv_add(&names, verb->options[i].param.name);
        rbk_buf_printf(&line, "%s%s", i ? " " : "", verb->options[i].param.name);
    }
    rbk_error_set(err, RBK_EINVAL, "unknown option `%s` of %s", name, verb->name);
    const char *near = rbk_did_you_mean(name, (const char *const *)names.items, names.count);
    if (near)
        rbk_error_hint(err, "did you mean `%s`?", near);
    else
        rbk_error_hint(err, line.len ? "the options are: %s" : "it takes none%s", line.len ? line.data : "");
    rbk_strv_fini(&names);
    rbk_buf_fini(&line);
    return RBK_EINVAL;
}

static bool holds_name(const rbk_value *v)
{
    if (rbk_value_type(v) == RBK_LIST) {
        for (size_t i = 0; i < rbk_value_length(v); i++)
            if (holds_name(rbk_list_at(v, i)))
                return true;
        return false;
    }
    struct rbk_strv names = {0};
    if (rbk_value_type(v) == RBK_STRING && strchr(rbk_value_string(v), '$'))
        rbk_subst_names(rbk_value_string(v), &names);
    bool holds = names.count > 0;
    rbk_strv_fini(&names);
    return holds;
}

static int type_option(const struct rbk_verb *verb, const struct rbk_param *param, const rbk_value *v, rbk_value *out,
                       struct rbk_error *err)
{
    struct rbk_error inner = {0};
    rbk_value *typed = NULL;
    int rc = rbk_param_from_value(param, v, &typed, &inner);
    if (rc) {
        rbk_error_set(err, RBK_EINVAL, "`%s` of %s: %s", param->name, verb->name, inner.message);
        return rbk_error_hint(err, "%s", inner.hint);
    }
    rbk_map_set(out, param->name, typed);
    return 0;
}

static int settle_option(const struct rbk_verb *verb, const struct rbk_verb_option *option, const rbk_value *given,
                         bool final, rbk_value *out, struct rbk_error *err)
{
    const struct rbk_param *param = &option->param;
    const rbk_value *v = given ? rbk_map_get(given, param->name) : NULL;
    if (rbk_value_type(v) == RBK_NULL)
        v = param->dflt;
    if (!v && param->required) {
        rbk_error_set(err, RBK_EINVAL, "%s needs the option `%s`", verb->name, param->name);
        return rbk_error_hint(err, "%s { %s = .. }", verb->name, param->name);
    }
    if (!v)
        return 0;
    if (!option->any && (final || !holds_name(v)))
        return type_option(verb, param, v, out, err);
    rbk_map_set(out, param->name, rbk_value_dup(v));
    return 0;
}

static bool has_option(const struct rbk_verb *verb, const char *name)
{
    for (size_t i = 0; i < verb->option_count; i++)
        if (strcmp(verb->options[i].param.name, name) == 0)
            return true;
    return false;
}

int rbk_verb_type_options(const struct rbk_verb *verb, const rbk_value *given, bool final, rbk_value **out,
                          struct rbk_error *err)
{
    rbk_value *map = rbk_map_new();
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rbk_value_length(given); i++)
        if (!has_option(verb, rbk_map_key_at(given, i)))
            rc = unknown_option(verb, rbk_map_key_at(given, i), err);
    for (size_t i = 0; rc == 0 && i < verb->option_count; i++)
        rc = settle_option(verb, &verb->options[i], given, final, map, err);
    if (rc == 0)
        *out = map;
    else
        rbk_value_free(map);
    return rc;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int bad_call(lua_State *L, const struct rbk_verb *verb)
{
    char got[80];
    return rbk_lua_fail(L, "%s takes one table, not %s: %s { name = value }", verb->name,
                        rbk_lua_describe(L, 2, got, sizeof got), verb->name);
}

/* Reads the options into the action at index 3. */
static void take_options(lua_State *L, struct rbk_action *action)
{
    struct rbk_error err;
    int length = rbk_lua_list_length(L, 2);
    if (length == -2 || length > 0)
        bad_call(L, action->verb);
    rbk_value *given = rbk_lua_to_value(L, 2, &err);
    if (!given) {
        struct rbk_error inner = err;
        rbk_error_set(&err, RBK_EINVAL, "%s: %s", action->verb->name, inner.message);
        rbk_lua_raise(L, &err);
    }
    int rc = rbk_verb_type_options(action->verb, given, false, &action->options, &err);
    rbk_value_free(given);
    if (rc)
        rbk_lua_raise(L, &err);
}

/* writes = true, or a function of the options. */
static bool ask_writes(lua_State *L, const struct rbk_action *action, int spec)
{
    int type = lua_getfield(L, spec, "writes");
    if (type == LUA_TFUNCTION) {
        rbk_lua_push_value(L, action->options);
        lua_call(L, 1, 1);
    }
    bool writes = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return writes;
}

static void ask_undo(lua_State *L, const struct rbk_action *action, int spec)
{
    if (lua_getfield(L, spec, "undo") == LUA_TFUNCTION) {
        rbk_lua_push_value(L, action->options);
        lua_call(L, 1, 1);
    }
    if (!lua_isnil(L, -1) && !rbk_lua_to_action(L, -1))
        luaL_error(L, "%s: `undo` must give an action or nil", action->verb->name);
    lua_setiuservalue(L, 3, RBK_ACTION_UNDO);
}

int rbk_verb_call(lua_State *L)
{
    const struct rbk_verb *verb = rbk_lua_to_verb(L, 1);
    if (!verb)
        return rbk_lua_fail(L, "that is no verb");
    lua_settop(L, 2);
    if (lua_type(L, 2) != LUA_TTABLE)
        return bad_call(L, verb);
    struct rbk_action *action = rbk_lua_new_typed(L, &action_type, sizeof *action, 2);
    action->verb = verb;
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 3, RBK_ACTION_VERB);
    struct rbk_error place = {0};
    rbk_lua_place(L, &place);
    memcpy(action->file, place.file, sizeof action->file);
    action->line = place.line;
    take_options(L, action);
    lua_getiuservalue(L, 1, RBK_VERB_SPEC);
    action->writes = ask_writes(L, action, 4);
    ask_undo(L, action, 4);
    lua_settop(L, 3);
    return 1;
}

void rbk_action_describe(lua_State *L, int idx, struct rbk_body *body)
{
    const struct rbk_action *action = rbk_lua_to_action(L, idx);
    struct rbk_buf text = {0};
    action_text(action, &text);
    body->kind = RBK_BODY_ACTION;
    body->line = action->line;
    body->text = rbk_buf_take(&text);
    body->action = rbk_strdup(action->verb->name);
    body->options = rbk_value_dup(action->options);
    body->writes = action->writes;
    for (size_t i = 0; i < action->verb->set_count; i++)
        rbk_strv_add(&body->sets, action->verb->sets[i].name);
}
