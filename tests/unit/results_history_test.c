/* What the history promises: a case is one case however often it runs, its latest execution is its state, a complete
 * run drops what it no longer holds, and a malformed report leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above first
#include <base/fs.h>
#include <base/mem.h>
#include <cmocka.h>
#include <ftw.h>
#include <results/history.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
    char dir[64];
    struct rbk_store *store;
    int reports;
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int setup(void **state)
{
    static const struct rbk_schema *const schemas[] = {&rbk_results_schema, NULL};
    struct world *w = rbk_alloc(sizeof *w);
    struct rbk_error err;
    char path[128];
    strcpy(w->dir, "/tmp/rbk-history-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(path, sizeof path, "%s/state", w->dir);
    struct rbk_store_options options = {.dir = path, .schemas = schemas};
    if (rbk_store_open(&options, &w->store, &err))
        fail_msg("%s", err.message);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    rbk_store_close(w->store);
    nftw(w->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

/* Writes a report of one suite `s` and returns its path (heap). */
static char *report(struct world *w, const char *cases)
{
    char *path = rbk_asprintf("%s/%d.xml", w->dir, ++w->reports);
    char *text = rbk_asprintf("<testsuite name=\"s\">%s</testsuite>", cases);
    assert_int_equal(rbk_file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
    free(text);
    return path;
}

static int64_t import_report(struct world *w, const char *level, bool complete, const char *cases)
{
    struct rbk_error err = {0};
    char *path = report(w, cases);
    const char *files[] = {path};
    struct rbk_import import = {
        .level = level, .complete = complete, .files = files, .file_count = 1, .duration_ms = 1500, .started_ms = 1000};
    int64_t id = 0;
    if (rbk_results_import(w->store, &import, NULL, &id, &err))
        fail_msg("%s", err.message);
    free(path);
    return id;
}

static rbk_value *state_of(struct world *w, const char *level)
{
    struct rbk_error err;
    rbk_value *facts;
    if (rbk_results_state(w->store, level, &facts, &err))
        fail_msg("%s", err.message);
    return facts;
}

static void expect_int(const rbk_value *facts, const char *name, int64_t want)
{
    if (rbk_value_int(rbk_map_get(facts, name)) != want)
        fail_msg("%s is %lld, not %lld", name, (long long)rbk_value_int(rbk_map_get(facts, name)), (long long)want);
}

static void expect_state(struct world *w, const char *level, int passed, int failing, int skipped)
{
    rbk_value *facts = state_of(w, level);
    expect_int(facts, "passed", passed);
    expect_int(facts, "failing_count", failing);
    expect_int(facts, "skipped", skipped);
    expect_int(facts, "total", passed + failing + skipped);
    assert_int_equal(rbk_value_length(rbk_map_get(facts, "failing")), failing);
    rbk_value_free(facts);
}

#define PASS(name) "<testcase name=\"" name "\" time=\"0.5\"/>"
#define FAIL(name) "<testcase name=\"" name "\"><failure message=\"" name " broke\"/></testcase>"
#define SKIP(name) "<testcase name=\"" name "\"><skipped/></testcase>"

static void facts_of_a_run_are_its_sums_and_rates(void **state)
{
    struct world *w = *state;
    rbk_value *facts;
    int64_t id = import_report(
        w, "unit", true, PASS("a") PASS("b") PASS("c") FAIL("d") SKIP("e") "<testcase name='f'><error/></testcase>");
    assert_int_equal(rbk_results_facts(w->store, id, &facts, NULL), 0);
    expect_int(facts, "passed", 3);
    expect_int(facts, "failed", 1);
    expect_int(facts, "errors", 1);
    expect_int(facts, "skipped", 1);
    expect_int(facts, "total", 6);
    expect_int(facts, "failing_count", 2);
    assert_float_equal(rbk_value_number(rbk_map_get(facts, "failure_rate")), 0.4, 1e-9);
    assert_float_equal(rbk_value_number(rbk_map_get(facts, "pass_rate")), 0.6, 1e-9);
    assert_float_equal(rbk_value_number(rbk_map_get(facts, "duration")), 1.5, 1e-9);
    assert_int_equal(rbk_value_unit(rbk_map_get(facts, "duration")), RBK_UNIT_SECONDS);
    assert_string_equal(rbk_value_string(rbk_list_at(rbk_map_get(facts, "failing"), 0)), "s > d");
    rbk_value_free(facts);
}

static void rates_over_nothing_are_no_data(void **state)
{
    struct world *w = *state;
    rbk_value *facts;
    int64_t id = import_report(w, "unit", true, SKIP("a"));
    assert_int_equal(rbk_results_facts(w->store, id, &facts, NULL), 0);
    assert_int_equal(rbk_value_type(rbk_map_get(facts, "failure_rate")), RBK_NO_DATA);
    rbk_value_free(facts);
}

static void without_history_there_is_nothing_to_tell(void **state)
{
    struct world *w = *state;
    struct rbk_error err;
    rbk_value *facts;
    assert_int_equal(rbk_results_state(w->store, "unit", &facts, &err), RBK_ENOENT);
    assert_int_equal(rbk_results_state(w->store, NULL, &facts, &err), RBK_ENOENT);
    assert_int_equal(rbk_results_facts(w->store, 1, &facts, &err), RBK_ENOENT);
}

static void the_latest_execution_is_the_state(void **state)
{
    struct world *w = *state;
    import_report(w, "unit", true, PASS("a") FAIL("b") FAIL("c"));
    expect_state(w, "unit", 1, 2, 0);
    int64_t rerun = import_report(w, "unit", false, PASS("b") FAIL("c"));
    expect_state(w, "unit", 2, 1, 0);
    rbk_value *facts;
    assert_int_equal(rbk_results_facts(w->store, rerun, &facts, NULL), 0);
    expect_int(facts, "fixed_count", 1);
    expect_int(facts, "total", 2);
    rbk_value_free(facts);
}

static void a_complete_run_drops_what_it_does_not_hold(void **state)
{
    struct world *w = *state;
    import_report(w, "unit", true, PASS("a") FAIL("gone"));
    import_report(w, "unit", true, PASS("a") PASS("new"));
    expect_state(w, "unit", 2, 0, 0);
}

static void an_empty_report_drops_nothing(void **state)
{
    struct world *w = *state;
    import_report(w, "unit", true, PASS("a") FAIL("b"));
    import_report(w, "unit", true, "");
    expect_state(w, "unit", 1, 1, 0);
}

static void all_counts_a_case_of_two_levels_once(void **state)
{
    struct world *w = *state;
    import_report(w, "smoke", true, FAIL("a") PASS("b"));
    import_report(w, "unit", true, PASS("a") PASS("b") FAIL("c"));
    expect_state(w, "all", 2, 1, 0);
    expect_state(w, NULL, 2, 1, 0);
    expect_state(w, "smoke", 1, 1, 0);
    import_report(w, "smoke", true, PASS("b"));
    expect_state(w, "all", 2, 1, 0);
}

static void a_rerun_in_one_report_is_one_flaky_case(void **state)
{
    struct world *w = *state;
    char *path = report(w, FAIL("a") FAIL("a") PASS("a") PASS("same") PASS("same") PASS("b") FAIL("b"));
    const char *files[] = {path};
    struct rbk_import import = {.files = files, .file_count = 1, .duration_ms = -1};
    struct rbk_import_file file;
    int64_t id;
    assert_int_equal(rbk_results_import(w->store, &import, &file, &id, NULL), 0);
    assert_int_equal(file.totals.cases, 4);
    assert_int_equal(file.totals.passed, 3);
    assert_int_equal(file.totals.failed, 1);
    assert_int_equal(file.totals.flaky, 1);
    rbk_value *facts = state_of(w, "imported");
    expect_int(facts, "total", 3);
    expect_int(facts, "flaky_count", 1);
    expect_int(facts, "failing_count", 1);
    rbk_value_free(facts);
    free(file.path);
    free(path);
}

static void a_file_counts_the_flaky_cases_that_it_shows_itself(void **state)
{
    struct world *w = *state;
    char *first = report(w, FAIL("a") PASS("b")), *second = report(w, PASS("a") PASS("b"));
    const char *files[] = {first, second};
    struct rbk_import import = {.files = files, .file_count = 2, .duration_ms = -1};
    struct rbk_import_file read[2];
    int64_t id;
    assert_int_equal(rbk_results_import(w->store, &import, read, &id, NULL), 0);
    assert_int_equal(read[0].totals.failed, 1);
    assert_int_equal(read[1].totals.passed, 2);
    assert_int_equal(read[1].totals.flaky, 0);
    rbk_value *facts = state_of(w, "imported");
    expect_int(facts, "flaky_count", 1);
    rbk_value_free(facts);
    for (int i = 0; i < 2; i++)
        free(read[i].path);
    free(first);
    free(second);
}

static void a_rerun_that_skips_a_failing_case_mends_nothing(void **state)
{
    struct world *w = *state;
    import_report(w, "unit", true, PASS("a") FAIL("b") FAIL("c"));
    import_report(w, "unit", false, SKIP("b") PASS("c"));
    expect_state(w, "unit", 2, 1, 0);
    import_report(w, "unit", true, PASS("a") SKIP("b") PASS("c"));
    expect_state(w, "unit", 2, 0, 1);
}

static void cases_without_a_name_are_not_one_case(void **state)
{
    struct world *w = *state;
    import_report(w, "unit", true, "<testcase/><testcase><failure/></testcase><testcase><skipped/></testcase>");
    expect_state(w, "unit", 1, 1, 1);
    import_report(w, "unit", true, "<testcase/><testcase/>");
    expect_state(w, "unit", 2, 0, 0);
}

static void reports_without_files_are_told_apart_by_their_source(void **state)
{
    struct world *w = *state;
    char *a = report(w, FAIL("works")), *b = report(w, PASS("works"));
    const char *files[] = {a, b}, *sources[] = {"a.test.js", "b.test.js"};
    struct rbk_import import = {.level = "unit", .files = files, .sources = sources, .file_count = 2};
    assert_int_equal(rbk_results_import(w->store, &import, NULL, NULL, NULL), 0);
    expect_state(w, "unit", 1, 1, 0);
    free(a);
    free(b);
}

static void a_malformed_file_leaves_nothing_and_the_others_are_in(void **state)
{
    struct world *w = *state;
    char *good = report(w, PASS("a")), *bad = report(w, FAIL("half") "<testcase"), *late = report(w, PASS("b"));
    const char *files[] = {good, bad, late, "/nonexistent.xml"};
    struct rbk_import import = {.level = "unit", .complete = true, .files = files, .file_count = 4};
    struct rbk_import_file told[4];
    struct rbk_error err;
    int64_t id;
    assert_int_equal(rbk_results_import(w->store, &import, told, &id, &err), RBK_EMALFORMED);
    assert_string_equal(err.file, bad);
    assert_false(told[0].malformed);
    assert_true(told[1].malformed && told[1].totals.cases == 0);
    assert_false(told[2].malformed);
    assert_true(told[3].malformed && told[3].error.code == RBK_ENOENT);
    expect_state(w, "unit", 2, 0, 0);
    for (int i = 0; i < 4; i++)
        free(told[i].path);
    free(good);
    free(bad);
    free(late);
}

/* A report that another process is still writing: its end comes in pieces. */
static void a_report_still_being_written_is_waited_for(void **state)
{
    struct world *w = *state;
    char *path = rbk_asprintf("%s/growing.xml", w->dir);
    const char *files[] = {path};
    struct rbk_import import = {.level = "unit", .files = files, .file_count = 1};
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("<testsuite>", f);
    fflush(f);
    pid_t writer = fork();
    if (writer == 0) {
        for (int i = 0; i < 5; i++) {
            usleep(30000); /* far below what is taken for its end: a busy machine makes it longer */
            fprintf(f, "<testcase name='%d'/>", i);
            fflush(f);
        }
        fputs("</testsuite>", f);
        fclose(f);
        _exit(0);
    }
    fclose(f);
    assert_int_equal(rbk_results_import(w->store, &import, NULL, NULL, NULL), 0);
    expect_state(w, "unit", 5, 0, 0);
    waitpid(writer, NULL, 0);
    free(path);
}

static void only_malformed_files_make_no_run(void **state)
{
    struct world *w = *state;
    char *bad = report(w, "<testcase");
    const char *files[] = {bad};
    struct rbk_import import = {.files = files, .file_count = 1};
    rbk_value *facts;
    int64_t id = 7;
    assert_int_equal(rbk_results_import(w->store, &import, NULL, &id, NULL), RBK_EMALFORMED);
    assert_int_equal(id, 0);
    assert_int_equal(rbk_results_state(w->store, NULL, &facts, NULL), RBK_ENOENT);
    free(bad);
}

struct told {
    struct rbk_buf text;
};

static int tell_case(void *arg, const struct rbk_case_row *c)
{
    struct told *t = arg;
    rbk_buf_printf(&t->text, "%s/%s/%s x%d: %s\n", c->level, c->suite, c->name, c->consecutive_failures, c->message);
    return 0;
}

static void failing_cases_are_listed_once_a_level_with_their_message(void **state)
{
    struct world *w = *state;
    struct told told = {0};
    import_report(w, "unit", true, FAIL("z") FAIL("b") PASS("c"));
    import_report(w, "smoke", true, FAIL("b"));
    import_report(w, "unit", false, FAIL("b") PASS("z"));
    import_report(w, "unit", false, SKIP("c") FAIL("b"));
    assert_int_equal(rbk_results_failing(w->store, NULL, tell_case, &told, NULL), 0);
    assert_string_equal(told.text.data, "smoke/s/b x1: b broke\nunit/s/b x3: b broke\n");
    rbk_buf_fini(&told.text);
}

static int tell_execution(void *arg, const struct rbk_case_row *c, const struct rbk_execution_row *e)
{
    struct told *t = arg;
    rbk_buf_printf(&t->text, "%s %s %lld %s\n", c->name, rbk_outcome_name(e->outcome), (long long)e->time_us,
                   e->message);
    return 0;
}

static void the_history_of_a_case_is_newest_first(void **state)
{
    struct world *w = *state;
    struct told told = {0};
    import_report(w, "unit", true, PASS("a") PASS("b"));
    import_report(w, "unit", true, PASS("b") FAIL("a"));
    import_report(w, "unit", false, PASS("b"));
    import_report(w, "unit", false, "<testcase name='a' time='0.000123'/>");
    assert_int_equal(rbk_results_case(w->store, "s > a", 10, tell_execution, &told, NULL), 0);
    assert_string_equal(told.text.data, "a passed 123 \na failed -1 a broke\na passed 500000 \n");
    rbk_buf_clear(&told.text);
    assert_int_equal(rbk_results_case(w->store, "b", 1, tell_execution, &told, NULL), 0);
    assert_string_equal(told.text.data, "b passed 500000 \n");
    assert_int_equal(rbk_results_case(w->store, "nobody", 1, tell_execution, &told, NULL), RBK_ENOENT);
    rbk_buf_fini(&told.text);
}

static char *many_cases(int n, int step)
{
    struct rbk_buf b = {0};
    for (int i = 0; i < n; i++) {
        int k = (int)((int64_t)i * step % n);
        rbk_buf_printf(&b, "<testcase classname='c%d' name='case number %d' time='%d.%03d'>%s</testcase>", k / 100, k,
                       k % 7, k % 1000, k % 50 ? "" : "<failure message='m'/>");
    }
    return rbk_buf_take(&b);
}

static void thousands_of_cases_keep_their_identity_in_any_order(void **state)
{
    struct world *w = *state;
    struct told told = {0};
    char *ordered = many_cases(5000, 1), *shuffled = many_cases(5000, 1777);
    import_report(w, "unit", true, ordered);
    import_report(w, "unit", true, shuffled);
    import_report(w, "unit", false, PASS("one more"));
    expect_state(w, "unit", 4901, 100, 0);
    assert_int_equal(rbk_results_case(w->store, "case number 4950", 9, tell_execution, &told, NULL), 0);
    assert_string_equal(told.text.data, "case number 4950 failed 1950000 m\ncase number 4950 failed 1950000 m\n");
    rbk_buf_fini(&told.text);
    free(ordered);
    free(shuffled);
}

static void cases_have_the_names_that_people_type(void **state)
{
    (void)state;
    static const char *const ids[][4] = {
        {"tests.test_cart.TestCart", "test_total[3]", "tests/test_cart.py",
         "tests/test_cart.py::TestCart::test_total[3]"},
        {"tests.test_cart", "test_total", "tests/test_cart.py", "tests/test_cart.py::test_total"},
        {"tests.test_cart.A.B", "t", "tests/test_cart.py", "tests/test_cart.py::A::B::t"},
        {"tests.test_cart", "t", "", "tests.test_cart > t"},
        {"other", "t", "tests/test_cart.py", "tests/test_cart.py > other > t"},
        {"grp", "bare", "a.test.js", "a.test.js > grp > bare"},
        {"", "bare", "", "bare"},
    };
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char *id = rbk_case_id(ids[i][0], ids[i][1], ids[i][2]);
        assert_string_equal(id, ids[i][3]);
        free(id);
    }
}

