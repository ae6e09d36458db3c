/* Limits of time, CPU and memory: each ends the tree, and the result says which it was. */
#include <base/clock.h>
#include <signal.h>

#include "loop_testkit.h"

static void wall_time_ends_it(void **state)
{
    struct kit *k = *state;
    k->options.limits.wall_ms = 100;
    kit_sh(k, "echo before; sleep 60; echo after");
    assert_int_equal(k->result.end, RBK_END_TIMEOUT);
    assert_string_equal(k->out.data, "before\n");
    assert_in_range(k->result.duration_ms, 99, 5000);
}

static void a_process_that_ends_in_time_is_not_touched(void **state)
{
    struct kit *k = *state;
    k->options.limits = (struct rbk_proc_limits){60000, 60000, 1 << 30, 1 << 30};
    kit_sh(k, "exit 7");
    assert_int_equal(k->result.end, RBK_END_EXIT);
    assert_int_equal(k->result.exit_code, 7);
    assert_true(k->result.memory_by[0]);
}

/* No single process uses much: it is the tree that is counted. */
static void cpu_time_of_the_tree_ends_it(void **state)
{
    struct kit *k = *state;
    k->options.limits.cpu_ms = 300;
    kit_sh(k, "while :; do (i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done); done");
    assert_int_equal(k->result.end, RBK_END_CPU_LIMIT);
    assert_int_equal(k->result.exceeded, 300);
}

#define EAT "head -c 80000000 /dev/zero | tail -c 80000000 | sleep 60" /* tail keeps what it cannot yet give away */

static void memory_of_one_process_ends_it(void **state)
{
    struct kit *k = *state;
    k->options.limits.memory_process = 40 << 20;
    kit_sh(k, EAT);
    assert_int_equal(k->result.end, RBK_END_MEMORY_LIMIT);
    assert_string_equal(k->result.memory_by, "proc");
    assert_true(k->result.by_process);
    assert_int_equal(k->result.exceeded, 40 << 20);
    assert_int_equal(k->result.signal, SIGKILL);
}

static void memory_of_the_tree_ends_it(void **state)
{
    struct kit *k = *state;
    k->options.limits.memory_tree = 100 << 20;
    kit_sh(k, "(" EAT ") & (" EAT ") & wait");
    assert_int_equal(k->result.end, RBK_END_MEMORY_LIMIT);
    assert_true(k->result.memory_by[0]);
    assert_false(k->result.by_process);
    assert_int_equal(k->result.exceeded, 100 << 20);
}

/* Each stays below the limit of one process, and together they stay below that of the tree. */
static void memory_within_its_limits_is_let_be(void **state)
{
    struct kit *k = *state;
    k->options.limits.memory_process = 100 << 20;
    k->options.limits.memory_tree = 400 << 20;
    kit_sh(k, "head -c 60000000 /dev/zero | tail -c 60000000 | (sleep 0.5; wc -c)");
    assert_int_equal(k->result.end, RBK_END_EXIT);
    assert_string_equal(k->out.data, "60000000\n");
}

/* Six children of 40 MiB that they share with their parent are 40 MiB, not 280. */
static void shared_memory_counts_once(void **state)
{
    struct kit *k = *state;
    char *argv[] = {RBK_BINARY_DIR "/tests/zoo", "shares-memory", "limits", NULL};
    k->options.argv = argv;
    k->options.limits.memory_tree = 150 << 20;
    kit_run(k);
    assert_int_equal(k->result.end, RBK_END_EXIT);
    assert_int_equal(k->result.exit_code, 0);
    assert_true(k->result.duration_ms >= 500); /* long enough to be sampled */
}

static void cancel_twice(struct kit *k)
{
    rbk_proc_cancel(k->proc, RBK_END_CANCEL, false);
    rbk_proc_cancel(k->proc, RBK_END_TIMEOUT, false); /* the first reason stays */
    assert_false(rbk_proc_exited(k->proc));
}

static void term_lets_it_clean_up(void **state)
{
    struct kit *k = *state;
    k->on_first_output = cancel_twice;
    kit_sh(k, "trap 'echo cleaned; exit 9' TERM; echo ready; while :; do sleep 0.01; done");
    assert_int_equal(k->result.end, RBK_END_CANCEL);
    assert_int_equal(k->result.exit_code, 9);
    assert_string_equal(k->out.data, "ready\ncleaned\n");
}

static void cancel_now(void *arg)
{
    struct kit *k = arg;
    rbk_proc_cancel(k->proc, RBK_END_CANCEL, true);
}

static void cancel_and_lose_patience(struct kit *k)
{
    rbk_proc_cancel(k->proc, RBK_END_CANCEL, false);
    rbk_timer_start(k->loop, 50, 0, cancel_now, k);
}

static void a_second_cancel_does_not_wait(void **state)
{
    struct kit *k = *state;
    k->options.grace_ms = 3600000;
    k->on_first_output = cancel_and_lose_patience;
    kit_sh(k, "trap '' TERM; echo ready; while :; do sleep 0.05; done");
    assert_int_equal(k->result.end, RBK_END_CANCEL);
    assert_int_equal(k->result.signal, SIGKILL);
}

/* What a background job says right after the child is gone still belongs to the step's output. */
static void late_output_is_still_taken(void **state)
{
    struct kit *k = *state;
    kit_sh(k, "(while kill -0 $$; do :; done 2>/dev/null; echo late) & echo early");
    assert_int_equal(k->result.exit_code, 0);
    assert_string_equal(k->out.data, "early\nlate\n");
    assert_int_equal(k->result.leftovers, 0);
}

static void a_loop_freed_with_a_process_kills_it(void **state)
{
    struct kit *k = *state;
    struct kit *other = kit_new();
    kit_start(other, "sleep 60 & sleep 60");
    int pidfd = kit_pidfd(rbk_proc_pid(other->proc));
    rbk_loop_free(other->loop);
    assert_true(kit_wait_pidfd(pidfd, 0));
    assert_int_equal(other->exits, 0);
    close(pidfd);
    kit_unshare(other);
    kit_sh(k, ":"); /* reaps the orphan */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wall_time_ends_it),
        TEST(a_process_that_ends_in_time_is_not_touched),
        TEST(cpu_time_of_the_tree_ends_it),
        TEST(memory_of_one_process_ends_it),
        TEST(memory_of_the_tree_ends_it),
        TEST(memory_within_its_limits_is_let_be),
        TEST(shared_memory_counts_once),
        TEST(term_lets_it_clean_up),
        TEST(a_second_cancel_does_not_wait),
        TEST(late_output_is_still_taken),
        TEST(a_loop_freed_with_a_process_kills_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
