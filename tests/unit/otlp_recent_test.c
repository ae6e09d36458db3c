/* Samples are pushed once each, late ones too, and as many requests are made as they need. */
#include "metrics_fixture.h"

#include <otlp/push.h>

#define T INT64_C(1795335731000)

static void measure(struct world *w, const char *name, int64_t at_ms, double value)
{
    struct rbk_metric m = {.name = name, .kind = RBK_METRIC_GAUGE};
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_int_equal(rbk_metrics_record(w->store, &m, (struct rbk_sample){at_ms, value}, NULL), 0);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
}

/* The values of a request, in order, as "1 2 3"; heap. */
static char *values_of(const rbk_value *document)
{
    struct rbk_buf out = {0};
    const rbk_value *scope =
        rbk_list_at(rbk_map_get(rbk_list_at(rbk_map_get(document, "resourceMetrics"), 0), "scopeMetrics"), 0);
    const rbk_value *metrics = rbk_map_get(scope, "metrics");
    for (size_t i = 0; i < rbk_value_length(metrics); i++) {
        const rbk_value *points = rbk_map_get(rbk_map_get(rbk_list_at(metrics, i), "gauge"), "dataPoints");
        for (size_t k = 0; k < rbk_value_length(points); k++)
            rbk_buf_printf(&out, "%s%g", out.len ? " " : "",
                           rbk_value_number(rbk_map_get(rbk_list_at(points, k), "asDouble")));
    }
    return rbk_buf_take(&out);
}

/* One push at `now`: what it would send, and what it leaves in the place of *memory. */
static bool push(struct world *w, rbk_value **memory, int64_t now_ms, const char *expected)
{
    struct rbk_otlp_recent recent;
    struct rbk_error err = {0};
    if (rbk_otlp_recent_read(w->store, *memory, T, now_ms, NULL, &recent, &err) < 0)
        fail_msg("%s", err.message);
    char *values = recent.document ? values_of(recent.document) : rbk_strdup("nothing");
    if (expected)
        assert_string_equal(values, expected);
    free(values);
    rbk_value_free(recent.document);
    rbk_value_free(*memory);
    *memory = recent.next;
    return recent.more;
}

static void each_sample_is_pushed_once(void **state)
{
    struct world *w = *state;
    rbk_value *memory = NULL;
    measure(w, "a", T - 1, 1);
    measure(w, "a", T, 2);
    measure(w, "b", T + 10, 3);
    assert_false(push(w, &memory, T + 1000, "2 3"));
    assert_false(push(w, &memory, T + 1001, "nothing"));
    measure(w, "a", T + 2000, 4);
    assert_false(push(w, &memory, T + 2000, "4"));
    assert_false(push(w, &memory, T + 500000, "nothing"));
    measure(w, "a", T + 500001, 5);
    assert_false(push(w, &memory, T + 500001, "5"));
    rbk_value_free(memory);
}

static void what_is_committed_late_is_not_lost(void **state)
{
    struct world *w = *state;
    rbk_value *memory = NULL;
    measure(w, "a", T + 900, 1);
    push(w, &memory, T + 1000, "1");
    measure(w, "b", T + 800, 2);  /* another process, a moment later */
    measure(w, "c", T + 5000, 3); /* a clock that is ahead: not yet */
    push(w, &memory, T + 1100, "2");
    push(w, &memory, T + 6000, "3");
    rbk_value_free(memory);
}

static void a_push_that_failed_is_made_again(void **state)
{
    struct world *w = *state;
    rbk_value *memory = NULL, *before;
    measure(w, "a", T, 1);
    push(w, &memory, T + 1, "1");
    before = rbk_value_dup(memory);
    measure(w, "a", T + 2, 2);
    push(w, &memory, T + 3, "2");
    push(w, &before, T + 4, "2");
    rbk_value_free(memory);
    rbk_value_free(before);
}

static void many_samples_need_many_requests(void **state)
{
    enum { COUNT = 25000 };
    struct world *w = *state;
    struct rbk_sample *samples = rbk_realloc(NULL, COUNT, sizeof *samples);
    struct rbk_metric m = {.name = "a", .kind = RBK_METRIC_GAUGE};
    rbk_value *memory = NULL;
    int requests = 1;
    for (int i = 0; i < COUNT; i++)
        samples[i] = (struct rbk_sample){T + i, i};
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_int_equal(rbk_metrics_record_many(w->store, &m, samples, COUNT, NULL), 0);
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
    while (push(w, &memory, T + 100000, NULL))
        requests++;
    assert_in_range(requests, 3, 10);
    measure(w, "a", T + 100001, 7);
    push(w, &memory, T + 100001, "7");
    rbk_value_free(memory);
    free(samples);
}

static void an_outage_is_made_up_for_a_week(void **state)
{
    const int64_t day = 86400 * 1000;
    struct world *w = *state;
    rbk_value *memory = NULL;
    measure(w, "a", T, 1);
    push(w, &memory, T + 1, "1");
    measure(w, "a", T + 2 * day, 2);
    measure(w, "a", T + 8 * day, 3);
    push(w, &memory, T + 8 * day + 1, "2 3");
    measure(w, "a", T + 9 * day, 4);
    push(w, &memory, T + 20 * day, "nothing");
    rbk_value_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_sample_is_pushed_once, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_is_committed_late_is_not_lost, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_push_that_failed_is_made_again, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(many_samples_need_many_requests, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(an_outage_is_made_up_for_a_week, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
