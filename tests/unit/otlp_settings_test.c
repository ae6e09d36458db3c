/* Where telemetry goes, as the environment and the configuration say it. */
#include <otlp/pairs.h>
#include <otlp/settings.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const variables[] = {
    "OTEL_SDK_DISABLED",
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "TOKEN",
};

static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    return 0;
}

/* Reads the settings of a runbook.yaml. */
static int try_settings(const char *yaml, struct rbk_otlp_settings *out, struct rbk_error *err)
{
    struct rbk_config *config = NULL;
    if (rbk_config_parse("runbook.yaml", yaml, strlen(yaml), &config, err) < 0)
        fail_msg("%s", err->message);
    int rc = rbk_otlp_settings_read(config, "1.2.3", NULL, out, err);
    rbk_config_free(config);
    return rc;
}

static struct rbk_otlp_settings settings(const char *yaml)
{
    struct rbk_otlp_settings s;
    struct rbk_error err = {0};
    if (try_settings(yaml, &s, &err) < 0)
        fail_msg("%s", err.message);
    return s;
}

static void nothing_is_pushed_unless_somebody_asks(void **state)
{
    struct rbk_otlp_settings s = settings("project: t\n");
    (void)state;
    assert_null(s.traces.url);
    assert_null(s.metrics.url);
    assert_false(rbk_otlp_traces_wanted(NULL));
    rbk_otlp_settings_fini(&s);
}

static void endpoints_are_made_as_the_specification_says(void **state)
{
    static const struct {
        const char *all, *traces, *traces_url, *metrics_url;
    } rows[] = {
        {"http://h:4318", NULL, "http://h:4318/v1/traces", "http://h:4318/v1/metrics"},
        {"http://h:4318/", NULL, "http://h:4318/v1/traces", "http://h:4318/v1/metrics"},
        {"https://h/otlp/", NULL, "https://h/otlp/v1/traces", "https://h/otlp/v1/metrics"},
        {"http://h:4318", "http://t:1", "http://t:1", "http://h:4318/v1/metrics"},
        {NULL, "http://t:1/x", "http://t:1/x", NULL},
        {"", "http://t:1/x", "http://t:1/x", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        clear_environment(NULL);
        if (rows[i].all)
            setenv("OTEL_EXPORTER_OTLP_ENDPOINT", rows[i].all, 1);
        if (rows[i].traces)
            setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", rows[i].traces, 1);
        struct rbk_otlp_settings s = settings("project: t\n");
        assert_string_equal(s.traces.url, rows[i].traces_url);
        if (rows[i].metrics_url)
            assert_string_equal(s.metrics.url, rows[i].metrics_url);
        else
            assert_null(s.metrics.url);
        rbk_otlp_settings_fini(&s);
    }
}

static void an_exporter_is_chosen_by_its_name(void **state)
{
    (void)state;
    setenv("OTEL_TRACES_EXPORTER", "console,otlp", 1);
    struct rbk_otlp_settings s = settings("project: t\n");
    assert_string_equal(s.traces.url, "http://localhost:4318/v1/traces");
    assert_null(s.metrics.url);
    rbk_otlp_settings_fini(&s);
    setenv("OTEL_TRACES_EXPORTER", "none", 1);
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1", 1);
    s = settings("project: t\n");
    assert_null(s.traces.url);
    assert_non_null(s.metrics.url);
    rbk_otlp_settings_fini(&s);
    setenv("OTEL_SDK_DISABLED", "True", 1);
    s = settings("project: t\n");
    assert_null(s.metrics.url);
    rbk_otlp_settings_fini(&s);
}

static void other_protocols_are_not_followed_in_silence(void **state)
{
    (void)state;
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1", 1);
    setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", 1);
    struct rbk_otlp_settings s = settings("project: t\n");
    assert_null(s.traces.url);
    assert_int_equal(s.warnings.count, 1);
    assert_non_null(strstr(s.warnings.items[0], "not pushed"));
    rbk_otlp_settings_fini(&s);
    setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", 1);
    s = settings("project: t\n");
    assert_non_null(s.traces.url);
    assert_int_equal(s.warnings.count, 1);
    rbk_otlp_settings_fini(&s);
    setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", 1);
    s = settings("project: t\n");
    assert_int_equal(s.warnings.count, 0);
    rbk_otlp_settings_fini(&s);
}

static void headers_are_decoded_and_those_of_a_signal_win(void **state)
{
    (void)state;
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1", 1);
    setenv("OTEL_EXPORTER_OTLP_HEADERS", " api-key = a%20b%3D , x=1,", 1);
    setenv("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "only=metrics", 1);
    struct rbk_otlp_settings s = settings("project: t\n");
    assert_int_equal(s.traces.headers.count, 2);
    assert_string_equal(s.traces.headers.items[0], "api-key: a b=");
    assert_string_equal(s.traces.headers.items[1], "x: 1");
    assert_int_equal(s.metrics.headers.count, 1);
    assert_string_equal(s.metrics.headers.items[0], "only: metrics");
    rbk_otlp_settings_fini(&s);
}

static void a_header_that_cannot_be_one_is_refused_without_its_value(void **state)
{
    static const char *const bad[] = {"a=hush%0d%0aevil: 1", "a b=hush", "hush", "=hush", "a=hush%00,b"};
    (void)state;
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1", 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rbk_otlp_settings s;
        struct rbk_error err = {0};
        setenv("OTEL_EXPORTER_OTLP_HEADERS", bad[i], 1);
        assert_int_equal(try_settings("project: t\n", &s, &err), RBK_EINVAL);
        assert_null(strstr(err.message, "hush"));
        assert_non_null(strstr(err.message, "OTEL_EXPORTER_OTLP_HEADERS"));
    }
}

#define YAML                                 \
    "project: shop\n"                        \
    "otlp:\n"                                \
    "  endpoint: https://otel.example.org\n" \
    "  timeout: 3s\n"                        \
    "  headers: {authorization: \"env:TOKEN\", tenant: 7}\n"

static void the_file_says_it_too(void **state)
{
    (void)state;
    setenv("TOKEN", "Bearer hush", 1);
    struct rbk_otlp_settings s = settings(YAML);
    assert_string_equal(s.traces.url, "https://otel.example.org/v1/traces");
    assert_string_equal(s.traces.headers.items[0], "authorization: Bearer hush");
    assert_string_equal(s.traces.headers.items[1], "tenant: 7");
    assert_int_equal(s.metrics.timeout_ms, 3000);
    rbk_otlp_settings_fini(&s);
    setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1500", 1);
    setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "soon", 1);
    s = settings(YAML);
    assert_int_equal(s.metrics.timeout_ms, 1500);
    assert_int_equal(s.traces.timeout_ms, 3000);
    assert_int_equal(s.warnings.count, 1);
    rbk_otlp_settings_fini(&s);
}

