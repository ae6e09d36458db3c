/* runbook.incident: opening, noting and resolving incidents (incident/incident.h). */
#include <lua/modules.h>

#include <incident/incident.h>
#include <lua/call.h>
#include <lua/fail.h>
#include <lua/value.h>

/* [-1, +1|3, v] */
static int do_asked(lua_State *L, const char *what)
{
    static const char *const texts[] = {"key", "title", "priority", "contact", "text", NULL};
    struct rbk_error err;
    struct rbk_perform *perform = rbk_call_current(L, "an incident")->perform;
    rbk_value *asked = rbk_call_asked(L, texts), **out = rbk_lua_push_box(L);
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
