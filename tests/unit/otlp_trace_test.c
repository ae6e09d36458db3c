/* A recorded run as a trace, and samples as metrics: the whole documents, held to fixtures that were checked by hand
 * against the protocol's examples (https://github.com/open-telemetry/opentelemetry-proto/tree/main/examples). */
#include "store_fixture.h"

#include <base/fs.h>
#include <base/mem.h>
#include <base/trace.h>
#include <metrics/metrics.h>
#include <otlp/otlp.h>

#define RUN   "01kd4f7c8m2xabcdefghjkmnpq"
#define INNER "01kd4f7c8m2xabcdefghjkmnpr"
#define T     INT64_C(1795335731000)

static struct rbk_store *open_store(struct fixture *f)
{
    static const struct rbk_schema *const schemas[] = {&rbk_journal_schema, &rbk_metrics_schema, NULL};
    struct rbk_store_options o = {.dir = f->dir, .schemas = schemas};
    struct rbk_store *s = NULL;
    struct rbk_error err = {0};
    fixture_init(f);
    if (rbk_store_open(&o, &s, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(rbk_store_begin(s, NULL), 0);
    return s;
}

static void add_run(struct rbk_store *s, struct rbk_run_row *r)
{
    struct rbk_error err = {0};
    if (rbk_journal_run_add(s, r, &err) < 0)
        fail_msg("%s", err.message);
}

static void put_step(struct rbk_store *s, const char *run, struct rbk_step_row r)
{
    struct rbk_error err = {0};
    r.cpu_ms = r.max_rss_kb = -1;
    r.attempts = r.started_ms ? 1 : 0;
    if (rbk_journal_step_put(s, run, &r, &err) < 0)
        fail_msg("%s", err.message);
}

static void add_command(struct rbk_store *s, const char *step, struct rbk_command_row r)
{
    assert_int_equal(rbk_journal_command_add(s, RUN, step, &r, NULL), 0);
}

static void event(struct rbk_store *s, const char *step, const char *kind, const char *name, const char *text)
{
    rbk_value *data = rbk_map_new();
    rbk_map_set_string(data, name, text);
    assert_int_equal(rbk_journal_event_add(s, RUN, step, kind, data, NULL), 0);
    rbk_value_free(data);
}

/* One of everything: a parallel, an each, a failed command, a signal, a skipped step, a called run. */
static void record(struct rbk_store *s, rbk_value *options)
{
    struct rbk_run_row run = fixture_run(RUN, "daily/health"), inner = fixture_run(INNER, "fix/it");
    run.started_ms = T, run.ended_ms = T + 9000, run.state = RBK_RUN_FAILED, run.exit = 1;
    run.reason = "step \"Call\" failed";
    run.options = options;
    run.params = rbk_map_new();
    rbk_map_set_string(run.params, "level", "smoke");
    inner.started_ms = T + 6000, inner.ended_ms = T + 7000, inner.state = RBK_RUN_SUCCEEDED, inner.exit = 0;
    inner.root = inner.parent = (char *)RUN, inner.parent_step = "call";
    add_run(s, &run);
    add_run(s, &inner);
    rbk_value_free(run.params);
#define STEP(k, t, kd, st, from, to)                                                                                   \
    .key = (k), .id = (k), .title = (t), .kind = (kd), .state = RBK_STEP_##st, .started_ms = (from), .ended_ms = (to), \
    .exit_code = -1
    put_step(s, RUN, (struct rbk_step_row){STEP("both", "Both", "parallel", SUCCEEDED, T + 10, T + 2000)});
    put_step(s, RUN, (struct rbk_step_row){STEP("both/a", "A", "shell", SUCCEEDED, T + 20, T + 900), .parent = "both"});
    put_step(s, RUN,
             (struct rbk_step_row){STEP("hosts[1]", "Hosts", "argv", FAILED, T + 2100, T + 2900), .parent = "hosts",
                                   .item = "web-1", .error = "exit status 3"});
    put_step(s, RUN, (struct rbk_step_row){STEP("hosts", "Hosts", "each", FAILED, T + 2050, T + 3000)});
    put_step(s, RUN, (struct rbk_step_row){STEP("never", "Never", "shell", SKIPPED, 0, T + 5000)});
    put_step(
        s, RUN,
        (struct rbk_step_row){STEP("call", "Call", "call", TIMED_OUT, T + 5500, T + 7100), .child_run = (char *)INNER});
    put_step(s, RUN, (struct rbk_step_row){STEP("later", "Later", "shell", PENDING, 0, 0)});
    put_step(s, INNER, (struct rbk_step_row){STEP("call", "In", "function", SUCCEEDED, T + 6100, T + 6200)});
#undef STEP
    /* the second began before its step, as after a retry; the third is of a step that is not on record */
    add_command(s, "both/a",
                (struct rbk_command_row){.argv = "/usr/bin/make -j2",
                                         .started_ms = T + 30,
                                         .duration_ms = 800,
                                         .cpu_ms = 1500,
                                         .max_rss_kb = 2048,
                                         .end = "exit"});
    add_command(s, "hosts[1]",
                (struct rbk_command_row){.argv = "ssh web-1",
                                         .exit_code = 3,
                                         .started_ms = T + 2000,
                                         .duration_ms = 100,
                                         .cpu_ms = -1,
                                         .max_rss_kb = -1,
                                         .end = "exit"});
    add_command(s, "gone",
                (struct rbk_command_row){.argv = "set -e\nfalse",
                                         .exit_code = -1,
                                         .signal = 9,
                                         .started_ms = T + 4000,
                                         .duration_ms = 10,
                                         .cpu_ms = -1,
                                         .max_rss_kb = -1,
                                         .end = "timeout"});
}

static void assert_document(rbk_value *document, const char *name)
{
    struct rbk_buf expected = {0};
    struct rbk_error err = {0};
    char *path = rbk_asprintf(RBK_SOURCE_DIR "/tests/unit/otlp/%s.expected.json", name);
    char *text = rbk_value_to_json(document, 2);
    if (rbk_file_read(path, 1 << 20, &expected, &err) < 0)
        fail_msg("%s", err.message);
    rbk_value *wanted = rbk_value_from_json(expected.data, expected.len, &err);
    assert_non_null(wanted);
    char *wanted_text = rbk_value_to_json(wanted, 2);
    if (strcmp(text, wanted_text) != 0) {
        fprintf(stderr, "%s\n", text);
        fail_msg("%s is not what is made (printed above)", path);
    }
    rbk_value_free(wanted);
    free(wanted_text);
    free(path);
    free(text);
    rbk_buf_fini(&expected);
}

static rbk_value *resource(void)
{
    rbk_value *map = rbk_map_new();
    rbk_map_set_string(map, "service.name", "runbook");
    rbk_map_set_string(map, "service.version", "1.2.3");
    return map;
}

static rbk_value *trace_of(struct rbk_store *s, const char *run)
{
    struct rbk_error err = {0};
    rbk_value *about = resource(), *document = NULL;
    if (rbk_otlp_trace(s, run, about, T + 10000, &document, &err) < 0)
        fail_msg("%s", err.message);
    rbk_value_free(about);
    return document;
}

static void close_store(struct fixture *f, struct rbk_store *s)
{
    rbk_store_rollback(s);
    rbk_store_close(s);
    fixture_fini(f);
}

static void a_run_is_one_tree_of_spans(void **state)
{
    struct fixture f;
    struct rbk_store *s = open_store(&f);
    (void)state;
    record(s, NULL);
    rbk_value *document = trace_of(s, RUN);
    assert_document(document, "trace");
    rbk_value_free(document);
    assert_int_equal(rbk_otlp_sampled(s, RUN, NULL), 1);
    close_store(&f, s);
}

/* The first span, of the run that was asked for. */
static const rbk_value *first_span(const rbk_value *document)
{
    const rbk_value *spans = rbk_map_get(
        rbk_list_at(rbk_map_get(rbk_list_at(rbk_map_get(document, "resourceSpans"), 0), "scopeSpans"), 0), "spans");
    return rbk_list_at(spans, 0);
}

static void a_run_begun_in_a_trace_is_part_of_it(void **state)
{
    struct fixture f;
    struct rbk_store *s = open_store(&f);
    rbk_value *options = rbk_map_new();
    (void)state;
    rbk_map_set_string(options, "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
    rbk_map_set_string(options, "tracestate", "a=1");
    record(s, options);
    rbk_value_free(options);
    rbk_value *whole = trace_of(s, RUN), *part = trace_of(s, INNER);
    const rbk_value *span = first_span(whole);
    assert_string_equal(rbk_map_get_string(span, "traceId"), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_string_equal(rbk_map_get_string(span, "parentSpanId"), "00f067aa0ba902b7");
    assert_string_equal(rbk_map_get_string(span, "traceState"), "a=1");
    span = first_span(part);
    char call[RBK_SPAN_ID_SIZE];
    rbk_span_id(RUN, "call", 0, call);
    assert_string_equal(rbk_map_get_string(span, "traceId"), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_string_equal(rbk_map_get_string(span, "parentSpanId"), call);
    assert_int_equal(rbk_otlp_sampled(s, RUN, NULL), 0);
    rbk_value_free(whole);
    rbk_value_free(part);
    close_store(&f, s);
}

static void what_happened_meanwhile_is_events(void **state)
{
    struct fixture f;
    struct rbk_store *s = open_store(&f);
    (void)state;
    record(s, NULL);
    event(s, NULL, "resumed", "by", "you");
    event(s, "both", "each", "hidden", "x");
    rbk_value *document = trace_of(s, RUN);
    const rbk_value *events = rbk_map_get(first_span(document), "events");
    assert_int_equal(rbk_value_length(events), 1);
    assert_string_equal(rbk_map_get_string(rbk_list_at(events, 0), "name"), "resumed");
    assert_string_equal(rbk_map_get_string(rbk_list_at(rbk_map_get(rbk_list_at(events, 0), "attributes"), 0), "key"),
                        "runbook.event.by");
    rbk_value_free(document);
    close_store(&f, s);
}

static void a_run_that_is_not_there_is_an_error(void **state)
{
    struct fixture f;
    struct rbk_store *s = open_store(&f);
    struct rbk_error err = {0};
    rbk_value *document = NULL;
    (void)state;
    assert_int_equal(rbk_otlp_trace(s, RUN, NULL, T, &document, &err), RBK_ENOENT);
    assert_null(document);
    close_store(&f, s);
}

static void measure(struct rbk_store *s, const char *name, enum rbk_metric_kind kind, enum rbk_unit unit,
                    const char *level, int64_t at_ms, double value)
{
    struct rbk_label label = {"level", level};
    struct rbk_metric m = {
        .name = name, .kind = kind, .unit = unit, .help = "What it is.", .labels = &label, .label_count = 1};
    assert_int_equal(rbk_metrics_record(s, &m, (struct rbk_sample){at_ms, value}, NULL), 0);
}

static void samples_are_gauges_and_sums(void **state)
{
    struct fixture f;
    struct rbk_store *s = open_store(&f);
    struct rbk_metrics_query q = {.since_ms = T, .until_ms = T + 100};
    struct rbk_error err = {0};
    rbk_value *about = resource(), *document = NULL;
    (void)state;
    rbk_map_set_string(about, "host.name", "build-7");
    measure(s, "jobs_total", RBK_METRIC_COUNTER, RBK_UNIT_NONE, "unit", T, 3);
    measure(s, "jobs_total", RBK_METRIC_COUNTER, RBK_UNIT_NONE, "unit", T + 1, 4);
    measure(s, "took_seconds", RBK_METRIC_DURATION, RBK_UNIT_SECONDS, "smoke", T + 2, 1.5);
    measure(s, "took_seconds", RBK_METRIC_DURATION, RBK_UNIT_SECONDS, "unit", T + 3, 90);
    measure(s, "size", RBK_METRIC_GAUGE, RBK_UNIT_BYTES, "unit", T + 100, 1);
    measure(s, "pass_rate", RBK_METRIC_GAUGE, RBK_UNIT_RATIO, "unit", T + 4, 0.1);
    if (rbk_otlp_metrics(s, &q, about, &document, &err) < 0)
        fail_msg("%s", err.message);
    assert_document(document, "metrics");
    rbk_value_free(document);
    rbk_value_free(about);
    close_store(&f, s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_one_tree_of_spans),        cmocka_unit_test(a_run_begun_in_a_trace_is_part_of_it),
        cmocka_unit_test(what_happened_meanwhile_is_events), cmocka_unit_test(a_run_that_is_not_there_is_an_error),
        cmocka_unit_test(samples_are_gauges_and_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
