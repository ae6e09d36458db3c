/* An emptied WAL keeps its first blocks, and nothing that lies in them counts: for us after a crash, and for SQLite
 * without our VFS. */
#include "store_fixture.h"

#include <base/buf.h>
#include <base/fs.h>
#include <signal.h>
#include <sqlite3.h>

enum { HEADER = 32, KEPT_MOST = 1 << 20 };

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_fini(&f);
    return 0;
}

static void add_runs(struct rbk_store *s, int from, int count)
{
    for (int i = from; i < from + count; i++) {
        char id[RBK_ULID_SIZE];
        snprintf(id, sizeof id, "%026d", i);
        fixture_add_run(s, id, "a/b");
    }
}

static void write_and_close(int from, int count)
{
    struct rbk_store *s = fixture_open(&f);
    add_runs(s, from, count);
    rbk_store_close(s);
}

/* As another program sees the file `name`, with the WAL beside it. */
static int count_runs(const char *name)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_open(fixture_path(&f, name), &db), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM runs", -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int count = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(q, 0), "ok");
    sqlite3_finalize(q);
    sqlite3_close(db);
    return count;
}

static void read_wal(struct rbk_buf *wal)
{
    assert_int_equal(rbk_file_read(fixture_path(&f, "state.db-wal"), 1 << 24, wal, NULL), 0);
}

static void expect_emptied(void)
{
    static const char zeros[HEADER];
    struct rbk_buf wal = {0};
    read_wal(&wal);
    assert_in_range(wal.len, HEADER + 1, KEPT_MOST);
    assert_memory_equal(wal.data, zeros, sizeof zeros);
    rbk_buf_fini(&wal);
}

static void an_emptied_wal_keeps_its_blocks_and_the_database_has_all(void **state)
{
    (void)state;
    write_and_close(0, 40);
    expect_emptied();
    assert_int_equal(remove(fixture_path(&f, "state.db-wal")), 0);
    assert_int_equal(count_runs("state.db"), 40);
}

static void a_wal_that_was_long_gives_its_blocks_back(void **state)
{
    (void)state;
    struct rbk_buf wal = {0};
    struct rbk_store *s = fixture_open(&f);
    for (int i = 0; wal.len <= KEPT_MOST; i++) {
        rbk_buf_fini(&wal);
        add_runs(s, i, 1);
        read_wal(&wal);
    }
    rbk_buf_fini(&wal);
    rbk_store_close(s);
    read_wal(&wal);
    assert_int_equal(wal.len, 0);
    rbk_buf_fini(&wal);
}

/* Its new pages lie in front of old ones, which were whole once. */
static void what_a_killed_writer_committed_counts_and_nothing_behind_it(void **state)
{
    (void)state;
    write_and_close(0, 40);
    expect_emptied();
    for (int i = 0; i < 5; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            struct rbk_store *s = fixture_open(&f);
            add_runs(s, 40 + i, 1);
            kill(getpid(), SIGKILL);
        }
        assert_int_equal(fixture_wait(pid), 128 + SIGKILL);
        assert_int_equal(count_runs("state.db"), 41 + i);
    }
    write_and_close(45, 1);
    assert_int_equal(count_runs("state.db"), 46);
}

/* Nobody has synced the zeros: the power may go with the old header in place. Its pages are in the database already. */
static void an_old_header_that_comes_back_changes_nothing(void **state)
{
    (void)state;
    struct rbk_buf before = {0};
    struct rbk_store *s = fixture_open(&f);
    add_runs(s, 0, 40);
    read_wal(&before);
    rbk_store_close(s);
    expect_emptied();
    FILE *wal = fopen(fixture_path(&f, "state.db-wal"), "r+");
    assert_non_null(wal);
    assert_int_equal(fwrite(before.data, 1, HEADER, wal), HEADER);
    assert_int_equal(fclose(wal), 0);
    rbk_buf_fini(&before);
    assert_int_equal(count_runs("state.db"), 40);
    write_and_close(40, 1);
    assert_int_equal(count_runs("state.db"), 41);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_emptied_wal_keeps_its_blocks_and_the_database_has_all),
        T(a_wal_that_was_long_gives_its_blocks_back),
        T(what_a_killed_writer_committed_counts_and_nothing_behind_it),
        T(an_old_header_that_comes_back_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
