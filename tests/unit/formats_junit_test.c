/* What the JUnit reader promises: every dialect gives the right cases, bad bytes are survived, and nothing that is cut
 * off or foreign is ever read as "no failures". Reports live in junit/NAME.xml; NAME.expected.json says what they hold
 * ("cases" compares the keys that it names, "error" is a part of the refusal with its line). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above first
#include <base/buf.h>
#include <base/fs.h>
#include <base/mem.h>
#include <base/str.h>
#include <cmocka.h>
#include <dirent.h>
#include <runbook/results.h>
#include <runbook/value.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define FIXTURES RBK_SOURCE_DIR "/tests/unit/junit"

static int collect(void *arg, const struct rbk_case *c)
{
    rbk_value *list = arg, *row = rbk_map_new();
    rbk_map_set_string(row, "suite", c->suite);
    rbk_map_set_string(row, "name", c->name);
    rbk_map_set_string(row, "file", c->file);
    rbk_map_set_string(row, "classname", c->classname);
    rbk_map_set_string(row, "message", c->message);
    rbk_map_set_string(row, "outcome", rbk_outcome_name(c->outcome));
    rbk_map_set_int(row, "line", c->line);
    rbk_map_set_int(row, "time_us", c->time_us);
    rbk_map_set_int(row, "reruns", c->reruns);
    rbk_map_set_bool(row, "flaky", c->flaky);
    rbk_list_append(list, row);
    return 0;
}

static rbk_value *load_json(const char *path)
{
    struct rbk_buf text = {0};
    struct rbk_error err;
    if (rbk_file_read(path, 1 << 20, &text, &err))
        fail_msg("%s: %s", path, err.message);
    rbk_value *v = rbk_value_from_json(text.data, text.len, &err);
    if (!v)
        fail_msg("%s:%d: %s", path, err.line, err.message);
    rbk_buf_fini(&text);
    return v;
}

/* Every key that `want` names must be in `got` with the same value. */
static void expect_keys(const char *where, const rbk_value *got, const rbk_value *want)
{
    for (size_t i = 0; i < rbk_value_length(want); i++) {
        const char *key = rbk_map_key_at(want, i);
        const rbk_value *have = rbk_map_get(got, key), *expected = rbk_map_value_at(want, i);
        if (rbk_value_equal(have, expected))
            continue;
        char *a = rbk_value_to_json(have, 0), *b = rbk_value_to_json(expected, 0);
        fail_msg("%s: %s is %s, not %s", where, key, a, b);
    }
}

static rbk_value *totals_value(const struct rbk_report_totals *t)
{
    rbk_value *v = rbk_map_new();
    rbk_map_set_int(v, "cases", t->cases);
    rbk_map_set_int(v, "passed", t->passed);
    rbk_map_set_int(v, "failed", t->failed);
    rbk_map_set_int(v, "errors", t->errors);
    rbk_map_set_int(v, "skipped", t->skipped);
    rbk_map_set_int(v, "flaky", t->flaky);
    return v;
}

static void expect_cases(const char *name, const rbk_value *got, const rbk_value *want)
{
    if (!want)
        return;
    assert_int_equal(rbk_value_length(got), rbk_value_length(want));
    for (size_t i = 0; i < rbk_value_length(want); i++) {
        char where[300];
        snprintf(where, sizeof where, "%s case %zu", name, i + 1);
        expect_keys(where, rbk_list_at(got, i), rbk_list_at(want, i));
    }
}

static void expect_refusal(const char *name, int rc, const struct rbk_error *err, const rbk_value *want)
{
    char text[1400];
    rbk_error_format(err, text, sizeof text);
    if (rc != RBK_EMALFORMED)
        fail_msg("%s was not refused (%d)", name, rc);
    if (!strstr(text, rbk_value_string(want)))
        fail_msg("%s: \"%s\" does not say \"%s\"", name, text, rbk_value_string(want));
}

