/* A process that is killed while it writes, compacts, rolls up and forgets: no sample is lost that was committed, none
 * is there twice. */
#include "metrics_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { KILLS = 60, PER_COMMIT = 5, ROUNDS_MAX = 100000 };

static void record(struct rbk_store *s, int64_t at, struct rbk_error *err)
{
    struct rbk_metric m = {.name = "m"};
    if (rbk_metrics_record(s, &m, (struct rbk_sample){at, (double)at}, err))
        _exit(1);
}

/* Writes on from `next`, tells every committed number through the pipe, compacts now and then. */
static void write_until_killed(struct world *w, int64_t next, int fd)
{
    struct rbk_error err;
    world_open(w);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        if (rbk_store_begin(w->store, &err))
            _exit(1);
        for (int i = 0; i < PER_COMMIT; i++)
            record(w->store, next++, &err);
        if ((round % 3 == 0 && rbk_metrics_compact(w->store, &err)) || rbk_store_commit(w->store, &err) ||
            write(fd, &next, sizeof next) != sizeof next)
            _exit(1);
    }
    _exit(0);
}

static int check_series(void *arg, const struct rbk_metrics_series *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->at_ms[i] != (int64_t)i || s->value[i] != (double)i)
            fail_msg("sample %zu is %lld", i, (long long)s->at_ms[i]);
    *(int64_t *)arg = (int64_t)s->count;
    return 0;
}

/* What is there is 0, 1, 2, ... without a hole; how many. */
static int64_t count_samples(struct world *w)
{
    int64_t count = 0;
    struct rbk_metrics_query q = {.name = "m", .since_ms = INT64_MIN, .until_ms = INT64_MAX};
    assert_int_equal(rbk_metrics_query(w->store, &q, check_series, &count, NULL), 0);
    return count;
}

static void test_kills(void **state)
{
    struct world *w = *state;
    int64_t there = 0, told, seen;
    for (int i = 0; i < KILLS; i++) {
        int pipe_fds[2], commits = 1 + i * 7 % 23;
        rbk_store_close(w->store);
        assert_int_equal(pipe(pipe_fds), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            write_until_killed(w, there, pipe_fds[1]);
        close(pipe_fds[1]);
        for (told = there; commits-- > 0 && read(pipe_fds[0], &seen, sizeof seen) == sizeof seen;)
            told = seen;
        kill(pid, SIGKILL);
        while (read(pipe_fds[0], &seen, sizeof seen) == sizeof seen)
            told = seen;
        close(pipe_fds[0]);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        world_open(w);
        there = count_samples(w);
        assert_true(there >= told);
        assert_int_equal(there % PER_COMMIT, 0);
    }
    assert_true(there > KILLS);
}

/* ---- rolling up and forgetting -------------------------------------------------------------------------------------
 */

enum { SECOND = 1000, OLD = 60000, TIDY_KILLS = 40 };

/* Samples 0, 1, 2, ... a second apart. The newest is now: windows of 10 s and of 1 min are made of what is older than
 * 1 min and 10 min; with `retention_ms`, what is older than that goes. */
static void tidy_until_killed(struct world *w, int64_t next, int64_t retention_ms, int fd)
{
    struct rbk_metrics_keep keep = {
        .retention_ms = retention_ms, .rollups = {{10 * SECOND, OLD}, {60 * SECOND, 10 * OLD}}, .rollup_count = 2};
    struct rbk_sample samples[500];
    struct rbk_metric m = {.name = "m"};
    struct rbk_error err;
    world_open(w);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        for (int i = 0; i < 500; i++, next++)
            samples[i] = (struct rbk_sample){next * SECOND, (double)next};
        if (rbk_store_begin(w->store, &err) || rbk_metrics_record_many(w->store, &m, samples, 500, &err) ||
            rbk_store_commit(w->store, &err) || write(fd, &next, sizeof next) != sizeof next ||
            rbk_metrics_tidy(w->store, &keep, next * SECOND, 0, NULL, &err))
            _exit(1);
    }
    _exit(0);
}

static int take_value(void *arg, const struct rbk_metrics_series *s)
{
    *(double *)arg = s->value[0];
    return 0;
}

static double one_number(struct world *w, enum rbk_aggregate aggregate)
{
    double value = 0;
    struct rbk_metrics_query q = {.name = "m", .since_ms = INT64_MIN, .until_ms = INT64_MAX, .aggregate = aggregate};
    assert_int_equal(rbk_metrics_query(w->store, &q, take_value, &value, NULL), 0);
    return value;
}

/* What is there is first, first + 1, ... last, each once: how many there are, their sum, and both ends say so. */
static int64_t check_numbers(struct world *w, bool forgets)
{
    double count = one_number(w, RBK_AGG_COUNT);
    double first = one_number(w, RBK_AGG_MIN), last = one_number(w, RBK_AGG_MAX);
    if (count == 0)
        return 0;
    assert_true(count == last - first + 1);
    assert_true(one_number(w, RBK_AGG_SUM) == (first + last) * count / 2);
    assert_true(forgets || first == 0);
    return (int64_t)last + 1;
}

/* Kills at moments that move through the work. */
static void kill_while_tidying(struct world *w, int64_t retention_ms)
{
    int64_t there = 0, told, seen;
    for (int i = 0; i < TIDY_KILLS; i++) {
        int pipe_fds[2], commits = 1 + i % 7;
        rbk_store_close(w->store);
        assert_int_equal(pipe(pipe_fds), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            tidy_until_killed(w, there, retention_ms, pipe_fds[1]);
        close(pipe_fds[1]);
        for (told = there; commits-- > 0 && read(pipe_fds[0], &seen, sizeof seen) == sizeof seen;)
            told = seen;
        struct timespec moment = {.tv_nsec = i % 20 * 250000L};
        nanosleep(&moment, NULL); /* where it is killed, not what is waited for */
        kill(pid, SIGKILL);
        while (read(pipe_fds[0], &seen, sizeof seen) == sizeof seen)
            told = seen;
        close(pipe_fds[0]);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        world_open(w);
        there = check_numbers(w, retention_ms > 0);
        assert_true(there >= told);
        assert_int_equal(there % 500, 0);
    }
    assert_true(there > TIDY_KILLS * 500);
}

static void test_kills_while_rolling_up(void **state)
{
    kill_while_tidying(*state, 0);
}

static void test_kills_while_forgetting(void **state)
{
    kill_while_tidying(*state, 3000 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kills, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_kills_while_rolling_up, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_kills_while_forgetting, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
