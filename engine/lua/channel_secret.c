/* The secrets of channels: looked up where the configuration says, and told to the redactor at once. */
#include <lua/channel_spec.h>

#include <base/fs.h>
#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_MAX = 64 * 1024 };

static int look_up(const char *reference, const struct rbk_config *config, struct rbk_buf *out, struct rbk_error *err)
{
    const char *source = strchr(reference, ':') + 1;
    if (rbk_starts_with(reference, "env:")) {
        const char *value = getenv(source);
        if (!value || !*value)
            return rbk_error_set(err, RBK_EINVAL, "the environment variable %s is not set", source);
        rbk_buf_puts(out, value);
        return 0;
    }
    char *path = rbk_path_join(config->root ? config->root : ".", source);
    int rc = rbk_file_read(path, SECRET_MAX, out, err);
    free(path);
    while (out->len > 0 && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
        out->data[--out->len] = '\0';
    if (rc == 0 && out->len == 0)
        rc = rbk_error_set(err, RBK_EINVAL, "%s is empty", source);
    return rc;
}

static int set_secret(const struct rbk_config *config, struct rbk_redactor *redactor, const char *option,
                      const char *reference, rbk_value *out, struct rbk_error *err)
{
    struct rbk_buf value = {0};
    int rc = look_up(reference, config, &value, err);
    if (rc == 0) {
        rbk_redactor_add(redactor, value.data, value.len);
        rbk_map_set(out, option, rbk_string_new_len(value.data, value.len));
    }
    if (value.data)
        explicit_bzero(value.data, value.len);
    rbk_buf_fini(&value);
    return rc;
}

bool rbk_channel_names_secret(const char *header)
{
    static const char *const words[] = {"authorization", "cookie", "password", "secret", "token", "api-key", "apikey"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(header, words[i]))
            return true;
    return false;
}

/* The texts of a map may be secrets one by one: headers: { Authorization: env:TOKEN }. */
static int set_secrets_of_map(const struct rbk_config *config, struct rbk_redactor *redactor,
                              const struct rbk_channel_option *option, rbk_value *out, struct rbk_error *err)
{
    rbk_value *map = rbk_map_get_mut(out, option->param.name);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rbk_value_length(map); i++) {
        const char *name = rbk_map_key_at(map, i), *text = rbk_value_string(rbk_map_value_at(map, i));
        if (text && rbk_channel_is_reference(text))
            rc = set_secret(config, redactor, name, text, map, err);
        else if (text && option->private && rbk_channel_names_secret(name))
            rbk_redactor_add(redactor, text, strlen(text)); /* it stands in the file, and is shown nowhere else */
    }
    return rc;
}

int rbk_channel_secrets(const struct rbk_channel_spec *spec, const char *name, const rbk_value *options,
                        const struct rbk_config *config, struct rbk_redactor *redactor, rbk_value **out,
                        struct rbk_error *err)
{
    rbk_value *map = rbk_value_dup(options);
    struct rbk_error inner = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < spec->count; i++) {
        const struct rbk_channel_option *option = &spec->options[i];
        const char *text = rbk_map_get_string(options, option->param.name);
        bool secret = option->kind == RBK_CHANNEL_SECRET || option->kind == RBK_CHANNEL_URL;
        if (secret && text && rbk_channel_is_reference(text))
            rc = set_secret(config, redactor, option->param.name, text, map, &inner);
        else if (option->private && text)
            rbk_redactor_add(redactor, text, strlen(text)); /* as in a map */
        if (option->kind == RBK_CHANNEL_MAP)
            rc = set_secrets_of_map(config, redactor, option, map, &inner);
        if (rc)
            rbk_error_set(err, rc, "channels.%s.%s: %s", name, option->param.name, inner.message);
    }
    if (rc == 0)
        *out = map;
    else
        rbk_value_free(map);
    return rc;
}

static void hide(const struct rbk_config *config, struct rbk_redactor *redactor, const char *form, const char *source)
{
    struct rbk_buf value = {0};
    char *reference = rbk_asprintf("%s:%s", form, source);
    if (look_up(reference, config, &value, NULL) == 0)
        rbk_redactor_add(redactor, value.data, value.len);
    if (value.data)
        explicit_bzero(value.data, value.len);
    rbk_buf_fini(&value);
    free(reference);
}

void rbk_channel_hide_secrets(const struct rbk_config *config, struct rbk_redactor *redactor)
{
    for (size_t i = 0; i < rbk_value_length(config->secrets); i++) {
        const rbk_value *source = rbk_map_value_at(config->secrets, i);
        const char *env = rbk_map_get_string(source, "env"), *file = rbk_map_get_string(source, "file");
        if (env)
            hide(config, redactor, "env", env);
        else if (file)
            hide(config, redactor, "file", file);
    }
}
