/* Quantities: what a person writes is read exactly or refused with the mend, and reads back as it was written. */
#include <runbook/units.h>

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void quantities_are_read_into_base_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
        enum rbk_unit unit;
    } cases[] = {
        {"42", 42, RBK_UNIT_NONE},
        {"-3", -3, RBK_UNIT_NONE},
        {"+3", 3, RBK_UNIT_NONE},
        {"0.5", 0.5, RBK_UNIT_NONE},
        {"1e3", 1000, RBK_UNIT_NONE},
        {"1e-3", 0.001, RBK_UNIT_NONE},
        {"30s", 30, RBK_UNIT_SECONDS},
        {"250ms", 0.25, RBK_UNIT_SECONDS},
        {"5m", 300, RBK_UNIT_SECONDS},
        {"1h30m", 5400, RBK_UNIT_SECONDS},
        {"1h 30m", 5400, RBK_UNIT_SECONDS},
        {"2d", 172800, RBK_UNIT_SECONDS},
        {"1w", 604800, RBK_UNIT_SECONDS},
        {"1.5h", 5400, RBK_UNIT_SECONDS},
        {"-1h30m", -5400, RBK_UNIT_SECONDS},
        {"1d2h3m4s", 93784, RBK_UNIT_SECONDS},
        {"1s500ms", 1.5, RBK_UNIT_SECONDS},
        {"30 s", 30, RBK_UNIT_SECONDS},
        {"2GB", 2e9, RBK_UNIT_BYTES},
        {"2 GB", 2e9, RBK_UNIT_BYTES},
        {"1.5GiB", 1610612736, RBK_UNIT_BYTES},
        {"1KiB", 1024, RBK_UNIT_BYTES},
        {"1KB", 1000, RBK_UNIT_BYTES},
        {"512B", 512, RBK_UNIT_BYTES},
        {"1TiB", 1099511627776, RBK_UNIT_BYTES},
        {"5%", 0.05, RBK_UNIT_RATIO},
        {"5 %", 0.05, RBK_UNIT_RATIO},
        {"0.1%", 0.001, RBK_UNIT_RATIO},
        {"100%", 1, RBK_UNIT_RATIO},
        {"007", 7, RBK_UNIT_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rbk_quantity q;
        struct rbk_error err;
        if (rbk_quantity_parse(cases[i].text, strlen(cases[i].text), &q, &err) != RBK_OK)
            fail_msg("%s: %s", cases[i].text, err.message);
        if (q.value != cases[i].value || q.unit != cases[i].unit)
            fail_msg("%s gives %.17g %s", cases[i].text, q.value, rbk_unit_name(q.unit));
    }
}

static void what_is_no_quantity_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      " 5",    "5 ",     "5  s",       "s",        "%",     "nan",    "inf",  "-inf",
        "0x10",  "1e999", "1e999s", "1e308w",     "5minutes", "5sec",  "2gb",    "2G",   "1,5",
        ".5",    "5.",    "1m1h",   "1h1h",       "1h-30m",   "1h30",  "5%%",    "5% 3", "1GB5MB",
        "1GB 5", "--5",   "5e",     "1h 30 m 5x", "5s ",      "1s1GB", "1.5.2s",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rbk_quantity q = {0};
        struct rbk_error err;
        if (rbk_quantity_parse(bad[i], strlen(bad[i]), &q, &err) != RBK_EINVAL)
            fail_msg("\"%s\" was read as %g %s", bad[i], q.value, rbk_unit_name(q.unit));
        assert_non_null(strstr(err.message, bad[i]));
        assert_non_null(strstr(err.hint, "KiB"));
    }
}

static void a_wanted_unit_is_demanded(void **state)
{
    (void)state;
    double n = -1;
    struct rbk_error err;
    assert_int_equal(rbk_quantity_parse_as("timeout", "0", RBK_UNIT_SECONDS, &n, &err), RBK_OK);
    assert_true(n == 0);
    assert_int_equal(rbk_quantity_parse_as("timeout", "90s", RBK_UNIT_SECONDS, &n, &err), RBK_OK);
    assert_true(n == 90);
    assert_int_equal(rbk_quantity_parse_as("timeout", "30", RBK_UNIT_SECONDS, &n, &err), RBK_EINVAL);
    assert_string_equal(err.message, "timeout: \"30\" needs a unit, it is a duration");
    assert_non_null(strstr(err.hint, "30s"));
    assert_int_equal(rbk_quantity_parse_as("memory", "30s", RBK_UNIT_BYTES, &n, &err), RBK_EINVAL);
    assert_string_equal(err.message, "memory: \"30s\" is not a size");
    assert_int_equal(rbk_quantity_parse_as("count", "5%", RBK_UNIT_NONE, &n, &err), RBK_EINVAL);
    assert_int_equal(rbk_quantity_parse_as("count", "", RBK_UNIT_NONE, &n, &err), RBK_EINVAL);
    assert_true(n == 90);
}

