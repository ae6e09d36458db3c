/* Logs: every line comes back with its stream and time, while it is written and after a crash. */
#include "log_fixture.h"

static void lines_keep_their_stream_and_time(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(0);
    put(log, 1, "one\ntwo\n", 100);
    put(log, 2, "oops\n", 101);
    put(log, 1, "three\n", 102);
    finish(log);
    expect_lines("100 1 one|100 1 two|101 2 oops|102 1 three|");
    expect_text("one\ntwo\noops\nthree\n");
}

static void a_line_in_pieces_has_the_time_of_its_first_byte(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(0);
    put(log, 1, "one\ntw", 100);
    put(log, 1, "o and", 101);
    put(log, 1, " more\nthree\nfo", 102);
    finish(log);
    expect_lines("100 1 one|100 1 two and more|102 1 three|102 1 fo|");
    expect_text("one\ntwo and more\nthree\nfo");
}

static void streams_do_not_tear_each_others_lines(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(0);
    put(log, 1, "copying", 100);
    put(log, 2, "warning\n", 101);
    put(log, 1, " done\n", 102);
    finish(log);
    expect_lines("101 2 warning|100 1 copying done|");
}

static void a_prompt_is_not_held_back_for_longer_than_a_moment(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(0);
    put(log, 1, "waiting...", 100);
    put(log, 2, "slow\n", 5000);
    put(log, 1, " done\n", 5001);
    finish(log);
    expect_lines("100 1 waiting...|5000 2 slow|5001 1  done|");
}

static void flushing_shows_an_unfinished_line_that_then_goes_on(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(0);
    put(log, 1, "10%", 100);
    assert_int_equal(rbk_log_flush(log, &err), 0);
    expect_text("10%");
    put(log, 1, " 20%\n", 101);
    finish(log);
    expect_lines("100 1 10% 20%|");
}

static void a_log_is_followed_while_it_is_written(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(0);
    struct rbk_log_reader *r = NULL;
    struct rbk_buf b = {0};
    assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
    assert_int_equal(rbk_log_reader_poll(r, false, on_line, &b, &err), 0);
    expect(&b, "");
    put(log, 1, "one\n", 100);
    put(log, 2, "two\n", 101);
    assert_int_equal(rbk_log_reader_poll(r, false, on_line, &b, &err), 0);
    expect(&b, "100 1 one|101 2 two|");
    put(log, 1, "par", 102);
    assert_int_equal(rbk_log_flush(log, &err), 0);
    assert_int_equal(rbk_log_reader_poll(r, false, on_line, &b, &err), 0);
    expect(&b, "100 1 one|101 2 two|");
    put(log, 1, "tial\n", 103);
    assert_int_equal(rbk_log_reader_poll(r, false, on_line, &b, &err), 0);
    expect(&b, "100 1 one|101 2 two|102 1 partial|");
    finish(log);
    rbk_log_reader_close(r);
    rbk_buf_fini(&b);
}

static void reopening_appends(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(0);
    put(log, 1, "one\nunfinished", 100);
    finish(log);
    log = open_log(0);
    put(log, 1, "two\n", 200);
    finish(log);
    expect_lines("100 1 one|100 1 unfinished|200 1 two|");
}

/* Lines "line 000000\n", 12 bytes each. */
static void expect_tail(int lines, const char *expected)
{
    struct rbk_buf b = {0};
    assert_int_equal(rbk_log_tail(log_path, lines, on_line, &b, &err), 0);
    expect(&b, expected);
    rbk_buf_fini(&b);
}

static void the_last_lines_are_found_from_the_end(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(0);
    put(log, 1, "one\n", 100);
    put(log, 2, "two\n", 101);
    put(log, 1, "three\n", 102);
    assert_int_equal(rbk_log_flush(log, &err), 0);
    expect_tail(2, "101 2 two|102 1 three|");
    expect_tail(9, "100 1 one|101 2 two|102 1 three|");
    put(log, 1, "four", 103);
    finish(log);
    expect_tail(2, "102 1 three|103 1 four|");
    expect_tail(0, "");
}

