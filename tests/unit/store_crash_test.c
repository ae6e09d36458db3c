/* Many processes on one store, and processes that die in the middle: every commit that was reported is there, no
 * transaction is there by half, and the database is whole. */
#include "store_fixture.h"

#include <fcntl.h>
#include <signal.h>

static struct fixture f;
static struct rbk_store *s;
static struct rbk_error err;

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f);
    s = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rbk_store_close(s);
    fixture_fini(&f);
    return 0;
}

/* One transaction with three rows that belong together. */
static int add_run(struct rbk_store *store, const char *id)
{
    struct rbk_run_row r = fixture_run(id, "a/b");
    struct rbk_step_row step = {.key = "one", .id = "one", .state = RBK_STEP_RUNNING};
    rbk_value *v = rbk_int_new(1);
    int rc = rbk_store_begin(store, &err);
    if (!rc)
        rc = rbk_journal_run_add(store, &r, &err);
    if (!rc)
        rc = rbk_journal_step_put(store, id, &step, &err);
    if (!rc)
        rc = rbk_journal_fact_put(store, id, "one", "a", v, &err);
    if (!rc)
        rc = rbk_store_commit(store, &err);
    rbk_value_free(v);
    if (rc)
        fprintf(stderr, "%s\n", err.message);
    return rc;
}

static int64_t count(const char *sql)
{
    struct rbk_stmt *q = rbk_stmt(s, sql);
    assert_int_equal(rbk_stmt_step(q, &err), 1);
    int64_t n = rbk_col_int(q, 0);
    rbk_stmt_end(q);
    return n;
}

static void expect_whole(int64_t at_least)
{
    struct rbk_store_health health;
    assert_int_equal(rbk_store_health(s, &health, &err), 0);
    assert_string_equal(health.integrity, "ok");
    int64_t runs = count("SELECT count(*) FROM runs");
    assert_true(runs >= at_least);
    assert_int_equal(count("SELECT count(*) FROM steps"), runs);
    assert_int_equal(count("SELECT count(*) FROM facts"), runs);
}

static int write_many(int writer, int commits)
{
    struct rbk_store *mine;
    if (fixture_try_open(&f, false, &mine, &err))
        return 1;
    for (int i = 0; i < commits; i++) {
        char id[RBK_ULID_SIZE];
        snprintf(id, sizeof id, "%02d%024d", writer, i);
        if (add_run(mine, id))
            return 1;
    }
    rbk_store_close(mine);
    return 0;
}

static void many_writers_lose_nothing(void **state)
{
    (void)state;
    enum { WRITERS = 4, COMMITS = 600 };
    pid_t pids[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(write_many(i, COMMITS));
    }
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(fixture_wait(pids[i]), 0);
    s = fixture_open(&f);
    expect_whole(0);
    assert_int_equal(count("SELECT count(*) FROM runs"), WRITERS * COMMITS);
}

static int collect_count(void *arg, const struct rbk_run_row *r)
{
    (void)r;
    ++*(int *)arg;
    return 0;
}

/* Opens and counts again and again until `stop` closes; what was seen once never goes away. */
static int read_until(int stop)
{
    struct rbk_run_filter all = {0};
    int before = 0;
    char byte;
    fcntl(stop, F_SETFL, O_NONBLOCK);
    while (read(stop, &byte, 1) != 0) {
        struct rbk_store *mine;
        int seen = 0;
        if (fixture_try_open(&f, true, &mine, &err) || rbk_journal_runs(mine, &all, collect_count, &seen, &err)) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        rbk_store_close(mine);
        if (seen < before)
            return 2;
        before = seen;
    }
    return 0;
}

static void readers_see_every_commit_and_never_fail(void **state)
{
    (void)state;
    enum { WRITERS = 2, COMMITS = 300, READERS = 2 };
    pid_t pids[WRITERS + READERS];
    int stop[2];
    rbk_store_close(fixture_open(&f));
    assert_int_equal(pipe2(stop, O_CLOEXEC), 0);
    for (int i = 0; i < WRITERS + READERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            close(stop[1]);
            _exit(i < WRITERS ? write_many(i, COMMITS) : read_until(stop[0]));
        }
    }
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(fixture_wait(pids[i]), 0);
    close(stop[1]);
    for (int i = WRITERS; i < WRITERS + READERS; i++)
        assert_int_equal(fixture_wait(pids[i]), 0);
    close(stop[0]);
    s = fixture_open(&f);
    expect_whole(WRITERS * COMMITS);
}

