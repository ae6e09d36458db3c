/* What the store of metrics promises: what was written is what a query gives, wherever it lies, and compaction changes
 * nothing of it. */
#include "metrics_fixture.h"

#include <math.h>

static struct rbk_metric metric(const char *name, const struct rbk_label *labels, size_t count)
{
    return (struct rbk_metric){.name = name, .labels = labels, .label_count = count};
}

static void record(struct world *w, const char *name, const char *level, int64_t at, double value)
{
    struct rbk_label label = {"level", level};
    struct rbk_metric m = metric(name, &label, 1);
    struct rbk_error err = {0};
    begin(w);
    if (rbk_metrics_record(w->store, &m, (struct rbk_sample){at, value}, &err))
        fail_msg("%s", err.message);
    commit(w);
}

static int print_series(void *arg, const struct rbk_metrics_series *s)
{
    rbk_buf_printf(arg, "%s{%s}", s->name, s->text);
    for (size_t i = 0; i < s->count; i++)
        rbk_buf_printf(arg, " %lld:%.10g", (long long)s->at_ms[i], s->value[i]);
    rbk_buf_putc(arg, '\n');
    return 0;
}

static char *ask(struct world *w, struct rbk_metrics_query q)
{
    struct rbk_buf out = {0};
    struct rbk_error err = {0};
    if (!q.until_ms)
        q.until_ms = INT64_MAX;
    if (rbk_metrics_query(w->store, &q, print_series, &out, &err))
        fail_msg("%s", err.message);
    return rbk_buf_take(&out);
}

static void expect(struct world *w, struct rbk_metrics_query q, const char *wanted)
{
    char *got = ask(w, q);
    assert_string_equal(got, wanted);
    free(got);
}

static void compact(struct world *w)
{
    begin(w);
    assert_int_equal(rbk_metrics_compact(w->store, NULL), 0);
    commit(w);
}

