/* Rooms whose tables are made with their first row: until then they read as empty, whoever reads them. */
#include "store_fixture.h"

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

static const char *const late_steps[] = {"CREATE TABLE late(a INTEGER NOT NULL)",
                                         "ALTER TABLE late ADD COLUMN b INTEGER NOT NULL DEFAULT 7"};
static const struct rbk_schema late_first = {"late", late_steps, 1, true};
static const struct rbk_schema late_room = {"late", late_steps, 2, true};

static const char count_tables[] = "SELECT count(*) FROM sqlite_schema WHERE name = 'late'";

static int read_nothing(void)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT sum(a) FROM late WHERE a > ?1");
    rbk_bind_int(q, 1, 0);
    int rc = rbk_stmt_step(q, &err);
    assert_int_equal(rbk_col_int(q, 0), 0);
    assert_null(rbk_col_text(q, 0));
    rbk_stmt_end(q);
    return rc;
}

static void add_late_row(struct rbk_store *store)
{
    struct rbk_stmt *q = rbk_stmt(store, "INSERT INTO late(a) VALUES(?1)");
    rbk_bind_int(q, 1, 5);
    assert_int_equal(rbk_stmt_run(q, &err), 0);
}

static void a_late_room_reads_as_empty_and_is_not_made_by_that(void **state)
{
    (void)state;
    assert_int_equal(open_with(&late_room), 0);
    assert_false(rbk_store_has(s, &late_room));
    assert_int_equal(read_nothing(), 0);
    assert_int_equal(read_nothing(), 0);
    assert_int_equal(select_int(count_tables), 0);
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO late(a) VALUES(1)");
    assert_int_equal(rbk_stmt_run(q, &err), RBK_ESTORE); /* no transaction */
    assert_int_equal(select_int(count_tables), 0);
    q = rbk_stmt(s, "SELECT a FROM nowhere");
    assert_int_equal(rbk_stmt_step(q, &err), RBK_ESTORE);
    assert_non_null(strstr(err.message, "no such table: nowhere"));
}

static void the_first_row_makes_a_late_room(void **state)
{
    (void)state;
    assert_int_equal(open_with(&late_room), 0);
    assert_int_equal(rbk_store_begin(s, &err), 0);
    add_late_row(s);
    assert_int_equal(rbk_store_commit(s, &err), 0);
    assert_true(rbk_store_has(s, &late_room));
    assert_int_equal(select_int("SELECT a + b FROM late"), 12);
    rbk_store_close(s);
    assert_int_equal(open_with(&late_room), 0);
    assert_true(rbk_store_has(s, &late_room));
    assert_int_equal(select_int("SELECT a + b FROM late"), 12);
}

static void a_late_room_goes_with_the_transaction_that_made_it(void **state)
{
    (void)state;
    assert_int_equal(open_with(&late_room), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rbk_store_begin(s, &err), 0);
        add_late_row(s);
        assert_true(rbk_store_has(s, &late_room));
        assert_int_equal(select_int("SELECT sum(a) FROM late WHERE a > 0"), 5);
        rbk_store_rollback(s);
        assert_false(rbk_store_has(s, &late_room));
        assert_int_equal(read_nothing(), 0);
        assert_int_equal(select_int(count_tables), 0);
    }
}

static void a_late_room_that_another_process_made_is_seen(void **state)
{
    (void)state;
    const struct rbk_schema *const schemas[] = {&rbk_journal_schema, &late_room, NULL};
    struct rbk_store_options reader = {.dir = f.dir, .schemas = schemas, .read_only = true};
    struct rbk_store *other = NULL;
    assert_int_equal(open_with(&late_room), 0);
    other = s;
    assert_int_equal(rbk_store_open(&reader, &s, &err), 0);
    assert_int_equal(read_nothing(), 0);
    assert_int_equal(rbk_store_begin(other, &err), 0);
    add_late_row(other);
    assert_int_equal(rbk_store_commit(other, &err), 0);
    rbk_store_close(other);
    assert_true(rbk_store_has(s, &late_room));
    assert_int_equal(select_int("SELECT sum(a) FROM late"), 5);
    assert_int_equal(select_int("SELECT b FROM late"), 7);
}

static void a_late_room_begins_with_all_its_steps_or_is_brought_up_to_date(void **state)
{
    (void)state;
    assert_int_equal(open_with(&late_first), 0);
    rbk_store_close(s);
    assert_int_equal(open_with(&late_room), 0); /* without tables there is nothing to bring up to date */
    assert_int_equal(select_int(count_tables), 0);
    assert_int_equal(rbk_store_begin(s, &err), 0);
    add_late_row(s);
    assert_int_equal(rbk_store_commit(s, &err), 0);
    assert_int_equal(select_int("SELECT version FROM schema_versions WHERE room = 'late'"), 2);
    rbk_store_close(s);
    s = NULL;
    assert_int_equal(open_with(&late_first), RBK_EINVAL);
    assert_non_null(strstr(err.message, "made by a newer runbook"));
}

static void a_late_room_with_rows_is_brought_up_to_date(void **state)
{
    (void)state;
    assert_int_equal(open_with(&late_first), 0);
    assert_int_equal(rbk_store_begin(s, &err), 0);
    add_late_row(s);
    assert_int_equal(rbk_store_commit(s, &err), 0);
    rbk_store_close(s);
    assert_int_equal(open_with(&late_room), 0);
    assert_int_equal(select_int("SELECT a + b FROM late"), 12);
}

/* A program of before late rooms made all tables at once. */
static void an_older_store_keeps_the_tables_it_has(void **state)
{
    (void)state;
    static const struct rbk_schema early = {"late", late_steps, 1, false};
    assert_int_equal(open_with(&early), 0);
    rbk_store_close(s);
    assert_int_equal(open_with(&late_room), 0);
    assert_true(rbk_store_has(s, &late_room));
    assert_int_equal(select_int("SELECT count(b) FROM late"), 0);
}

/* What it would make lacks what the newer one knows to be there, and nobody would look again: they count as made. */
static void a_program_that_was_left_behind_makes_no_late_room(void **state)
{
    (void)state;
    assert_int_equal(open_with(&late_first), 0);
    struct rbk_store *older = s;
    assert_int_equal(open_with(&late_room), 0);
    assert_int_equal(rbk_store_begin(older, &err), 0);
    struct rbk_stmt *q = rbk_stmt(older, "INSERT INTO late(a) VALUES(5)");
    assert_int_equal(rbk_stmt_run(q, &err), RBK_ESTORE);
    assert_non_null(strstr(err.message, "newer runbook"));
    rbk_store_close(older);
    assert_int_equal(rbk_store_begin(s, &err), 0);
    add_late_row(s);
    assert_int_equal(rbk_store_commit(s, &err), 0);
    assert_int_equal(select_int("SELECT a + b FROM late"), 12);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_late_room_reads_as_empty_and_is_not_made_by_that),
        T(the_first_row_makes_a_late_room),
        T(a_late_room_goes_with_the_transaction_that_made_it),
        T(a_late_room_that_another_process_made_is_seen),
        T(a_late_room_begins_with_all_its_steps_or_is_brought_up_to_date),
        T(a_late_room_with_rows_is_brought_up_to_date),
        T(an_older_store_keeps_the_tables_it_has),
        T(a_program_that_was_left_behind_makes_no_late_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
