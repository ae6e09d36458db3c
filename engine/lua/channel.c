/* The channels of a configuration and the messages on their way. A channel is loaded when it is first asked for; a
 * message is a coroutine that runs the `send` of its channel's file, and ends as what that returns. */
#include <lua/channel.h>

#include <base/mem.h>
#include <lua/channel_spec.h>
#include <lua/delivery.h>
#include <lua/fail.h>
#include <lua/value.h>
#include <stdlib.h>
#include <string.h>

struct rbk_channels *rbk_channels_new(struct rbk_lua *lua, struct rbk_loop *loop, struct rbk_net *net,
                                      struct rbk_redactor *redactor)
{
    struct rbk_channels *c = rbk_alloc(sizeof *c);
    *c = (struct rbk_channels){.lua = lua, .loop = loop, .net = net, .redactor = redactor};
    return c;
}

static void channel_free(struct rbk_channels *c, struct rbk_channel *channel)
{
    luaL_unref(c->lua->L, LUA_REGISTRYINDEX, channel->anchor);
    luaL_unref(c->lua->L, LUA_REGISTRYINDEX, channel->secrets);
    rbk_value_free(channel->options);
    free(channel->name);
    free(channel->sending);
    free(channel);
}

void rbk_channels_free(struct rbk_channels *c)
{
    if (!c)
        return;
    rbk_deliveries_drop(c);
    for (size_t i = 0; i < c->count; i++)
        channel_free(c, c->items[i]);
    free(c->items);
    free(c);
}

/* ---- loading -------------------------------------------------------------------------------------------------------
 */

struct loading {
    struct rbk_channel *channel;
    const char *type;
};

static int load_spec(lua_State *L)
{
    struct loading *l = lua_touserdata(L, 1);
    l->channel->spec = rbk_channel_spec_push(L, l->type);
    l->channel->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

/* The file's own `check` of options that must fit together: a text says what does not. */
static int check_together(lua_State *L)
{
    struct loading *l = lua_touserdata(L, 1);
    struct rbk_error err;
    lua_rawgeti(L, LUA_REGISTRYINDEX, l->channel->anchor);
    lua_getiuservalue(L, -1, 1);
    if (lua_getfield(L, -1, "check") == LUA_TNIL)
        return 0;
    rbk_lua_push_value(L, l->channel->options);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1))
        return 0;
    rbk_error_set(&err, RBK_EINVAL, "channels.%s %s", l->channel->name, luaL_checkstring(L, -1));
    return rbk_lua_raise(L, &err);
}

static const rbk_value *find_given(const struct rbk_channels *c, const char *name, struct rbk_error *err)
{
    const rbk_value *all = rbk_map_get(c->lua->config->tree, "channels"), *given = all ? rbk_map_get(all, name) : NULL;
    if (given)
        return given;
    rbk_error_set(err, RBK_ENOENT, "there is no channel \"%.64s\"", name);
    const char **names = rbk_alloc((rbk_value_length(all) + 1) * sizeof *names);
    for (size_t i = 0; i < rbk_value_length(all); i++)
        names[i] = rbk_map_key_at(all, i);
    const char *near = rbk_did_you_mean(name, names, rbk_value_length(all));
    rbk_error_hint(err, near ? "did you mean %s?" : "channels are named in `channels:` of runbook.yaml%s",
                   near ? near : "");
    free(names);
    return NULL;
}

static int load_channel(struct rbk_channels *c, struct rbk_channel *channel, struct rbk_error *err)
{
    const rbk_value *given = find_given(c, channel->name, err);
    if (!given)
        return RBK_ENOENT;
    struct loading l = {channel, rbk_map_get_string(given, "type")};
    int rc = 0;
    if (!l.type) {
        rc = rbk_error_set(err, RBK_EINVAL, "channels.%s has no `type`", channel->name);
        rbk_error_hint(err, "write it like type: slack");
    } else if ((rc = rbk_lua_protected(c->lua, load_spec, &l, err)) == 0) {
        rc = rbk_channel_options(channel->spec, channel->name, given, &channel->options, err);
        if (rc == 0)
            rc = rbk_lua_protected(c->lua, check_together, &l, err);
    }
    if (rc && c->lua->config->file)
        rbk_error_at(err, c->lua->config->file, 0, 0);
    return rc;
}

int rbk_channel_find(struct rbk_channels *c, const char *name, struct rbk_channel **out, struct rbk_error *err)
{
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->items[i]->name, name) == 0) {
            *out = c->items[i];
            return 0;
        }
    }
    struct rbk_channel *channel = rbk_alloc(sizeof *channel);
    *channel = (struct rbk_channel){.name = rbk_strdup(name),
                                    .sending = rbk_asprintf("channel %s: sending a message", name),
                                    .anchor = LUA_NOREF,
                                    .secrets = LUA_NOREF};
    int rc = load_channel(c, channel, err);
    if (rc) {
        channel_free(c, channel);
        return rc;
    }
    RBK_GROW(c->items, c->count, c->cap);
    c->items[c->count++] = channel;
    *out = channel;
    return 0;
}

/* ---- the operations ------------------------------------------------------------------------------------------------
 */

static int channel_check(void *host, const char *name, struct rbk_error *err)
{
    struct rbk_channel *channel = NULL;
    return rbk_channel_find(host, name, &channel, err);
}

static bool channel_is_local(void *host, const char *name)
{
    struct rbk_channel *channel = NULL;
    return rbk_channel_find(host, name, &channel, NULL) == 0 && channel->spec->local;
}

static int channel_send(void *host, const struct rbk_message *m, rbk_sent_fn *fn, void *arg, struct rbk_error *err)
{
    struct rbk_channel *channel = NULL;
    int rc = rbk_channel_find(host, m->channel, &channel, err);
    return rc ? rc : rbk_delivery_send(host, channel, m, fn, arg, err);
}

static int channel_preview(void *host, const struct rbk_message *m, char **out, struct rbk_error *err)
{
    struct rbk_channel *channel = NULL;
    int rc = rbk_channel_find(host, m->channel, &channel, err);
    return rc ? rc : rbk_delivery_preview(host, channel, m, out, err);
}

const struct rbk_channel_ops rbk_lua_channel_ops = {
    .check = channel_check, .send = channel_send, .preview = channel_preview, .local = channel_is_local};
