/* runbook.incident: opening, noting and resolving incidents (incident/incident.h). */
#include <lua/modules.h>

#include <base/mem.h>
#include <incident/incident.h>
#include <lua/call.h>
#include <lua/fail.h>
#include <lua/value.h>
#include <stdlib.h>

/* The table at index 1 as data, free of secrets, in a box. [-0, +1, v] */
static rbk_value *check_asked(lua_State *L, struct rbk_perform *perform)
{
    static const char *const texts[] = {"key", "title", "priority", "contact", "text"};
    struct rbk_error err;
    luaL_checktype(L, 1, LUA_TTABLE);
    rbk_value **v = rbk_lua_push_box(L);
    *v = rbk_lua_to_value(L, 1, &err);
    if (!*v)
        rbk_lua_raise(L, &err);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *clean = rbk_perform_redacted(perform, rbk_map_get_string(*v, texts[i]));
        if (clean)
            rbk_map_set_string(*v, texts[i], clean);
        free(clean);
    }
    return *v;
}

/* [-1, +1|3, v] */
static int do_asked(lua_State *L, const char *what)
{
    struct rbk_error err;
    struct rbk_perform *perform = rbk_call_current(L, "an incident")->perform;
    rbk_value *asked = check_asked(L, perform), **out = rbk_lua_push_box(L);
    if (rbk_incident_do_value(rbk_perform_store(perform), rbk_perform_config(perform), rbk_perform_run_id(perform),
                              what, asked, out, &err) != 0)
        return rbk_lua_push_failure(L, &err);
    rbk_lua_push_value(L, *out);
    return 1;
}

/* incident.open { key, title, priority, contact, text }: { id, key, priority, state, level, called }. [-1, +1|3, v] */
static int incident_open(lua_State *L)
{
    return do_asked(L, "open");
}

/* incident.note { key, text }: likewise. [-1, +1|3, v] */
static int incident_note(lua_State *L)
{
    return do_asked(L, "note");
}

/* incident.resolve { key, text }: likewise; empty when there was never one. [-1, +1|3, v] */
static int incident_resolve(lua_State *L)
{
    return do_asked(L, "resolve");
}

int rbk_open_incident(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"open", incident_open}, {"note", incident_note}, {"resolve", incident_resolve}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
