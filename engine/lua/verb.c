/* Making verbs: what stdlib writes in verb { .. }, read once into C so that calling one is cheap and cannot be fooled.
 * Mistakes here are mistakes of stdlib and raise at its line. */
#include <lua/verb.h>

#include <base/mem.h>
#include <lua/fail.h>
#include <lua/option_read.h>
#include <lua/state.h>
#include <lua/types.h>
#include <lua/value.h>
#include <stdlib.h>
#include <string.h>

static int verb_gc(lua_State *L)
{
    struct rbk_verb *verb = lua_touserdata(L, 1);
    for (size_t i = 0; i < verb->option_count; i++)
        rbk_param_fini(&verb->options[i].param);
    for (size_t i = 0; i < verb->set_count; i++)
        free(verb->sets[i].name);
    free(verb->options);
    free(verb->sets);
    free(verb->name);
    free(verb->help);
    memset(verb, 0, sizeof *verb);
    return 0;
}

static int verb_tostring(lua_State *L)
{
    const struct rbk_verb *verb = rbk_lua_to_verb(L, 1);
    lua_pushfstring(L, "verb %s", verb && verb->name ? verb->name : "?");
    return 1;
}

/* What stdlib wrote is there to be read: tests.run.help, tests.run.options.level.type. */
static int verb_index(lua_State *L)
{
    lua_getiuservalue(L, 1, RBK_VERB_SPEC);
    lua_pushvalue(L, 2);
    lua_gettable(L, -2);
    return 1;
}

static const luaL_Reg verb_meta[] = {
    {"__gc", verb_gc}, {"__tostring", verb_tostring}, {"__index", verb_index}, {"__call", rbk_verb_call}, {NULL, NULL}};
static const struct rbk_lua_type verb_type = {"verb", verb_meta};

const struct rbk_verb *rbk_lua_to_verb(lua_State *L, int idx)
{
    return rbk_lua_test(L, idx, &verb_type);
}

/* ---- reading the table ------------------------------------------------------------------------------------------- */

static void check_spec_keys(lua_State *L)
{
    static const char *const known[] = {"name", "help", "options", "sets", "writes", "undo", "perform", NULL};
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        luaL_checkoption(L, -1, NULL, known);
        lua_pop(L, 1);
    }
}

static const char *spec_string(lua_State *L, const char *key)
{
    if (lua_getfield(L, 1, key) != LUA_TSTRING)
        luaL_error(L, "verb: `%s` must be a string", key);
    return lua_tostring(L, -1);
}

/* One option whose table is on top. */
static void read_option(lua_State *L, struct rbk_verb_option *option)
{
    struct rbk_error err;
    luaL_checktype(L, -1, LUA_TTABLE);
    const char *type = rbk_option_type(L);
    option->any = strcmp(type, "any") == 0;
    if (!option->any && rbk_param_type_parse(type, &option->param.type, &err) != 0)
        rbk_lua_raise(L, &err);
    lua_pop(L, 1);
    rbk_option_read(L, &option->param);
}

static int compare_options(const void *a, const void *b)
{
    const struct rbk_verb_option *x = a, *y = b;
    return strcmp(x->param.name, y->param.name);
}

static void read_options(lua_State *L, struct rbk_verb *verb)
{
    size_t cap = 0;
    if (lua_getfield(L, 1, "options") == LUA_TTABLE) {
        int table = lua_gettop(L);
        for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
            RBK_GROW(verb->options, verb->option_count, cap);
            struct rbk_verb_option *option = &verb->options[verb->option_count++];
            *option = (struct rbk_verb_option){0};
            option->param.name = rbk_strdup(luaL_checkstring(L, -2));
            read_option(L, option);
        }
        if (verb->option_count)
            qsort(verb->options, verb->option_count, sizeof *verb->options, compare_options);
    }
    lua_pop(L, 1);
}

static enum rbk_unit unit_of_word(lua_State *L, const char *word)
{
    static const char *const words[] = {"seconds", "bytes", "ratio", "number", "integer", "string", "boolean", "list"};
    static const enum rbk_unit units[] = {RBK_UNIT_SECONDS, RBK_UNIT_BYTES, RBK_UNIT_RATIO};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return i < sizeof units / sizeof *units ? units[i] : RBK_UNIT_NONE;
    luaL_error(L, "verb: \"%s\" is no type of a fact", word);
    return RBK_UNIT_NONE;
}

static int compare_facts(const void *a, const void *b)
{
    return strcmp(((const struct rbk_verb_fact *)a)->name, ((const struct rbk_verb_fact *)b)->name);
}

static void read_sets(lua_State *L, struct rbk_verb *verb)
{
    size_t cap = 0;
    if (lua_getfield(L, 1, "sets") == LUA_TTABLE) {
        int table = lua_gettop(L);
        for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
            const char *name = luaL_checkstring(L, -2);
            enum rbk_unit unit = unit_of_word(L, luaL_checkstring(L, -1));
            if (!rbk_name_ok(name))
                luaL_error(L, "verb: \"%s\" is no name of a fact", name);
            RBK_GROW(verb->sets, verb->set_count, cap);
            verb->sets[verb->set_count++] = (struct rbk_verb_fact){rbk_strdup(name), unit};
        }
        qsort(verb->sets, verb->set_count, sizeof *verb->sets, compare_facts);
    }
    lua_pop(L, 1);
}

int rbk_verb_new(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    check_spec_keys(L);
    struct rbk_verb *verb = rbk_lua_new_typed(L, &verb_type, sizeof *verb, 1);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 2, RBK_VERB_SPEC);
    verb->name = rbk_strdup(spec_string(L, "name"));
    verb->help = rbk_strdup(spec_string(L, "help"));
    if (lua_getfield(L, 1, "perform") != LUA_TFUNCTION)
        luaL_error(L, "verb: %s has no `perform` function", verb->name);
    lua_settop(L, 2);
    read_options(L, verb);
    read_sets(L, verb);
    return 1;
}
