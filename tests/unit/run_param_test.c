/* Parameters: each type takes what people write and refuses the rest with a message that shows what would fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <run/param.h>
#include <stdlib.h>
#include <string.h>

static char since_name[] = "since", level_name[] = "level", real_name[] = "real_llm", help_text[] = "who is asked";

static void assert_parsed(enum rbk_param_type type, const char *text, const char *json)
{
    struct rbk_param p = {.name = since_name, .type = type};
    struct rbk_error err = {0};
    rbk_value *v = NULL;
    if (rbk_param_parse(&p, text, &v, &err) != 0)
        fail_msg("%s: %s", text, err.message);
    char *got = rbk_value_to_json(v, 0);
    assert_string_equal(got, json);
    free(got);
    rbk_value_free(v);
}

static void every_type_is_read(void **state)
{
    (void)state;
    assert_parsed(RBK_PARAM_STRING, "48 hours", "\"48 hours\"");
    assert_parsed(RBK_PARAM_INTEGER, "-42", "-42");
    assert_parsed(RBK_PARAM_NUMBER, "1.5", "1.5");
    assert_parsed(RBK_PARAM_BOOLEAN, "yes", "true");
    assert_parsed(RBK_PARAM_BOOLEAN, "FALSE", "false");
    assert_parsed(RBK_PARAM_DURATION, "1h30m", "5400");
    assert_parsed(RBK_PARAM_DURATION, "0", "0");
    assert_parsed(RBK_PARAM_SIZE, "2GB", "2000000000");
    assert_parsed(RBK_PARAM_PERCENT, "5%", "0.05");
    assert_parsed(RBK_PARAM_PATH, "reports/../x y", "\"reports/../x y\"");
    assert_parsed(RBK_PARAM_LIST, "a, b ,c", "[\"a\",\"b\",\"c\"]");
    assert_parsed(RBK_PARAM_LIST, "", "[]");
}

static const struct {
    enum rbk_param_type type;
    const char *text, *message;
} refused[] = {
    {RBK_PARAM_INTEGER, "3.5", "since: \"3.5\" is not a whole number (try 3)"},
    {RBK_PARAM_INTEGER, "", "since: \"\" is not a whole number (try 3)"},
    {RBK_PARAM_INTEGER, "99999999999999999999", "since: \"99999999999999999999\" is not a whole number (try 3)"},
    {RBK_PARAM_NUMBER, "5%", "since: \"5%\" is not a number (try 1.5)"},
    {RBK_PARAM_BOOLEAN, "maybe", "since: \"maybe\" is not true or false"},
    {RBK_PARAM_DURATION, "48 hours", "since: \"48 hours\" is not a duration (try 48h; units: ms s m h d w)"},
    {RBK_PARAM_DURATION, "48", "since: \"48\" is not a duration (try 48h; units: ms s m h d w)"},
    {RBK_PARAM_DURATION, "-1h", "since: \"-1h\" is not zero or more"},
    {RBK_PARAM_SIZE, "5 pounds", "since: \"5 pounds\" is not a size (try 2GB; units: B KB MB GB TB KiB MiB GiB TiB)"},
    {RBK_PARAM_PERCENT, "5", "since: \"5\" is not a percentage (try 5%)"},
    {RBK_PARAM_PATH, "", "since: \"\" is not a path (try reports/today.md)"},
    {RBK_PARAM_LIST, "a,,b", "since: \"a,,b\" is not a list (try a,b,c)"},
    {RBK_PARAM_LIST, "a,", "since: \"a,\" is not a list (try a,b,c)"},
};

static void refusals_show_what_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct rbk_param p = {.name = since_name, .type = refused[i].type};
        struct rbk_error err = {0};
        rbk_value *v = NULL;
        assert_int_equal(rbk_param_parse(&p, refused[i].text, &v, &err), RBK_EINVAL);
        assert_null(v);
        assert_string_equal(err.message, refused[i].message);
    }
}

static void numbers_lie_in_their_range(void **state)
{
    (void)state;
    struct rbk_param p = {.name = since_name,
                          .type = RBK_PARAM_DURATION,
                          .min = rbk_number_new_spelled(60, RBK_UNIT_SECONDS, "1m"),
                          .max = rbk_number_new_spelled(3600, RBK_UNIT_SECONDS, "1h")};
    struct rbk_error err = {0};
    rbk_value *v = NULL, *plain = rbk_int_new(59);
    assert_int_equal(rbk_param_parse(&p, "60s", &v, &err), 0);
    rbk_value_free(v);
    assert_int_equal(rbk_param_parse(&p, "59s", &v, &err), RBK_EINVAL);
    assert_null(v);
    assert_string_equal(err.message, "since: \"59s\" is not from 1m to 1h");
    assert_int_equal(rbk_param_from_value(&p, plain, &v, &err), RBK_EINVAL);
    rbk_value_free(p.min);
    p.min = NULL;
    assert_int_equal(rbk_param_parse(&p, "2h", &v, &err), RBK_EINVAL);
    assert_string_equal(err.message, "since: \"2h\" is not 1h or less");
    rbk_value_free(plain);
    rbk_value_free(p.max);
}

static void choices_name_the_nearest(void **state)
{
    (void)state;
    struct rbk_param p = {.name = level_name, .type = RBK_PARAM_CHOICE};
    struct rbk_error err = {0};
    rbk_value *v = NULL;
    rbk_strv_add(&p.choices, "smoke");
    rbk_strv_add(&p.choices, "unit");
    assert_int_equal(rbk_param_parse(&p, "smok", &v, &err), RBK_EINVAL);
    assert_string_equal(err.message, "level: \"smok\" is not one of smoke, unit");
    assert_string_equal(err.hint, "did you mean smoke?");
    p.type = RBK_PARAM_LIST;
    assert_int_equal(rbk_param_parse(&p, "unit,slow", &v, &err), RBK_EINVAL);
    assert_string_equal(err.message, "level: \"slow\" is not one of smoke, unit");
    rbk_strv_fini(&p.choices);
}

static void a_secret_is_never_quoted(void **state)
{
    (void)state;
    struct rbk_param p = {.name = level_name, .type = RBK_PARAM_INTEGER, .secret = true};
    struct rbk_error err = {0};
    rbk_value *v = NULL;
    assert_int_equal(rbk_param_parse(&p, "hunter2", &v, &err), RBK_EINVAL);
    assert_string_equal(err.message, "level: the value is not a whole number (try 3)");
}

static void a_spelling_travels_with_its_value(void **state)
{
    (void)state;
    struct rbk_param p = {.name = since_name, .type = RBK_PARAM_DURATION};
    rbk_value *v = NULL;
    assert_int_equal(rbk_param_parse(&p, "24h", &v, NULL), 0);
    char *text = rbk_value_text(v);
    assert_string_equal(text, "24h");
    free(text);
    rbk_value_free(v);
}

static void assert_typed(enum rbk_param_type type, rbk_value *given, const char *json)
{
    struct rbk_param p = {.name = since_name, .type = type};
    struct rbk_error err = {0};
    rbk_value *v = NULL;
    if (rbk_param_from_value(&p, given, &v, &err) != 0)
        fail_msg("%s: %s", json, err.message);
    char *got = rbk_value_to_json(v, 0);
    assert_string_equal(got, json);
    free(got);
    rbk_value_free(v);
    rbk_value_free(given);
}

static void values_of_a_runbook_are_typed(void **state)
{
    (void)state;
    rbk_value *list = rbk_list_new();
    rbk_list_append(list, rbk_string_new("a"));
    rbk_list_append(list, rbk_int_new(2));
    assert_typed(RBK_PARAM_DURATION, rbk_int_new(30), "30");
    assert_typed(RBK_PARAM_DURATION, rbk_string_new("1m"), "60");
    assert_typed(RBK_PARAM_SIZE, rbk_int_new(4096), "4096");
    assert_typed(RBK_PARAM_PERCENT, rbk_number_new(0.05, RBK_UNIT_RATIO), "0.05");
    assert_typed(RBK_PARAM_INTEGER, rbk_number_new(3, RBK_UNIT_NONE), "3");
    assert_typed(RBK_PARAM_BOOLEAN, rbk_bool_new(true), "true");
    assert_typed(RBK_PARAM_LIST, list, "[\"a\",\"2\"]");
}

static void assert_mistyped(enum rbk_param_type type, rbk_value *given, const char *message)
{
    struct rbk_param p = {.name = since_name, .type = type};
    struct rbk_error err = {0};
    rbk_value *v = NULL;
    assert_int_equal(rbk_param_from_value(&p, given, &v, &err), RBK_EINVAL);
    assert_string_equal(err.message, message);
    rbk_value_free(given);
}

static void wrong_values_of_a_runbook_are_refused(void **state)
{
    (void)state;
    assert_mistyped(RBK_PARAM_STRING, rbk_int_new(3), "\"3\" is not a string");
    assert_mistyped(RBK_PARAM_PERCENT, rbk_int_new(5), "\"5\" is not a percentage (try 5%)");
    assert_mistyped(RBK_PARAM_INTEGER, rbk_number_new(1.5, RBK_UNIT_NONE), "\"1.5\" is not a whole number (try 3)");
    assert_mistyped(RBK_PARAM_BOOLEAN, rbk_int_new(1), "\"1\" is not true or false");
    assert_mistyped(RBK_PARAM_STRING, rbk_string_new_len("a\0b", 3), "the value holds a NUL byte");
    assert_mistyped(RBK_PARAM_PATH, rbk_string_new_len("a\0b", 3), "the value holds a NUL byte");
    assert_mistyped(RBK_PARAM_STRING, rbk_no_data_new(), "there is no data to give");
}

static void unknown_types_are_named(void **state)
{
    (void)state;
    enum rbk_param_type type;
    struct rbk_error err = {0};
    assert_int_equal(rbk_param_type_parse("duration", &type, &err), 0);
    assert_int_equal(type, RBK_PARAM_DURATION);
    assert_int_equal(rbk_param_type_parse("durtion", &type, &err), RBK_EINVAL);
    assert_string_equal(err.message, "\"durtion\" is not a type");
    assert_string_equal(err.hint, "did you mean \"duration\"?");
    assert_int_equal(rbk_param_type_parse("bool", &type, &err), RBK_EINVAL);
    assert_string_equal(err.hint, "use \"boolean\"");
    assert_int_equal(rbk_param_type_parse("zzz", &type, &err), RBK_EINVAL);
    assert_string_equal(err.hint, "types: string integer number boolean duration size percent choice path list");
}

/* ---- whole sets ------------------------------------------------------------------------------------------------ */

