/* What rolling up and retention promise: windows of a query that are whole windows of a roll-up keep their values, over
 * samples and summaries alike; what is rare stays as it was; nothing goes before its time. */
#include "metrics_fixture.h"

#include <math.h>

enum { MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR, SAMPLES = 20000, STEP_MS = 20000 };

static const struct rbk_metrics_keep two_steps = {
    .rollups = {{5 * MINUTE, 2 * (int64_t)HOUR}, {HOUR, 24 * (int64_t)HOUR}}, .rollup_count = 2};

/* A number every 20 s or so; with restarts when it counts. */
static void write_samples(struct world *w, enum rbk_metric_kind kind)
{
    struct rbk_metric m = {.name = "m", .kind = kind};
    struct rbk_sample *samples = rbk_alloc(SAMPLES * sizeof *samples);
    uint64_t random = 1;
    double counter = 0;
    for (int i = 0; i < SAMPLES; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        double value = (double)(random >> 44) / 100;
        counter = random >> 54 == 7 ? 1 : counter + value;
        samples[i] = (struct rbk_sample){(int64_t)i * STEP_MS + (int64_t)(random >> 51),
                                         kind == RBK_METRIC_COUNTER ? counter : value};
    }
    begin(w);
    assert_int_equal(rbk_metrics_record_many(w->store, &m, samples, SAMPLES, NULL), 0);
    commit(w);
    free(samples);
}

struct answer {
    size_t count;
    int64_t at_ms[SAMPLES];
    double value[SAMPLES];
};

static int take(void *arg, const struct rbk_metrics_series *s)
{
    struct answer *a = arg;
    a->count = s->count;
    memcpy(a->at_ms, s->at_ms, s->count * sizeof *s->at_ms);
    memcpy(a->value, s->value, s->count * sizeof *s->value);
    return 0;
}

static struct answer *ask(struct world *w, enum rbk_aggregate aggregate, int64_t step_ms)
{
    struct answer *a = rbk_alloc(sizeof *a);
    struct rbk_metrics_query q = {
        .name = "m", .since_ms = 1, .until_ms = INT64_MAX, .aggregate = aggregate, .step_ms = step_ms};
    assert_int_equal(rbk_metrics_query(w->store, &q, take, a, NULL), 0);
    return a;
}

static struct rbk_metrics_tidied tidy(struct world *w, const struct rbk_metrics_keep *keep, int64_t now_ms)
{
    struct rbk_metrics_tidied done = {0};
    struct rbk_error err = {0};
    if (rbk_metrics_tidy(w->store, keep, now_ms, 0, &done, &err))
        fail_msg("%s", err.message);
    assert_false(done.more);
    return done;
}

static void expect_same(const struct answer *a, const struct answer *b, const char *what, double tolerance)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        if (a->at_ms[i] != b->at_ms[i] || !(fabs(a->value[i] - b->value[i]) <= tolerance * (fabs(a->value[i]) + 1)))
            fail_msg("%s: window %zu at %lld is %.17g, was %.17g", what, i, (long long)b->at_ms[i], b->value[i],
                     a->value[i]);
}

/* Asks before, tidies as time goes on, and asks again: by the longer step, and everything at once. */
static void expect_kept(struct world *w, enum rbk_aggregate aggregate, double tolerance)
{
    static const int64_t steps[] = {HOUR, 6 * HOUR, 0};
    struct answer *before[3];
    for (int i = 0; i < 3; i++)
        before[i] = ask(w, aggregate, steps[i]);
    for (int64_t now = 0; now <= 6 * (int64_t)DAY; now += 7 * HOUR + 13 * MINUTE) {
        tidy(w, &two_steps, now);
        for (int i = 0; i < 3; i++) {
            struct answer *after = ask(w, aggregate, steps[i]);
            expect_same(before[i], after, rbk_aggregate_name(aggregate), tolerance);
            free(after);
        }
    }
    for (int i = 0; i < 3; i++)
        free(before[i]);
}