static void check_fixture(const char *name)
{
    char report[512], expected[512];
    snprintf(report, sizeof report, FIXTURES "/%s.xml", name);
    snprintf(expected, sizeof expected, FIXTURES "/%s.expected.json", name);
    rbk_value *want = load_json(expected), *cases = rbk_list_new();
    struct rbk_report_totals totals;
    struct rbk_error err = {0};

    int rc = rbk_junit_read_file(report, collect, cases, &totals, &err);
    const rbk_value *refusal = rbk_map_get(want, "error");
    if (refusal) {
        expect_refusal(name, rc, &err, refusal);
    } else {
        if (rc)
            fail_msg("%s: %d: %s", name, err.line, err.message);
        rbk_value *sums = totals_value(&totals);
        expect_keys(name, sums, rbk_map_get(want, "totals"));
        expect_cases(name, cases, rbk_map_get(want, "cases"));
        rbk_value_free(sums);
    }
    rbk_value_free(want);
    rbk_value_free(cases);
}

static void every_fixture_gives_what_it_expects(void **state)
{
    (void)state;
    DIR *dir = opendir(FIXTURES);
    int count = 0;
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (!rbk_ends_with(e->d_name, ".xml"))
            continue;
        char *name = rbk_strndup(e->d_name, strlen(e->d_name) - 4);
        check_fixture(name);
        free(name);
        count++;
    }
    closedir(dir);
    assert_true(count >= 20);
}

static int read_text(const char *text, size_t len, rbk_value *cases, struct rbk_report_totals *totals,
                     struct rbk_error *err)
{
    return rbk_junit_read("report.xml", text, len, collect, cases, totals, err);
}

static const char *first_case(const rbk_value *cases, const char *key)
{
    return rbk_map_get_string(rbk_list_at(cases, 0), key);
}

/* Every byte value and a cut at every place: the reader answers, and a cut report never counts. */
static void a_report_cut_anywhere_is_refused(void **state)
{
    (void)state;
    static const char report[] = "<?xml version=\"1.0\"?>\n<testsuites><testsuite name=\"s\"><!-- c --><testcase "
                                 "name=\"a&amp;b\"><failure message=\"m\"><![CDATA[t]]></failure></testcase>"
                                 "</testsuite></testsuites>";
    for (size_t len = 0; len < sizeof report - 1; len++) {
        struct rbk_report_totals totals;
        struct rbk_error err;
        assert_int_equal(rbk_junit_read("cut.xml", report, len, NULL, NULL, &totals, &err), RBK_EMALFORMED);
        assert_string_equal(err.file, "cut.xml");
        assert_int_equal(totals.cases, 0);
    }
}

static void any_control_byte_is_survived(void **state)
{
    (void)state;
    for (int b = 1; b < 256; b++) {
        char report[200];
        if (strchr("\t\n\r\"&<", b))
            continue;
        int n = snprintf(report, sizeof report,
                         "<testsuite><testcase name=\"x%cy\"><failure>%c</failure></testcase>"
                         "</testsuite>",
                         b, b);
        struct rbk_report_totals totals;
        struct rbk_error err;
        if (rbk_junit_read("b.xml", report, (size_t)n, NULL, NULL, &totals, &err))
            fail_msg("byte 0x%02x: %s", (unsigned)b, err.message);
        assert_int_equal(totals.failed, 1);
    }
}

static void utf16_in_both_orders_is_read(void **state)
{
    (void)state;
    static const char report[] = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><testsuite><testcase name=\"a\xe9\"/>"
                                 "</testsuite>";
    for (int big = 0; big < 2; big++) {
        struct rbk_buf wide = {0};
        rbk_buf_append(&wide, big ? "\xFE\xFF" : "\xFF\xFE", 2);
        for (size_t i = 0; i < sizeof report - 1; i++) {
            char pair[2] = {big ? 0 : report[i], big ? report[i] : 0};
            rbk_buf_append(&wide, pair, 2);
        }
        rbk_value *cases = rbk_list_new();
        struct rbk_error err = {0};
        assert_int_equal(read_text(wide.data, wide.len, cases, NULL, &err), 0);
        assert_string_equal(first_case(cases, "name"), "a\xC3\xA9");
        assert_int_equal(read_text(wide.data, wide.len - 4, cases, NULL, &err), RBK_EMALFORMED);
        rbk_value_free(cases);
        rbk_buf_fini(&wide);
    }
}