static void bind(const char *key, const char *text, const char *bound, const char *message, const char *hint)
{
    rbk_value *dflt = rbk_number_new_spelled(86400, RBK_UNIT_SECONDS, "24h");
    struct rbk_param params[] = {
        {.name = level_name, .type = RBK_PARAM_STRING, .required = true, .help = help_text},
        {.name = since_name, .type = RBK_PARAM_DURATION, .dflt = dflt},
        {.name = real_name, .type = RBK_PARAM_BOOLEAN},
    };
    struct rbk_error err = {0};
    rbk_value *given = rbk_map_new(), *out = NULL;
    rbk_map_set_string(given, key, text);
    if (strcmp(key, "level") != 0 && bound)
        rbk_map_set_string(given, "level", "all");
    assert_int_equal(rbk_params_bind(params, 3, given, &out, &err), bound ? 0 : RBK_EINVAL);
    char *json = out ? rbk_value_to_json(out, 0) : NULL;
    if (bound)
        assert_string_equal(json, bound);
    else
        assert_null(out);
    assert_string_equal(err.message, message);
    assert_string_equal(err.hint, hint);
    free(json);
    rbk_value_free(out);
    rbk_value_free(given);
    rbk_value_free(dflt);
}

static void a_set_is_bound_in_order_with_defaults(void **state)
{
    (void)state;
    bind("level", "unit", "{\"level\":\"unit\",\"since\":86400}", "", "");
    bind("real-llm", "yes", "{\"level\":\"all\",\"since\":86400,\"real_llm\":true}", "", "");
    bind("real_llm", "no", "{\"level\":\"all\",\"since\":86400,\"real_llm\":false}", "", "");
}

