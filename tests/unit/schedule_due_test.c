/* The first of many due times, whatever changes in what order: against looking at all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <schedule/due.h>
#include <stdlib.h>

enum { MOST = 200, CHANGES = 20000 };

static int64_t least(const int64_t *at, size_t count)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < count; i++)
        first = at[i] < first ? at[i] : first;
    return first;
}

static void nothing_is_due_without_schedules(void **state)
{
    struct rbk_due d;
    (void)state;
    rbk_due_init(&d, 0);
    assert_true(rbk_due_first(&d, NULL) == INT64_MAX);
    rbk_due_fini(&d);
}

static void all_are_asked_in_the_beginning_and_when_forgotten(void **state)
{
    struct rbk_due d;
    size_t which = 0;
    (void)state;
    rbk_due_init(&d, 3);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            assert_int_equal(rbk_due_first(&d, &which), 0);
            rbk_due_set(&d, which, 100 + (int64_t)which);
        }
        assert_int_equal(rbk_due_first(&d, &which), 100);
        assert_int_equal(which, 0);
        rbk_due_forget(&d);
    }
    rbk_due_fini(&d);
}

static void the_first_is_the_least_after_every_change(void **state)
{
    (void)state;
    srand(20261122);
    for (size_t count = 1; count <= MOST; count += 1 + count / 3) {
        struct rbk_due d;
        int64_t at[MOST] = {0};
        rbk_due_init(&d, count);
        for (int change = 0; change < CHANGES; change++) {
            size_t which = (size_t)rand() % count, first;
            at[which] = rand() % 10 ? rand() % 1000 : INT64_MAX;
            rbk_due_set(&d, which, at[which]);
            assert_true(rbk_due_first(&d, &first) == least(at, count));
            assert_true(at[first] == least(at, count));
        }
        rbk_due_fini(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_due_without_schedules),
        cmocka_unit_test(all_are_asked_in_the_beginning_and_when_forgotten),
        cmocka_unit_test(the_first_is_the_least_after_every_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
