/* An error says what happened, where, and what to do next, and no part of it is ever cut without saying so. */
#include <runbook/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void an_error_reads_as_place_message_hint(void **state)
{
    (void)state;
    struct rbk_error err;
    char text[2048];
    assert_int_equal(rbk_error_set(&err, RBK_EINVAL, "unknown key `%s`", "runn"), RBK_EINVAL);
    rbk_error_format(&err, text, sizeof text);
    assert_string_equal(text, "unknown key `runn`");
    rbk_error_at(&err, "a.lua", 7, 0);
    rbk_error_format(&err, text, sizeof text);
    assert_string_equal(text, "a.lua:7: unknown key `runn`");
    rbk_error_at(&err, "a.lua", 7, 3);
    assert_int_equal(rbk_error_hint(&err, "did you mean `%s`?", "run"), RBK_EINVAL);
    rbk_error_format(&err, text, sizeof text);
    assert_string_equal(text, "a.lua:7:3: unknown key `runn`\n  did you mean `run`?");
}

static void a_new_error_forgets_the_old_place_and_hint(void **state)
{
    (void)state;
    struct rbk_error err;
    char text[2048];
    rbk_error_set(&err, RBK_EINVAL, "first");
    rbk_error_at(&err, "x", 1, 1);
    rbk_error_hint(&err, "old");
    rbk_error_set(&err, RBK_EFAIL, "second, after: %s", err.message);
    rbk_error_format(&err, text, sizeof text);
    assert_string_equal(text, "second, after: first");
}

static void errno_is_named_and_survives(void **state)
{
    (void)state;
    struct rbk_error err;
    errno = ENOSPC;
    assert_int_equal(rbk_error_errno(&err, RBK_ESTORE, "cannot write %s", "f"), RBK_ESTORE);
    assert_string_equal(err.message, "cannot write f: No space left on device");
    assert_int_equal(errno, ENOSPC);
}

static void long_texts_end_in_dots_and_keep_errno(void **state)
{
    (void)state;
    struct rbk_error err;
    char huge[5000];
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    rbk_error_set(&err, RBK_EFAIL, "%s", huge);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_string_equal(err.message + strlen(err.message) - 3, "...");
    errno = EACCES;
    rbk_error_errno(&err, RBK_EFAIL, "%s", huge);
    assert_non_null(strstr(err.message, ": Permission denied"));
}

static void nobody_has_to_want_the_error(void **state)
{
    (void)state;
    assert_int_equal(rbk_error_set(NULL, RBK_EBUSY, "x"), RBK_EBUSY);
    assert_int_equal(rbk_error_errno(NULL, RBK_ESTORE, "x"), RBK_ESTORE);
    assert_int_equal(rbk_error_at(NULL, "f", 1, 1), RBK_EFAIL);
    assert_int_equal(rbk_error_hint(NULL, "h"), RBK_EFAIL);
}

static void codes_have_the_documented_exit_status(void **state)
{
    (void)state;
    static const int expected[][2] = {{RBK_OK, 0},         {RBK_EFAIL, 1},      {RBK_EINVAL, 2},      {RBK_ENOENT, 2},
                                      {RBK_EMALFORMED, 2}, {RBK_EWAITING, 3},   {RBK_EDOUBT, 4},      {RBK_ESTORE, 5},
                                      {RBK_EBUSY, 75},     {RBK_ETIMEOUT, 124}, {RBK_ECANCELLED, 130}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_int_equal(rbk_exit_status(expected[i][0]), expected[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_reads_as_place_message_hint),
        cmocka_unit_test(a_new_error_forgets_the_old_place_and_hint),
        cmocka_unit_test(errno_is_named_and_survives),
        cmocka_unit_test(long_texts_end_in_dots_and_keep_errno),
        cmocka_unit_test(nobody_has_to_want_the_error),
        cmocka_unit_test(codes_have_the_documented_exit_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
