/* docs/telemetry.md and the table of names say the same. */
#include <base/fs.h>
#include <base/mem.h>
#include <otlp/conventions.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *read_page(void)
{
    struct rbk_buf text = {0};
    assert_int_equal(rbk_file_read(RBK_SOURCE_DIR "/docs/telemetry.md", 1024 * 1024, &text, NULL), 0);
    return rbk_buf_take(&text);
}

static void every_name_has_its_row(void **state)
{
    char *page = read_page();
    (void)state;
    for (int i = 0; i < RBK_OTLP_NAME_COUNT; i++) {
        char *row = rbk_asprintf("\n| `%s` | %s |\n", rbk_otlp_conventions[i].name, rbk_otlp_conventions[i].help);
        if (!strstr(page, row))
            fail_msg("docs/telemetry.md lacks the row%s", row);
        free(row);
    }
    free(page);
}

static bool is_known(const char *name, size_t len)
{
    for (int i = 0; i < RBK_OTLP_NAME_COUNT; i++) {
        const char *known = rbk_otlp_conventions[i].name;
        if (strlen(known) == len && memcmp(known, name, len) == 0)
            return true;
    }
    return false;
}

static void every_row_is_a_name(void **state)
{
    char *page = read_page();
    int rows = 0;
    (void)state;
    for (const char *row = strstr(page, "| attribute | what |"); row && (row = strstr(row, "\n| `")); rows++) {
        row += strlen("\n| `");
        assert_true(is_known(row, strcspn(row, "`")));
    }
    assert_int_equal(rows, RBK_OTLP_NAME_COUNT);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_name_has_its_row), cmocka_unit_test(every_row_is_a_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
