/* Names, slugs, suggestions, and text that is safe for a shell and a terminal. */
#include <base/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_list_serves_as_argv(void **state)
{
    (void)state;
    struct rbk_strv v = {0};
    for (int i = 0; i < 100; i++) {
        rbk_strv_add(&v, i == 50 ? "middle" : "x");
        assert_null(v.items[v.count]);
    }
    assert_true(rbk_strv_has(&v, "middle"));
    assert_false(rbk_strv_has(&v, "Middle"));
    rbk_strv_fini(&v);
    assert_false(rbk_strv_has(&v, "x"));
}

static void names_have_one_grammar(void **state)
{
    (void)state;
    assert_true(rbk_name_ok("a"));
    assert_true(rbk_name_ok("failure_rate2"));
    assert_true(rbk_name_ok("a234567890123456789012345678901234567890123456789012345678901234"));
    assert_false(rbk_name_ok("a2345678901234567890123456789012345678901234567890123456789012345"));
    static const char *const bad[] = {"", "_a", "2a", "A", "a-b", "a b", "a.b", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(rbk_name_ok(bad[i]));
    assert_false(rbk_name_ok(NULL));
}

static void runbook_ids_are_paths_of_two_or_more_segments(void **state)
{
    (void)state;
    assert_true(rbk_runbook_id_ok("incident/test-failures"));
    assert_true(rbk_runbook_id_ok("a/b/c_1"));
    assert_true(rbk_runbook_id_ok("deploy"));
    static const char *const bad[] = {"", "A", "/a/b", "a/", "a//b", "a/../b", "A/b", "a/-b", "a/b c", "a/b.lua"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(rbk_runbook_id_ok(bad[i]));
}

static void titles_become_names(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Check recent code changes", "check_recent_code_changes"},
        {"Identify failing tests (>5%)", "identify_failing_tests_5"},
        {"  Spaces -- and dashes  ", "spaces_and_dashes"},
        {"2nd try", "s_2nd_try"},
        {"", "step"},
        {"\xe2\x9c\x93 !", "step"},
        {"x23456789 123456789 123456789 123456789 123456789 123456789 1234 tail",
         "x23456789_123456789_123456789_123456789_123456789_123456789_1234"},
        {"x23456789 123456789 123456789 123456789 123456789 123456789 123 tail",
         "x23456789_123456789_123456789_123456789_123456789_123456789_123"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *slug = rbk_slug(cases[i][0]);
        assert_string_equal(slug, cases[i][1]);
        assert_true(rbk_name_ok(slug));
        free(slug);
    }
}

static void a_slip_is_understood_and_nonsense_is_not(void **state)
{
    (void)state;
    static const char *const keys[] = {"run", "retry", "timeout", "on_fail", "check", "confirm"};
    const size_t n = sizeof keys / sizeof keys[0];
    assert_string_equal(rbk_did_you_mean("runn", keys, n), "run");
    assert_string_equal(rbk_did_you_mean("tiemout", keys, n), "timeout");
    assert_string_equal(rbk_did_you_mean("chekc", keys, n), "check");
    assert_string_equal(rbk_did_you_mean("onfail", keys, n), "on_fail");
    assert_string_equal(rbk_did_you_mean("conf", keys, n), "confirm");
    assert_null(rbk_did_you_mean("re", keys, n));
    static const char *const words[] = {"show", "slowest", "steps", "stepped"};
    assert_string_equal(rbk_did_you_mean("slow", words, 4), "slowest");
    assert_string_equal(rbk_did_you_mean("step", words, 4), "steps");
    assert_null(rbk_did_you_mean("banana", keys, n));
    assert_null(rbk_did_you_mean("", keys, n));
    assert_null(rbk_did_you_mean("run", keys, 0));
}

static void assert_quoted(const char *in, const char *expected)
{
    struct rbk_buf b = {0};
    rbk_shell_quote(&b, in);
    assert_string_equal(b.data, expected);
    rbk_buf_fini(&b);
}

static void quoting_is_read_back_by_a_shell(void **state)
{
    (void)state;
    assert_quoted("plain-word.txt", "plain-word.txt");
    assert_quoted("", "''");
    assert_quoted("it's", "'it'\\''s'");
    assert_quoted("$HOME `x` \"y\" *", "'$HOME `x` \"y\" *'");
    assert_quoted("~root", "'~root'");
    assert_quoted("a\nb", "'a\nb'");
    char *argv[] = {"A=1", "tests/test_cart.py::test_total[3]", "x=y", NULL};
    char *line = rbk_shell_join(argv);
    assert_string_equal(line, "'A=1' 'tests/test_cart.py::test_total[3]' x=y");
    free(line);
}

static void assert_escaped(const char *in, size_t len, const char *expected)
{
    struct rbk_buf b = {0};
    rbk_escape_terminal(&b, in, len);
    assert_string_equal(b.data ? b.data : "", expected);
    rbk_buf_fini(&b);
}

#define ASSERT_ESCAPED(in, expected) assert_escaped(in, sizeof in - 1, expected)

static void nothing_reaches_a_terminal_that_could_steer_it(void **state)
{
    (void)state;
    ASSERT_ESCAPED("plain\ttext\n", "plain\ttext\n");
    ASSERT_ESCAPED("\033[31mred\033[0m", "red");
    ASSERT_ESCAPED("\033[38;5;196mred\033[K", "red");
    ASSERT_ESCAPED("\033[2Jgone", "\\x1b[2Jgone");
    ASSERT_ESCAPED("\033]0;title\007", "\\x1b]0;title\\x07");
    ASSERT_ESCAPED("\033[", "\\x1b[");
    ASSERT_ESCAPED("a\0b", "a\\x00b");
    ASSERT_ESCAPED("50%\r100%\r\nend\r", "50%\\x0d100%\nend");
    ASSERT_ESCAPED("\xc2\x9b"
                   "31m",
                   "\\xc2\\x9b"
                   "31m"); /* C1 CSI */
    ASSERT_ESCAPED("\x7f", "\\x7f");
    ASSERT_ESCAPED("\xff\xc3(", "\xef\xbf\xbd\xef\xbf\xbd(");
    ASSERT_ESCAPED("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* a surrogate */
    ASSERT_ESCAPED("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");                 /* overlong */
    ASSERT_ESCAPED("a\xe2\x80\xae"
                   "b",
                   "a\xef\xbf\xbd"
                   "b"); /* right-to-left override */
    ASSERT_ESCAPED("a\xe2\x80\x8b"
                   "b",
                   "a\xef\xbf\xbd"
                   "b"); /* zero width space */
    ASSERT_ESCAPED("Gr\xc3\xbc\xc3\x9f"
                   "e \xe2\x9c\x93",
                   "Gr\xc3\xbc\xc3\x9f"
                   "e \xe2\x9c\x93");
}

static void width_is_counted_in_columns(void **state)
{
    (void)state;
    assert_int_equal(rbk_display_width("abc", 3), 3);
    assert_int_equal(rbk_display_width("\xc3\xa4", 2), 1);
    assert_int_equal(rbk_display_width("e\xcc\x81", 3), 1);                /* combining acute */
    assert_int_equal(rbk_display_width("\xe6\x97\xa5\xe6\x9c\xac", 6), 4); /* two wide characters */
    assert_int_equal(rbk_display_width("\xf0\x9f\x98\x80", 4), 2);         /* an emoji */
    assert_int_equal(rbk_display_width("\xff", 1), 1);
    assert_int_equal(rbk_display_prefix("abc", 3, 2), 2);
    assert_int_equal(rbk_display_prefix("\xe6\x97\xa5\xe6\x9c\xac", 6, 3), 3); /* never half of one */
    assert_int_equal(rbk_display_prefix("e\xcc\x81x", 4, 1), 3);               /* marks stay with their letter */
    assert_int_equal(rbk_display_prefix("abc", 3, 10), 3);
}

static void hashes_are_the_published_ones(void **state)
{
    (void)state;
    assert_true(rbk_hash(RBK_HASH_INIT, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(rbk_hash(RBK_HASH_INIT, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(rbk_hash(RBK_HASH_INIT, "foobar", 6) == UINT64_C(0x85944171f73967e8));
    assert_true(rbk_hash(rbk_hash(RBK_HASH_INIT, "foo", 3), "bar", 3) == UINT64_C(0x85944171f73967e8));
}

static void ends_are_compared(void **state)
{
    (void)state;
    assert_true(rbk_starts_with("incident/x", "incident/"));
    assert_false(rbk_starts_with("in", "incident"));
    assert_true(rbk_ends_with("a.lua", ".lua"));
    assert_false(rbk_ends_with("lua", ".lua"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_serves_as_argv),
        cmocka_unit_test(names_have_one_grammar),
        cmocka_unit_test(runbook_ids_are_paths_of_two_or_more_segments),
        cmocka_unit_test(titles_become_names),
        cmocka_unit_test(a_slip_is_understood_and_nonsense_is_not),
        cmocka_unit_test(quoting_is_read_back_by_a_shell),
        cmocka_unit_test(nothing_reaches_a_terminal_that_could_steer_it),
        cmocka_unit_test(width_is_counted_in_columns),
        cmocka_unit_test(hashes_are_the_published_ones),
        cmocka_unit_test(ends_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
