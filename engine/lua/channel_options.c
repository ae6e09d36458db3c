/* The options of one channel, held to what its type declares. */
#include <lua/channel_spec.h>

#include <stdlib.h>
#include <string.h>

/* What every channel may have beside the options of its type: read by notify. */
static const char *const common[] = {"type", "rate", "parallel"};
enum { COMMON_COUNT = sizeof common / sizeof *common };

static bool is_common(const char *name)
{
    for (size_t i = 0; i < COMMON_COUNT; i++)
        if (strcmp(common[i], name) == 0)
            return true;
    return false;
}

static const struct rbk_channel_option *find_option(const struct rbk_channel_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->count; i++)
        if (strcmp(spec->options[i].param.name, name) == 0)
            return &spec->options[i];
    return NULL;
}

static int unknown_option(const struct rbk_channel_spec *spec, const char *channel, const char *name,
                          struct rbk_error *err)
{
    struct rbk_strv names = {0};
    struct rbk_buf line = {0};
    for (size_t i = 0; i < spec->count; i++) {
        rbk_strv_add(&names, spec->options[i].param.name);
        rbk_buf_printf(&line, "%s%s", i ? " " : "", spec->options[i].param.name);
    }
    for (size_t i = 0; i < COMMON_COUNT; i++)
        rbk_strv_add(&names, common[i]);
    rbk_error_set(err, RBK_EINVAL, "channels.%s: %s has no option `%.64s`", channel, spec->type, name);
    const char *near = rbk_did_you_mean(name, (const char *const *)names.items, names.count);
    if (near)
        rbk_error_hint(err, "did you mean `%s`?", near);
    else
        rbk_error_hint(err, "the options of %s are: %s", spec->type, line.data ? line.data : "none");
    rbk_strv_fini(&names);
    rbk_buf_fini(&line);
    return RBK_EINVAL;
}

bool rbk_channel_is_reference(const char *text)
{
    return rbk_starts_with(text, "env:") || rbk_starts_with(text, "file:");
}

static int refuse(const char *channel, const char *name, const char *hint, struct rbk_error *err, const char *what)
{
    rbk_error_set(err, RBK_EINVAL, "channels.%s.%s %s", channel, name, what);
    return rbk_error_hint(err, "%s", hint);
}

static bool is_ascii_host(const char *url)
{
    const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
    for (size_t i = 0; host[i] && !strchr("/?#", host[i]); i++)
        if ((unsigned char)host[i] >= 0x80)
            return false;
    return true;
}

/* A secret is never shown, not even one that stands where it should not. */
static int check_kind(const struct rbk_channel_option *option, const char *channel, const rbk_value *v,
                      struct rbk_error *err)
{
    const char *name = option->param.name, *text = rbk_value_string(v);
    if (option->kind == RBK_CHANNEL_MAP)
        return rbk_value_type(v) == RBK_MAP
                   ? 0
                   : refuse(channel, name, "write name: value lines below it, indented", err, "must be a map");
    if (!text)
        return refuse(channel, name, "write env:NAME or file:PATH", err, "must be a text");
    if (rbk_channel_is_reference(text))
        return text[strcspn(text, ":") + 1]
                   ? 0
                   : refuse(channel, name, "write env:NAME or file:PATH", err, "names nothing");
    if (option->kind == RBK_CHANNEL_SECRET)
        return refuse(channel, name, "write env:NAME or file:PATH; the value itself never stands in this file", err,
                      "is a secret");
    if (!is_ascii_host(text))
        return refuse(channel, name, "write the host as DNS has it: such a name begins with xn--", err,
                      "has a host that is not written in ASCII");
    return strstr(text, "://") ? 0
                               : refuse(channel, name, "write it like https://host/path, or env:NAME or file:PATH", err,
                                        "is not a URL");
}

static rbk_value *as_written(const rbk_value *v)
{
    if (rbk_value_type(v) != RBK_INT && rbk_value_type(v) != RBK_NUMBER && rbk_value_type(v) != RBK_BOOL)
        return rbk_value_dup(v);
    char *text = rbk_value_text(v);
    rbk_value *string = rbk_string_new(text);
    free(text);
    return string;
}

static int type_param(const struct rbk_param *param, const char *channel, const rbk_value *v, rbk_value **out,
                      struct rbk_error *err)
{
    struct rbk_error inner = {0};
    rbk_value *text = as_written(v);
    int rc = rbk_param_from_value(param, text, out, &inner);
    rbk_value_free(text);
    if (rc == 0)
        return 0;
    rbk_error_set(err, RBK_EINVAL, "channels.%s.%s: %s", channel, param->name, inner.message);
    return rbk_error_hint(err, "%s", inner.hint);
}

static int type_option(const struct rbk_channel_option *option, const char *channel, const rbk_value *given,
                       rbk_value *out, struct rbk_error *err)
{
    const struct rbk_param *param = &option->param;
    const rbk_value *v = given ? rbk_map_get(given, param->name) : NULL;
    rbk_value *typed = NULL;
    if (rbk_value_type(v) == RBK_NULL)
        v = param->dflt;
    if (!v && param->required) {
        rbk_error_set(err, RBK_EINVAL, "channels.%s lacks `%s`", channel, param->name);
        return rbk_error_hint(err, "%s", param->help);
    }
    if (!v)
        return 0;
    int rc = 0;
    if (option->kind == RBK_CHANNEL_PARAM)
        rc = type_param(param, channel, v, &typed, err);
    else if ((rc = check_kind(option, channel, v, err)) == 0)
        typed = rbk_value_dup(v);
    if (rc == 0)
        rbk_map_set(out, param->name, typed);
    return rc;
}

int rbk_channel_options(const struct rbk_channel_spec *spec, const char *name, const rbk_value *given, rbk_value **out,
                        struct rbk_error *err)
{
    rbk_value *map = rbk_map_new();
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rbk_value_length(given); i++) {
        const char *key = rbk_map_key_at(given, i);
        if (!is_common(key) && !find_option(spec, key))
            rc = unknown_option(spec, name, key, err);
    }
    for (size_t i = 0; rc == 0 && i < spec->count; i++)
        rc = type_option(&spec->options[i], name, given, map, err);
    if (rc == 0)
        *out = map;
    else
        rbk_value_free(map);
    return rc;
}
