/* Turns of a rate limit, across processes, and sleeps that keep their end. */
#include "store_fixture.h"

#include <base/clock.h>
#include <store/timing.h>

static const struct rbk_schema *const schemas[] = {&rbk_timing_schema, NULL};
static struct fixture f;
static struct rbk_store *s;
static struct rbk_error err;

static struct rbk_store *open_timing(void)
{
    struct rbk_store_options o = {.dir = f.dir, .schemas = schemas};
    struct rbk_store *store = NULL;
    return rbk_store_open(&o, &store, &err) == 0 ? store : NULL;
}

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f);
    s = open_timing();
    return s ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rbk_store_close(s);
    fixture_fini(&f);
    return 0;
}

static const int64_t HOUR = INT64_C(3600000000);

static void n_turns_are_given_and_no_more(void **state)
{
    (void)state;
    int64_t next = 0, before = rbk_clock_mono_us();
    for (int i = 0; i < 5; i++)
        assert_int_equal(rbk_turn_take(s, "llm", 5, HOUR, &next, &err), 0);
    int64_t after = rbk_clock_mono_us();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rbk_turn_take(s, "llm", 5, HOUR, &next, &err), RBK_EBUSY);
        assert_true(next >= before + HOUR && next <= after + HOUR);
        assert_string_equal(err.message, "all 5 turns of \"llm\" are taken");
    }
    assert_int_equal(rbk_turn_take(s, "mail", 5, HOUR, &next, &err), 0);
}

static void a_turn_is_free_when_its_time_has_passed(void **state)
{
    (void)state;
    int64_t next = 0;
    assert_int_equal(rbk_turn_take(s, "llm", 1, 1, &next, &err), 0);
    int64_t given = rbk_clock_mono_us();
    while (rbk_clock_mono_us() <= given)
        continue;
    assert_int_equal(rbk_turn_take(s, "llm", 1, 1, &next, &err), 0);
}

static void limits_without_sense_are_refused(void **state)
{
    (void)state;
    int64_t next = 0;
    assert_int_equal(rbk_turn_take(s, "x", 0, HOUR, &next, &err), RBK_EINVAL);
    assert_int_equal(rbk_turn_take(s, "x", RBK_TURNS_MAX + 1, HOUR, &next, &err), RBK_EINVAL);
    assert_int_equal(rbk_turn_take(s, "x", 1, 0, &next, &err), RBK_EINVAL);
}

static void the_largest_limit_is_kept(void **state)
{
    (void)state;
    int64_t next = 0;
    assert_int_equal(rbk_turn_take(s, "x", RBK_TURNS_MAX, HOUR, &next, &err), 0);
    struct rbk_stmt *q = rbk_stmt(s, "WITH RECURSIVE copies(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM copies"
                                     " WHERE i < ?) INSERT INTO turns(name, boot, at_us)"
                                     " SELECT name, boot, at_us FROM turns, copies WHERE turns.id = 1");
    assert_int_equal(rbk_store_begin(s, &err), 0);
    rbk_bind_int(q, 1, RBK_TURNS_MAX - 1);
    assert_int_equal(rbk_stmt_run(q, &err), 0);
    assert_int_equal(rbk_store_commit(s, &err), 0);
    assert_int_equal(rbk_turn_take(s, "x", RBK_TURNS_MAX, HOUR, &next, &err), 0);
    assert_int_equal(rbk_turn_take(s, "x", RBK_TURNS_MAX, HOUR, &next, &err), RBK_EBUSY);
}

static void turns_of_another_boot_do_not_count(void **state)
{
    (void)state;
    int64_t next = 0;
    assert_int_equal(rbk_turn_take(s, "llm", 1, HOUR, &next, &err), 0);
    assert_int_equal(rbk_store_begin(s, &err), 0);
    assert_int_equal(rbk_stmt_run(rbk_stmt(s, "UPDATE turns SET boot = 'another'"), &err), 0);
    assert_int_equal(rbk_store_commit(s, &err), 0);
    assert_int_equal(rbk_turn_take(s, "llm", 1, HOUR, &next, &err), 0);
    assert_int_equal(rbk_turn_take(s, "llm", 1, HOUR, &next, &err), RBK_EBUSY);
}

/* Those of a clock that is ahead of this one would be waited for as long. */
static void turns_of_the_future_do_not_count(void **state)
{
    (void)state;
    int64_t next = 0;
    assert_int_equal(rbk_turn_take(s, "llm", 1, HOUR, &next, &err), 0);
    assert_int_equal(rbk_store_begin(s, &err), 0);
    assert_int_equal(rbk_stmt_run(rbk_stmt(s, "UPDATE turns SET at_us = at_us + 86400000000"), &err), 0);
    assert_int_equal(rbk_store_commit(s, &err), 0);
    assert_int_equal(rbk_turn_take(s, "llm", 1, HOUR, &next, &err), 0);
    assert_int_equal(rbk_turn_take(s, "llm", 1, HOUR, &next, &err), RBK_EBUSY);
}

/* Four processes that each try for 10 turns share 15 of them exactly. */
static void processes_share_the_turns(void **state)
{
    (void)state;
    pid_t pids[4];
    int given = 0;
    for (int i = 0; i < 4; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct rbk_store *mine = open_timing();
            int64_t next = 0;
            int got = 0;
            for (int t = 0; mine && t < 10; t++)
                got += rbk_turn_take(mine, "shared", 15, HOUR, &next, &err) == 0;
            rbk_store_close(mine);
            _exit(mine ? got : 99);
        }
    }
    for (int i = 0; i < 4; i++)
        given += fixture_wait(pids[i]);
    assert_int_equal(given, 15);
}

static void a_sleep_keeps_its_first_end(void **state)
{
    (void)state;
    int64_t kept = 0;
    assert_int_equal(rbk_sleep_begin(s, "run", "1", 5000, &kept, &err), 0);
    assert_int_equal(kept, 5000);
    rbk_store_close(s);
    s = open_timing();
    assert_int_equal(rbk_sleep_begin(s, "run", "1", 9000, &kept, &err), 0);
    assert_int_equal(kept, 5000);
    assert_int_equal(rbk_sleep_begin(s, "run", "2", 7000, &kept, &err), 0);
    assert_int_equal(kept, 7000);
    assert_int_equal(rbk_sleep_end(s, "run", "1", &err), 0);
    assert_int_equal(rbk_sleep_begin(s, "run", "1", 9000, &kept, &err), 0);
    assert_int_equal(kept, 9000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(n_turns_are_given_and_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_turn_is_free_when_its_time_has_passed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits_without_sense_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_largest_limit_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(turns_of_another_boot_do_not_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(turns_of_the_future_do_not_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(processes_share_the_turns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sleep_keeps_its_first_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
