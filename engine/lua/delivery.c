/* From a message to a coroutine and from what that returns to a result. `send` begins at once and runs to its first
 * wait; the result is always told later, from the loop. */
#include <lua/delivery.h>

#include <base/buf.h>
#include <base/mem.h>
#include <lua/fail.h>
#include <lua/stdlib.h>
#include <lua/value.h>
#include <lua/via.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rbk_delivery_task {
    struct rbk_via via; /* and its task: first */
    struct rbk_channels *channels;
    struct rbk_channel *channel;
    struct rbk_delivery_task *prev, *next;
    const struct rbk_message *message; /* borrowed until it has begun */
    rbk_sent_fn *fn;
    void *arg;
    struct rbk_sent_result result;
    struct rbk_buf error;
    struct rbk_timer *told; /* the coroutine has ended; the result is told from the loop */
};

/* ---- the coroutine -------------------------------------------------------------------------------------------------
 */

static int pass_result(lua_State *L, int status, lua_KContext below)
{
    (void)status;
    (void)below;
    lua_settop(L, (int)below + 1);
    return 1;
}

/* The task as a light userdata: the one result of the channel's `send`. [-1, +1, v] */
static int run_send(lua_State *L)
{
    struct rbk_delivery_task *d = lua_touserdata(L, 1);
    rbk_await_begin(L, &d->via.task);
    lua_rawgeti(L, LUA_REGISTRYINDEX, d->channel->anchor);
    lua_getiuservalue(L, -1, 1);
    lua_getfield(L, -1, "send");
    rbk_delivery_message_push(L, d->message, d->channels->redactor);
    d->message = NULL;
    lua_rawgeti(L, LUA_REGISTRYINDEX, d->channel->secrets);
    rbk_via_push(L);
    lua_callk(L, 3, 1, 3, pass_result);
    return pass_result(L, LUA_OK, 3);
}

static void set_error(struct rbk_delivery_task *d, enum rbk_sent sent, const char *text)
{
    d->result.sent = sent;
    rbk_buf_clear(&d->error);
    rbk_redact(d->channels->redactor, text, strlen(text), &d->error);
    for (size_t i = 0; i < d->error.len; i++)
        if ((unsigned char)d->error.data[i] < ' ')
            d->error.data[i] = ' ';
}

/* What notify.outcome made: { sent = "accepted", memory } or { sent = "retry", after, why } or { sent = "dead", why }
 */
static void read_result(struct rbk_delivery_task *d, const rbk_value *v)
{
    const char *sent = rbk_map_get_string(v, "sent"), *why = rbk_map_get_string(v, "why");
    const rbk_value *memory = rbk_map_get(v, "memory");
    double after = rbk_value_number(rbk_map_get(v, "after"));
    if (sent && strcmp(sent, "accepted") == 0) {
        d->result.sent = RBK_SENT_ACCEPTED;
        if (rbk_value_type(memory) == RBK_MAP || rbk_value_type(memory) == RBK_LIST) /* {} is a list to Lua */
            d->result.memory =
                rbk_value_length(memory) ? rbk_delivery_redacted(d->channels->redactor, memory) : rbk_map_new();
        return;
    }
    bool dead = sent && strcmp(sent, "dead") == 0;
    d->result.retry_after_ms = !dead && after > 0 && after < 1e7 ? (int64_t)llround(after * 1000) : 0;
    set_error(d, dead ? RBK_SENT_DEAD : RBK_SENT_RETRY, why ? why : "it was not said why");
}

static int send_ended(lua_State *L, int status, lua_KContext ctx)
{
    struct rbk_delivery_task *d = (struct rbk_delivery_task *)ctx;
    struct rbk_error err = {0};
    if (status == LUA_OK || status == LUA_YIELD) {
        rbk_value *v = lua_istable(L, -1) ? rbk_lua_to_value(L, -1, &err) : NULL;
        if (rbk_value_type(v) == RBK_MAP)
            read_result(d, v);
        else
            set_error(d, RBK_SENT_RETRY, err.message[0] ? err.message : "the channel's file gave no result");
        rbk_value_free(v);
        return 0;
    }
    rbk_lua_pop_error(L, status, &d->via.task.failed);
    return 0;
}

static int delivery_main(lua_State *L)
{
    void *d = lua_touserdata(L, 1);
    lua_settop(L, 0);
    rbk_lua_reserve_stack(L);
    lua_pushcfunction(L, rbk_lua_on_error);
    lua_pushcfunction(L, run_send);
    lua_pushlightuserdata(L, d);
    int status = lua_pcallk(L, 1, 1, 1, (lua_KContext)d, send_ended);
    return send_ended(L, status, (lua_KContext)d);
}

static void delivery_free(struct rbk_delivery_task *d)
{
    if (d->next)
        d->next->prev = d->prev;
    if (d->prev)
        d->prev->next = d->next;
    else
        d->channels->first = d->next;
    rbk_timer_cancel(&d->told);
    rbk_value_free(d->result.memory);
    rbk_buf_fini(&d->error);
    free(d);
}

static void tell_result(void *arg)
{
    struct rbk_delivery_task *d = arg;
    d->told = NULL;
    struct rbk_sent_result result = d->result;
    struct rbk_buf error = d->error;
    rbk_sent_fn *fn = d->fn;
    void *whose = d->arg;
    result.error = result.sent == RBK_SENT_ACCEPTED ? NULL : error.data ? error.data : "";
    d->result.memory = NULL;
    d->error = (struct rbk_buf){0};
    delivery_free(d);
    fn(whose, &result);
    rbk_buf_fini(&error);
}

