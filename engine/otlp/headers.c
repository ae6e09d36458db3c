/* Headers of the requests, which hold the credentials. Those of the environment win; those of runbook.yaml go to the
 * endpoint of runbook.yaml and to no other. Every value is secret: the redactor learns it, messages do not. */
#include <otlp/settings.h>

#include <base/fs.h>
#include <base/mem.h>
#include <otlp/pairs.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_MAX = 16 * 1024 };

/* RFC 9110: a name is a token; a value has no control bytes. */
static bool header_ok(const char *name, const char *value)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char control[] = "\001\002\003\004\005\006\007\010\012\013\014\015\016\017\020\021\022\023\024\025\026"
                                  "\027\030\031\032\033\034\035\036\037\177";
    return value && !strpbrk(value, control) && *name && name[strspn(name, token)] == '\0';
}

static int add(const char *name, const char *value, const char *where, struct rbk_redactor *redactor,
               struct rbk_strv *out, struct rbk_error *err)
{
    if (!header_ok(name, value))
        return rbk_error_set(err, RBK_EINVAL,
                             "%s: header %zu cannot be sent: a name is letters, digits and -, a value "
                             "is one line",
                             where, out->count + 1);
    if (redactor)
        rbk_redactor_add(redactor, value, strlen(value));
    rbk_strv_take(out, rbk_asprintf("%s: %s", name, value));
    return 0;
}

static int from_environment(const char *text, const char *variable, struct rbk_redactor *redactor, struct rbk_strv *out,
                            struct rbk_error *err)
{
    rbk_value *map = rbk_map_new();
    struct rbk_error why = {0};
    int rc = rbk_otlp_pairs_read(text, map, &why);
    if (rc < 0)
        rbk_error_set(err, rc, "%s: %s", variable, why.message);
    for (size_t i = 0; rc == 0 && i < rbk_value_length(map); i++)
        rc = add(rbk_map_key_at(map, i), rbk_value_string(rbk_map_value_at(map, i)), variable, redactor, out, err);
    rbk_value_free(map);
    return rc;
}

/* "env:NAME" and "file:PATH" are where a value is; anything else is the value. */
static int resolve(const struct rbk_config *config, const char *name, const char *text, char **out,
                   struct rbk_error *err)
{
    struct rbk_buf read = {0};
    const char *variable = rbk_starts_with(text, "env:") ? text + 4 : NULL;
    const char *file = rbk_starts_with(text, "file:") ? text + 5 : NULL;
    if (variable && !rbk_otlp_env(variable))
        return rbk_error_set(err, RBK_EINVAL, "otlp.headers.%s: the environment variable %s is not set", name,
                             variable);
    if (!file) {
        *out = rbk_strdup(variable ? rbk_otlp_env(variable) : text);
        return 0;
    }
    char *path = rbk_path_join(config->root, file);
    int rc = rbk_file_read(path, SECRET_MAX, &read, err);
    free(path);
    while (read.len > 0 && (read.data[read.len - 1] == '\n' || read.data[read.len - 1] == '\r'))
        read.data[--read.len] = '\0';
    *out = rc == 0 ? rbk_buf_take(&read) : NULL;
    rbk_buf_fini(&read);
    return rc;
}

static int from_config(const struct rbk_config *config, struct rbk_redactor *redactor, struct rbk_strv *out,
                       struct rbk_error *err)
{
    const rbk_value *map = rbk_config_get(config, "otlp.headers");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rbk_value_length(map); i++) {
        char *text = rbk_value_text(rbk_map_value_at(map, i)), *value = NULL;
        rc = resolve(config, rbk_map_key_at(map, i), text, &value, err);
        if (rc == 0)
            rc = add(rbk_map_key_at(map, i), value, "otlp.headers", redactor, out, err);
        free(value);
        free(text);
    }
    return rc;
}

int rbk_otlp_headers_read(const struct rbk_config *config, const char *signal, bool own_endpoint,
                          struct rbk_redactor *redactor, struct rbk_strv *out, struct rbk_error *err)
{
    char name[RBK_OTLP_ENV_MAX];
    const char *text = rbk_otlp_env_option(signal, "HEADERS", name);
    if (text)
        return from_environment(text, name, redactor, out, err);
    return own_endpoint ? from_config(config, redactor, out, err) : 0;
}
