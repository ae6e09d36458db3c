/* docs/configuration.md and the table of keys say the same: every key has its row with type, default and meaning, every
 * row is a key, and every example is a valid configuration. */
#include <base/fs.h>
#include <base/mem.h>
#include <config/config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *read_reference(void)
{
    struct rbk_buf text = {0};
    assert_int_equal(rbk_file_read(RBK_SOURCE_DIR "/docs/configuration.md", 1024 * 1024, &text, NULL), 0);
    return rbk_buf_take(&text);
}

static void find_row(void *reference, const char *path, const char *type, const char *dflt, const char *help)
{
    char *row = rbk_asprintf("\n| `%s` | %s | %s | %s |\n", path, type, dflt ? dflt : "-", help);
    if (!strstr(reference, row)) {
        fail_msg("docs/configuration.md lacks the row%s", row);
    }
    free(row);
}

static void every_key_has_its_row(void **state)
{
    char *reference = read_reference();
    (void)state;
    rbk_config_keys(find_row, reference);
    free(reference);
}

static void collect_path(void *paths, const char *path, const char *type, const char *dflt, const char *help)
{
    (void)type, (void)dflt, (void)help;
    assert_false(rbk_strv_has(paths, path));
    rbk_strv_add(paths, path);
}

static void every_row_is_a_key(void **state)
{
    char *reference = read_reference();
    struct rbk_strv paths = {0};
    size_t rows = 0;
    (void)state;
    rbk_config_keys(collect_path, &paths);
    for (const char *row = strstr(reference, "\n| `"); row; row = strstr(row + 1, "\n| `")) {
        char *path = rbk_strndup(row + 4, strcspn(row + 4, "`"));
        if (!rbk_strv_has(&paths, path)) {
            fail_msg("docs/configuration.md describes `%s`, which is no key", path);
        }
        free(path);
        rows++;
    }
    assert_int_equal(rows, paths.count);
    rbk_strv_fini(&paths);
    free(reference);
}

static void fail_on_problem(void *arg, const char *severity, const struct rbk_error *e)
{
    fail_msg("%s in the example\n%s\nline %d: %s", severity, (const char *)arg, e->line, e->message);
}

static void every_example_is_valid(void **state)
{
    static const char open[] = "\n```yaml\n";
    char *reference = read_reference();
    size_t examples = 0;
    (void)state;
    for (const char *at = strstr(reference, open); at; at = strstr(at, open)) {
        at += strlen(open);
        char *yaml = rbk_strndup(at, (size_t)(strstr(at, "```") - at));
        assert_int_equal(rbk_config_check("example", yaml, strlen(yaml), fail_on_problem, yaml), 0);
        free(yaml);
        examples++;
    }
    assert_true(examples >= 5);
    free(reference);
}

static void the_projects_own_configuration_is_valid(void **state)
{
    struct rbk_config *c = NULL;
    (void)state;
    assert_int_equal(rbk_config_open(RBK_SOURCE_DIR, RBK_SOURCE_DIR, &c, NULL), 0);
    assert_int_equal(c->warning_count, 0);
    assert_non_null(rbk_config_level(c, "smoke"));
    assert_non_null(rbk_config_level(c, "unit"));
    rbk_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_its_row),
        cmocka_unit_test(every_row_is_a_key),
        cmocka_unit_test(every_example_is_valid),
        cmocka_unit_test(the_projects_own_configuration_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
