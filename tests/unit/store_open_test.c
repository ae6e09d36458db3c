/* Opening a store: what is there afterwards and with which modes, and what a person is told when it cannot be opened.
 */
#include "store_fixture.h"

#include <base/fs.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <store/internal.h>
#include <store/lock.h>
#include <sys/mount.h>

static struct fixture f;
static struct rbk_store *s;
static struct rbk_error err;

#define RUN_A "01kd4f7c8m2x0000000000000a"

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

static void make_store(void)
{
    struct rbk_store *made = fixture_open(&f);
    fixture_add_run(made, RUN_A, "a/b");
    rbk_store_close(made);
}

static void expect_refused(int code, const char *message, const char *hint)
{
    assert_int_equal(err.code, code);
    if (!strstr(err.message, message))
        fail_msg("\"%s\" does not say \"%s\"", err.message, message);
    if (!strstr(err.hint, hint))
        fail_msg("\"%s\" does not say \"%s\"", err.hint, hint);
}

static void expect_mode(const char *name, mode_t mode)
{
    struct stat st;
    if (stat(*name ? fixture_path(&f, name) : f.dir, &st))
        fail_msg("%s is not there", name);
    if ((st.st_mode & 07777) != mode)
        fail_msg("%s has mode %o", name, (unsigned)st.st_mode & 07777);
}

static void everything_is_private_whatever_the_umask(void **state)
{
    (void)state;
    const mode_t umasks[] = {0, geteuid() ? 0177 : 0777, 022}; /* only root gets by without rights of its own */
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm", "state.db.lock", "locks"};
    for (size_t i = 0; i < 3; i++) {
        struct rbk_lock *lock = NULL;
        mode_t before = umask(umasks[i]);
        s = fixture_open(&f);
        fixture_add_run(s, RUN_A, "a/b");
        assert_int_equal(rbk_lock_try(s, RBK_LOCK_NAMED, "x", NULL, &lock, &err), 0);
        umask(before);
        expect_mode("", 0700);
        for (size_t k = 0; k < sizeof files / sizeof *files; k++)
            expect_mode(files[k], 0600);
        rbk_lock_release(lock);
        rbk_store_close(s);
        s = NULL;
        fixture_fini(&f);
        fixture_init(&f);
    }
}

static void a_group_shares_the_folder_and_all_files(void **state)
{
    (void)state;
    make_store();
    struct rbk_store_options o = {.dir = f.dir, .schemas = fixture_schemas, .group = "nogroup"};
    int rc = rbk_store_open(&o, &s, &err);
    if (geteuid() != 0)
        skip();
    assert_int_equal(rc, 0);
    fixture_add_run(s, "01kd4f7c8m2x0000000000000b", "a/b");
    expect_mode("", 02770);
    expect_mode("state.db", 0660);
    expect_mode("state.db-wal", 0660);
    expect_mode("state.db-shm", 0660);
    expect_mode("state.db.lock", 0660);
}

static void an_unknown_group_is_named(void **state)
{
    (void)state;
    struct rbk_store_options o = {.dir = f.dir, .schemas = fixture_schemas, .group = "no-such-group"};
    assert_int_equal(rbk_store_open(&o, &s, &err), RBK_EINVAL);
    expect_refused(RBK_EINVAL, "no group \"no-such-group\"", "getent group");
}

static void what_was_recorded_is_there_after_reopening(void **state)
{
    (void)state;
    struct rbk_run_row r;
    make_store();
    s = fixture_open(&f);
    assert_int_equal(rbk_journal_run_get(s, RUN_A, &r, &err), 0);
    assert_string_equal(r.runbook, "a/b");
    rbk_run_row_fini(&r);
}

static void reading_needs_a_store(void **state)
{
    (void)state;
    assert_int_equal(fixture_try_open(&f, true, &s, &err), RBK_ENOENT);
    expect_refused(RBK_ENOENT, "nothing has been recorded", "run a runbook first");
    assert_int_equal(access(f.dir, F_OK), -1);
    assert_int_equal(mkdir(f.dir, 0700), 0);
    assert_int_equal(fixture_try_open(&f, true, &s, &err), RBK_ENOENT);
    assert_int_equal(close(open(fixture_path(&f, "state.db"), O_CREAT | O_WRONLY, 0600)), 0);
    assert_int_equal(fixture_try_open(&f, true, &s, &err), RBK_ENOENT);
}