static void a_tokenizer_gets_the_longest_quantity(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t taken;
    } cases[] = {
        {"5% and x", 2}, {"5 % and", 3}, {"5 and x", 1}, {"30s)", 3},      {"1h30m<x", 5}, {"1h 30m or", 6},
        {"1h 30 or", 2}, {"2GB==x", 3},  {"2GBx", 1},    {"5 minutes", 1}, {"x", 0},       {"-5%", 3},
        {"1e5x", 3},     {"5e", 1},      {"5.x", 1},     {"1h5", 2},       {"1e999", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rbk_quantity q;
        size_t n = rbk_quantity_scan(cases[i].text, strlen(cases[i].text), &q);
        if (n != cases[i].taken)
            fail_msg("\"%s\": took %zu", cases[i].text, n);
    }
}

static void the_text_need_not_be_terminated(void **state)
{
    (void)state;
    struct rbk_quantity q;
    assert_int_equal(rbk_quantity_parse("30sX", 3, &q, NULL), RBK_OK);
    assert_int_equal(rbk_quantity_scan("12345", 2, &q), 2);
    assert_true(q.value == 12);
}

static void people_read_quantities_in_their_units(void **state)
{
    (void)state;
    static const struct {
        double value;
        enum rbk_unit unit;
        const char *text;
    } cases[] = {
        {30, RBK_UNIT_SECONDS, "30s"},
        {5400, RBK_UNIT_SECONDS, "1h 30m"},
        {0, RBK_UNIT_SECONDS, "0s"},
        {0.25, RBK_UNIT_SECONDS, "250ms"},
        {1.5, RBK_UNIT_SECONDS, "1.5s"},
        {86400, RBK_UNIT_SECONDS, "1d"},
        {-90, RBK_UNIT_SECONDS, "-1m 30s"},
        {59.9999, RBK_UNIT_SECONDS, "1m"},
        {0.9999, RBK_UNIT_SECONDS, "1s"},
        {0.00005, RBK_UNIT_SECONDS, "0.05ms"},
        {2e9, RBK_UNIT_BYTES, "2GB"},
        {1610612736, RBK_UNIT_BYTES, "1.5GiB"},
        {512, RBK_UNIT_BYTES, "512B"},
        {999999, RBK_UNIT_BYTES, "1MB"},
        {0, RBK_UNIT_BYTES, "0B"},
        {1234567, RBK_UNIT_BYTES, "1.23MB"},
        {0.05, RBK_UNIT_RATIO, "5%"},
        {6.0 / 412, RBK_UNIT_RATIO, "1.5%"},
        {2.0 / 412, RBK_UNIT_RATIO, "0.5%"},
        {0.9995, RBK_UNIT_RATIO, "99.95%"},
        {1, RBK_UNIT_RATIO, "100%"},
        {99999.0 / 100003, RBK_UNIT_RATIO, "99.996%"},
        {1.0 / 3000000, RBK_UNIT_RATIO, "3.3e-05%"},
        {0, RBK_UNIT_RATIO, "0%"},
        {42, RBK_UNIT_NONE, "42"},
        {0.1, RBK_UNIT_NONE, "0.1"},
        {1234567, RBK_UNIT_NONE, "1234567"},
        {NAN, RBK_UNIT_NONE, "nan"},
        {-INFINITY, RBK_UNIT_SECONDS, "-inf"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        int n = rbk_quantity_format((struct rbk_quantity){cases[i].value, cases[i].unit}, text, sizeof text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(n, strlen(text));
    }
}

/* A value that was formatted for a person parses again, close to what it was. */
static void what_is_shown_can_be_typed(void **state)
{
    (void)state;
    for (int unit = RBK_UNIT_NONE; unit <= RBK_UNIT_RATIO; unit++) {
        for (double value = 0.001; value < 1e12; value *= 1.37) {
            char text[64];
            struct rbk_quantity q, made = {value, (enum rbk_unit)unit};
            rbk_quantity_format(made, text, sizeof text);
            if (rbk_quantity_parse(text, strlen(text), &q, NULL) != RBK_OK || (int)q.unit != unit)
                fail_msg("%s does not read back", text);
            if (unit != RBK_UNIT_BYTES || value > 1)
                assert_true(fabs(q.value - value) <= (unit == RBK_UNIT_RATIO ? 0.00051 : value * 0.06));
        }
    }
}

static void a_small_buffer_is_still_terminated(void **state)
{
    (void)state;
    char text[4];
    assert_int_equal(rbk_quantity_format((struct rbk_quantity){123456, RBK_UNIT_NONE}, text, sizeof text), 6);
    assert_string_equal(text, "123");
    rbk_quantity_format((struct rbk_quantity){DBL_MAX, RBK_UNIT_BYTES}, text, sizeof text);
    rbk_quantity_format((struct rbk_quantity){DBL_MAX, RBK_UNIT_RATIO}, text, sizeof text);
    rbk_quantity_format((struct rbk_quantity){-DBL_MAX, RBK_UNIT_SECONDS}, text, sizeof text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_are_read_into_base_units), cmocka_unit_test(what_is_no_quantity_is_refused_by_name),
        cmocka_unit_test(a_wanted_unit_is_demanded),           cmocka_unit_test(a_tokenizer_gets_the_longest_quantity),
        cmocka_unit_test(the_text_need_not_be_terminated),     cmocka_unit_test(people_read_quantities_in_their_units),
        cmocka_unit_test(what_is_shown_can_be_typed),          cmocka_unit_test(a_small_buffer_is_still_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
