/* What the texts promise: what is exported is what is imported, and a text that is wrong is refused whole, with its
 * place. */
#include "metrics_fixture.h"

static int append(void *arg, const char *text, size_t len)
{
    rbk_buf_append(arg, text, len);
    return 0;
}

static int import(struct world *w, const char *text, struct rbk_error *err)
{
    struct rbk_metrics_import done = {0};
    begin(w);
    int rc = rbk_metrics_import(w->store, "m.txt", text, strlen(text), &done, err);
    if (rc)
        rbk_store_rollback(w->store);
    else
        commit(w);
    return rc;
}

static char *export(struct world *w, enum rbk_metrics_format format, bool newest_only)
{
    struct rbk_metrics_query q = {.since_ms = INT64_MIN, .until_ms = INT64_MAX, .newest_only = newest_only};
    struct rbk_buf out = {0};
    bool any = false;
    assert_int_equal(rbk_metrics_export(w->store, &q, format, append, &out, &any, NULL), 0);
    return rbk_buf_take(&out);
}

static void expect(struct world *w, enum rbk_metrics_format format, bool newest_only, const char *wanted)
{
    char *got = export(w, format, newest_only);
    assert_string_equal(got, wanted);
    free(got);
}

static const char whole[] = "# HELP calls Calls of \\\\ a \\n service.\n"
                            "# TYPE calls counter\n"
                            "calls_total{path=\"/a\\\"b\\\\n\"} 3 1700000000.500\n"
                            "calls_total{path=\"/a\\\"b\\\\n\"} 4.25 1700000001.000\n"
                            "# HELP wait_seconds Time in the queue.\n"
                            "# TYPE wait_seconds gauge\n"
                            "# UNIT wait_seconds seconds\n"
                            "wait_seconds 1e-07 -0.250\n"
                            "# EOF\n";

static void test_openmetrics_there_and_back(void **state)
{
    struct world *w = *state;
    assert_int_equal(import(w, whole, NULL), 0);
    expect(w, RBK_METRICS_OPENMETRICS, false, whole);
}

static void test_the_other_formats(void **state)
{
    struct world *w = *state;
    assert_int_equal(import(w, whole, NULL), 0);
    expect(w, RBK_METRICS_PROMETHEUS, true,
           "# HELP calls_total Calls of \\\\ a \\n service.\n# TYPE calls_total counter\n"
           "calls_total{path=\"/a\\\"b\\\\n\"} 4.25\n"
           "# HELP wait_seconds Time in the queue.\n# TYPE wait_seconds gauge\nwait_seconds 1e-07\n");
    expect(w, RBK_METRICS_CSV, false,
           "name,labels,time,value\r\n"
           "calls_total,\"path=\"\"/a\\\"\"b\\\\n\"\"\",2023-11-14T22:13:20.500Z,3\r\n"
           "calls_total,\"path=\"\"/a\\\"\"b\\\\n\"\"\",2023-11-14T22:13:21.000Z,4.25\r\n"
           "wait_seconds,\"\",1969-12-31T23:59:59.750Z,1e-07\r\n");
    char *json = export(w, RBK_METRICS_JSON, false);
    rbk_value *v = rbk_value_from_json(json, strlen(json), NULL);
    assert_non_null(v);
    assert_int_equal(rbk_value_length(rbk_map_get(v, "series")), 2);
    rbk_value_free(v);
    free(json);
}

static void test_prometheus_text_has_milliseconds(void **state)
{
    struct world *w = *state;
    assert_int_equal(import(w, "# a comment\r\n\n  up{job = \"x\" , } 1 1700000000000\nup NaN\nup +Inf\n", NULL), 0);
    expect(w, RBK_METRICS_CSV, false, "name,labels,time,value\r\nup,\"job=\"\"x\"\"\",2023-11-14T22:13:20.000Z,1\r\n");
}

static void test_wrong_texts_are_refused_with_their_place(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *text;
        int line, column;
    } wrong[] = {
        {"up 1\nup", 2, 3},
        {"up one\n", 1, 4},
        {"up 0x10\n", 1, 4},
        {"up{a=\"b} 1\n", 1, 11},
        {"up{a=b} 1\n", 1, 6},
        {"up{a=\"1\",a=\"2\"} 1\n", 1, 1},
        {"up{a=\"1\" b=\"2\"} 1\n", 1, 10},
        {"9up 1\n", 1, 1},
        {"up 1 1700000000.5\n", 1, 6},
        {"up 1 2 3\n", 1, 8},
        {"# TYPE  \n", 1, 9},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct rbk_error err = {0};
        assert_int_equal(import(w, wrong[i].text, &err), RBK_EMALFORMED);
        if (err.line != wrong[i].line || err.column != wrong[i].column || strcmp(err.file, "m.txt") != 0)
            fail_msg("%s: %s:%d:%d: %s", wrong[i].text, err.file, err.line, err.column, err.message);
    }
    expect(w, RBK_METRICS_CSV, false, "name,labels,time,value\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_openmetrics_there_and_back, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_the_other_formats, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_prometheus_text_has_milliseconds, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_wrong_texts_are_refused_with_their_place, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
