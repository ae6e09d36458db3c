/* See attributes.h. */
#include <otlp/attributes.h>

#include <base/mem.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(rbk_value *attributes, const char *name, const char *type, rbk_value *value)
{
    rbk_value *entry = rbk_map_new(), *wrapped = rbk_map_new();
    rbk_map_set(wrapped, type, value);
    rbk_map_set_string(entry, "key", name);
    rbk_map_set(entry, "value", wrapped);
    rbk_list_append(attributes, entry);
}

/* Not in the middle of a character. */
static size_t bounded_length(const char *text)
{
    size_t len = strnlen(text, RBK_OTLP_TEXT_MAX + 1);
    if (len <= RBK_OTLP_TEXT_MAX)
        return len;
    len = RBK_OTLP_TEXT_MAX;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

void rbk_otlp_put_text(rbk_value *attributes, const char *name, const char *text)
{
    if (text)
        put(attributes, name, "stringValue", rbk_string_new_len(text, bounded_length(text)));
}

void rbk_otlp_put_string(rbk_value *attributes, enum rbk_otlp_name name, const char *text)
{
    rbk_otlp_put_text(attributes, rbk_otlp_conventions[name].name, text);
}

void rbk_otlp_put_int(rbk_value *attributes, enum rbk_otlp_name name, int64_t i)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, i);
    put(attributes, rbk_otlp_conventions[name].name, "intValue", rbk_string_new(text));
}

void rbk_otlp_put_number(rbk_value *attributes, enum rbk_otlp_name name, double n)
{
    put(attributes, rbk_otlp_conventions[name].name, "doubleValue", rbk_number_new(n, RBK_UNIT_NONE));
}

static bool is_scalar(const rbk_value *v)
{
    enum rbk_type type = rbk_value_type(v);
    return type == RBK_BOOL || type == RBK_INT || type == RBK_NUMBER || type == RBK_STRING;
}

void rbk_otlp_put_map(rbk_value *attributes, enum rbk_otlp_name prefix, const rbk_value *map)
{
    for (size_t i = 0; rbk_value_type(map) == RBK_MAP && i < rbk_value_length(map); i++) {
        const rbk_value *item = rbk_map_value_at(map, i);
        if (!is_scalar(item))
            continue;
        char *name = rbk_asprintf("%s.%s", rbk_otlp_conventions[prefix].name, rbk_map_key_at(map, i));
        char *text = rbk_value_text(item);
        rbk_otlp_put_text(attributes, name, text);
        free(text);
        free(name);
    }
}

void rbk_otlp_set_time(rbk_value *object, const char *key, int64_t ms)
{
    char text[40] = "0";
    if (ms > 0)
        snprintf(text, sizeof text, "%" PRId64 "000000", ms);
    rbk_map_set_string(object, key, text);
}

rbk_value *rbk_otlp_resource(const rbk_value *map, const char *host)
{
    const char *host_name = rbk_otlp_conventions[RBK_OTLP_HOST_NAME].name;
    rbk_value *resource = rbk_map_new(), *attributes = rbk_list_new();
    for (size_t i = 0; i < rbk_value_length(map); i++)
        rbk_otlp_put_text(attributes, rbk_map_key_at(map, i), rbk_value_string(rbk_map_value_at(map, i)));
    if (host && *host && !rbk_map_get(map, host_name))
        rbk_otlp_put_text(attributes, host_name, host);
    rbk_map_set(resource, "attributes", attributes);
    return resource;
}

rbk_value *rbk_otlp_scope(const rbk_value *resource)
{
    rbk_value *scope = rbk_map_new();
    const char *version = rbk_map_get_string(resource, rbk_otlp_conventions[RBK_OTLP_SERVICE_VERSION].name);
    rbk_map_set_string(scope, "name", "runbook");
    if (version)
        rbk_map_set_string(scope, "version", version);
    return scope;
}
