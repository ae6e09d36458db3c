/* `$name`: one argument stays one argument, types survive, and a shell gets what it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <run/subst.h>
#include <stdlib.h>
#include <string.h>

static rbk_value *example_facts(void)
{
    rbk_value *facts = rbk_map_new(), *failing = rbk_list_new();
    rbk_list_append(failing, rbk_string_new("test a"));
    rbk_list_append(failing, rbk_string_new("$level"));
    rbk_map_set_string(facts, "level", "all; rm -rf /");
    rbk_map_set(facts, "since", rbk_number_new_spelled(86400, RBK_UNIT_SECONDS, "24h"));
    rbk_map_set(facts, "used", rbk_number_new_spelled(2e9, RBK_UNIT_BYTES, "2GB"));
    rbk_map_set(facts, "rate", rbk_number_new_spelled(0.05, RBK_UNIT_RATIO, "5%"));
    rbk_map_set(facts, "times", rbk_int_new(3));
    rbk_map_set(facts, "ready", rbk_bool_new(true));
    rbk_map_set(facts, "failing", failing);
    rbk_map_set(facts, "coverage", rbk_no_data_new());
    rbk_map_set(facts, "env.disk", rbk_string_new("ok"));
    return facts;
}

static const rbk_value *fact(void *arg, const char *name)
{
    return rbk_map_get(arg, name);
}

static void assert_replaced(const char *text, const char *expected)
{
    rbk_value *facts = example_facts();
    struct rbk_error err = {0};
    char *out = NULL;
    if (rbk_subst_text(text, fact, facts, &out, &err) != 0)
        fail_msg("%s: %s", text, err.message);
    assert_string_equal(out, expected);
    free(out);
    rbk_value_free(facts);
}

static void names_are_replaced_within_one_argument(void **state)
{
    (void)state;
    assert_replaced("--level=$level", "--level=all; rm -rf /");
    assert_replaced("${since}ago", "24hago");
    assert_replaced("$times/$rate/$used", "3/5%/2GB");
    assert_replaced("$failing", "test a\n$level");
    assert_replaced("${env.disk}", "ok");
    assert_replaced("$since.log", "24h.log");
    assert_replaced("$ready", "true");
}

static void other_dollars_are_themselves(void **state)
{
    (void)state;
    assert_replaced("", "");
    assert_replaced("$$level", "$level");
    assert_replaced("$$$$", "$$");
    assert_replaced("$HOME costs 5$", "$HOME costs 5$");
    assert_replaced("$1 $(date) $_", "$1 $(date) $_");
}

static void assert_refused(const char *text, const char *message)
{
    rbk_value *facts = example_facts();
    struct rbk_error err = {0};
    char *out = NULL;
    assert_int_equal(rbk_subst_text(text, fact, facts, &out, &err), RBK_EINVAL);
    assert_null(out);
    assert_string_equal(err.message, message);
    rbk_value_free(facts);
}

static void what_is_not_there_is_named(void **state)
{
    (void)state;
    assert_refused("a $levle b", "`$levle` is not set");
    assert_refused("$coverage", "there is no data for `$coverage`");
    assert_refused("x ${level", "`${` has no closing `}` in \"${level\"");
    assert_refused("${level:-all}", "`${level:-all}` does not name a parameter or a fact");
    assert_refused("${}", "`${}` does not name a parameter or a fact");
}

static void a_whole_name_keeps_its_type(void **state)
{
    (void)state;
    rbk_value *facts = example_facts(), *options = rbk_map_new(), *nested = rbk_list_new(), *out = NULL;
    rbk_list_append(nested, rbk_string_new("$failing"));
    rbk_list_append(nested, rbk_string_new("n=$times"));
    rbk_map_set(options, "nested", nested);
    rbk_map_set_string(options, "times", "${times}");
    rbk_map_set(options, "fixed", rbk_int_new(7));
    rbk_map_set_string(options, "since", "$since");
    assert_int_equal(rbk_subst_value(options, fact, facts, &out, NULL), 0);
    char *json = rbk_value_to_json(out, 0);
    assert_string_equal(json, "{\"nested\":[[\"test a\",\"$level\"],\"n=3\"],\"times\":3,\"fixed\":7,\"since\":86400}");
    assert_int_equal(rbk_value_unit(rbk_map_get(out, "since")), RBK_UNIT_SECONDS);
    free(json);
    rbk_value_free(out);
    rbk_map_set_string(options, "bad", "$nothing");
    assert_int_equal(rbk_subst_value(options, fact, facts, &out, NULL), RBK_EINVAL);
    assert_null(out);
    rbk_value_free(options);
    rbk_value_free(facts);
}

static void assert_names(void (*scan)(const char *, struct rbk_strv *), const char *text, const char *expected)
{
    struct rbk_strv names = {0};
    struct rbk_buf line = {0};
    scan(text, &names);
    for (size_t i = 0; i < names.count; i++)
        rbk_buf_printf(&line, "%s%s", i ? " " : "", names.items[i]);
    assert_string_equal(line.data ? line.data : "", expected);
    rbk_buf_fini(&line);
    rbk_strv_fini(&names);
}

static void names_that_are_read_are_listed(void **state)
{
    (void)state;
    assert_names(rbk_subst_names, "$a ${b}$a $$c $D ${e.f}", "a b e.f");
    assert_names(rbk_subst_shell_names, "echo $a ${b:-x} ${#c} $D $1 $(pwd) \"$e\"", "a b c e");
    assert_names(rbk_subst_shell_names, "echo $((count + $other * 2)) $last", "count other last");
    assert_names(rbk_subst_shell_names, "no dollars", "");
}

static void assert_exported(const char *text, const char *expected)
{
    rbk_value *facts = example_facts();
    struct rbk_strv env = {0};
    struct rbk_buf line = {0};
    assert_int_equal(rbk_subst_export(text, fact, facts, &env, NULL), 0);
    for (size_t i = 0; i < env.count; i++)
        rbk_buf_printf(&line, "%s%s", i ? "|" : "", env.items[i]);
    assert_string_equal(line.data ? line.data : "", expected);
    rbk_buf_fini(&line);
    rbk_strv_fini(&env);
    rbk_value_free(facts);
}

static void a_shell_gets_what_it_names(void **state)
{
    (void)state;
    assert_exported("echo $level", "level=all; rm -rf /");
    assert_exported("echo $since $since_seconds", "since=24h|since_seconds=86400");
    assert_exported("echo $since_seconds", "since=24h|since_seconds=86400");
    assert_exported("echo $used $rate", "used=2GB|used_bytes=2000000000|rate=5%|rate_ratio=0.05");
    assert_exported("for t in $failing; do", "failing=test a\n$level");
    assert_exported("echo $ready $times $unknown $coverage $HOME", "ready=true|times=3");
}

static void a_value_too_large_for_the_environment_is_refused(void **state)
{
    (void)state;
    rbk_value *facts = rbk_map_new();
    struct rbk_strv env = {0};
    struct rbk_error err = {0};
    char *large = calloc(1, 65538);
    memset(large, 'x', 65537);
    rbk_map_set_string(facts, "log", large);
    assert_int_equal(rbk_subst_export("echo $log", fact, facts, &env, &err), RBK_EINVAL);
    assert_string_equal(err.message, "`$log` is 65537 bytes long; a shell string takes 64 KiB at most");
    free(large);
    rbk_strv_fini(&env);
    rbk_value_free(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_replaced_within_one_argument),
        cmocka_unit_test(other_dollars_are_themselves),
        cmocka_unit_test(what_is_not_there_is_named),
        cmocka_unit_test(a_whole_name_keeps_its_type),
        cmocka_unit_test(names_that_are_read_are_listed),
        cmocka_unit_test(a_shell_gets_what_it_names),
        cmocka_unit_test(a_value_too_large_for_the_environment_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