static void the_last_lines_are_found_in_the_segments_of_a_running_log(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(96);
    put_numbered(log, 0, 21);
    expect_tail(1, "1006 1 line 000020|");
    expect_tail(5, "1005 1 line 000016|1005 2 line 000017|1006 1 line 000018|1006 2 line 000019|1006 1 line 000020|");
    finish(log);
    expect_tail(1, "1006 1 line 000020|");
}

static void crash_while_writing(int64_t max_bytes, int lines)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct rbk_log *log = open_log(max_bytes);
        put_numbered(log, 0, lines);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(fixture_wait(pid), 128 + SIGKILL);
}

static void after_a_crash_everything_written_is_read(void **state)
{
    (void)state;
    crash_while_writing(0, 3);
    expect_lines("1000 1 line 000000|1000 2 line 000001|1000 1 line 000002|");
}

static void after_a_crash_head_and_segments_are_read_and_the_next_opening_joins(void **state)
{
    (void)state;
    struct rbk_buf before = {0};
    struct rbk_log_reader *r = NULL;
    crash_while_writing(96, 13);
    assert_true(there(".log.0"));
    assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
    assert_int_equal(rbk_log_reader_poll(r, true, on_line, &before, &err), 0);
    assert_non_null(strstr(before.data, "|1004 1 line 000012|"));
    rbk_log_reader_close(r);
    rbk_buf_fini(&before);
    struct rbk_log *log = open_log(96);
    assert_false(there(".log.0") || there(".log.1"));
    put(log, 1, "resumed\n", 9000);
    finish(log);
    expect_tail(2, "1004 1 line 000012|9000 1 resumed|");
    char *text = slurp(log_path);
    assert_memory_equal(text, "line 000000\n", 12);
    free(text);
}

static void a_torn_index_costs_only_times(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(0);
    put(log, 1, "one\n", 100);
    put(log, 2, "two\n", 101);
    finish(log);
    char idx[200];
    snprintf(idx, sizeof idx, "%s/step.idx", f.root);
    assert_int_equal(truncate(idx, 24 + 7), 0);
    expect_lines("100 1 one|100 1 two|");
    log = open_log(0);
    put(log, 2, "three\n", 102);
    finish(log);
    expect_lines("100 1 one|100 1 two|102 2 three|");
    assert_int_equal(unlink(idx), 0);
    struct rbk_buf b = {0};
    struct rbk_log_reader *r = NULL;
    assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
    assert_int_equal(rbk_log_reader_poll(r, true, on_text, &b, &err), 0);
    expect(&b, "one\ntwo\nthree\n");
    rbk_log_reader_close(r);
    rbk_buf_fini(&b);
}

static void logs_are_private_whatever_the_umask(void **state)
{
    (void)state;
    struct stat st;
    mode_t before = umask(0);
    finish(open_log(0));
    assert_int_equal(stat(log_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    unlink(log_path);
    umask(0777);
    finish(open_log(0));
    umask(before);
    assert_int_equal(stat(log_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_missing_log_is_said_to_be_missing(void **state)
{
    (void)state;
    struct rbk_log_reader *r = NULL;
    assert_int_equal(rbk_log_reader_open(log_path, &r, &err), RBK_ENOENT);
    assert_non_null(strstr(err.message, log_path));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(lines_keep_their_stream_and_time),
        T(a_line_in_pieces_has_the_time_of_its_first_byte),
        T(streams_do_not_tear_each_others_lines),
        T(a_prompt_is_not_held_back_for_longer_than_a_moment),
        T(flushing_shows_an_unfinished_line_that_then_goes_on),
        T(a_log_is_followed_while_it_is_written),
        T(reopening_appends),
        T(the_last_lines_are_found_from_the_end),
        T(the_last_lines_are_found_in_the_segments_of_a_running_log),
        T(after_a_crash_everything_written_is_read),
        T(after_a_crash_head_and_segments_are_read_and_the_next_opening_joins),
        T(a_torn_index_costs_only_times),
        T(logs_are_private_whatever_the_umask),
        T(a_missing_log_is_said_to_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