static void test_whole_windows_keep_their_values(void **state)
{
    static const struct {
        enum rbk_aggregate aggregate;
        double tolerance; /* sums of sums differ in the last digits */
    } kept[] = {{RBK_AGG_LAST, 0},  {RBK_AGG_MIN, 0},     {RBK_AGG_MAX, 0},
                {RBK_AGG_COUNT, 0}, {RBK_AGG_SUM, 1e-12}, {RBK_AGG_AVG, 1e-12}};
    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        void *world = NULL;
        world_setup(&world);
        write_samples(world, RBK_METRIC_GAUGE);
        expect_kept(world, kept[i].aggregate, kept[i].tolerance);
        world_teardown(&world);
    }
}

static void test_counters_keep_their_increase(void **state)
{
    write_samples(*state, RBK_METRIC_COUNTER);
    expect_kept(*state, RBK_AGG_INCREASE, 1e-9);
}

/* Exact for a window that was rolled up in one go; near for what is put together from several. */
static void test_percentiles(void **state)
{
    struct rbk_metrics_keep keep = {.rollups = {{HOUR, HOUR}}, .rollup_count = 1};
    write_samples(*state, RBK_METRIC_GAUGE);
    struct answer *hours = ask(*state, RBK_AGG_P95, HOUR), *days = ask(*state, RBK_AGG_P95, DAY),
                  *medians = ask(*state, RBK_AGG_P50, 0);
    tidy(*state, &keep, 30 * (int64_t)DAY);
    struct answer *after = ask(*state, RBK_AGG_P95, HOUR);
    size_t exact = 0;
    for (size_t i = 0; i < hours->count; i++)
        exact += hours->value[i] == after->value[i];
    assert_true(exact >= hours->count - 5); /* the others lie in two chunks */
    free(after);
    after = ask(*state, RBK_AGG_P95, DAY);
    expect_same(days, after, "p95 of days", 0.01);
    free(after);
    after = ask(*state, RBK_AGG_P50, 0);
    expect_same(medians, after, "p50 of all", 0.03);
    free(after);
    free(hours);
    free(days);
    free(medians);
}

static void test_what_is_rare_stays(void **state)
{
    struct world *w = *state;
    struct rbk_metric m = {.name = "m"};
    begin(w);
    for (int i = 0; i < 500; i++)
        assert_int_equal(rbk_metrics_record(w->store, &m, (struct rbk_sample){(int64_t)i * DAY + i * 7, i / 3.0}, NULL),
                         0);
    commit(w);
    struct answer *before = ask(w, RBK_AGG_RAW, 0);
    assert_int_equal(tidy(w, &two_steps, 1000 * (int64_t)DAY).rolled_up, 500);
    struct answer *after = ask(w, RBK_AGG_RAW, 0);
    expect_same(before, after, "sample", 0);
    free(before);
    free(after);
}

static void test_retention(void **state)
{
    struct rbk_metrics_keep keep = two_steps;
    keep.retention_ms = 2 * (int64_t)DAY;
    write_samples(*state, RBK_METRIC_GAUGE);
    assert_int_equal(tidy(*state, &keep, DAY).removed, 0);
    struct answer *all = ask(*state, RBK_AGG_COUNT, 0);
    assert_int_equal(all->value[0], SAMPLES);
    int64_t now = 4 * (int64_t)DAY, removed = tidy(*state, &keep, now).removed;
    struct answer *left = ask(*state, RBK_AGG_COUNT, 0), *points = ask(*state, RBK_AGG_RAW, 0);
    assert_int_equal(removed + (int64_t)left->value[0], SAMPLES);
    assert_true(labs(removed - 2 * (int64_t)DAY / STEP_MS) < HOUR / STEP_MS);
    assert_true(points->at_ms[0] >= now - keep.retention_ms);
    tidy(*state, &keep, 400 * (int64_t)DAY);
    struct answer *none = ask(*state, RBK_AGG_COUNT, 0);
    assert_int_equal(none->count, 0);
    free(all);
    free(left);
    free(points);
    free(none);
}

