/* The ids of traces and spans, and the text that carries them from process to process. */
#include <base/trace.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RUN "01kd4f7c8m2xabcdefghjkmnpq"

static void a_traceparent_is_read_as_the_standard_says(void **state)
{
    static const struct {
        const char *text;
        bool good, sampled;
    } rows[] = {
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true, true},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true, false},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03", true, true},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe", true, false},
        {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true, true},
        {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true, true},
        {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more", false, false},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false, false},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", false, false},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g", false, false},
        {"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false, false},
        {"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false, false},
        {"00-00000000000000000000000000000000-00f067aa0ba902b7-01", false, false},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false, false},
        {"00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01", false, false},
        {"", false, false},
        {NULL, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rbk_trace_context c = {0};
        assert_int_equal(rbk_traceparent_parse(rows[i].text, &c), rows[i].good);
        if (rows[i].good) {
            assert_string_equal(c.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
            assert_string_equal(c.span_id, "00f067aa0ba902b7");
            assert_int_equal(c.sampled, rows[i].sampled);
        }
    }
}

static void what_is_written_is_read_back(void **state)
{
    struct rbk_trace_context c = {.sampled = true}, back = {0};
    char text[RBK_TRACEPARENT_SIZE];
    (void)state;
    rbk_trace_id_of_run(RUN, c.trace_id);
    rbk_span_id(RUN, "build", 0, c.span_id);
    rbk_traceparent_format(&c, text);
    assert_true(rbk_traceparent_parse(text, &back));
    assert_string_equal(back.trace_id, c.trace_id);
    assert_string_equal(back.span_id, c.span_id);
    assert_true(back.sampled);
}

static void the_id_of_a_trace_is_the_number_that_the_run_is(void **state)
{
    char id[RBK_TRACE_ID_SIZE];
    (void)state;
    rbk_trace_id_of_run("00000000000000000000000001", id);
    assert_string_equal(id, "00000000000000000000000000000001");
    rbk_trace_id_of_run("7zzzzzzzzzzzzzzzzzzzzzzzzz", id);
    assert_string_equal(id, "ffffffffffffffffffffffffffffffff");
    rbk_trace_id_of_run("01arz3ndektsv4rrffq69g5fav", id); /* the example of https://github.com/ulid/spec */
    assert_string_equal(id, "01563e3ab5d3d6764c61efb99302bd5b");
}

static void spans_of_different_things_have_different_ids(void **state)
{
    static const struct {
        const char *run, *step;
        int64_t command;
    } things[] = {
        {RUN, NULL, 0},   {RUN, "a", 0},  {RUN, "b", 0},  {RUN, "a/b", 0},
        {RUN, "a[1]", 0}, {RUN, "a", 1},  {RUN, "a", 2},  {RUN, "a", 11},
        {RUN, "a", 12},   {RUN, "a1", 0}, {RUN, "a1", 1}, {"01kd4f7c8m2xabcdefghjkmnpr", "a", 1},
    };
    enum { COUNT = sizeof things / sizeof *things };
    char ids[COUNT][RBK_SPAN_ID_SIZE], again[RBK_SPAN_ID_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        rbk_span_id(things[i].run, things[i].step, things[i].command, ids[i]);
        rbk_span_id(things[i].run, things[i].step, things[i].command, again);
        assert_string_equal(ids[i], again);
        assert_int_equal(strspn(ids[i], "0123456789abcdef"), 16);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ids[i], ids[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_traceparent_is_read_as_the_standard_says),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(the_id_of_a_trace_is_the_number_that_the_run_is),
        cmocka_unit_test(spans_of_different_things_have_different_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
