/* Where telemetry is pushed. Nothing is, unless somebody names an endpoint or asks for the exporter by its name: that
 * of the protocol's default, on this machine, is only tried when it is asked for. */
#include <otlp/settings.h>

#include <base/mem.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 10000, TIMEOUT_MAX_MS = 300000 };

struct signal {
    const char *name;     /* as in the variables of the exporter */
    const char *exporter; /* the variable that chooses one */
    const char *path;     /* below the endpoint of all signals */
};
static const struct signal traces = {"TRACES", "OTEL_TRACES_EXPORTER", "v1/traces"};
static const struct signal metrics = {"METRICS", "OTEL_METRICS_EXPORTER", "v1/metrics"};

const char *rbk_otlp_env(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

const char *rbk_otlp_env_option(const char *signal, const char *option, char name[RBK_OTLP_ENV_MAX])
{
    snprintf(name, RBK_OTLP_ENV_MAX, "OTEL_EXPORTER_OTLP_%s_%s", signal, option);
    const char *value = rbk_otlp_env(name);
    if (!value) {
        snprintf(name, RBK_OTLP_ENV_MAX, "OTEL_EXPORTER_OTLP_%s", option);
        value = rbk_otlp_env(name);
    }
    return value;
}

void rbk_otlp_warn(struct rbk_strv *warnings, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (warnings && !rbk_strv_has(warnings, text))
        rbk_strv_add(warnings, text);
}

static bool is_disabled(void)
{
    const char *value = rbk_otlp_env("OTEL_SDK_DISABLED");
    return value && strcasecmp(value, "true") == 0;
}

/* The exporters named are one or several, with commas between. */
static bool names_otlp(const char *exporters)
{
    size_t len = strlen("otlp");
    for (const char *s = exporters; *s; s += strcspn(s, ","), s += *s == ',')
        if (strncmp(s, "otlp", len) == 0 && (s[len] == ',' || s[len] == '\0'))
            return true;
    return false;
}

enum choice { CHOSEN_NOT, CHOSEN_OTLP, CHOSEN_NOTHING };

static enum choice choice_of(const struct signal *signal)
{
    const char *exporters = rbk_otlp_env(signal->exporter);
    return !exporters ? CHOSEN_NOTHING : names_otlp(exporters) ? CHOSEN_OTLP : CHOSEN_NOT;
}

static const char *configured_endpoint(const struct rbk_config *config)
{
    return config ? rbk_value_string(rbk_config_get(config, "otlp.endpoint")) : NULL;
}

static bool is_grpc(const struct signal *signal)
{
    char name[RBK_OTLP_ENV_MAX];
    const char *protocol = rbk_otlp_env_option(signal->name, "PROTOCOL", name);
    return protocol && strcmp(protocol, "http/json") != 0 && strcmp(protocol, "http/protobuf") != 0;
}

static bool signal_wanted(const struct signal *signal, const struct rbk_config *config)
{
    char name[RBK_OTLP_ENV_MAX];
    enum choice choice = choice_of(signal);
    if (is_disabled() || choice == CHOSEN_NOT || is_grpc(signal))
        return false;
    return choice == CHOSEN_OTLP || rbk_otlp_env_option(signal->name, "ENDPOINT", name) || configured_endpoint(config);
}

bool rbk_otlp_traces_wanted(const struct rbk_config *config)
{
    return signal_wanted(&traces, config);
}

bool rbk_otlp_metrics_wanted(const struct rbk_config *config)
{
    return signal_wanted(&metrics, config);
}

static int check_url(const char *url, const char *where, struct rbk_error *err)
{
    const char *rest = strncasecmp(url, "https://", 8) == 0  ? url + 8
                       : strncasecmp(url, "http://", 7) == 0 ? url + 7
                                                             : "";
    if (*rest && *rest != '/' && !strpbrk(url, " \t\r\n\"<>\\"))
        return 0;
    rbk_error_set(err, RBK_EINVAL, "%s is not the URL of a collector", where);
    return rbk_error_hint(err, "write it like https://otel.example.org:4318");
}

int rbk_otlp_check(const struct rbk_config *config, struct rbk_error *err)
{
    const char *endpoint = configured_endpoint(config);
    return endpoint ? check_url(endpoint, "otlp.endpoint", err) : 0;
}

/* Below an endpoint of all signals each has its path; an endpoint of one signal is taken as it is. */
static char *url_below(const char *endpoint, const char *path)
{
    size_t len = strcspn(endpoint, "?#");
    while (len > 0 && endpoint[len - 1] == '/')
        len--;
    return rbk_asprintf("%.*s/%s", (int)len, endpoint, path);
}

static int read_url(const struct signal *signal, const struct rbk_config *config, char **url, bool *own,
                    struct rbk_error *err)
{
    char name[RBK_OTLP_ENV_MAX];
    const char *endpoint = rbk_otlp_env_option(signal->name, "ENDPOINT", name);
    bool of_signal = endpoint && strcmp(name, "OTEL_EXPORTER_OTLP_ENDPOINT") != 0;
    if (!endpoint) {
        endpoint = configured_endpoint(config);
        *own = endpoint != NULL;
        snprintf(name, sizeof name, "otlp.endpoint");
    }
    if (!endpoint)
        endpoint = "http://localhost:4318";
    int rc = check_url(endpoint, name, err);
    if (rc == 0)
        *url = of_signal ? rbk_strdup(endpoint) : url_below(endpoint, signal->path);
    return rc;
}

/* Only JSON is spoken. Whoever takes Protocol Buffers over HTTP takes JSON at the same address; gRPC is another. */
static void tell_protocol(const struct signal *signal, struct rbk_otlp_settings *s)
{
    char name[RBK_OTLP_ENV_MAX];
    const char *protocol = rbk_otlp_env_option(signal->name, "PROTOCOL", name);
    if (protocol && strcmp(protocol, "http/json") != 0)
        rbk_otlp_warn(&s->warnings, "%s=%.40s: telemetry is %s", name, protocol,
                      is_grpc(signal) ? "not pushed: only http/json is spoken" : "pushed as http/json");
}

static int64_t read_timeout(const struct signal *signal, const struct rbk_config *config, struct rbk_otlp_settings *s)
{
    char name[RBK_OTLP_ENV_MAX], *end = NULL;
    const char *text = rbk_otlp_env_option(signal->name, "TIMEOUT", name);
    long ms = text ? strtol(text, &end, 10) : 0;
    if (text && (*end || ms <= 0 || ms > TIMEOUT_MAX_MS))
        rbk_otlp_warn(&s->warnings, "%s: not a time from 1 to %d milliseconds, ignored", name, TIMEOUT_MAX_MS);
    else if (text)
        return ms;
    double seconds = config ? rbk_value_number(rbk_config_get(config, "otlp.timeout")) : 0;
    return seconds > 0 ? llround(fmin(seconds * 1000, TIMEOUT_MAX_MS)) : TIMEOUT_MS;
}

static int read_signal(const struct signal *signal, const struct rbk_config *config, struct rbk_redactor *redactor,
                       struct rbk_otlp_settings *s, struct rbk_otlp_signal *out, struct rbk_error *err)
{
    bool own = false;
    if (!is_disabled() && choice_of(signal) != CHOSEN_NOT)
        tell_protocol(signal, s);
    if (!signal_wanted(signal, config))
        return 0;
    out->timeout_ms = read_timeout(signal, config, s);
    int rc = read_url(signal, config, &out->url, &own, err);
    return rc == 0 ? rbk_otlp_headers_read(config, signal->name, own, redactor, &out->headers, err) : rc;
}

int rbk_otlp_settings_read(const struct rbk_config *config, const char *version, struct rbk_redactor *redactor,
                           struct rbk_otlp_settings *out, struct rbk_error *err)
{
    *out = (struct rbk_otlp_settings){0};
    out->resource = rbk_otlp_resource_read(config, version, &out->warnings);
    int rc = read_signal(&traces, config, redactor, out, &out->traces, err);
    if (rc == 0)
        rc = read_signal(&metrics, config, redactor, out, &out->metrics, err);
    if (rc < 0)
        rbk_otlp_settings_fini(out);
    return rc;
}

void rbk_otlp_settings_fini(struct rbk_otlp_settings *s)
{
    free(s->traces.url);
    free(s->metrics.url);
    rbk_strv_fini(&s->traces.headers);
    rbk_strv_fini(&s->metrics.headers);
    rbk_value_free(s->resource);
    rbk_strv_fini(&s->warnings);
    *s = (struct rbk_otlp_settings){0};
}
