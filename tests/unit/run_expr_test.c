/* Expressions: what they accept, what they answer, and the exact words for what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <run/expr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rbk_value *example_facts(void)
{
    rbk_value *facts = rbk_map_new();
    rbk_map_set(facts, "failure_rate", rbk_number_new(0.005, RBK_UNIT_RATIO));
    rbk_map_set(facts, "failing_count", rbk_int_new(6));
    rbk_map_set(facts, "duration", rbk_number_new_spelled(90, RBK_UNIT_SECONDS, "90s"));
    rbk_map_set(facts, "used", rbk_number_new_spelled(2e9, RBK_UNIT_BYTES, "2GB"));
    rbk_map_set(facts, "level", rbk_string_new("all"));
    rbk_map_set(facts, "ready", rbk_bool_new(true));
    rbk_map_set(facts, "broken", rbk_bool_new(false));
    rbk_map_set(facts, "coverage", rbk_no_data_new());
    rbk_map_set(facts, "env.passed", rbk_int_new(3));
    rbk_value *failing = rbk_list_new();
    rbk_list_append(failing, rbk_string_new("test_a"));
    rbk_map_set(facts, "failing", failing);
    return facts;
}

static const rbk_value *fact(void *arg, const char *name)
{
    return rbk_map_get(arg, name);
}

static struct rbk_verdict judge(const char *text)
{
    struct rbk_expr *e = NULL;
    struct rbk_verdict verdict = {0};
    struct rbk_error err = {0};
    rbk_value *facts = example_facts();
    if (rbk_expr_parse(text, NULL, 0, &e, &err) != 0 || rbk_expr_eval(e, fact, facts, &verdict, &err) != 0)
        fail_msg("%s: %s", text, err.message);
    rbk_value_free(facts);
    rbk_expr_free(e);
    return verdict;
}

static void assert_judged(const char *text, enum rbk_truth truth)
{
    struct rbk_verdict verdict = judge(text);
    if (verdict.truth != truth)
        fail_msg("%s: %d, not %d", text, verdict.truth, truth);
}

static void compares_numbers_with_units(void **state)
{
    (void)state;
    assert_judged("failure_rate < 5%", RBK_TRUE);
    assert_judged("failure_rate > 20%", RBK_FALSE);
    assert_judged("failure_rate == 0.5%", RBK_TRUE);
    assert_judged("duration <= 1m30s", RBK_TRUE);
    assert_judged("duration < 1m", RBK_FALSE);
    assert_judged("used >= 2000MB", RBK_TRUE);
    assert_judged("used < 2GiB", RBK_TRUE);
    assert_judged("failing_count != 6", RBK_FALSE);
    assert_judged("5 < failing_count", RBK_TRUE);
    assert_judged("-1 < failing_count", RBK_TRUE);
}

static void a_bare_zero_fits_every_unit(void **state)
{
    (void)state;
    assert_judged("failure_rate > 0", RBK_TRUE);
    assert_judged("duration == 0", RBK_FALSE);
    assert_judged("0 < used", RBK_TRUE);
}

static void compares_strings_and_booleans(void **state)
{
    (void)state;
    assert_judged("level == \"all\"", RBK_TRUE);
    assert_judged("level != 'all'", RBK_FALSE);
    assert_judged("ready", RBK_TRUE);
    assert_judged("not broken", RBK_TRUE);
    assert_judged("ready == true", RBK_TRUE);
    assert_judged("ready != broken", RBK_TRUE);
    assert_judged("(failing_count > 5) == ready", RBK_TRUE);
    assert_judged("env.passed == 3", RBK_TRUE);
}

static void binds_not_before_and_before_or(void **state)
{
    (void)state;
    assert_judged("true or false and false", RBK_TRUE);
    assert_judged("(true or false) and false", RBK_FALSE);
    assert_judged("not false and false", RBK_FALSE);
    assert_judged("not (false and false)", RBK_TRUE);
    assert_judged("not not true", RBK_TRUE);
}

static void the_unknown_is_never_false(void **state)
{
    (void)state;
    assert_judged("never_set > 5%", RBK_UNKNOWN);
    assert_judged("not never_set", RBK_UNKNOWN);
    assert_judged("never_set and broken", RBK_FALSE);
    assert_judged("never_set and ready", RBK_UNKNOWN);
    assert_judged("ready or never_set", RBK_TRUE);
    assert_judged("broken or never_set", RBK_UNKNOWN);
    assert_judged("never_set == never_set", RBK_UNKNOWN);
    assert_string_equal(judge("broken or never_set > 3").name, "never_set");
    assert_string_equal(judge("never_set > 3").explain, "never_set is not known");
}

static void no_data_is_told_apart_from_the_unknown(void **state)
{
    (void)state;
    assert_judged("coverage > 70%", RBK_NOTHING);
    assert_judged("not (coverage > 70%)", RBK_NOTHING);
    assert_judged("coverage > 70% and broken", RBK_FALSE);
    assert_judged("coverage > 70% or ready", RBK_TRUE);
    assert_judged("coverage > 70% and never_set", RBK_UNKNOWN);
    assert_string_equal(judge("coverage > 70%").measured, "no data");
    assert_string_equal(judge("coverage > 70%").explain, "no data for coverage");
}

static void explains_with_the_measured_value(void **state)
{
    (void)state;
    struct rbk_verdict verdict = judge("failure_rate > 20%");
    assert_string_equal(verdict.name, "failure_rate");
    assert_string_equal(verdict.measured, "0.5%");
    assert_string_equal(verdict.explain, "failure_rate 0.5% is not > 20%");
    assert_string_equal(judge("failure_rate < 5%").explain, "failure_rate 0.5% is < 5%");
    assert_string_equal(judge("level == 'unit'").explain, "level \"all\" is not == \"unit\"");
    assert_string_equal(judge("level == 'unit'").measured, "all");
    assert_string_equal(judge("1 > failing_count").explain, "1 is not > failing_count 6");
}

static void explains_every_part_when_all_had_to_agree(void **state)
{
    (void)state;
    assert_string_equal(judge("broken or failing_count > 9").explain, "broken is false and failing_count 6 is not > 9");
    assert_string_equal(judge("ready and failing_count > 9").explain, "failing_count 6 is not > 9");
    assert_string_equal(judge("broken").explain, "broken is false");
    assert_string_equal(judge("not ready").explain, "ready is true");
}

static void names_are_listed_once(void **state)
{
    (void)state;
    struct rbk_expr *e = NULL;
    struct rbk_strv names = {0};
    assert_int_equal(rbk_expr_parse("a > 1 and (b.c or not a) and 'd' == \"e\"", NULL, 0, &e, NULL), 0);
    rbk_expr_names(e, &names);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.items[0], "a");
    assert_string_equal(names.items[1], "b.c");
    rbk_strv_fini(&names);
    rbk_expr_free(e);
}

static const struct {
    const char *text, *error;
} refused[] = {
    {"", "r.lua:7:1: \"\": expected a value, found nothing"},
    {"failing_count >", "r.lua:7:16: \"failing_count >\": expected a value after `>`"},
    {"> 5", "r.lua:7:1: \"> 5\": expected a value, found `>`"},
    {"a and", "r.lua:7:6: \"a and\": expected a value after `and`"},
    {"a > 1 or or b", "r.lua:7:10: \"a > 1 or or b\": expected a value after `or`, found `or`"},
    {"(a > 1", "r.lua:7:7: \"(a > 1\": expected `)` after `1`"},
    {"a > 1)", "r.lua:7:6: \"a > 1)\": expected `and`, `or` or the end after `1`, found `)`"},
    {"a b", "r.lua:7:3: \"a b\": expected `and`, `or` or the end after `a`, found `b`"},
    {"1 < a < 5",
     "r.lua:7:7: \"1 < a < 5\": comparisons do not chain\n  write both and join them with `and`: `1 < x and x < 5`"},
    {"a && b", "r.lua:7:3: \"a && b\": `&&` is not a word of expressions\n  use `and`"},
    {"a || b", "r.lua:7:3: \"a || b\": `||` is not a word of expressions\n  use `or`"},
    {"!a", "r.lua:7:1: \"!a\": `!` is not a word of expressions\n  use `not`"},
    {"a = 5", "r.lua:7:3: \"a = 5\": `=` is not a comparison\n  use `==`"},
    {"a ~= 5", "r.lua:7:3: \"a ~= 5\": `~=` is not a comparison\n  use `!=`"},
    {"a => 5", "r.lua:7:3: \"a => 5\": `=>` is not a comparison\n  use `>=`"},
    {"$rate > 5%", "r.lua:7:1: \"$rate > 5%\": a name has no `$` in an expression\n  write the name alone: "
                   "`failure_rate`, not `$failure_rate`"},
    {"failing-count > 0", "r.lua:7:8: \"failing-count > 0\": there is no arithmetic in expressions\n  a name has `_`, "
                          "not `-`: `failing_count`"},
    {"a > 5x", "r.lua:7:5: \"a > 5x\": `5x` is not a number with a unit\n  units: ms s m h d w, B KB MB GB TB KiB MiB "
               "GiB TiB, %"},
    {"a == 'x", "r.lua:7:6: \"a == 'x\": this string has no closing quote"},
    {"Rate > 5", "r.lua:7:1: \"Rate > 5\": `Rate` is not a name\n  names are lower-case letters, digits and _; "
                 "`step.name` for a fact of a called runbook"},
    {"a.b.c > 5", "r.lua:7:1: \"a.b.c > 5\": `a.b.c` is not a name\n  names are lower-case letters, digits and _; "
                  "`step.name` for a fact of a called runbook"},
    {"a > 5 \x01", "r.lua:7:7: \"a > 5 \x01\": byte \\x01 does not belong in an expression"},
};

static void says_where_and_what_was_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct rbk_expr *e = NULL;
        struct rbk_error err = {0};
        char text[1024];
        assert_int_equal(rbk_expr_parse(refused[i].text, "r.lua", 7, &e, &err), RBK_EINVAL);
        assert_null(e);
        rbk_error_format(&err, text, sizeof text);
        assert_string_equal(text, refused[i].error);
    }
}

static const struct {
    const char *text, *message, *hint;
} misfits[] = {
    {"failure_rate > 5", "\"failure_rate > 5\": failure_rate is a percentage but 5 is a number without a unit",
     "write `5%`"},
    {"duration < 30", "\"duration < 30\": duration is a duration but 30 is a number without a unit", "write `30s`"},
    {"failing_count > 5%", "\"failing_count > 5%\": failing_count is a number without a unit but 5% is a percentage",
     "compare it with a plain number"},
    {"used > 5s", "\"used > 5s\": used is a size but 5s is a duration", ""},
    {"level == 5", "\"level == 5\": level is a string but 5 is a number without a unit", ""},
    {"ready > 5", "\"ready > 5\": ready is true or false but 5 is a number without a unit", ""},
    {"level < 'b'", "\"level < 'b'\": level is a string, which has no order", "use `==` or `!=`"},
    {"never_set < level", "\"never_set < level\": level is a string, which has no order",
     "a parameter needs a type for that, such as type = \"percent\""},
    {"level < 5%", "\"level < 5%\": level is a string but 5% is a percentage",
     "a parameter needs a type for that, such as type = \"percent\""},
    {"failing > 0", "\"failing > 0\": failing is a list, and lists cannot be compared",
     "compare its count, a fact such as `failing_count`"},
    {"failing", "\"failing\": failing is a list, not true or false",
     "compare its count, a fact such as `failing_count`"},
    {"failing_count", "\"failing_count\": failing_count is a number without a unit, not true or false",
     "compare it with something: `failing_count == ...`"},
    {"broken and failure_rate > 5",
     "\"broken and failure_rate > 5\": failure_rate is a percentage but 5 is a number without a unit", "write `5%`"},
};

static void refuses_what_cannot_be_compared(void **state)
{
    (void)state;
    rbk_value *facts = example_facts();
    for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++) {
        struct rbk_expr *e = NULL;
        struct rbk_verdict verdict;
        struct rbk_error err = {0};
        assert_int_equal(rbk_expr_parse(misfits[i].text, "r.lua", 7, &e, &err), 0);
        assert_int_equal(rbk_expr_eval(e, fact, facts, &verdict, &err), RBK_EINVAL);
        assert_string_equal(err.message, misfits[i].message);
        assert_string_equal(err.hint, misfits[i].hint);
        assert_int_equal(err.line, 7);
        rbk_expr_free(e);
    }
    rbk_value_free(facts);
}

static char *repeated(const char *part, size_t times, const char *tail)
{
    size_t len = strlen(part);
    char *text = malloc(len * times + strlen(tail) + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * len, part, len);
    strcpy(text + len * times, tail);
    return text;
}

static void assert_bound(char *text, const char *message)
{
    struct rbk_expr *e = NULL;
    struct rbk_error err = {0};
    assert_int_equal(rbk_expr_parse(text, NULL, 0, &e, &err), RBK_EINVAL);
    assert_non_null(strstr(err.message, message));
    free(text);
}

static void depth_and_length_are_bounded(void **state)
{
    (void)state;
    assert_bound(repeated("(", 65, "a"), "too deeply nested (64 levels at most)");
    assert_bound(repeated("not ", 65, "a"), "too deeply nested (64 levels at most)");
    assert_bound(repeated("a or ", 900, "a"), "longer than 4096 bytes");
    char *wide = repeated("a or ", 800, "a");
    struct rbk_expr *e = NULL;
    assert_int_equal(rbk_expr_parse(wide, NULL, 0, &e, NULL), 0);
    assert_string_equal(rbk_expr_text(e), wide);
    rbk_expr_free(e);
    free(wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_numbers_with_units),
        cmocka_unit_test(a_bare_zero_fits_every_unit),
        cmocka_unit_test(compares_strings_and_booleans),
        cmocka_unit_test(binds_not_before_and_before_or),
        cmocka_unit_test(the_unknown_is_never_false),
        cmocka_unit_test(no_data_is_told_apart_from_the_unknown),
        cmocka_unit_test(explains_with_the_measured_value),
        cmocka_unit_test(explains_every_part_when_all_had_to_agree),
        cmocka_unit_test(names_are_listed_once),
        cmocka_unit_test(says_where_and_what_was_expected),
        cmocka_unit_test(refuses_what_cannot_be_compared),
        cmocka_unit_test(depth_and_length_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