static void delivery_ended(struct rbk_task *t)
{
    struct rbk_delivery_task *d = (struct rbk_delivery_task *)t;
    if (t->failed.code) {
        struct rbk_buf text = {0};
        rbk_buf_printf(&text, "the channel's file failed: %s", t->failed.message);
        set_error(d, RBK_SENT_RETRY, text.data);
        rbk_buf_fini(&text);
    }
    d->told = rbk_timer_start(t->loop, 0, 0, tell_result, d);
}

static void delivery_describe(const struct rbk_task *t, struct rbk_watchdog *w)
{
    const struct rbk_delivery_task *d = (const struct rbk_delivery_task *)t;
    rbk_watchdog_describe(w, rbk_exit_status(RBK_ESTORE), d->channel->sending,
                          "the message is sent again; `runbook notify list`");
}

static const struct rbk_task_kind delivery_kind = {
    .main = delivery_main, .describe = delivery_describe, .ended = delivery_ended};

/* ---- sending -------------------------------------------------------------------------------------------------------
 */

struct options_pushed {
    const rbk_value *options;
    int ref;
};

static int keep_options(lua_State *L)
{
    struct options_pushed *o = lua_touserdata(L, 1);
    rbk_lua_push_value(L, o->options);
    o->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

/* A secret that cannot be had now may be there with the next attempt: another process, another environment. */
static int look_up_secrets(struct rbk_channels *c, struct rbk_channel *channel, struct rbk_error *err)
{
    rbk_value *options = NULL;
    if (channel->secrets != LUA_NOREF)
        return 0;
    int rc =
        rbk_channel_secrets(channel->spec, channel->name, channel->options, c->lua->config, c->redactor, &options, err);
    struct options_pushed o = {options, LUA_NOREF};
    if (rc == 0)
        rc = rbk_lua_protected(c->lua, keep_options, &o, err);
    channel->secrets = o.ref;
    rbk_value_free(options);
    return rc;
}

/* Before the first message leaves: what is secret to one channel is not told by another. What cannot be looked up is
 * not known to this process, so it cannot tell it either. */
static void know_secrets(struct rbk_channels *c)
{
    const rbk_value *all = rbk_map_get(c->lua->config->tree, "channels");
    if (c->secrets_known)
        return;
    c->secrets_known = true;
    rbk_channel_hide_secrets(c->lua->config, c->redactor);
    for (size_t i = 0; i < rbk_value_length(all); i++) {
        struct rbk_channel *channel = NULL;
        if (rbk_channel_find(c, rbk_map_key_at(all, i), &channel, NULL) == 0)
            look_up_secrets(c, channel, NULL);
    }
}

int rbk_delivery_send(struct rbk_channels *c, struct rbk_channel *channel, const struct rbk_message *m, rbk_sent_fn *fn,
                      void *arg, struct rbk_error *err)
{
    struct rbk_error why = {0};
    struct rbk_delivery_task *d = rbk_alloc(sizeof *d);
    *d = (struct rbk_delivery_task){.channels = c, .channel = channel, .fn = fn, .arg = arg, .next = c->first};
    d->via = (struct rbk_via){.task = {.kind = &delivery_kind, .lua = c->lua, .loop = c->loop, .anchor = LUA_NOREF},
                              .net = c->net,
                              .redactor = c->redactor};
    if (c->first)
        c->first->prev = d;
    c->first = d;
    know_secrets(c);
    if (look_up_secrets(c, channel, &why) != 0) {
        set_error(d, RBK_SENT_RETRY, why.message);
        d->told = rbk_timer_start(c->loop, 0, 0, tell_result, d);
        return 0;
    }
    d->message = m;
    int rc = rbk_task_init(&d->via.task, err);
    if (rc)
        delivery_free(d);
    else
        rbk_task_resume(&d->via.task);
    return rc;
}

void rbk_deliveries_drop(struct rbk_channels *c)
{
    for (struct rbk_delivery_task *d = c->first, *next; d; d = next) {
        struct rbk_task *t = &d->via.task;
        next = d->next;
        if (!d->told) {
            if (t->wait && t->wait->cancel)
                t->wait->cancel(t->wait);
            rbk_task_drop(t);
        }
        delivery_free(d);
    }
}

/* ---- preview -------------------------------------------------------------------------------------------------------
 */

struct preview {
    struct rbk_channel *channel;
    const struct rbk_message *message;
    const struct rbk_redactor *redactor;
    rbk_value *text;
};

/* notify.preview.text(channel's file, message, options). */
static int run_preview(lua_State *L)
{
    struct preview *p = lua_touserdata(L, 1);
    rbk_stdlib_push(L, "notify.preview");
    lua_getfield(L, -1, "text");
    lua_rawgeti(L, LUA_REGISTRYINDEX, p->channel->anchor);
    lua_getiuservalue(L, -1, 1);
    lua_remove(L, -2);
    rbk_delivery_message_push(L, p->message, p->redactor);
    rbk_lua_push_value(L, p->channel->options);
    lua_call(L, 3, 1);
    p->text = rbk_string_new(luaL_checkstring(L, -1));
    return 0;
}

int rbk_delivery_preview(struct rbk_channels *c, struct rbk_channel *channel, const struct rbk_message *m, char **out,
                         struct rbk_error *err)
{
    struct preview p = {channel, m, c->redactor, NULL};
    int rc = rbk_lua_protected(c->lua, run_preview, &p, err);
    if (rc == 0)
        *out = rbk_strdup(rbk_value_string(p.text));
    rbk_value_free(p.text);
    return rc;
}