static void long_names_stay_different_and_bounded(void **state)
{
    (void)state;
    struct rbk_buf report = {0};
    rbk_value *cases = rbk_list_new();
    struct rbk_error err = {0};
    rbk_buf_puts(&report, "<testsuite>");
    for (int i = 0; i < 2; i++) {
        rbk_buf_puts(&report, "<testcase name=\"");
        for (int k = 0; k < 200000; k++)
            rbk_buf_puts(&report, "\xC3\xA9");
        rbk_buf_printf(&report, "%d\"/>", i);
    }
    rbk_buf_puts(&report, "</testsuite>");
    assert_int_equal(read_text(report.data, report.len, cases, NULL, &err), 0);
    const char *a = rbk_map_get_string(rbk_list_at(cases, 0), "name");
    const char *b = rbk_map_get_string(rbk_list_at(cases, 1), "name");
    assert_string_not_equal(a, b);
    assert_true(strlen(a) < 4096 && strlen(b) < 4096);
    rbk_value_free(cases);
    rbk_buf_fini(&report);
}

static void repeat(struct rbk_buf *b, const char *text, int times)
{
    while (times-- > 0)
        rbk_buf_puts(b, text);
}

static void memory_does_not_grow_with_text_comments_or_values(void **state)
{
    (void)state;
    static const char *const shells[][2] = {
        {"<testsuite><testcase name='a'><failure message='m'>", "</failure></testcase></testsuite>"},
        {"<testsuite><testcase name='a'><failure message='", "'/></testcase></testsuite>"},
        {"<testsuite><!-- ", " --><testcase name='a'><failure/></testcase></testsuite>"},
        {"<testsuite><?pi ", " ?><testcase name='a'><failure/></testcase></testsuite>"},
    };
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        struct rbk_buf report = {0};
        struct rbk_report_totals totals;
        struct rusage before, after;
        rbk_buf_puts(&report, shells[i][0]);
        repeat(&report, "0123456789abcdef\n", 2000000);
        rbk_buf_puts(&report, shells[i][1]);
        getrusage(RUSAGE_SELF, &before);
        assert_int_equal(rbk_junit_read("big.xml", report.data, report.len, NULL, NULL, &totals, NULL), 0);
        getrusage(RUSAGE_SELF, &after);
        assert_int_equal(totals.failed, 1);
#if !defined(__SANITIZE_ADDRESS__)
        assert_true(after.ru_maxrss - before.ru_maxrss < 4096);
#endif
        rbk_buf_fini(&report);
    }
}

static void endless_depth_and_tags_are_refused(void **state)
{
    (void)state;
    static const char *const parts[] = {"<testsuite>", "<testsuite><a", "<testsuite><testcase name='a'><b>"};
    static const char *const fill[] = {"<testsuite>", " b", "<c>"};
    for (int i = 0; i < 3; i++) {
        struct rbk_buf report = {0};
        struct rbk_error err = {0};
        rbk_buf_puts(&report, parts[i]);
        repeat(&report, fill[i], 1000000);
        assert_int_equal(rbk_junit_read("deep.xml", report.data, report.len, NULL, NULL, NULL, &err), RBK_EMALFORMED);
        assert_true(err.line == 1 && err.column > 0);
        rbk_buf_fini(&report);
    }
}

static int stop_at_first(void *arg, const struct rbk_case *c)
{
    (void)c;
    ++*(int *)arg;
    return 42;
}

static void the_callback_can_stop_the_reader(void **state)
{
    (void)state;
    static const char report[] = "<testsuite><testcase name='a'/><testcase name='b'/></testsuite>";
    int calls = 0;
    assert_int_equal(rbk_junit_read("r.xml", report, sizeof report - 1, stop_at_first, &calls, NULL, NULL), 42);
    assert_int_equal(calls, 1);
}

static void what_is_no_file_is_an_error(void **state)
{
    (void)state;
    struct rbk_error err;
    assert_int_equal(rbk_junit_read_file("/nonexistent/r.xml", NULL, NULL, NULL, &err), RBK_ENOENT);
    assert_string_equal(err.file, "/nonexistent/r.xml");
    assert_int_equal(rbk_junit_read_file("/tmp", NULL, NULL, NULL, &err), RBK_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fixture_gives_what_it_expects),
        cmocka_unit_test(a_report_cut_anywhere_is_refused),
        cmocka_unit_test(any_control_byte_is_survived),
        cmocka_unit_test(utf16_in_both_orders_is_read),
        cmocka_unit_test(long_names_stay_different_and_bounded),
        cmocka_unit_test(memory_does_not_grow_with_text_comments_or_values),
        cmocka_unit_test(endless_depth_and_tags_are_refused),
        cmocka_unit_test(the_callback_can_stop_the_reader),
        cmocka_unit_test(what_is_no_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
