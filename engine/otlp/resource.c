/* What is said of every span and sample: who sends it. Defaults, then OTEL_RESOURCE_ATTRIBUTES, then OTEL_SERVICE_NAME
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). */
#include <otlp/settings.h>

#include <otlp/conventions.h>
#include <otlp/pairs.h>

static void set(rbk_value *resource, enum rbk_otlp_name name, const char *value)
{
    if (value && *value)
        rbk_map_set_string(resource, rbk_otlp_conventions[name].name, value);
}

rbk_value *rbk_otlp_resource_read(const struct rbk_config *config, const char *version, struct rbk_strv *warnings)
{
    const char *given = rbk_otlp_env("OTEL_RESOURCE_ATTRIBUTES");
    rbk_value *resource = rbk_map_new();
    struct rbk_error err = {0};
    set(resource, RBK_OTLP_SERVICE_NAME, "runbook");
    set(resource, RBK_OTLP_SERVICE_NAMESPACE, config ? config->project : NULL);
    set(resource, RBK_OTLP_SERVICE_VERSION, version);
    if (given && rbk_otlp_pairs_read(given, resource, &err) < 0)
        rbk_otlp_warn(warnings, "OTEL_RESOURCE_ATTRIBUTES: %s, ignored", err.message);
    set(resource, RBK_OTLP_SERVICE_NAME, rbk_otlp_env("OTEL_SERVICE_NAME"));
    return resource;
}
