/* See carriers.h. */
#include <cli/carriers.h>

#include <string.h>

static bool is_telemetry(const char *channel)
{
    return strcmp(channel, RBK_OTLP_CHANNEL) == 0;
}

static int check(void *host, const char *channel, struct rbk_error *err)
{
    const struct rbk_carriers *c = host;
    return is_telemetry(channel) ? rbk_otlp_pusher_check(c->telemetry, err)
                                 : rbk_lua_channel_ops.check(c->channels, channel, err);
}

static int carry(void *host, const struct rbk_message *m, rbk_sent_fn *fn, void *arg, struct rbk_error *err)
{
    const struct rbk_carriers *c = host;
    return is_telemetry(m->channel) ? rbk_otlp_push(c->telemetry, m, fn, arg, err)
                                    : rbk_lua_channel_ops.send(c->channels, m, fn, arg, err);
}

static int preview(void *host, const struct rbk_message *m, char **out, struct rbk_error *err)
{
    const struct rbk_carriers *c = host;
    return is_telemetry(m->channel) ? rbk_otlp_preview(c->telemetry, m, out, err)
                                    : rbk_lua_channel_ops.preview(c->channels, m, out, err);
}

static bool is_local(void *host, const char *channel)
{
    const struct rbk_carriers *c = host;
    return !is_telemetry(channel) && rbk_lua_channel_ops.local(c->channels, channel);
}

const struct rbk_channel_ops rbk_carriers_ops = {.check = check, .send = carry, .preview = preview, .local = is_local};
