/* Every slip in a configuration is named exactly: file:line:column, what is wrong, the mend. Each config/NAME.yaml
 * stands beside NAME.expected, the text of all its problems (no text: the file is valid). RBK_UPDATE=1 rewrites them.
 */
#include <base/fs.h>
#include <base/mem.h>
#include <config/config.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIXTURES RBK_SOURCE_DIR "/tests/unit/config"

static void add_problem(void *arg, const char *severity, const struct rbk_error *e)
{
    char text[2048];
    rbk_error_format(e, text, sizeof text);
    rbk_buf_printf(arg, "%s: %s\n", severity, text);
}

static char *read_text(const char *path)
{
    struct rbk_buf text = {0};
    assert_int_equal(rbk_file_read(path, 1024 * 1024, &text, NULL), 0);
    return rbk_buf_take(&text);
}

static char *problems_of(const char *name, const char *text)
{
    struct rbk_buf problems = {0};
    rbk_config_check(name, text, strlen(text), add_problem, &problems);
    return rbk_buf_take(&problems);
}

static void compare_fixture(const char *path)
{
    char *stem = rbk_strndup(path, strlen(path) - strlen(".yaml"));
    char *expected_path = rbk_asprintf("%s.expected", stem);
    char *text = read_text(path), *problems = problems_of(strrchr(path, '/') + 1, text);

    if (getenv("RBK_UPDATE")) {
        assert_int_equal(rbk_file_write_atomic(expected_path, problems, strlen(problems), 0644, NULL), 0);
    }
    char *expected = read_text(expected_path);
    assert_string_equal(problems, expected);
    free(expected);
    free(problems);
    free(text);
    free(expected_path);
    free(stem);
}

static void every_slip_is_named_at_its_place(void **state)
{
    glob_t files = {0};
    (void)state;
    assert_int_equal(glob(FIXTURES "/*.yaml", 0, NULL, &files), 0);
    assert_true(files.gl_pathc > 25);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        print_message("%s\n", files.gl_pathv[i]);
        compare_fixture(files.gl_pathv[i]);
    }
    globfree(&files);
}

/* What parse reports is the first error that check reports. */
static void parsing_stops_with_the_first_error(void **state)
{
    struct rbk_config *config = NULL;
    struct rbk_error err = {0};
    char *text = read_text(FIXTURES "/unknown_key.yaml");
    (void)state;
    assert_int_equal(rbk_config_parse("runbook.yaml", text, strlen(text), &config, &err), RBK_EINVAL);
    assert_null(config);
    assert_string_equal(err.file, "runbook.yaml");
    assert_int_equal(err.line, 7);
    assert_int_equal(err.column, 5);
    assert_string_equal(err.message, "unknown key \"comand\" in levels.smoke");
    assert_string_equal(err.hint, "did you mean \"command\"?");
    free(text);
}

/* Parses a text that must be refused with a message that holds `part`. */
static void assert_refused(const char *text, size_t len, const char *part)
{
    struct rbk_config *config = NULL;
    struct rbk_error err = {0};
    assert_int_equal(rbk_config_parse("x.yaml", text, len, &config, &err), RBK_EINVAL);
    if (!strstr(err.message, part)) {
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
    }
}

static void an_alias_bomb_is_refused(void **state)
{
    struct rbk_buf bomb = {0};
    (void)state;
    rbk_buf_puts(&bomb, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
        rbk_buf_printf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1,
                       i - 1, i - 1);
    }
    assert_refused(bomb.data, bomb.len, "too large");
    rbk_buf_fini(&bomb);
}

static void size_depth_and_width_are_bounded(void **state)
{
    struct rbk_buf text = {0};
    (void)state;
    for (int i = 0; i < 100; i++) {
        rbk_buf_putc(&text, '[');
    }
    assert_refused(text.data, text.len, "nested too deeply");
    rbk_buf_clear(&text);
    for (int i = 0; i < 2001; i++) {
        rbk_buf_printf(&text, "k%d: 1\n", i);
    }
    assert_refused(text.data, text.len, "more than 2000 keys");
    rbk_buf_clear(&text);
    while (text.len <= 1024 * 1024) {
        rbk_buf_puts(&text, "# a comment that goes on and on and on\n");
    }
    assert_refused(text.data, text.len, "larger than 1 MiB");
    rbk_buf_fini(&text);
    assert_refused("project: \"a\\0b\"\n", 16, "NUL");
}

static void the_number_of_problems_is_bounded_but_counted(void **state)
{
    struct rbk_buf text = {0}, shown = {0};
    size_t lines = 0;
    (void)state;
    for (int i = 0; i < 500; i++) {
        rbk_buf_printf(&text, "k%d: 1\n", i);
    }
    assert_int_equal(rbk_config_check("x.yaml", text.data, text.len, add_problem, &shown), 500);
    for (const char *at = shown.data; (at = strstr(at, "error: ")); at++) {
        lines++;
    }
    assert_int_equal(lines, 100);
    rbk_buf_fini(&text);
    rbk_buf_fini(&shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_slip_is_named_at_its_place),
        cmocka_unit_test(parsing_stops_with_the_first_error),
        cmocka_unit_test(an_alias_bomb_is_refused),
        cmocka_unit_test(size_depth_and_width_are_bounded),
        cmocka_unit_test(the_number_of_problems_is_bounded_but_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
