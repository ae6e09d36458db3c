/* The tables of keys: docs/runbook-file.md lists each key of each table, in order, with its type and its help, and no
 * other; and a key that is in none of them is refused with the one that was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <base/fs.h>
#include <base/mem.h>
#include <cmocka.h>
#include <run/keys.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *heading;
    const struct rbk_key *keys;
} sections[] = {
    {"\n### Keys of `runbook`\n", rbk_runbook_keys},   {"\n#### Keys of `escalate`\n", rbk_escalate_keys},
    {"\n### Keys of `param`\n", rbk_param_keys},       {"\n### Keys of `step`\n", rbk_step_keys},
    {"\n### Keys of `parallel`\n", rbk_parallel_keys}, {"\n#### Keys of `retry`\n", rbk_retry_keys},
    {"\n#### Keys of `limits`\n", rbk_limits_keys},    {"\n#### Keys of `ask`\n", rbk_ask_keys},
};

static char *reference(void)
{
    struct rbk_buf text = {0};
    struct rbk_error err = {0};
    if (rbk_file_read(RBK_SOURCE_DIR "/docs/runbook-file.md", 1 << 20, &text, &err) != 0)
        fail_msg("%s", err.message);
    return rbk_buf_take(&text);
}

/* "expression|list" is "expression or list" in a table, where '|' ends a cell. */
static char *type_words(const char *type)
{
    struct rbk_buf words = {0};
    for (; *type; type++)
        rbk_buf_puts(&words, *type == '|' ? " or " : (char[]){*type, 0});
    return rbk_buf_take(&words);
}

/* The row that documents a key, up to its example. */
static char *row_of(const struct rbk_key *key)
{
    char *type = type_words(key->type);
    char *row = rbk_asprintf("| `%s` | %s | %s | `%s = ", key->name, type, key->help, key->name);
    free(type);
    return row;
}

/* The first table below a heading: `row` after `row` of the keys, and then no further one. */
static void assert_section(const char *text, const char *heading, const struct rbk_key *keys)
{
    static const char head[] = "| key | type | meaning | example |\n|---|---|---|---|\n";
    const char *at = strstr(text, heading);
    if (!at)
        fail_msg("no heading%s", heading);
    at = strstr(at, head);
    assert_non_null(at);
    at += strlen(head);
    for (; keys->name; keys++) {
        char *row = row_of(keys);
        if (!rbk_starts_with(at, row))
            fail_msg("below%sexpected a row that starts with:\n%s\nfound:\n%.200s", heading, row, at);
        free(row);
        at = strchr(at, '\n') + 1;
    }
    if (*at != '\n')
        fail_msg("below%sthere is a row too many: %.80s", heading, at);
}

static void the_reference_lists_every_key_and_no_other(void **state)
{
    (void)state;
    char *text = reference();
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        assert_section(text, sections[i].heading, sections[i].keys);
    free(text);
}

static void a_key_knows_what_it_takes(void **state)
{
    (void)state;
    const struct rbk_key *check = rbk_key_find(rbk_step_keys, "check");
    assert_true(rbk_key_takes(check, "expression"));
    assert_true(rbk_key_takes(check, "list"));
    assert_false(rbk_key_takes(check, "expr"));
    assert_false(rbk_key_takes(check, "string"));
    assert_null(rbk_key_find(rbk_step_keys, "chek"));
    assert_null(rbk_key_find(rbk_step_keys, ""));
}

static void assert_unknown(const struct rbk_key *keys, const char *name, const char *message, const char *hint)
{
    struct rbk_error err = {0};
    assert_int_equal(rbk_key_unknown(keys, name, "step \"Build\"", &err), RBK_EINVAL);
    assert_string_equal(err.message, message);
    assert_string_equal(err.hint, hint);
}

static void an_unknown_key_is_told_what_was_meant(void **state)
{
    (void)state;
    assert_unknown(rbk_step_keys, "rnu", "unknown key `rnu` in step \"Build\"", "did you mean `run`?");
    assert_unknown(rbk_step_keys, "on_failure", "unknown key `on_failure` in step \"Build\"",
                   "did you mean `on_fail`?");
    assert_unknown(rbk_step_keys, "command", "unknown key `command` in step \"Build\"", "did you mean `run`?");
    assert_unknown(rbk_step_keys, "ignore_errors", "unknown key `ignore_errors` in step \"Build\"",
                   "did you mean `on_fail`?");
    assert_unknown(rbk_escalate_keys, "zzzzz", "unknown key `zzzzz` in step \"Build\"", "the keys are: when to");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_lists_every_key_and_no_other),
        cmocka_unit_test(a_key_knows_what_it_takes),
        cmocka_unit_test(an_unknown_key_is_told_what_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
