/* Values survive being copied, compared, printed, stored and read back; documents from outside are bounded. */
#include <runbook/value.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static rbk_value *sample(void)
{
    rbk_value *map = rbk_map_new();
    rbk_map_set_string(map, "name", "caf\xc3\xa9 \"x\"\n");
    rbk_map_set_string(map, "none", NULL);
    rbk_map_set_int(map, "big", INT64_MAX);
    rbk_map_set_bool(map, "yes", true);
    rbk_map_set(map, "since", rbk_number_new_spelled(86400, RBK_UNIT_SECONDS, "24h"));
    rbk_map_set(map, "rate", rbk_number_new(0.05, RBK_UNIT_RATIO));
    rbk_map_set(map, "plain", rbk_number_new(2, RBK_UNIT_NONE));
    rbk_map_set(map, "spelled", rbk_number_new_spelled(10, RBK_UNIT_NONE, "1e1"));
    rbk_map_set(map, "cover", rbk_no_data_new());
    rbk_map_set(map, "raw", rbk_string_new_len("\xff\0z", 3));
    rbk_map_set(map, "$odd", rbk_number_new(-INFINITY, RBK_UNIT_BYTES));
    rbk_map_set(map, "\xfe", rbk_map_new());
    rbk_value *list = rbk_list_new();
    rbk_list_append(list, rbk_string_new("a"));
    rbk_list_append(list, rbk_list_new());
    rbk_map_set(map, "list", list);
    return map;
}

static void what_is_stored_comes_back_the_same(void **state)
{
    (void)state;
    rbk_value *v = sample();
    char *text = rbk_value_encode(v);
    struct rbk_error err;
    rbk_value *back = rbk_value_decode(text, strlen(text), &err);
    assert_non_null(back);
    assert_true(rbk_value_equal(v, back));
    char *again = rbk_value_encode(back);
    assert_string_equal(text, again);
    char *since = rbk_value_text(rbk_map_get(back, "since"));
    assert_string_equal(since, "24h");
    assert_int_equal(rbk_value_type(rbk_map_get(back, "plain")), RBK_NUMBER);
    assert_int_equal(rbk_value_length(rbk_map_get(back, "raw")), 3);
    free(since);
    free(again);
    free(text);
    rbk_value_free(back);
    rbk_value_free(v);
}

static void every_double_is_stored_exactly(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13; /* xorshift64, Marsaglia 2003 */
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double n;
        memcpy(&n, &bits, sizeof n);
        rbk_value *v = rbk_number_new(n, RBK_UNIT_NONE);
        char *text = rbk_value_encode(v);
        rbk_value *back = rbk_value_decode(text, strlen(text), NULL);
        assert_non_null(back);
        double m = rbk_value_number(back);
        if (!(m == n || (isnan(m) && isnan(n))))
            fail_msg("%.17g came back as %.17g from %s", n, m, text);
        free(text);
        rbk_value_free(back);
        rbk_value_free(v);
    }
}

static void damaged_stored_values_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "{\"$q\":[1,\"parsecs\"]}",
        "{\"$q\":[1.0,\"seconds\",5]}",
        "{\"$hex\":\"f\"}",
        "{\"$hex\":\"zz\"}",
        "{\"$n\":\"five\"}",
        "{\"$what\":1}",
        "{\"$pairs\":[[1,2]]}",
        "{\"$pairs\":5}",
        "{\"$no_data\":false}",
        "{\"$q\":[]}",
        "[{\"$q\":[1,\"x\"]}]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rbk_error err;
        if (rbk_value_decode(bad[i], strlen(bad[i]), &err))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.code, RBK_EMALFORMED);
    }
}

static void json_for_the_world_is_in_base_units(void **state)
{
    (void)state;
    rbk_value *v = sample();
    char *text = rbk_value_to_json(v, 0);
    assert_string_equal(text, "{\"name\":\"caf\xc3\xa9 \\\"x\\\"\\n\",\"none\":null,\"big\":9223372036854775807,"
                              "\"yes\":true,\"since\":86400,\"rate\":0.05,\"plain\":2,\"spelled\":10,"
                              "\"cover\":\"no data\",\"raw\":\"\xef\xbf\xbd\\u0000z\",\"$odd\":null,"
                              "\"\xef\xbf\xbd\":{},\"list\":[\"a\",[]]}");
    free(text);
    rbk_value_free(v);
    v = rbk_list_new();
    rbk_list_append(v, rbk_int_new(1));
    rbk_list_append(v, rbk_map_new());
    rbk_map_set_int((rbk_value *)rbk_list_at(v, 1), "a", 2);
    text = rbk_value_to_json(v, 2);
    assert_string_equal(text, "[\n  1,\n  {\n    \"a\": 2\n  }\n]");
    free(text);
    rbk_value_free(v);
}

