/* runbook.notify: a message of a step, put into the outbox (notify/notify.h). A step that is carried out once more says
 * the same thing under the same id, and it is not queued again. */
#include <lua/modules.h>

#include <base/clock.h>
#include <base/host.h>
#include <base/mem.h>
#include <base/str.h>
#include <lua/call.h>
#include <lua/fail.h>
#include <lua/value.h>
#include <notify/notify.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/journal.h>
#include <string.h>

static void set_if_said(rbk_value *event, const char *name, const char *text)
{
    if (text)
        rbk_map_set_string(event, name, text);
}

/* Which message it is: of this step of this run, and what it says to whom. */
static void set_identity(struct rbk_perform *p, const rbk_value *asked, rbk_value *event)
{
    char *text = rbk_value_to_json(asked, 0);
    const char *about = rbk_map_get_string(asked, "key");
    char *id = rbk_asprintf("%s/%s/%016llx", rbk_perform_run_id(p), rbk_perform_step_key(p),
                            (unsigned long long)rbk_hash(RBK_HASH_INIT, text, strlen(text)));
    char *key = rbk_asprintf("message:%s", about ? about : id);
    rbk_map_set_string(event, "id", id);
    rbk_map_set_string(event, "key", key);
    free(key);
    free(id);
    free(text);
}

static rbk_value *event_of(struct rbk_perform *p, const rbk_value *asked)
{
    rbk_value *event = rbk_map_new(), *channels = rbk_list_new();
    const char *run = rbk_perform_run_id(p);
    char host[RBK_HOST_SIZE], run_short[RBK_ULID_SIZE] = "";
    rbk_list_append(channels, rbk_string_new(rbk_map_get_string(asked, "channel")));
    set_identity(p, asked, event);
    rbk_map_set_string(event, "event", "message");
    rbk_map_set_string(event, "status", "info");
    rbk_map_set_string(event, "priority", rbk_map_get_string(asked, "priority"));
    rbk_map_set(event, "channels", channels);
    rbk_map_set_int(event, "time", rbk_clock_wall_ms());
    rbk_map_set_string(event, "project", rbk_perform_config(p)->project);
    rbk_map_set_string(event, "runbook", rbk_perform_runbook(p));
    rbk_map_set_string(event, "run", run);
    if (rbk_journal_run_short(rbk_perform_store(p), run, run_short, NULL) == 0)
        rbk_map_set_string(event, "run_short", run_short);
    set_if_said(event, "title", rbk_map_get_string(asked, "subject"));
    set_if_said(event, "text", rbk_map_get_string(asked, "text"));
    if (*rbk_host_name(host))
        rbk_map_set_string(event, "host", host);
    return event;
}

static int publish(struct rbk_perform *p, const rbk_value *event, int *queued, struct rbk_error *err)
{
    struct rbk_store *store = rbk_perform_store(p);
    const struct rbk_config *config = rbk_perform_config(p);
    int64_t now = rbk_clock_wall_ms();
    if (rbk_store_in_transaction(store))
        return rbk_notify_publish(store, config, event, now, queued, err);
    int rc = rbk_store_begin(store, err);
    if (rc)
        return rc;
    rc = rbk_notify_publish(store, config, event, now, queued, err);
    if (rc == 0)
        return rbk_store_commit(store, err);
    rbk_store_rollback(store);
    return rc;
}

/* notify.send { channel, subject, text, priority, key }: how many messages were queued: 0 when it was said before.
 * [-1, +1|3, v] */
static int notify_send(lua_State *L)
{
    static const char *const texts[] = {"subject", "text", "priority", "key", NULL};
    struct rbk_error err;
    struct rbk_perform *p = rbk_call_current(L, "a message")->perform;
    int queued = 0;
    const rbk_value *asked = rbk_call_asked(L, texts);
    rbk_value **event = rbk_lua_push_box(L);
    *event = event_of(p, asked);
    if (publish(p, *event, &queued, &err) != 0)
        return rbk_lua_push_failure(L, &err);
    lua_pushinteger(L, queued);
    return 1;
}

int rbk_open_notify(lua_State *L)
{
    static const luaL_Reg functions[] = {{"send", notify_send}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
