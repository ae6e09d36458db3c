/* A message as a channel's file sees it: its fields, `message.events` and `message:document(indent)`, without secrets.
 * The events stay the text that they are in the outbox until somebody asks for them; the document, which the channels
 * webhook, command and file carry, is made of that text without a detour through tables. */
#include <lua/delivery.h>

#include <base/clock.h>
#include <base/mem.h>
#include <lua/fail.h>
#include <lua/types.h>
#include <lua/value.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Whoever publishes redacts what a run knows; what the channels know is redacted here. */
rbk_value *rbk_delivery_redacted(const struct rbk_redactor *r, const rbk_value *v)
{
    if (rbk_value_type(v) == RBK_STRING && rbk_redact_matches(r, rbk_value_string(v), rbk_value_length(v))) {
        struct rbk_buf out = {0};
        rbk_redact(r, rbk_value_string(v), rbk_value_length(v), &out);
        rbk_value *s = rbk_string_new_len(out.data ? out.data : "", out.len);
        rbk_buf_fini(&out);
        return s;
    }
    if (rbk_value_type(v) != RBK_LIST && rbk_value_type(v) != RBK_MAP)
        return rbk_value_dup(v);
    bool list = rbk_value_type(v) == RBK_LIST;
    rbk_value *out = list ? rbk_list_new() : rbk_map_new();
    for (size_t i = 0; i < rbk_value_length(v); i++) {
        if (list)
            rbk_list_append(out, rbk_delivery_redacted(r, rbk_list_at(v, i)));
        else
            rbk_map_set(out, rbk_map_key_at(v, i), rbk_delivery_redacted(r, rbk_map_value_at(v, i)));
    }
    return out;
}

/* Takes v. */
static rbk_value *redact(const struct rbk_redactor *r, rbk_value *v)
{
    if (rbk_redactor_empty(r))
        return v;
    rbk_value *clean = rbk_delivery_redacted(r, v);
    rbk_value_free(v);
    return clean;
}

/* ---- the userdata ----------------------------------------------------------------------------------------------- */

struct message {
    const struct rbk_redactor *redactor;
    rbk_value *fields;       /* redacted; all but the events */
    char *events;            /* as in the outbox */
    rbk_value *events_value; /* redacted, while it is copied to Lua */
    char *document;          /* the same */
};

enum { EVENTS_TABLE = 1 }; /* user value: the table that `events` gave */

static int message_gc(lua_State *L)
{
    struct message *m = lua_touserdata(L, 1);
    rbk_value_free(m->fields);
    rbk_value_free(m->events_value);
    free(m->events);
    free(m->document);
    memset(m, 0, sizeof *m);
    return 0;
}

static rbk_value *read_events(const struct message *m, struct rbk_error *err)
{
    rbk_value *events = m->events ? rbk_value_decode(m->events, strlen(m->events), err) : rbk_list_new();
    return events ? redact(m->redactor, events) : NULL;
}

static int push_events(lua_State *L, struct message *m)
{
    struct rbk_error err;
    if (lua_getiuservalue(L, 1, EVENTS_TABLE) == LUA_TTABLE)
        return 1;
    m->events_value = read_events(m, &err);
    if (!m->events_value)
        return rbk_lua_raise(L, &err);
    rbk_lua_push_value(L, m->events_value);
    rbk_value_free(m->events_value);
    m->events_value = NULL;
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, EVENTS_TABLE);
    return 1;
}

/* ---- the document, runbook.message/1 (docs/json.md) -------------------------------------------------------------- */

/* "2026-11-22T08:22:11Z" */
static void set_time(rbk_value *map, const char *name, int64_t ms)
{
    struct tm t = {0};
    char out[RBK_TIME_SIZE] = "";
    time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
    gmtime_r(&seconds, &t);
    strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &t);
    rbk_map_set_string(map, name, out);
}

/* The list is the caller's own: it is changed where it stands. */
static void write_times(rbk_value *events)
{
    for (size_t i = 0; i < rbk_value_length(events); i++) {
        rbk_value *event = (rbk_value *)rbk_list_at(events, i);
        const rbk_value *time = rbk_map_get(event, "time");
        if (time)
            set_time(event, "time", rbk_value_int(time));
    }
}

static void copy_field(rbk_value *document, const struct message *m, const char *name)
{
    const rbk_value *v = rbk_map_get(m->fields, name);
    if (v)
        rbk_map_set(document, name, rbk_value_dup(v));
}

static rbk_value *document_of(const struct message *m, struct rbk_error *err)
{
    rbk_value *events = read_events(m, err);
    if (!events)
        return NULL;
    write_times(events);
    rbk_value *document = rbk_map_new();
    rbk_map_set_int(document, "attempt", rbk_value_int(rbk_map_get(m->fields, "attempts")) + 1);
    copy_field(document, m, "channel");
    copy_field(document, m, "count");
    set_time(document, "created", rbk_value_int(rbk_map_get(m->fields, "created")));
    rbk_map_set(document, "events", events);
    copy_field(document, m, "group");
    copy_field(document, m, "key");
    copy_field(document, m, "priority");
    rbk_map_set_string(document, "schema", "runbook.message/1");
    copy_field(document, m, "subject");
    return document;
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
    else
        rbk_lua_push_value(L, rbk_map_get(m->fields, name));
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
    rbk_value *document = document_of(m, &err);
    if (!document)
        return rbk_lua_raise(L, &err);
    m->document = rbk_value_to_json(document, indent < 0 || indent > 8 ? 0 : indent);
    rbk_value_free(document);
    lua_pushstring(L, m->document);
    free(m->document);
    m->document = NULL;
    return 1;
}

/* ---- from C ------------------------------------------------------------------------------------------------------ */

static rbk_value *fields_of(const struct rbk_message *m, const struct rbk_redactor *r)
{
    rbk_value *map = rbk_map_new();
    rbk_map_set_string(map, "channel", m->channel);
    rbk_map_set_string(map, "group", m->group);
    rbk_map_set_string(map, "priority", m->priority);
    rbk_map_set_string(map, "subject", m->subject);
    rbk_map_set_int(map, "count", m->count);
    rbk_map_set_int(map, "attempts", m->attempts);
    rbk_map_set_int(map, "created", m->created_ms);
    if (rbk_value_type(m->memory) == RBK_MAP)
        rbk_map_set(map, "memory", rbk_value_dup(m->memory));
    map = redact(r, map);
    rbk_map_set_string(map, "key", m->key);
    return map;
}

void rbk_delivery_message_push(lua_State *L, const struct rbk_message *m, const struct rbk_redactor *redactor)
{
    struct message *message = rbk_lua_new_typed(L, &message_type, sizeof *message, EVENTS_TABLE);
    message->redactor = redactor;
    message->fields = fields_of(m, redactor);
    message->events = rbk_strdup(m->events);
}
