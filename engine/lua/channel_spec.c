/* Reading what a channel's file declares. Mistakes in there are mistakes of stdlib and raise at its line; a type that
 * does not exist is a mistake of runbook.yaml. */
#include <lua/channel_spec.h>

#include <base/mem.h>
#include <lua/embed.h>
#include <lua/fail.h>
#include <lua/option_read.h>
#include <lua/stdlib.h>
#include <lua/types.h>
#include <lua/value.h>
#include <stdlib.h>
#include <string.h>

static int spec_gc(lua_State *L)
{
    struct rbk_channel_spec *spec = lua_touserdata(L, 1);
    for (size_t i = 0; i < spec->count; i++)
        rbk_param_fini(&spec->options[i].param);
    free(spec->options);
    free(spec->type);
    memset(spec, 0, sizeof *spec);
    return 0;
}

static const luaL_Reg spec_meta[] = {{"__gc", spec_gc}, {NULL, NULL}};
static const struct rbk_lua_type spec_type = {"channel", spec_meta};

static void read_type(lua_State *L, struct rbk_channel_option *option)
{
    static const char *const kinds[] = {
        [RBK_CHANNEL_SECRET] = "secret", [RBK_CHANNEL_URL] = "url", [RBK_CHANNEL_MAP] = "map"};
    struct rbk_error err;
    const char *type = rbk_option_type(L);
    for (size_t i = RBK_CHANNEL_SECRET; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(type, kinds[i]) == 0)
            option->kind = (enum rbk_channel_option_kind)i;
    if (option->kind == RBK_CHANNEL_PARAM && rbk_param_type_parse(type, &option->param.type, &err) != 0)
        rbk_lua_raise(L, &err);
    lua_pop(L, 1);
}

/* One option whose table is on top. */
static void read_option(lua_State *L, struct rbk_channel_option *option)
{
    luaL_checktype(L, -1, LUA_TTABLE);
    read_type(L, option);
    rbk_option_read(L, &option->param);
    lua_getfield(L, -1, "help");
    option->param.help = rbk_strdup(luaL_checkstring(L, -1));
    lua_pop(L, 1);
    lua_getfield(L, -1, "private");
    option->private = lua_toboolean(L, -1);
    lua_pop(L, 1);
}

static int compare_options(const void *a, const void *b)
{
    const struct rbk_channel_option *x = a, *y = b;
    return strcmp(x->param.name, y->param.name);
}

/* The table of the channel's file is on top. */
static void read_spec(lua_State *L, struct rbk_channel_spec *spec)
{
    size_t cap = 0;
    lua_getfield(L, -1, "local");
    spec->local = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "options") != LUA_TTABLE)
        luaL_error(L, "channels/%s.lua declares no options", spec->type);
    int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        RBK_GROW(spec->options, spec->count, cap);
        struct rbk_channel_option *option = &spec->options[spec->count++];
        *option = (struct rbk_channel_option){.param.name = rbk_strdup(luaL_checkstring(L, -2))};
        read_option(L, option);
    }
    if (spec->count)
        qsort(spec->options, spec->count, sizeof *spec->options, compare_options);
    lua_pop(L, 1);
}

static _Noreturn void unknown_type(lua_State *L, const char *type)
{
    static const char prefix[] = "channels.";
    struct rbk_error err;
    struct rbk_strv types = {0};
    struct rbk_buf list = {0};
    for (const struct rbk_embedded *m = rbk_embedded_modules; m->name; m++) {
        if (rbk_starts_with(m->name, prefix)) {
            rbk_strv_add(&types, m->name + strlen(prefix));
            rbk_buf_printf(&list, " %s", m->name + strlen(prefix));
        }
    }
    const char *near = rbk_did_you_mean(type, (const char *const *)types.items, types.count);
    rbk_error_set(&err, RBK_EINVAL, "there is no type of channel \"%.64s\"", type);
    rbk_error_hint(&err, near ? "did you mean %s?" : "the types are:%s", near ? near : list.data ? list.data : "");
    rbk_strv_fini(&types);
    rbk_buf_fini(&list);
    rbk_lua_raise(L, &err);
}

const struct rbk_channel_spec *rbk_channel_spec_push(lua_State *L, const char *type)
{
    bool word = type[0] && type[strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
    struct rbk_channel_spec *spec = rbk_lua_new_typed(L, &spec_type, sizeof *spec, 1);
    if (!word || !rbk_stdlib_push(L, lua_pushfstring(L, "channels.%s", type)))
        unknown_type(L, type);
    spec->type = rbk_strdup(type);
    read_spec(L, spec);
    lua_setiuservalue(L, -3, 1);
    lua_pop(L, 1);
    return spec;
}