static void credentials_of_the_file_go_to_no_other_endpoint(void **state)
{
    (void)state;
    setenv("TOKEN", "Bearer hush", 1);
    setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://elsewhere:1", 1);
    struct rbk_otlp_settings s = settings(YAML);
    assert_int_equal(s.traces.headers.count, 0);
    assert_int_equal(s.metrics.headers.count, 2);
    rbk_otlp_settings_fini(&s);
}

static void what_cannot_be_meant_is_an_error(void **state)
{
    static const char *const bad[] = {"collector:4318", "ftp://h", "http://", "https:///x", "http://h/a b"};
    struct rbk_otlp_settings s;
    struct rbk_error err = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("OTEL_EXPORTER_OTLP_ENDPOINT", bad[i], 1);
        assert_int_equal(try_settings("project: t\n", &s, &err), RBK_EINVAL);
    }
    unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
    assert_int_equal(try_settings(YAML, &s, &err), RBK_EINVAL);
    assert_non_null(strstr(err.message, "TOKEN"));
}

static void who_sends_it_is_said(void **state)
{
    (void)state;
    struct rbk_otlp_settings s = settings("project: shop\n");
    assert_string_equal(rbk_map_get_string(s.resource, "service.name"), "runbook");
    assert_string_equal(rbk_map_get_string(s.resource, "service.namespace"), "shop");
    assert_string_equal(rbk_map_get_string(s.resource, "service.version"), "1.2.3");
    rbk_otlp_settings_fini(&s);
    setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=x,deployment.environment.name=prod%2Ceu", 1);
    setenv("OTEL_SERVICE_NAME", "y", 1);
    s = settings("project: shop\n");
    assert_string_equal(rbk_map_get_string(s.resource, "service.name"), "y");
    assert_string_equal(rbk_map_get_string(s.resource, "deployment.environment.name"), "prod,eu");
    rbk_otlp_settings_fini(&s);
    setenv("OTEL_RESOURCE_ATTRIBUTES", "a=1,nonsense", 1);
    s = settings("project: shop\n");
    assert_null(rbk_map_get(s.resource, "a"));
    assert_int_equal(s.warnings.count, 1);
    rbk_otlp_settings_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_pushed_unless_somebody_asks, clear_environment),
        cmocka_unit_test_setup(endpoints_are_made_as_the_specification_says, clear_environment),
        cmocka_unit_test_setup(an_exporter_is_chosen_by_its_name, clear_environment),
        cmocka_unit_test_setup(other_protocols_are_not_followed_in_silence, clear_environment),
        cmocka_unit_test_setup(headers_are_decoded_and_those_of_a_signal_win, clear_environment),
        cmocka_unit_test_setup(a_header_that_cannot_be_one_is_refused_without_its_value, clear_environment),
        cmocka_unit_test_setup(the_file_says_it_too, clear_environment),
        cmocka_unit_test_setup(credentials_of_the_file_go_to_no_other_endpoint, clear_environment),
        cmocka_unit_test_setup(what_cannot_be_meant_is_an_error, clear_environment),
        cmocka_unit_test_setup(who_sends_it_is_said, clear_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
