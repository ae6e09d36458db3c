/* Secrets that stand in runbook.yaml: right to the channel, and readable for everybody who can read the project. An
 * option that its file calls private is one, and so is a text of the form that a well-known service gives its tokens
 * and webhooks. Only what leaves by https counts: an address without it is that of a trial. */
#include <lua/channel.h>

#include <base/mem.h>
#include <ctype.h>
#include <lua/channel_spec.h>
#include <lua/delivery.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* https://docs.slack.dev/authentication/tokens,
 * https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github,
 * https://docs.discord.com/developers/resources/webhook and the webhooks of Slack and Teams, whose path is the key. */
static const char *const forms[] = {"xoxb-",
                                    "xoxp-",
                                    "xapp-",
                                    "ghp_",
                                    "gho_",
                                    "ghs_",
                                    "github_pat_",
                                    "https://hooks.slack.com/",
                                    "https://discord.com/api/webhooks/",
                                    "https://discordapp.com/api/webhooks/",
                                    ".webhook.office.com/",
                                    "&sig="};

struct doubting {
    const char *channel;
    const struct rbk_channel_option *option;
    rbk_channel_doubt_fn *fn;
    void *arg;
};

/* https://user:password@host */
static bool has_password(const char *text)
{
    const char *scheme = strstr(text, "://"), *host = scheme ? scheme + 3 : NULL;
    size_t authority = host ? strcspn(host, "/?#") : 0;
    const char *at = host ? memchr(host, '@', authority) : NULL;
    return at && memchr(host, ':', (size_t)(at - host));
}

static bool has_form(const char *text)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strstr(text, forms[i]))
            return true;
    return has_password(text);
}

/* CHAT_WEBHOOK, for the mend. */
static char *variable_of(const char *channel, const char *member)
{
    char *name = rbk_asprintf("%s_%s", channel, member);
    for (char *c = name; *c; c++)
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
    return name;
}

static bool is_doubtful(const struct rbk_channel_option *option, const char *member, const char *text)
{
    if (has_form(text))
        return true;
    if (!option->private)
        return false;
    return option->kind == RBK_CHANNEL_MAP ? rbk_channel_names_secret(member) : rbk_starts_with(text, "https://");
}

/* `inner`: the name or the number within the option, NULL = the option itself. */
static void look(const struct doubting *d, const char *inner, const char *text)
{
    const char *option = d->option->param.name, *member = inner ? inner : option;
    if (!text || rbk_channel_is_reference(text) || !is_doubtful(d->option, member, text))
        return;
    struct rbk_error doubt = {0};
    char *variable = variable_of(d->channel, member);
    rbk_error_set(&doubt, RBK_EINVAL, "channels.%s.%s%s%s is a secret, and whoever can read this file can use it",
                  d->channel, option, inner ? "." : "", inner ? inner : "");
    if (d->option->kind == RBK_CHANNEL_PARAM)
        rbk_error_hint(&doubt, "put it into an environment variable that the program reads by itself");
    else
        rbk_error_hint(&doubt, "put it into an environment variable and write %s: \"env:%s\"", member, variable);
    d->fn(d->arg, (const char *const[]){"channels", d->channel, option, inner, NULL}, &doubt);
    free(variable);
}

static void look_within(const struct doubting *d, const rbk_value *v)
{
    char number[24];
    for (size_t i = 0; i < rbk_value_length(v); i++) {
        bool map = rbk_value_type(v) == RBK_MAP;
        snprintf(number, sizeof number, "%zu", i + 1);
        look(d, map ? rbk_map_key_at(v, i) : number,
             rbk_value_string(map ? rbk_map_value_at(v, i) : rbk_list_at(v, i)));
    }
}

void rbk_channel_doubts(struct rbk_channels *c, const char *name, rbk_channel_doubt_fn *fn, void *arg)
{
    struct rbk_channel *channel = NULL;
    const rbk_value *all = rbk_map_get(c->lua->config->tree, "channels"), *given = all ? rbk_map_get(all, name) : NULL;
    if (!given || rbk_channel_find(c, name, &channel, NULL) != 0)
        return;
    for (size_t i = 0; i < channel->spec->count; i++) {
        const struct rbk_channel_option *option = &channel->spec->options[i];
        const rbk_value *v = rbk_map_get(given, option->param.name);
        const struct doubting d = {name, option, fn, arg};
        if (rbk_value_type(v) == RBK_MAP || rbk_value_type(v) == RBK_LIST)
            look_within(&d, v);
        else
            look(&d, NULL, rbk_value_string(v));
    }
}