static void test_due_once_a_day_and_until_it_is_done(void **state)
{
    struct world *w = *state;
    int64_t now = 30 * (int64_t)DAY;
    write_samples(w, RBK_METRIC_GAUGE);
    assert_true(rbk_metrics_tidy_due(w->store, &two_steps, now));
    tidy(w, &two_steps, now);
    assert_false(rbk_metrics_tidy_due(w->store, &two_steps, now + HOUR));
    assert_true(rbk_metrics_tidy_due(w->store, &two_steps, now + DAY));
    assert_true(rbk_metrics_tidy_due(w->store, &two_steps, now - HOUR)); /* the clock was set back */
    struct rbk_metrics_keep other = two_steps;
    other.retention_ms = DAY;
    assert_true(rbk_metrics_tidy_due(w->store, &other, now + HOUR));
}

static void test_a_clock_that_is_wrong_by_years(void **state)
{
    struct world *w = *state;
    struct rbk_metrics_keep keep = {.retention_ms = 30 * (int64_t)DAY};
    int64_t now = 5 * (int64_t)DAY, years = now + 3000 * (int64_t)DAY;
    write_samples(w, RBK_METRIC_GAUGE);
    assert_int_equal(rbk_metrics_tidy(w->store, &keep, now, 1000000, NULL, NULL), 0);
    for (int day = 0; day < 3; day++)
        assert_int_equal(rbk_metrics_tidy(w->store, &keep, years + day * DAY, 1000000, NULL, NULL), 0);
    struct answer *all = ask(w, RBK_AGG_COUNT, 0);
    assert_int_equal(all->value[0], SAMPLES);
    free(all);
    assert_int_equal(tidy(w, &keep, years).removed, SAMPLES); /* by hand it is meant */
}

/* Somebody else compacts while a query goes from series to series. */
struct intruder {
    struct rbk_store *store;
    int64_t seen;
};

static int compact_meanwhile(void *arg, const struct rbk_metrics_series *s)
{
    struct intruder *i = arg;
    i->seen += (int64_t)s->count;
    if (rbk_store_begin(i->store, NULL) || rbk_metrics_compact(i->store, NULL) || rbk_store_commit(i->store, NULL))
        fail_msg("the other one cannot compact");
    return 0;
}

static void test_a_query_sees_one_state(void **state)
{
    static const struct rbk_schema *const schemas[] = {&rbk_metrics_schema, NULL};
    struct world *w = *state;
    struct rbk_store_options options = {.dir = w->state, .schemas = schemas};
    struct intruder other = {0};
    for (int i = 0; i < 6; i++) {
        struct rbk_metric m = {.name = i % 2 ? "a" : "b"};
        begin(w);
        assert_int_equal(rbk_metrics_record(w->store, &m, (struct rbk_sample){i, i}, NULL), 0);
        commit(w);
        if (i == 1) {
            begin(w);
            assert_int_equal(rbk_metrics_compact(w->store, NULL), 0);
            commit(w);
        }
    }
    assert_int_equal(rbk_store_open(&options, &other.store, NULL), 0);
    struct rbk_metrics_query q = {.since_ms = INT64_MIN, .until_ms = INT64_MAX};
    assert_int_equal(rbk_metrics_query(w->store, &q, compact_meanwhile, &other, NULL), 0);
    assert_int_equal(other.seen, 6);
    rbk_store_close(other.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_windows_keep_their_values),
        cmocka_unit_test_setup_teardown(test_counters_keep_their_increase, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_percentiles, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_rare_stays, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_retention, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_due_once_a_day_and_until_it_is_done, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_clock_that_is_wrong_by_years, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_query_sees_one_state, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