static void a_set_is_refused_with_the_flag_in_front(void **state)
{
    (void)state;
    bind("since", "48 hours", NULL, "--since: \"48 hours\" is not a duration (try 48h; units: ms s m h d w)", "");
    bind("real-llm", "maybe", NULL, "--real-llm: \"maybe\" is not true or false", "");
    bind("sinse", "2h", NULL, "there is no parameter --sinse", "did you mean --since?");
    bind("zzz", "2h", NULL, "there is no parameter --zzz", "the parameters are: --level --since --real-llm");
    bind("since", "2h", NULL, "--level is required (string)", "--level: who is asked");
}

static void a_runbook_without_parameters_takes_none(void **state)
{
    (void)state;
    struct rbk_error err = {0};
    rbk_value *given = rbk_map_new(), *out = NULL;
    assert_int_equal(rbk_params_bind(NULL, 0, NULL, &out, &err), 0);
    assert_int_equal(rbk_value_length(out), 0);
    rbk_value_free(out);
    rbk_map_set_string(given, "level", "x");
    assert_int_equal(rbk_params_bind(NULL, 0, given, &out, &err), RBK_EINVAL);
    assert_string_equal(err.hint, "this runbook takes none");
    rbk_value_free(given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(refusals_show_what_fits),
        cmocka_unit_test(numbers_lie_in_their_range),
        cmocka_unit_test(choices_name_the_nearest),
        cmocka_unit_test(a_secret_is_never_quoted),
        cmocka_unit_test(a_spelling_travels_with_its_value),
        cmocka_unit_test(values_of_a_runbook_are_typed),
        cmocka_unit_test(wrong_values_of_a_runbook_are_refused),
        cmocka_unit_test(unknown_types_are_named),
        cmocka_unit_test(a_set_is_bound_in_order_with_defaults),
        cmocka_unit_test(a_set_is_refused_with_the_flag_in_front),
        cmocka_unit_test(a_runbook_without_parameters_takes_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
