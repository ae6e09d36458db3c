/* A message as a channel's file sees it: its fields, `message.events` and `message:document(indent)`, without secrets.
 * The events stay the text that they are in the outbox until somebody asks for them. */
#include <lua/delivery.h>

#include <base/mem.h>
#include <lua/fail.h>
#include <lua/types.h>
#include <lua/value.h>
#include <stdlib.h>
#include <string.h>

/* ---- the userdata ----------------------------------------------------------------------------------------------- */

struct message {
    const struct rbk_redactor *redactor;
    rbk_value *head;   /* redacted: the document without its events */
    rbk_value *memory; /* NULL = none */
    int64_t created_ms, attempts;
    char *events;            /* as in the outbox */
    rbk_value *events_value; /* redacted, while it is copied to Lua */
    char *document;          /* the same */
};

enum { EVENTS_TABLE = 1 }; /* user value: the table that `events` gave */

static int message_gc(lua_State *L)
{
    struct message *m = lua_touserdata(L, 1);
    rbk_value_free(m->head);
    rbk_value_free(m->memory);
    rbk_value_free(m->events_value);
    free(m->events);
    free(m->document);
    memset(m, 0, sizeof *m);
    return 0;
}

static int push_events(lua_State *L, struct message *m)
{
    struct rbk_error err;
    if (lua_getiuservalue(L, 1, EVENTS_TABLE) == LUA_TTABLE)
        return 1;
    m->events_value = rbk_delivery_events(m->events, m->redactor, &err);
    if (!m->events_value)
        return rbk_lua_raise(L, &err);
    rbk_lua_push_value(L, m->events_value);
    rbk_value_free(m->events_value);
    m->events_value = NULL;
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, EVENTS_TABLE);
    return 1;
}

static int message_document(lua_State *L);

static int message_index(lua_State *L)
{
    struct message *m = lua_touserdata(L, 1);
    const char *name = luaL_checkstring(L, 2);
    if (strcmp(name, "events") == 0)
        return push_events(L, m);
    if (strcmp(name, "document") == 0)
        lua_pushcfunction(L, message_document);
    else if (strcmp(name, "memory") == 0)
        rbk_lua_push_value(L, m->memory);
    else if (strcmp(name, "created") == 0)
        lua_pushinteger(L, m->created_ms);
    else if (strcmp(name, "attempts") == 0)
        lua_pushinteger(L, m->attempts);
    else
        rbk_lua_push_value(L, rbk_map_get(m->head, name));
    return 1;
}

static const luaL_Reg message_meta[] = {{"__gc", message_gc}, {"__index", message_index}, {NULL, NULL}};
static const struct rbk_lua_type message_type = {"message", message_meta};

/* message:document([indent]): one text. [-1|2, +1, v] */
static int message_document(lua_State *L)
{
    struct rbk_error err;
    struct message *m = rbk_lua_test(L, 1, &message_type);
    int indent = (int)luaL_optinteger(L, 2, 0);
    luaL_argcheck(L, m, 1, "a message, as in message:document()");
    m->document = rbk_delivery_document(m->head, m->events, m->redactor, indent < 0 || indent > 8 ? 0 : indent, &err);
    if (!m->document)
        return rbk_lua_raise(L, &err);
    lua_pushstring(L, m->document);
    free(m->document);
    m->document = NULL;
    return 1;
}

/* ---- from C ------------------------------------------------------------------------------------------------------ */

void rbk_delivery_message_push(lua_State *L, const struct rbk_message *m, const struct rbk_redactor *redactor)
{
    struct message *message = rbk_lua_new_typed(L, &message_type, sizeof *message, EVENTS_TABLE);
    message->redactor = redactor;
    message->head = rbk_delivery_head(m, redactor);
    message->memory = rbk_value_type(m->memory) == RBK_MAP ? rbk_delivery_redacted(redactor, m->memory) : NULL;
    message->created_ms = m->created_ms;
    message->attempts = m->attempts;
    message->events = rbk_strdup(m->events);
}