#define HISTORY_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HISTORY_TEST(facts_of_a_run_are_its_sums_and_rates),
        HISTORY_TEST(rates_over_nothing_are_no_data),
        HISTORY_TEST(without_history_there_is_nothing_to_tell),
        HISTORY_TEST(the_latest_execution_is_the_state),
        HISTORY_TEST(a_complete_run_drops_what_it_does_not_hold),
        HISTORY_TEST(an_empty_report_drops_nothing),
        HISTORY_TEST(all_counts_a_case_of_two_levels_once),
        HISTORY_TEST(a_rerun_in_one_report_is_one_flaky_case),
        HISTORY_TEST(a_file_counts_the_flaky_cases_that_it_shows_itself),
        HISTORY_TEST(cases_without_a_name_are_not_one_case),
        HISTORY_TEST(a_rerun_that_skips_a_failing_case_mends_nothing),
        HISTORY_TEST(reports_without_files_are_told_apart_by_their_source),
        HISTORY_TEST(a_malformed_file_leaves_nothing_and_the_others_are_in),
        HISTORY_TEST(a_report_still_being_written_is_waited_for),
        HISTORY_TEST(only_malformed_files_make_no_run),
        HISTORY_TEST(failing_cases_are_listed_once_a_level_with_their_message),
        HISTORY_TEST(the_history_of_a_case_is_newest_first),
        HISTORY_TEST(thousands_of_cases_keep_their_identity_in_any_order),
        cmocka_unit_test(cases_have_the_names_that_people_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
