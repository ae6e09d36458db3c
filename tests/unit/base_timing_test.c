/* Stopwatches and deadlines: what they say at the start, at the end and without one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <base/clock.h>
#include <cmocka.h>
#include <runbook/timing.h>

static void a_stopwatch_counts_from_its_start(void **state)
{
    (void)state;
    struct rbk_stopwatch watch = rbk_stopwatch_start(), earlier = {watch.started_us - 5000000};
    int64_t first = rbk_stopwatch_elapsed_us(&watch);
    assert_true(first >= 0 && rbk_stopwatch_elapsed_us(&watch) >= first);
    assert_in_range(rbk_stopwatch_elapsed_us(&earlier), 5000000, 65000000);
}

static void a_deadline_is_over_once_its_time_is_up(void **state)
{
    (void)state;
    struct rbk_deadline far = rbk_deadline_after(60000), past = rbk_deadline_after(0), before = rbk_deadline_after(-5);
    assert_false(rbk_deadline_over(&far));
    assert_in_range(rbk_deadline_left_ms(&far), 1, 60000);
    assert_true(rbk_deadline_over(&past) && rbk_deadline_left_ms(&past) == 0);
    assert_true(rbk_deadline_over(&before));
}

static void what_is_left_is_rounded_up(void **state)
{
    (void)state;
    struct rbk_deadline soon = {rbk_clock_mono_us() + 59999001};
    int64_t left = rbk_deadline_left_ms(&soon);
    assert_true(left > 0 && rbk_clock_mono_us() + left * 1000 >= soon.at_us);
}

static void a_deadline_may_be_never(void **state)
{
    (void)state;
    struct rbk_deadline never = rbk_deadline_after(INT64_MAX), beyond = rbk_deadline_after(INT64_MAX / 1000);
    assert_false(rbk_deadline_over(&never));
    assert_true(rbk_deadline_left_ms(&never) == INT64_MAX && rbk_deadline_left_ms(&beyond) == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopwatch_counts_from_its_start),
        cmocka_unit_test(a_deadline_is_over_once_its_time_is_up),
        cmocka_unit_test(what_is_left_is_rounded_up),
        cmocka_unit_test(a_deadline_may_be_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
