/* runbook.config, and `config` in runbooks: the configuration, to be read. Numbers are in base units, with their unit.
 */
#include <lua/modules.h>

#include <lua/quantity.h>
#include <lua/state.h>
#include <lua/value.h>

static void set_text(lua_State *L, const char *name, const char *s)
{
    lua_pushstring(L, s);
    lua_setfield(L, -2, name);
}

static void set_duration(lua_State *L, const char *name, int64_t ms)
{
    if (ms == 0)
        return;
    rbk_lua_push_quantity(L, (double)ms / 1000, RBK_UNIT_SECONDS, NULL);
    lua_setfield(L, -2, name);
}

static void set_value(lua_State *L, const char *name, const rbk_value *v)
{
    rbk_lua_push_value(L, v);
    lua_setfield(L, -2, name);
}

static void set_strings(lua_State *L, const char *name, const struct rbk_strv *v)
{
    lua_createtable(L, (int)v->count, 0);
    for (size_t i = 0; i < v->count; i++) {
        lua_pushstring(L, v->items[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, name);
}

/* ---- levels --------------------------------------------------------------------------------------------------------
 */

static void push_variant(lua_State *L, const struct rbk_variant *v)
{
    lua_createtable(L, 0, 4);
    set_text(L, "name", v->name);
    set_strings(L, "args", &v->args);
    set_value(L, "env", v->env);
    set_duration(L, "timeout", v->timeout_ms);
}

static void push_level(lua_State *L, const struct rbk_level *l)
{
    lua_createtable(L, 0, 14);
    set_text(L, "name", l->name);
    set_text(L, "runner", l->runner);
    set_strings(L, "command", &l->command);
    set_value(L, "prepare", l->prepare);
    set_text(L, "report", l->report);
    set_text(L, "cwd", l->cwd);
    set_value(L, "env", l->env);
    set_duration(L, "target", l->target_ms);
    set_duration(L, "max", l->max_ms);
    set_duration(L, "timeout", l->timeout_ms);
    set_text(L, "coverage", l->coverage);
    set_strings(L, "requires", &l->requires);
    if (l->parallel) {
        lua_pushinteger(L, l->parallel);
        lua_setfield(L, -2, "parallel");
    }
    lua_createtable(L, 0, (int)l->variant_count);
    for (size_t i = 0; i < l->variant_count; i++) {
        push_variant(L, &l->variants[i]);
        lua_setfield(L, -2, l->variants[i].name);
    }
    lua_setfield(L, -2, "variants");
}

/* config.levels(): a list in the order of the file. [-0, +1, m] */
static int config_levels(lua_State *L)
{
    const struct rbk_config *c = rbk_lua_of(L)->config;
    lua_createtable(L, (int)c->level_count, 0);
    for (size_t i = 0; i < c->level_count; i++) {
        push_level(L, &c->levels[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* config.level(name): nil when there is none. [-1, +1, v] */
static int config_level(lua_State *L)
{
    const struct rbk_level *l = rbk_config_level(rbk_lua_of(L)->config, luaL_checkstring(L, 1));
    if (l)
        push_level(L, l);
    else
        lua_pushnil(L);
    return 1;
}

/* ---- services, escalation ------------------------------------------------------------------------------------------
 */

/* config.services(). [-0, +1, m] */
static int config_services(lua_State *L)
{
    const struct rbk_config *c = rbk_lua_of(L)->config;
    lua_createtable(L, (int)c->service_count, 0);
    for (size_t i = 0; i < c->service_count; i++) {
        const struct rbk_service *s = &c->services[i];
        lua_createtable(L, 0, 5);
        set_text(L, "name", s->name);
        set_strings(L, "check", &s->check);
        set_text(L, "tcp", s->tcp);
        set_text(L, "http", s->http);
        set_strings(L, "restart", &s->restart);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* config.escalation(): { priority, response, contact } from the most urgent on. [-0, +1, m] */
static int config_escalation(lua_State *L)
{
    const struct rbk_config *c = rbk_lua_of(L)->config;
    lua_createtable(L, (int)c->escalation_count, 0);
    for (size_t i = 0; i < c->escalation_count; i++) {
        lua_createtable(L, 0, 3);
        set_text(L, "priority", c->escalation[i].priority);
        rbk_lua_push_quantity(L, (double)c->escalation[i].response_ms / 1000, RBK_UNIT_SECONDS, NULL);
        lua_setfield(L, -2, "response");
        set_text(L, "contact", c->escalation[i].contact);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* ---- anything ------------------------------------------------------------------------------------------------------
 */

/* config.get(path [, default]). [-n, +1, v] */
static int config_get(lua_State *L)
{
    const rbk_value *v = rbk_config_get(rbk_lua_of(L)->config, luaL_checkstring(L, 1));
    lua_settop(L, 2);
    if (rbk_value_type(v) != RBK_NULL)
        rbk_lua_push_value(L, v);
    return 1;
}

int rbk_open_config(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"get", config_get},           {"levels", config_levels},         {"level", config_level},
        {"services", config_services}, {"escalation", config_escalation}, {NULL, NULL}};
    const struct rbk_config *c = rbk_lua_of(L)->config;
    luaL_newlib(L, functions);
    set_text(L, "root", c->root);
    set_text(L, "file", c->file);
    set_text(L, "project", c->project);
    return 1;
}