static void a_reader_sees_commits_while_a_writer_is_at_work(void **state)
{
    (void)state;
    struct rbk_store *reader = NULL;
    struct rbk_run_row r = fixture_run("01kd4f7c8m2x0000000000000b", "a/b");
    make_store();
    s = fixture_open(&f);
    assert_int_equal(rbk_store_begin(s, &err), 0);
    assert_int_equal(rbk_journal_run_add(s, &r, &err), 0);
    assert_int_equal(fixture_try_open(&f, true, &reader, &err), 0);
    assert_int_equal(rbk_journal_run_get(reader, r.id, &r, &err), RBK_ENOENT);
    assert_int_equal(rbk_store_commit(s, &err), 0);
    assert_int_equal(rbk_journal_run_get(reader, "01kd4f7c8m2x0000000000000b", &r, &err), 0);
    rbk_run_row_fini(&r);
    assert_int_equal(rbk_store_begin(reader, &err), RBK_ESTORE);
    rbk_store_close(reader);
}

static void waiting_for_the_write_lock_ends_in_words(void **state)
{
    (void)state;
    struct rbk_store *other = NULL;
    struct rbk_store_options o = {.dir = f.dir, .schemas = fixture_schemas, .lock_wait_ms = 600};
    make_store();
    assert_int_equal(rbk_store_open(&o, &other, &err), 0);
    s = fixture_open(&f);
    assert_int_equal(rbk_store_begin(s, &err), 0);
    assert_int_equal(rbk_store_begin(other, &err), RBK_ESTORE);
    expect_refused(RBK_ESTORE, "the store has been busy for 1s", "fuser -v");
    rbk_store_rollback(s);
    assert_int_equal(rbk_store_begin(other, &err), 0);
    rbk_store_close(other);
}

