/* Aggregates whose samples do not all fit into memory at once are the ones that they would be if they did. */
#include "metrics_fixture.h"

#include <math.h>
#include <metrics/aggregate.h>
#include <metrics/crowd.h>
#include <store/row.h>

enum { COUNT = 20000, SERIES = 2, AT_ONCE = 500 };

static uint64_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

typedef double make_fn(uint64_t *random, int i);

static double of_every_size(uint64_t *random, int i)
{
    return ldexp((double)random_next(random) - 1e9, (int)(random_next(random) % 80) - 60) * (i % 2 ? 1 : -1);
}

static double whole(uint64_t *random, int i)
{
    return (double)(random_next(random) % 100000) + i * 0;
}

static double of_three(uint64_t *random, int i)
{
    return (double)(random_next(random) % 3) - 1 + i * 0;
}

static double half_and_half(uint64_t *random, int i)
{
    return i % 2 ? 7.25 : random_next(random) * 0.0;
}

static double same(uint64_t *random, int i)
{
    return -3 + (double)random_next(random) * 0 + i * 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Half of it in chunks and the rest of a series in the inbox. */
static void fill(struct world *w, make_fn *make, double *values)
{
    struct rbk_sample *samples = rbk_alloc(COUNT * sizeof *samples);
    uint64_t random = 42;
    begin(w);
    for (int n = 0; n < SERIES; n++) {
        struct rbk_label label = {"n", n ? "1" : "0"};
        struct rbk_metric m = {.name = "m", .labels = &label, .label_count = 1};
        int each = COUNT / SERIES, stored = each - 20;
        for (int i = 0; i < each; i++)
            samples[i] = (struct rbk_sample){1000 + i, values[n * each + i] = make(&random, i)};
        assert_int_equal(rbk_metrics_record_many(w->store, &m, samples, (size_t)stored, NULL), 0);
        for (int i = stored; i < each && n == SERIES - 1; i++)
            assert_int_equal(rbk_metrics_record(w->store, &m, samples[i], NULL), 0);
        if (n < SERIES - 1)
            assert_int_equal(rbk_metrics_record_many(w->store, &m, samples + stored, 20, NULL), 0);
    }
    commit(w);
    free(samples);
}

static int join(void *arg, const struct series *one, const struct inbox_entry *entries, size_t n, struct rbk_error *err)
{
    (void)err;
    members_add(arg, one->id, entries, n);
    return 0;
}

/* Ours of samples with since <= t < until, beside what it is by definition. */
static void expect(struct world *w, double *values, int64_t since_ms, int64_t until_ms)
{
    static const enum rbk_aggregate all[] = {RBK_AGG_P50, RBK_AGG_P90, RBK_AGG_P95, RBK_AGG_P99,  RBK_AGG_AVG,
                                             RBK_AGG_MIN, RBK_AGG_MAX, RBK_AGG_SUM, RBK_AGG_COUNT};
    struct members members = {0};
    struct range range = {since_ms, until_ms, NULL};
    double *in = rbk_alloc(COUNT * sizeof *in);
    size_t n = 0;
    for (int i = 0; i < COUNT; i++) {
        int64_t at_ms = 1000 + i % (COUNT / SERIES);
        if (at_ms >= since_ms && at_ms < until_ms)
            in[n++] = values[i];
    }
    qsort(in, n, sizeof *in, compare);
    assert_int_equal(series_each(w->store, "m", join, &members, NULL), 0);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct rbk_sample got = {0};
        assert_int_equal(crowd_aggregate(w->store, &members, &range, all[i], AT_ONCE, &got, NULL), n > 0);
        if (n == 0)
            continue;
        double wanted = aggregate(all[i], in, n, 1);
        assert_true(fabs(got.value - wanted) <= 1e-12 * fabs(wanted));
        assert_int_equal(got.at_ms, since_ms > 1000 ? since_ms : 1000);
        qsort(in, n, sizeof *in, compare);
    }
    members_fini(&members);
    free(in);
}

static void test_any_values(void **state)
{
    static make_fn *const makes[] = {of_every_size, whole, of_three, half_and_half, same};
    struct world *w = *state;
    double *values = rbk_alloc(COUNT * sizeof *values);
    for (size_t i = 0; i < sizeof makes / sizeof *makes; i++) {
        fill(w, makes[i], values);
        expect(w, values, INT64_MIN, INT64_MAX);
        expect(w, values, 1100, 9100);
        expect(w, values, 5000, 5100);
        expect(w, values, 5000, 5001);
        expect(w, values, 900000, INT64_MAX);
        begin(w);
        assert_int_equal(rbk_metrics_prune(w->store, NULL, INT64_MAX, NULL, NULL), 0);
        commit(w);
    }
    free(values);
}

static bool is_rolled(struct world *w, int64_t since_ms, int64_t until_ms)
{
    struct members members = {0};
    struct range range = {since_ms, until_ms, NULL};
    struct crowd_size size;
    assert_int_equal(series_each(w->store, "m", join, &members, NULL), 0);
    assert_int_equal(crowd_survey(w->store, &members, &range, &size, NULL), 0);
    members_fini(&members);
    return size.rolled;
}

/* What was rolled up long ago keeps no younger percentile from being bounded. */
static void test_what_is_rolled_up_counts_where_it_is(void **state)
{
    struct world *w = *state;
    double *values = rbk_alloc(COUNT * sizeof *values);
    fill(w, whole, values);
    assert_false(is_rolled(w, INT64_MIN, INT64_MAX));
    begin(w);
    const char *mark = "UPDATE metric_chunks SET step_ms = 60000 WHERE id = (SELECT min(id) FROM metric_chunks)";
    assert_int_equal(rbk_stmt_run(rbk_stmt(w->store, mark), NULL), 0);
    commit(w);
    assert_true(is_rolled(w, INT64_MIN, INT64_MAX));
    assert_true(is_rolled(w, 1100, 1200));
    assert_false(is_rolled(w, 9500, INT64_MAX));
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_values, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_rolled_up_counts_where_it_is, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