static void documents_are_read_exactly(void **state)
{
    (void)state;
    static const char text[] = "{\"i\":9007199254740993,\"m\":-9223372036854775808,\"r\":1.5,\"e\":1e2,"
                               "\"s\":\"\\u00e9\\ud83d\\ude00\",\"l\":[null,true]}";
    struct rbk_error err;
    rbk_value *v = rbk_value_from_json(text, sizeof text - 1, &err);
    assert_non_null(v);
    assert_true(rbk_value_int(rbk_map_get(v, "i")) == 9007199254740993);
    assert_true(rbk_value_int(rbk_map_get(v, "m")) == INT64_MIN);
    assert_int_equal(rbk_value_type(rbk_map_get(v, "e")), RBK_NUMBER);
    assert_string_equal(rbk_map_get_string(v, "s"), "\xc3\xa9\xf0\x9f\x98\x80");
    assert_int_equal(rbk_value_length(rbk_map_get(v, "l")), 2);
    rbk_value_free(v);
}

static void bad_documents_are_refused_with_their_place(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        "{\"a\":1,\n  \"b\" 2}", "[1,]",   "{\"a\":1,\"a\":2}", "nul", "1 2", "\"\xff\"",
        "[1e999]", "99999999999999999999",  "\"open", "{\"a\\u0000b\":1}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rbk_error err;
        if (rbk_value_from_json(bad[i], strlen(bad[i]), &err))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(err.code, RBK_EMALFORMED);
        assert_true(err.line >= 1);
    }
    struct rbk_error err;
    assert_null(rbk_value_from_json(bad[1], strlen(bad[1]), &err));
    assert_int_equal(err.line, 2);
}

static rbk_value *parse_nested(size_t depth, struct rbk_error *err)
{
    char *text = malloc(depth * 2 + 1);
    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    rbk_value *v = rbk_value_from_json(text, depth * 2, err);
    free(text);
    return v;
}

static void depth_is_bounded(void **state)
{
    (void)state;
    struct rbk_error err;
    rbk_value *v = parse_nested(200, &err);
    assert_non_null(v);
    char *text = rbk_value_encode(v);
    rbk_value *back = rbk_value_decode(text, strlen(text), &err);
    assert_true(rbk_value_equal(v, back));
    free(text);
    rbk_value_free(back);
    rbk_value_free(v);
    assert_null(parse_nested(201, &err));
    assert_int_equal(err.code, RBK_EMALFORMED);
    assert_int_equal(err.column, 201);
    assert_null(parse_nested(1000000, &err));
    static const char brackets_in_text[] = "\"[[[[\\\"[[\"";
    v = rbk_value_from_json(brackets_in_text, sizeof brackets_in_text - 1, &err);
    assert_non_null(v);
    rbk_value_free(v);
}

static void maps_keep_their_order_whatever_their_size(void **state)
{
    (void)state;
    rbk_value *map = rbk_map_new();
    char key[32];
    for (int i = 0; i < 100000; i++) {
        snprintf(key, sizeof key, "key%d", i);
        rbk_map_set_int(map, key, i);
    }
    assert_int_equal(rbk_value_length(map), 100000);
    for (int i = 0; i < 100000; i++) {
        snprintf(key, sizeof key, "key%d", i);
        assert_string_equal(rbk_map_key_at(map, (size_t)i), key);
        assert_int_equal(rbk_value_int(rbk_map_get(map, key)), i);
    }
    rbk_map_set(map, "key500", NULL);
    assert_null(rbk_map_get(map, "key500"));
    assert_string_equal(rbk_map_key_at(map, 500), "key501");
    assert_int_equal(rbk_value_int(rbk_map_get(map, "key99999")), 99999);
    rbk_map_set_string(map, "key7", "new");
    assert_string_equal(rbk_map_key_at(map, 7), "key7");
    assert_string_equal(rbk_map_get_string(map, "key7"), "new");
    rbk_value_free(map);
}

