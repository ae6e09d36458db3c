/* What a chunk promises: every sample comes back bit by bit, in few bytes, and damaged bytes are refused. */
#include "metrics_fixture.h"

#include <float.h>
#include <math.h>
#include <metrics/chunk.h>
#include <metrics/summary.h>

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static size_t round_trip(const int64_t *at, const double *value, size_t n)
{
    struct rbk_buf data = {0};
    struct samples back = {0};
    chunk_encode(at, value, n, &data);
    assert_int_equal(chunk_decode(data.data, data.len, &back, NULL), 0);
    assert_int_equal(back.count, n);
    assert_memory_equal(back.at_ms, at, n * sizeof *at);
    assert_memory_equal(back.value, value, n * sizeof *value);
    static double alone[CHUNK_MAX];
    assert_int_equal(chunk_decode_values(data.data, data.len, alone, NULL), n);
    assert_memory_equal(alone, value, n * sizeof *value);
    size_t len = data.len;
    samples_fini(&back);
    rbk_buf_fini(&data);
    return len;
}

static void test_extremes_come_back(void **state)
{
    static const int64_t at[] = {INT64_MIN, -1, 0, 0, 1, 1700000000000, INT64_MAX};
    static const double value[] = {0.0, -0.0, DBL_MAX, -DBL_MIN, 5e-324, 0.1, 1.0 / 3};
    static const double whole[] = {9007199254740991.0, -9007199254740991.0, 0, 1, -1, 1e15, 42};
    (void)state;
    for (size_t n = 1; n <= 7; n++) {
        round_trip(at, value, n);
        round_trip(at, whole, n);
    }
}

static void test_any_numbers_come_back(void **state)
{
    static int64_t at[CHUNK_MAX];
    static double value[CHUNK_MAX];
    uint64_t random = 88172645463325252u;
    (void)state;
    for (int round = 0; round < 60; round++) {
        size_t n = 1 + random_next(&random) % CHUNK_MAX;
        int bits = (int)(random_next(&random) % 64);
        for (size_t i = 0; i < n; i++) {
            uint64_t r = random_next(&random);
            at[i] = (int64_t)(r >> bits);
            r = random_next(&random);
            value[i] = round % 3 == 0 ? (double)(r >> bits) : (double)(int64_t)(r >> 20) / 1000;
            if (round % 3 == 2)
                memcpy(&value[i], &r, sizeof r);
            if (isnan(value[i]))
                value[i] = 0;
        }
        round_trip(at, value, n);
    }
}

static void test_few_bytes_per_sample(void **state)
{
    static int64_t at[CHUNK_MAX];
    static double value[CHUNK_MAX];
    uint64_t random = 88172645463325252u;
    (void)state;
    for (size_t i = 0; i < CHUNK_MAX; i++) {
        at[i] = 1700000000000 + (int64_t)i * 15000;
        value[i] = (double)(random_next(&random) % 100000);
    }
    assert_true(round_trip(at, value, CHUNK_MAX) <= CHUNK_MAX * 5 / 2);
    for (size_t i = 0; i < CHUNK_MAX; i++)
        value[i] = 42;
    assert_true(round_trip(at, value, CHUNK_MAX) <= CHUNK_MAX / 8);
}

/* A sample each minute, each late by less than 16 ms: the lateness is four bits, whatever the minutes are. */
static void test_being_late_costs_once(void **state)
{
    static int64_t at[CHUNK_MAX];
    static double value[CHUNK_MAX];
    uint64_t random = 88172645463325252u;
    (void)state;
    for (size_t i = 0; i < CHUNK_MAX; i++)
        at[i] = 1700000000000 + (int64_t)i * 60000 + (int64_t)(random_next(&random) % 16);
    assert_true(round_trip(at, value, CHUNK_MAX) <= CHUNK_MAX * 6 / 10);
    for (size_t i = CHUNK_MAX / 3; i < CHUNK_MAX; i++)
        at[i] += 86400000; /* a day off */
    assert_true(round_trip(at, value, CHUNK_MAX) <= CHUNK_MAX * 7 / 10);
    for (size_t n = 1; n < 300; n++)
        round_trip(at, value, n);
}

static void test_damage_is_refused(void **state)
{
    static int64_t at[300];
    static double value[300];
    struct rbk_buf data = {0};
    (void)state;
    for (size_t i = 0; i < 300; i++) {
        at[i] = (int64_t)(i * i * 7919 % 10007);
        value[i] = sqrt((double)i);
    }
    chunk_encode(at, value, 300, &data);
    for (size_t len = 0; len < data.len; len++) {
        struct rbk_error err = {0};
        struct samples back = {0};
        char *cut = rbk_strndup(data.data, len); /* its own block: a read beyond it is seen by the sanitizer */
        assert_int_equal(chunk_decode(cut, len, &back, &err), RBK_EMALFORMED);
        assert_int_equal(back.count, 0);
        assert_string_not_equal(err.hint, "");
        samples_fini(&back);
        free(cut);
    }
    rbk_buf_fini(&data);
}

static void test_summaries_come_back_or_are_refused(void **state)
{
    struct summary v[300];
    struct rbk_buf data = {0};
    struct summaries back = {0};
    (void)state;
    for (size_t i = 0; i < 300; i++) {
        v[i].at_ms = 1700000000000 + (int64_t)i * 300000;
        for (int f = 0; f < SUMMARY_FIELDS; f++)
            v[i].field[f] = f == SUMMARY_COUNT ? 20 : f % 3 ? sqrt((double)i + f) : (double)i;
    }
    summaries_encode(v, 300, &data);
    assert_true(summaries_encoded(data.data, data.len));
    assert_int_equal(summaries_decode(data.data, data.len, &back, NULL), 0);
    assert_int_equal(back.count, 300);
    assert_memory_equal(back.items, v, sizeof v);
    for (size_t len = 0; len < data.len; len++) {
        char *cut = rbk_strndup(data.data, len);
        assert_int_equal(summaries_decode(cut, len, &back, NULL), RBK_EMALFORMED);
        free(cut);
    }
    assert_int_equal(back.count, 300);
    free(back.items);
    rbk_buf_fini(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extremes_come_back),   cmocka_unit_test(test_any_numbers_come_back),
        cmocka_unit_test(test_few_bytes_per_sample), cmocka_unit_test(test_being_late_costs_once),
        cmocka_unit_test(test_damage_is_refused),    cmocka_unit_test(test_summaries_come_back_or_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