static void many_may_make_the_store_at_once(void **state)
{
    (void)state;
    enum { MAKERS = 8 };
    for (int round = 0; round < 10; round++) {
        pid_t pids[MAKERS];
        int gate[2];
        char byte;
        assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
        for (int i = 0; i < MAKERS; i++) {
            pids[i] = fork();
            if (pids[i] == 0) {
                close(gate[1]);
                if (read(gate[0], &byte, 1) != 0)
                    _exit(2);
                _exit(write_many(i, 1));
            }
        }
        close(gate[0]);
        close(gate[1]); /* all start now */
        for (int i = 0; i < MAKERS; i++)
            assert_int_equal(fixture_wait(pids[i]), 0);
        s = fixture_open(&f);
        assert_int_equal(count("SELECT count(*) FROM runs"), MAKERS);
        rbk_store_close(s);
        s = NULL;
        fixture_fini(&f);
        fixture_init(&f);
    }
}

/* Opens, commits for ever, and tells each commit through `told` once it was reported. */
static void commit_until_killed(int round, int told)
{
    struct rbk_store *mine;
    if (fixture_try_open(&f, false, &mine, &err))
        _exit(1);
    for (int i = 0;; i++) {
        char id[RBK_ULID_SIZE];
        snprintf(id, sizeof id, "%05d%021d", round, i);
        if (add_run(mine, id) || write(told, "x", 1) != 1)
            _exit(1);
    }
}

static void a_killed_writer_leaves_whole_transactions(void **state)
{
    (void)state;
    enum { ROUNDS = 60 };
    int64_t reported = 0;
    srand(42);
    for (int round = 0; round < ROUNDS; round++) {
        int told[2];
        char byte;
        assert_int_equal(pipe2(told, O_CLOEXEC), 0);
        pid_t pid = fork();
        if (pid == 0)
            commit_until_killed(round, told[1]);
        close(told[1]);
        for (int left = rand() % 8; left > 0; left--)
            reported += read(told[0], &byte, 1) == 1;
        usleep((useconds_t)(rand() % 3000)); /* a random instant, not a synchronisation */
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(fixture_wait(pid), 128 + SIGKILL);
        while (read(told[0], &byte, 1) == 1)
            reported++;
        close(told[0]);
        s = fixture_open(&f);
        expect_whole(reported);
        rbk_store_close(s);
        s = NULL;
    }
    assert_true(reported > 0);
}

static void a_writer_killed_in_a_transaction_leaves_nothing_of_it_and_no_lock(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct rbk_run_row r = fixture_run("00000000000000000000000001", "a/b");
        struct rbk_store *mine;
        if (fixture_try_open(&f, false, &mine, &err) || rbk_store_begin(mine, &err) ||
            rbk_journal_run_add(mine, &r, &err))
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(fixture_wait(pid), 128 + SIGKILL);
    s = fixture_open(&f);
    assert_int_equal(count("SELECT count(*) FROM runs"), 0);
    assert_int_equal(add_run(s, "00000000000000000000000002"), 0);
    expect_whole(1);
}

static void the_wal_does_not_grow_without_end(void **state)
{
    (void)state;
    struct rbk_store_health health;
    for (int i = 0; i < 60; i++)
        assert_int_equal(write_many(i, 2), 0);
    s = fixture_open(&f);
    assert_int_equal(rbk_store_health(s, &health, &err), 0);
    assert_true(health.wal_bytes < 100 * 4120);
    for (int i = 0; i < 1500; i++) {
        char id[RBK_ULID_SIZE];
        snprintf(id, sizeof id, "9%025d", i);
        assert_int_equal(add_run(s, id), 0);
    }
    assert_int_equal(rbk_store_health(s, &health, &err), 0);
    assert_true(health.wal_bytes < 1100 * 4120);
    expect_whole(1620);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(many_writers_lose_nothing),
        T(readers_see_every_commit_and_never_fail),
        T(many_may_make_the_store_at_once),
        T(a_killed_writer_leaves_whole_transactions),
        T(a_writer_killed_in_a_transaction_leaves_nothing_of_it_and_no_lock),
        T(the_wal_does_not_grow_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
