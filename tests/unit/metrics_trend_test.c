/* Trends against known lines, change points against the published behaviour of Hunter. */
#include "metrics_fixture.h"

#include <math.h>
#include <metrics/stats.h>

enum { N = 50 };

static void test_student(void **state)
{
    (void)state;
    /* NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2: critical values of Student's t */
    assert_true(fabs(student_t(0.05, 10) - 2.228) < 0.001);
    assert_true(fabs(student_t(0.01, 3) - 5.841) < 0.001);
    assert_true(fabs(student_t(0.05, 100) - 1.984) < 0.001);
    assert_true(fabs(student_p(2.228, 10) - 0.05) < 0.0001);
}

static void test_a_line_is_found(void **state)
{
    int64_t at[N], when;
    double value[N];
    struct rbk_trend t;
    (void)state;
    for (int i = 0; i < N; i++) {
        at[i] = 1700000000000 + i * 60000;
        value[i] = 100 + 0.5 * i * 60 + (i % 2 ? 1 : -1);
    }
    rbk_metrics_trend(at, value, N, &t);
    assert_true(t.found && fabs(t.slope - 0.5) < 0.001 && t.slope_low < 0.5 && t.slope_high > 0.5 &&
                t.slope_low > 0.49);
    assert_true(rbk_metrics_forecast(&t, 100 + 0.5 * 60 * 100, &when));
    assert_true(llabs(when - (1700000000000 + 100 * 60000)) < 60000);
    assert_false(rbk_metrics_forecast(&t, 0, &when)); /* it goes away from there */
}

static void test_nothing_is_made_up(void **state)
{
    int64_t at[N] = {0};
    double value[N] = {0};
    struct rbk_trend t;
    (void)state;
    rbk_metrics_trend(at, value, 2, &t);
    assert_false(t.found);
    rbk_metrics_trend(at, value, N, &t); /* all at one time */
    assert_false(t.found);
    for (int i = 0; i < N; i++) {
        at[i] = i * 1000;
        value[i] = (i * 7919) % 13;
    }
    rbk_metrics_trend(at, value, N, &t);
    assert_true(t.found && t.slope_low < 0 && t.slope_high > 0);
}

/* The series and the answers are those of Hunter's own test, https://github.com/datastax-labs/hunter,
 * tests/series_test.py
 */
static void test_changes_as_published(void **state)
{
    static const double one[] = {1.02, 0.95, 0.99, 1.00, 1.12, 0.90, 0.50, 0.51, 0.48, 0.48, 0.55};
    static const double two[] = {2.02, 2.03, 2.01, 2.04, 1.82, 1.85, 1.79, 1.81, 1.80, 1.76, 1.78};
    size_t found[8];
    (void)state;
    assert_int_equal(rbk_metrics_changes(one, 11, 0.001, found, 8), 1);
    assert_int_equal(found[0], 6);
    assert_int_equal(rbk_metrics_changes(two, 11, 0.001, found, 8), 1);
    assert_int_equal(found[0], 4);
}

static void test_changes_are_all_found(void **state)
{
    double value[150];
    size_t found[8];
    (void)state;
    for (int i = 0; i < 150; i++)
        value[i] = (i < 50 ? 10 : i < 100 ? 20 : 15) + (i * 7919 % 11) / 11.0;
    assert_int_equal(rbk_metrics_changes(value, 150, 0.001, found, 8), 2);
    assert_int_equal(found[0], 50);
    assert_int_equal(found[1], 100);
    assert_int_equal(rbk_metrics_changes(value, 50, 0.001, found, 8), 0);
    for (int i = 0; i < 150; i++)
        value[i] = 3;
    assert_int_equal(rbk_metrics_changes(value, 150, 0.001, found, 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student),
        cmocka_unit_test(test_a_line_is_found),
        cmocka_unit_test(test_nothing_is_made_up),
        cmocka_unit_test(test_changes_as_published),
        cmocka_unit_test(test_changes_are_all_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
