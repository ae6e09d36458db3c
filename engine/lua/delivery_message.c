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

enum { CLEANED = 4 }; /* texts that may hold a secret: channel, group, priority, subject */

struct message {
    const struct rbk_redactor *redactor;
    struct rbk_message m;    /* redacted, its texts below; but `events` are as in the outbox, and its memory is ours */
    rbk_value *memory;       /* NULL = none */
    rbk_value *events_value; /* redacted, while it is copied to Lua */
    char *document;          /* the same */
    struct rbk_buf clean[CLEANED];
    char texts[];
};

enum { EVENTS_TABLE = 1 }; /* user value: the table that `events` gave */

static int message_gc(lua_State *L)
{
    struct message *m = lua_touserdata(L, 1);
    rbk_value_free(m->memory);
    rbk_value_free(m->events_value);
    free(m->document);
    for (int i = 0; i < CLEANED; i++)
        rbk_buf_fini(&m->clean[i]);
    memset(m, 0, sizeof *m);
    return 0;
}

static int push_events(lua_State *L, struct message *m)
{
    struct rbk_error err;
    if (lua_getiuservalue(L, 1, EVENTS_TABLE) == LUA_TTABLE)
        return 1;
    m->events_value = rbk_delivery_events(m->m.events, m->redactor, &err);
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

/* The members that are texts. */
static const char *text_named(const struct rbk_message *m, const char *name)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"key", m->key},           {"channel", m->channel}, {"group", m->group},
                 {"priority", m->priority}, {"subject", m->subject}, {"schema", RBK_MESSAGE_SCHEMA}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].name, name) == 0)
            return texts[i].text;
    return NULL;
}

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
        lua_pushinteger(L, m->m.created_ms);
    else if (strcmp(name, "attempts") == 0)
        lua_pushinteger(L, m->m.attempts);
    else if (strcmp(name, "attempt") == 0)
        lua_pushinteger(L, m->m.attempts + 1);
    else if (strcmp(name, "count") == 0)
        lua_pushinteger(L, m->m.count);
    else
        lua_pushstring(L, text_named(&m->m, name));
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
    m->document = rbk_delivery_document(&m->m, m->redactor, indent < 0 || indent > 8 ? 0 : indent, &err);
    if (!m->document)
        return rbk_lua_raise(L, &err);
    lua_pushstring(L, m->document);
    free(m->document);
    m->document = NULL;
    return 1;
}

/* ---- from C ------------------------------------------------------------------------------------------------------ */

/* NULL stays NULL. */
static size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *put_text(char **at, const char *text)
{
    char *to = *at;
    size_t size = size_of(text);
    if (!size)
        return NULL;
    memcpy(to, text, size);
    *at += size;
    return to;
}

/* The same, without what the redactor knows. */
static const char *put_clean(struct message *message, int i, char **at, const char *text)
{
    struct rbk_buf *clean = &message->clean[i];
    if (!text || !rbk_redact_matches(message->redactor, text, strlen(text)))
        return put_text(at, text);
    rbk_redact(message->redactor, text, strlen(text), clean);
    return clean->data ? clean->data : "";
}

/* One block for all of it: messages come by the thousand. */
void rbk_delivery_message_push(lua_State *L, const struct rbk_message *m, const struct rbk_redactor *redactor)
{
    size_t size = size_of(m->key) + size_of(m->channel) + size_of(m->group) + size_of(m->priority) +
                  size_of(m->subject) + size_of(m->events);
    struct message *message = rbk_lua_new_typed(L, &message_type, sizeof *message + size, EVENTS_TABLE);
    char *at = message->texts;
    message->redactor = redactor;
    message->m = (struct rbk_message){.key = put_text(&at, m->key),
                                      .channel = put_clean(message, 0, &at, m->channel),
                                      .group = put_clean(message, 1, &at, m->group),
                                      .priority = put_clean(message, 2, &at, m->priority),
                                      .subject = put_clean(message, 3, &at, m->subject),
                                      .events = put_text(&at, m->events),
                                      .count = m->count,
                                      .attempts = m->attempts,
                                      .created_ms = m->created_ms};
    message->memory = rbk_value_type(m->memory) == RBK_MAP ? rbk_delivery_redacted(redactor, m->memory) : NULL;
}