/* Of both levels: 10 in the first window of 2 s; 20, 30 and 5 in the second. */
static void expect_windows_together(struct world *w)
{
    static const struct {
        enum rbk_aggregate aggregate;
        const char *wanted;
    } cases[] = {{RBK_AGG_MIN, "took{} 0:10 2000:5\n"},           {RBK_AGG_MAX, "took{} 0:10 2000:30\n"},
                 {RBK_AGG_SUM, "took{} 0:10 2000:55\n"},          {RBK_AGG_COUNT, "took{} 0:1 2000:3\n"},
                 {RBK_AGG_AVG, "took{} 0:10 2000:18.33333333\n"}, {RBK_AGG_LAST, "took{} 0:10 2000:30\n"},
                 {RBK_AGG_P50, "took{} 0:10 2000:20\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(
            w,
            (struct rbk_metrics_query){.name = "took", .aggregate = cases[i].aggregate, .step_ms = 2000, .by = "none"},
            cases[i].wanted);
}

static void test_queries(void **state)
{
    struct world *w = *state;
    struct rbk_label unit = {"level", "unit"};
    record(w, "took", "unit", 1000, 10);
    record(w, "took", "unit", 3000, 30);
    record(w, "took", "unit", 2000, 20);
    record(w, "took", "smoke", 2500, 5);
    record(w, "other", "unit", 1, 1);
    for (int round = 0; round < 2; round++) {
        expect(w, (struct rbk_metrics_query){.name = "took"},
               "took{level=\"smoke\"} 2500:5\ntook{level=\"unit\"} 1000:10 2000:20 3000:30\n");
        expect(w,
               (struct rbk_metrics_query){
                   .name = "took", .labels = &unit, .label_count = 1, .since_ms = 2000, .until_ms = 3000},
               "took{level=\"unit\"} 2000:20\n");
        expect(w, (struct rbk_metrics_query){.name = "took", .aggregate = RBK_AGG_AVG, .step_ms = 2000, .by = "level"},
               "took{level=\"smoke\"} 2000:5\ntook{level=\"unit\"} 0:10 2000:25\n");
        expect_windows_together(w);
        expect(w, (struct rbk_metrics_query){.name = "took", .aggregate = RBK_AGG_SUM, .step_ms = 10000, .by = "none"},
               "took{} 0:65\n");
        expect(w,
               (struct rbk_metrics_query){.name = "took", .labels = &unit, .label_count = 1, .aggregate = RBK_AGG_P90},
               "took{level=\"unit\"} 1000:28\n");
        expect(w, (struct rbk_metrics_query){.name = "took", .newest_only = true},
               "took{level=\"smoke\"} 2500:5\ntook{level=\"unit\"} 3000:30\n");
        expect(w, (struct rbk_metrics_query){.name = "took", .newest_only = true, .until_ms = 2400},
               "took{level=\"unit\"} 2000:20\n");
        compact(w);
    }
    expect(w, (struct rbk_metrics_query){.name = "missing"}, "");
}

static void test_counters(void **state)
{
    struct world *w = *state;
    static const double values[] = {5, 8, 2, 4}; /* a restart after 8 */
    for (int i = 0; i < 4; i++)
        record(w, "calls_total", "unit", i * 1000, values[i]);
    struct rbk_metrics_query q = {.name = "calls_total", .aggregate = RBK_AGG_INCREASE};
    expect(w, q, "calls_total{level=\"unit\"} 1000:7\n");
    q.since_ms = 2000; /* the sample before the range counts as what went before */
    q.until_ms = 4000;
    expect(w, q, "calls_total{level=\"unit\"} 2000:4\n");
    q.aggregate = RBK_AGG_RATE;
    q.step_ms = 2000;
    expect(w, q, "calls_total{level=\"unit\"} 2000:2\n");
}

static void test_compaction_changes_nothing(void **state)
{
    struct world *w = *state;
    struct rbk_metric m = metric("m", NULL, 0);
    uint64_t random = 1;
    for (int round = 0; round < 6; round++) {
        begin(w);
        for (int i = 0; i < 3000; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            struct rbk_sample sample = {(int64_t)(random >> 52), (double)i};
            assert_int_equal(rbk_metrics_record(w->store, &m, sample, NULL), 0);
        }
        commit(w);
        char *before = ask(w, (struct rbk_metrics_query){.name = "m"});
        compact(w);
        char *after = ask(w, (struct rbk_metrics_query){.name = "m"});
        assert_string_equal(before, after);
        free(before);
        free(after);
    }
    expect(w, (struct rbk_metrics_query){.name = "m", .aggregate = RBK_AGG_COUNT, .step_ms = 1000000}, "m{} 0:18000\n");
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int take_value(void *arg, const struct rbk_metrics_series *s)
{
    *(double *)arg = s->value[0];
    return 0;
}

static void test_bulk_and_percentiles(void **state)
{
    struct world *w = *state;
    struct rbk_metric m = metric("big", NULL, 0);
    size_t n = 200000;
    struct rbk_sample *samples = rbk_alloc(n * sizeof *samples);
    double *sorted = rbk_alloc(n * sizeof *sorted);
    static const enum rbk_aggregate wanted[] = {RBK_AGG_P50, RBK_AGG_P90, RBK_AGG_P95, RBK_AGG_P99};
    static const double ranks[] = {0.5, 0.9, 0.95, 0.99};
    uint64_t random = 7;
    for (size_t i = 0; i < n; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        samples[i] = (struct rbk_sample){(int64_t)i * 10, sorted[i] = (double)(random >> 44) / 100};
    }
    begin(w);
    assert_int_equal(rbk_metrics_record_many(w->store, &m, samples, n, NULL), 0);
    commit(w);
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t i = 0; i < 4; i++) {
        struct rbk_metrics_query q = {.name = "big", .until_ms = INT64_MAX, .aggregate = wanted[i]};
        double rank = ranks[i] * (double)(n - 1), got = NAN;
        size_t k = (size_t)rank;
        assert_int_equal(rbk_metrics_query(w->store, &q, take_value, &got, NULL), 0);
        assert_true(fabs(got - (sorted[k] + (sorted[k + 1] - sorted[k]) * (rank - (double)k))) < 1e-9);
    }
    free(samples);
    free(sorted);
}

static void test_prune(void **state)
{
    struct world *w = *state;
    int64_t removed = 0;
    for (int i = 0; i < 10; i++)
        record(w, "took", "unit", i * 1000, i);
    begin(w);
    assert_int_equal(rbk_metrics_prune(w->store, "took", 8000, &removed, NULL), 0);
    commit(w);
    assert_int_equal(removed, 8);
    expect(w, (struct rbk_metrics_query){.name = "took"}, "took{level=\"unit\"} 8000:8 9000:9\n");
    begin(w);
    assert_int_equal(rbk_metrics_prune(w->store, NULL, INT64_MAX, &removed, NULL), 0);
    commit(w);
    expect(w, (struct rbk_metrics_query){0}, "");
}

static void test_what_is_wrong_is_refused(void **state)
{
    struct world *w = *state;
    struct rbk_label twice[] = {{"a", "1"}, {"a", "2"}};
    struct rbk_metric wrong = metric("test.duration", NULL, 0), doubled = metric("m", twice, 2),
                      good = metric("m", NULL, 0);
    struct rbk_error err;
    begin(w);
    assert_int_equal(rbk_metrics_record(w->store, &wrong, (struct rbk_sample){0, 1}, &err), RBK_EINVAL);
    assert_non_null(strstr(err.hint, "test_duration"));
    assert_int_equal(rbk_metrics_record(w->store, &doubled, (struct rbk_sample){0, 1}, &err), RBK_EINVAL);
    assert_int_equal(rbk_metrics_record(w->store, &good, (struct rbk_sample){0, NAN}, &err), RBK_EINVAL);
    commit(w);
    expect(w, (struct rbk_metrics_query){0}, "");
}

static void test_labels_are_a_set(void **state)
{
    struct world *w = *state;
    struct rbk_label one[] = {{"b", "x\"\\\ny\\n"}, {"a", "1"}},
                     other[] = {{"a", "1"}, {"b", "x\"\\\ny\\n"}, {"c", ""}};
    struct rbk_metric m = metric("m", one, 2), n = metric("m", other, 3);
    begin(w);
    assert_int_equal(rbk_metrics_record(w->store, &m, (struct rbk_sample){1, 1}, NULL), 0);
    assert_int_equal(rbk_metrics_record(w->store, &n, (struct rbk_sample){2, 2}, NULL), 0);
    commit(w);
    expect(w, (struct rbk_metrics_query){.name = "m", .labels = one, .label_count = 2},
           "m{a=\"1\",b=\"x\\\"\\\\\\ny\\\\n\"} 1:1 2:2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_queries, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_counters, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_compaction_changes_nothing, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_bulk_and_percentiles, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_prune, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_wrong_is_refused, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_labels_are_a_set, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