static void a_foreign_program_that_holds_the_database_is_blamed(void **state)
{
    (void)state;
    sqlite3 *db = NULL;
    make_store();
    s = fixture_open(&f);
    assert_int_equal(sqlite3_open(fixture_path(&f, "state.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(rbk_store_begin(s, &err), RBK_ESTORE);
    expect_refused(RBK_ESTORE, "another program holds the database", "sqlite3 shell");
    sqlite3_close(db);
    assert_int_equal(rbk_store_begin(s, &err), 0);
}

static void a_newer_store_is_refused(void **state)
{
    (void)state;
    sqlite3 *db = NULL;
    make_store();
    assert_int_equal(sqlite3_open(fixture_path(&f, "state.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(fixture_try_open(&f, false, &s, &err), RBK_EINVAL);
    expect_refused(RBK_EINVAL, "made by a newer runbook (schema 99, this program knows 2)", "--state DIR");
    assert_int_equal(fixture_try_open(&f, true, &s, &err), RBK_EINVAL);
}

static void write_file(const char *path, const char *data, size_t len, off_t at)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, len, at), (ssize_t)len);
    close(fd);
}

static void something_that_is_no_database_is_refused_and_left_alone(void **state)
{
    (void)state;
    struct rbk_buf b = {0};
    assert_int_equal(mkdir(f.dir, 0700), 0);
    write_file(fixture_path(&f, "state.db"), "this is a letter, not a database, and it is long enough to be seen", 66,
               0);
    assert_int_equal(fixture_try_open(&f, false, &s, &err), RBK_ESTORE);
    expect_refused(RBK_ESTORE, "is not a database of runbook", "move state.db* away");
    assert_int_equal(fixture_try_open(&f, true, &s, &err), RBK_ESTORE);
    assert_int_equal(rbk_file_read(fixture_path(&f, "state.db"), 1000, &b, &err), 0);
    assert_int_equal(b.len, 66);
    rbk_buf_fini(&b);
}

static void a_damaged_database_is_named_damaged(void **state)
{
    (void)state;
    char garbage[4096];
    struct rbk_store_health health;
    struct rbk_run_row r;
    sqlite3 *db = NULL;
    make_store();
    assert_int_equal(sqlite3_open(fixture_path(&f, "state.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    memset(garbage, 0xa5, sizeof garbage);
    for (off_t page = 1; page < 20; page++)
        write_file(fixture_path(&f, "state.db"), garbage, sizeof garbage, page * 4096);
    s = fixture_open(&f);
    assert_int_equal(rbk_journal_run_get(s, RUN_A, &r, &err), RBK_ESTORE);
    expect_refused(RBK_ESTORE, "the database is damaged", ".recover");
    assert_int_equal(rbk_store_health(s, &health, &err), 0);
    assert_string_not_equal(health.integrity, "ok");
}

static void a_healthy_store_says_so(void **state)
{
    (void)state;
    struct rbk_store_health health;
    make_store();
    s = fixture_open(&f);
    assert_int_equal(rbk_store_health(s, &health, &err), 0);
    assert_string_equal(health.integrity, "ok");
    assert_string_equal(health.sqlite_version, sqlite3_libversion());
    assert_true(health.db_bytes > 0 || health.wal_bytes > 0);
    assert_true(strlen(health.filesystem) > 0);
    assert_string_equal(rbk_store_dir(s), f.dir);
}

static void a_file_in_place_of_the_folder_is_refused(void **state)
{
    (void)state;
    write_file(f.dir, "x", 1, 0);
    assert_int_equal(fixture_try_open(&f, false, &s, &err), RBK_ESTORE);
    expect_refused(RBK_ESTORE, f.dir, "a file stands where the state folder should be");
}

static void network_filesystems_are_known(void **state)
{
    (void)state;
    assert_true(rbk_filesystem_is_network(0x6969, NULL));
    assert_true(rbk_filesystem_is_network((long)0xff534d42, NULL));
    assert_true(rbk_filesystem_is_network((long)(int)0xff534d42, NULL));
    assert_true(rbk_filesystem_is_network(0x01021997, ""));
    assert_true(rbk_filesystem_is_network(0x65735546, "fuse.sshfs"));
    assert_false(rbk_filesystem_is_network(0x65735546, "fuseblk"));
    assert_false(rbk_filesystem_is_network(0xef53, NULL));
    assert_false(rbk_filesystem_is_network(0x12345678, NULL));
}

/* A room whose first schema had one table, and whose second adds another. */
static const char *const growing_steps[] = {"CREATE TABLE one(a); INSERT INTO one VALUES(1)",
                                            "CREATE TABLE two(b); INSERT INTO two SELECT a + 1 FROM one"};
static const char *const broken_steps[] = {"CREATE TABLE one(a); INSERT INTO one VALUES(1)",
                                           "CREATE TABLE two(b); INSERT INTO nowhere VALUES(1)"};
static const struct rbk_schema first_version = {"growing", growing_steps, 1, false};
static const struct rbk_schema second_version = {"growing", growing_steps, 2, false};
static const struct rbk_schema broken_version = {"growing", broken_steps, 2, false};

static int open_with(const struct rbk_schema *schema)
{
    const struct rbk_schema *const schemas[] = {&rbk_journal_schema, schema, NULL};
    struct rbk_store_options o = {.dir = f.dir, .schemas = schemas};
    return rbk_store_open(&o, &s, &err);
}

static int64_t select_int(const char *sql)
{
    struct rbk_stmt *q = rbk_stmt(s, sql);
    assert_int_equal(rbk_stmt_step(q, &err), 1);
    int64_t n = rbk_col_int(q, 0);
    rbk_stmt_end(q);
    return n;
}

static void a_room_is_brought_up_to_date_and_keeps_its_rows(void **state)
{
    (void)state;
    assert_int_equal(open_with(&first_version), 0);
    rbk_store_close(s);
    assert_int_equal(open_with(&second_version), 0);
    assert_int_equal(select_int("SELECT b FROM two"), 2);
    assert_int_equal(select_int("PRAGMA user_version"), 4);
}

static void a_failed_migration_leaves_the_old_schema(void **state)
{
    (void)state;
    assert_int_equal(open_with(&first_version), 0);
    rbk_store_close(s);
    s = NULL;
    assert_int_equal(open_with(&broken_version), RBK_ESTORE);
    assert_int_equal(open_with(&first_version), 0);
    assert_int_equal(select_int("SELECT count(*) FROM sqlite_schema WHERE name = 'two'"), 0);
    assert_int_equal(select_int("SELECT a FROM one"), 1);
}

static void a_reader_does_not_migrate(void **state)
{
    (void)state;
    const struct rbk_schema *const schemas[] = {&rbk_journal_schema, &second_version, NULL};
    struct rbk_store_options o = {.dir = f.dir, .schemas = schemas, .read_only = true};
    assert_int_equal(open_with(&first_version), 0);
    rbk_store_close(s);
    s = NULL;
    assert_int_equal(rbk_store_open(&o, &s, &err), RBK_EINVAL);
    expect_refused(RBK_EINVAL, "made by an older runbook (schema 3, this program needs 4)", "any command that writes");
}

/* ---- in a mount namespace of its own, where folders can be read-only or full even for root */

/* Runs `body` in a child after entering the namespace; false when this machine does not allow that. */
static bool in_namespace(int (*body)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
            _exit(99);
        _exit(body());
    }
    int status = fixture_wait(pid);
    if (status == 99)
        return false;
    assert_int_equal(status, 0);
    return true;
}

#define CHECK(condition)                                                             \
    do {                                                                             \
        if (!(condition)) {                                                          \
            fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, err.message); \
            return 1;                                                                \
        }                                                                            \
    } while (0)

static int read_only_body(void)
{
    struct rbk_run_row r;
    if (mount(f.dir, f.dir, NULL, MS_BIND, NULL) || mount(NULL, f.dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL))
        return 99;
    CHECK(fixture_try_open(&f, false, &s, &err) == RBK_ESTORE);
    CHECK(strstr(err.message, "Read-only file system") || strstr(err.message, "cannot be written"));
    CHECK(*err.hint);
    CHECK(fixture_try_open(&f, true, &s, &err) == 0);
    CHECK(rbk_journal_run_get(s, RUN_A, &r, &err) == 0);
    CHECK(rbk_lock_held(s, RBK_LOCK_RUN, RUN_A, NULL, 0, &err) == 0);
    rbk_run_row_fini(&r);
    rbk_store_close(s);
    return 0;
}

static void a_read_only_folder_can_be_read(void **state)
{
    (void)state;
    make_store();
    if (!in_namespace(read_only_body))
        skip();
}

static void a_read_only_folder_can_be_read_without_a_wal(void **state)
{
    (void)state;
    sqlite3 *db = NULL;
    make_store();
    assert_int_equal(sqlite3_open(fixture_path(&f, "state.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT * FROM runs", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db); /* the last connection of an ordinary program removes the WAL */
    assert_int_equal(access(fixture_path(&f, "state.db-wal"), F_OK), -1);
    if (!in_namespace(read_only_body))
        skip();
}

static int add_numbered_run(int n)
{
    char id[RBK_ULID_SIZE];
    snprintf(id, sizeof id, "%026d", n);
    struct rbk_run_row r = fixture_run(id, "a/b");
    int rc = rbk_store_begin(s, &err);
    if (!rc)
        rc = rbk_journal_run_add(s, &r, &err);
    if (!rc)
        return rbk_store_commit(s, &err);
    rbk_store_rollback(s);
    return rc;
}

static int fill_until_it_fails(int *added)
{
    int rc = 0;
    for (*added = 0; !rc && *added < 100000; ++*added)
        rc = add_numbered_run(*added);
    --*added;
    return rc;
}

static int full_disk_body(void)
{
    int added = 0;
    struct rbk_store_health health;
    if (mkdir(f.dir, 0700) || mount("tmpfs", f.dir, "tmpfs", 0, "size=512k"))
        return 99;
    CHECK(fixture_try_open(&f, false, &s, &err) == 0);
    CHECK(fill_until_it_fails(&added) == RBK_ESTORE);
    CHECK(strstr(err.message, "the disk is full"));
    CHECK(strstr(err.hint, "free some space"));
    CHECK(!rbk_store_in_transaction(s));
    CHECK(mount(NULL, f.dir, NULL, MS_REMOUNT, "size=8m") == 0);
    CHECK(add_numbered_run(added) == 0);
    rbk_store_close(s);
    CHECK(fixture_try_open(&f, false, &s, &err) == 0);
    CHECK(select_int("SELECT count(*) FROM runs") == added + 1);
    CHECK(rbk_store_health(s, &health, &err) == 0 && !strcmp(health.integrity, "ok"));
    rbk_store_close(s);
    return 0;
}

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    if (!in_namespace(full_disk_body))
        skip();
}

static int full_from_the_start_body(void)
{
    char path[200], chunk[4096] = "";
    if (mkdir(f.dir, 0700) || mount("tmpfs", f.dir, "tmpfs", 0, "size=64k"))
        return 99;
    snprintf(path, sizeof path, "%s/filler", f.dir);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    while (write(fd, chunk, sizeof chunk) > 0)
        ;
    close(fd);
    CHECK(fixture_try_open(&f, false, &s, &err) == RBK_ESTORE);
    CHECK(strstr(err.message, "full") || strstr(err.message, "No space left"));
    CHECK(unlink(path) == 0 && mount(NULL, f.dir, NULL, MS_REMOUNT, "size=8m") == 0);
    CHECK(fixture_try_open(&f, false, &s, &err) == 0);
    CHECK(add_numbered_run(1) == 0);
    rbk_store_close(s);
    return 0;
}

static void a_store_that_could_not_be_made_can_be_made_later(void **state)
{
    (void)state;
    if (!in_namespace(full_from_the_start_body))
        skip();
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(everything_is_private_whatever_the_umask),
        T(a_group_shares_the_folder_and_all_files),
        T(an_unknown_group_is_named),
        T(what_was_recorded_is_there_after_reopening),
        T(reading_needs_a_store),
        T(a_reader_sees_commits_while_a_writer_is_at_work),
        T(waiting_for_the_write_lock_ends_in_words),
        T(a_foreign_program_that_holds_the_database_is_blamed),
        T(a_newer_store_is_refused),
        T(something_that_is_no_database_is_refused_and_left_alone),
        T(a_damaged_database_is_named_damaged),
        T(a_healthy_store_says_so),
        T(a_file_in_place_of_the_folder_is_refused),
        T(network_filesystems_are_known),
        T(a_room_is_brought_up_to_date_and_keeps_its_rows),
        T(a_failed_migration_leaves_the_old_schema),
        T(a_reader_does_not_migrate),
        T(a_read_only_folder_can_be_read),
        T(a_read_only_folder_can_be_read_without_a_wal),
        T(a_full_disk_loses_nothing),
        T(a_store_that_could_not_be_made_can_be_made_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