static void small_maps_shrink_and_grow(void **state)
{
    (void)state;
    rbk_value *map = rbk_map_new();
    char key[32];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++) {
            snprintf(key, sizeof key, "k%d", i);
            rbk_map_set_int(map, key, i);
        }
        for (int i = 39; i >= 5; i--) {
            snprintf(key, sizeof key, "k%d", i);
            rbk_map_set(map, key, NULL);
            assert_null(rbk_map_get(map, key));
            assert_int_equal(rbk_value_int(rbk_map_get(map, "k4")), 4);
        }
        assert_int_equal(rbk_value_length(map), 5);
    }
    rbk_map_set(map, "not there", NULL);
    rbk_value_free(map);
}

static void long_lists_are_cheap(void **state)
{
    (void)state;
    rbk_value *list = rbk_list_new();
    for (int i = 0; i < 100000; i++)
        rbk_list_append(list, rbk_string_new("tests/test_cart.py::test_total"));
    rbk_value *copy = rbk_value_dup(list);
    assert_true(rbk_value_equal(list, copy));
    char *text = rbk_value_encode(list);
    rbk_value *back = rbk_value_decode(text, strlen(text), NULL);
    assert_true(rbk_value_equal(list, back));
    assert_null(rbk_list_at(list, 100000));
    free(text);
    rbk_value_free(back);
    rbk_value_free(copy);
    rbk_value_free(list);
}

static void assert_text(rbk_value *v, const char *expected)
{
    char *text = rbk_value_text(v);
    assert_string_equal(text, expected);
    free(text);
    rbk_value_free(v);
}

static void values_read_as_people_write_them(void **state)
{
    (void)state;
    assert_text(rbk_null_new(), "");
    assert_text(rbk_no_data_new(), "no data");
    assert_text(rbk_bool_new(true), "true");
    assert_text(rbk_int_new(-5), "-5");
    assert_text(rbk_number_new(0.05, RBK_UNIT_RATIO), "5%");
    assert_text(rbk_number_new_spelled(86400, RBK_UNIT_SECONDS, "24h"), "24h");
    rbk_value *list = rbk_list_new();
    rbk_list_append(list, rbk_string_new("a b"));
    rbk_list_append(list, rbk_int_new(2));
    rbk_value *inner = rbk_map_new();
    rbk_map_set_int(inner, "k", 1);
    rbk_list_append(list, inner);
    assert_text(list, "a b\n2\n{\"k\":1}");
}

static void equality_is_about_values_not_spelling(void **state)
{
    (void)state;
    rbk_value *a = rbk_number_new_spelled(60, RBK_UNIT_SECONDS, "1m"), *b = rbk_number_new(60, RBK_UNIT_SECONDS);
    rbk_value *plain = rbk_number_new(60, RBK_UNIT_NONE), *whole = rbk_int_new(60), *none = rbk_null_new();
    assert_true(rbk_value_equal(a, b));
    assert_false(rbk_value_equal(a, plain));
    assert_true(rbk_value_equal(plain, whole));
    assert_true(rbk_value_equal(NULL, none));
    assert_false(rbk_value_equal(whole, none));
    rbk_value_free(a);
    rbk_value_free(b);
    rbk_value_free(plain);
    rbk_value_free(whole);
    rbk_value_free(none);
}

static void the_wrong_type_reads_as_nothing(void **state)
{
    (void)state;
    rbk_value *s = rbk_string_new("5");
    assert_int_equal(rbk_value_int(s), 0);
    assert_false(rbk_value_bool(s));
    assert_null(rbk_list_at(s, 0));
    assert_null(rbk_map_get(s, "a"));
    assert_null(rbk_value_string(NULL));
    assert_int_equal(rbk_value_type(NULL), RBK_NULL);
    rbk_value *huge = rbk_number_new(1e300, RBK_UNIT_NONE);
    assert_true(rbk_value_int(huge) == INT64_MAX);
    rbk_value_free(huge);
    rbk_value_free(s);
    rbk_value_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stored_comes_back_the_same),
        cmocka_unit_test(every_double_is_stored_exactly),
        cmocka_unit_test(damaged_stored_values_are_refused),
        cmocka_unit_test(json_for_the_world_is_in_base_units),
        cmocka_unit_test(documents_are_read_exactly),
        cmocka_unit_test(bad_documents_are_refused_with_their_place),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(maps_keep_their_order_whatever_their_size),
        cmocka_unit_test(small_maps_shrink_and_grow),
        cmocka_unit_test(long_lists_are_cheap),
        cmocka_unit_test(values_read_as_people_write_them),
        cmocka_unit_test(equality_is_about_values_not_spelling),
        cmocka_unit_test(the_wrong_type_reads_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
