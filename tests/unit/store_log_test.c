/* Logs: every line comes back with its stream and time, whole, bounded, while it is written and after a crash. */
#include "store_fixture.h"

#include <base/buf.h>
#include <signal.h>
#include <store/log.h>

static struct fixture f;
static struct rbk_error err;
static char log_path[160];

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f);
    snprintf(log_path, sizeof log_path, "%s/step.log", f.root);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_fini(&f);
    return 0;
}

static struct rbk_log *open_log(int64_t max_bytes)
{
    struct rbk_log *log = NULL;
    struct rbk_log_options o = {.path = log_path, .max_bytes = max_bytes};
    if (rbk_log_open(&o, &log, &err))
        fail_msg("%s", err.message);
    return log;
}

static void put(struct rbk_log *log, int stream, const char *text, int64_t ms)
{
    assert_int_equal(rbk_log_write(log, stream, text, strlen(text), ms, &err), 0);
}

static void finish(struct rbk_log *log)
{
    assert_int_equal(rbk_log_close(log, &err), 0);
}

/* Lines as "time stream text|". */
static int on_line(void *arg, int64_t ms, int stream, const char *line, size_t len)
{
    rbk_buf_printf(arg, "%lld %d %.*s|", (long long)ms, stream, (int)len, line);
    return 0;
}

static int on_text(void *arg, int64_t ms, int stream, const char *line, size_t len)
{
    (void)ms;
    (void)stream;
    rbk_buf_append(arg, line, len);
    rbk_buf_putc(arg, '\n');
    return 0;
}

static void expect(const struct rbk_buf *b, const char *expected)
{
    assert_string_equal(b->data ? b->data : "", expected);
}

static void expect_lines(const char *expected)
{
    struct rbk_log_reader *r = NULL;
    struct rbk_buf b = {0};
    assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
    assert_int_equal(rbk_log_reader_poll(r, true, on_line, &b, &err), 0);
    expect(&b, expected);
    rbk_log_reader_close(r);
    rbk_buf_fini(&b);
}

static char *slurp(const char *path)
{
    struct rbk_buf b = {0};
    char chunk[4096];
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, in)) > 0;)
        rbk_buf_append(&b, chunk, n);
    fclose(in);
    return rbk_buf_take(&b);
}

static void expect_text(const char *expected)
{
    char *text = slurp(log_path);
    assert_string_equal(text, expected);
    free(text);
}

static bool there(const char *suffix)
{
    char path[200];
    snprintf(path, sizeof path, "%s/step%s", f.root, suffix);
    return access(path, F_OK) == 0;
}

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
static void put_numbered(struct rbk_log *log, int from, int to)
{
    for (int i = from; i < to; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %06d\n", i);
        put(log, 1 + i % 2, line, 1000 + i / 3);
    }
}

static void a_bounded_log_keeps_head_and_tail_and_says_what_is_missing(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(2400);
    put_numbered(log, 0, 10000);
    assert_int_equal(rbk_log_bytes(log), 120000);
    assert_true(rbk_log_dropped(log) > 100000);
    finish(log);
    char *text = slurp(log_path);
    assert_memory_equal(text, "line 000000\nline 000001\n", 24);
    const char *gap = strstr(text, "--- runbook: ");
    assert_non_null(gap);
    assert_int_equal(gap - text, 1200);
    assert_int_equal(atoi(gap + strlen("--- runbook: ")), 120000 - 2400);
    const char *tail = strchr(gap, '\n') + 1;
    assert_memory_equal(tail, "line 009900\n", 12);
    assert_int_equal(strlen(tail), 1200);
    assert_string_equal(tail + 1188, "line 009999\n");
    free(text);
    assert_false(there(".log.0") || there(".log.1") || there(".idx.0") || there(".idx.1"));
}

static void what_was_kept_of_a_bounded_log_keeps_stream_and_time(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(72);
    put_numbered(log, 0, 300);
    finish(log);
    struct rbk_log_reader *r = NULL;
    struct rbk_buf b = {0};
    assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
    assert_int_equal(rbk_log_reader_poll(r, true, on_line, &b, &err), 0);
    assert_memory_equal(b.data, "1000 1 line 000000|1000 2 line 000001|1000 1 line 000002|",
                        strlen("1000 1 line 000000|1000 2 line 000001|1000 1 line 000002|"));
    assert_non_null(strstr(b.data, " 3 --- runbook: 3528 bytes dropped here ---|"));
    assert_string_equal(b.data + b.len - strlen("1099 2 line 000297|1099 1 line 000298|1099 2 line 000299|"),
                        "1099 2 line 000297|1099 1 line 000298|1099 2 line 000299|");
    rbk_log_reader_close(r);
    rbk_buf_fini(&b);
}

static void nothing_is_marked_when_nothing_was_dropped(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(240);
    put_numbered(log, 0, 20);
    assert_int_equal(rbk_log_dropped(log), 0);
    finish(log);
    struct rbk_buf b = {0};
    for (int i = 0; i < 20; i++)
        rbk_buf_printf(&b, "line %06d\n", i);
    expect_text(b.data);
    rbk_buf_fini(&b);
}

static void one_endless_line_is_bounded_too(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(100000);
    char x[1000];
    memset(x, 'x', sizeof x);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(rbk_log_write(log, 1, x, sizeof x, 100, &err), 0);
    finish(log);
    struct stat st;
    assert_int_equal(stat(log_path, &st), 0);
    assert_true(st.st_size > 40000 && st.st_size < 110000);
}

static void a_bounded_log_is_followed_through_cut_rotation_and_join(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(24000);
    struct rbk_log_reader *r = NULL;
    struct rbk_buf b = {0}, all = {0};
    for (int i = 0; i < 20000; i++)
        rbk_buf_printf(&all, "line %06d\n", i);
    assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
    for (int i = 0; i < 20000; i += 50) {
        put_numbered(log, i, i + 50);
        assert_int_equal(rbk_log_reader_poll(r, false, on_text, &b, &err), 0);
        assert_int_equal(b.len, (size_t)(i + 50) * 12);
    }
    put_numbered(log, 0, 50);
    finish(log);
    assert_int_equal(rbk_log_reader_poll(r, true, on_text, &b, &err), 0);
    assert_memory_equal(b.data, all.data, all.len);
    assert_int_equal(b.len, all.len + 600);
    rbk_log_reader_close(r);
    rbk_buf_fini(&b);
    rbk_buf_fini(&all);
}

static void a_follower_that_was_too_slow_is_told_what_it_missed(void **state)
{
    (void)state;
    struct rbk_log *log = open_log(240);
    struct rbk_log_reader *r = NULL;
    struct rbk_buf b = {0};
    assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
    put_numbered(log, 0, 12);
    assert_int_equal(rbk_log_reader_poll(r, false, on_text, &b, &err), 0);
    put_numbered(log, 12, 500);
    rbk_buf_clear(&b);
    assert_int_equal(rbk_log_reader_poll(r, false, on_text, &b, &err), 0);
    assert_memory_equal(b.data, "--- runbook: ", 13);
    assert_string_equal(b.data + b.len - 12, "line 000499\n");
    finish(log);
    rbk_buf_clear(&b);
    assert_int_equal(rbk_log_reader_poll(r, true, on_text, &b, &err), 0);
    expect(&b, "");
    rbk_log_reader_close(r);
    rbk_buf_fini(&b);
}

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

static bool ends_with_the_end(const struct rbk_buf *b)
{
    return b->len >= 8 && !memcmp(b->data + b->len - 8, "the end\n", 8);
}

/* A writer and a follower at once: what the follower sees is what was written, in order, without a line torn. */
static void a_follower_races_with_a_bounded_writer(void **state)
{
    (void)state;
    enum { LINES = 60000 };
    finish(open_log(0));
    pid_t pid = fork();
    if (pid == 0) {
        struct rbk_log *log = open_log(64 * 1024);
        put_numbered(log, 0, LINES);
        put(log, 3, "the end\n", 99999);
        _exit(rbk_log_close(log, NULL) ? 1 : 0);
    }
    struct rbk_log_reader *r = NULL;
    struct rbk_buf b = {0};
    assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
    while (!ends_with_the_end(&b))
        assert_int_equal(rbk_log_reader_poll(r, false, on_text, &b, &err), 0);
    assert_int_equal(fixture_wait(pid), 0);
    assert_int_equal(rbk_log_reader_poll(r, true, on_text, &b, &err), 0);
    int last = -1;
    for (char *line = strtok(b.data, "\n"); line; line = strtok(NULL, "\n")) {
        int n;
        if (sscanf(line, "line %d", &n) == 1) {
            assert_int_equal(strlen(line), 11);
            assert_true(n > last);
            last = n;
        } else if (strcmp(line, "the end") != 0) {
            assert_memory_equal(line, "--- runbook: ", 13);
        }
    }
    assert_int_equal(last, LINES - 1);
    rbk_log_reader_close(r);
    rbk_buf_fini(&b);
}

/* Numbered lines of both streams cut into chunks at random places, with a bound, closed and opened again. */
struct random_log {
    struct rbk_buf pending[3];
    int next_line;
};

static void feed_random(struct rbk_log *log, struct random_log *m, int lines)
{
    for (int until = m->next_line + lines; m->next_line < until;) {
        int stream = 1 + rand() % 2;
        struct rbk_buf *b = &m->pending[stream];
        for (int i = rand() % 4; i >= 0 && m->next_line < until; i--)
            rbk_buf_printf(b, "%d %d %.*s\n", stream, m->next_line++, rand() % 30, "abcdefghijklmnopqrstuvwxyzabcdef");
        size_t take = b->len - (size_t)(rand() % 2 ? 0 : rand() % (int)(b->len < 8 ? b->len + 1 : 8));
        assert_int_equal(rbk_log_write(log, stream, b->data, take, 1000 + m->next_line, &err), 0);
        rbk_buf_consume(b, take);
    }
    for (int stream = 1; stream <= 2; stream++) {
        rbk_log_write(log, stream, m->pending[stream].data, m->pending[stream].len, 1000 + m->next_line, &err);
        rbk_buf_clear(&m->pending[stream]);
    }
}

struct seen {
    int last[3], lines, gaps;
};

static int check_random_line(void *arg, int64_t ms, int stream, const char *line, size_t len)
{
    struct seen *seen = arg;
    char copy[80];
    int said, n, end = 0;
    if (stream == 3) {
        seen->gaps++;
        return 0;
    }
    assert_true(len < sizeof copy);
    memcpy(copy, line, len);
    copy[len] = '\0';
    if (sscanf(copy, "%d %d %n", &said, &n, &end) != 2)
        fail_msg("not a line: \"%s\"", copy);
    assert_int_equal(said, stream);
    assert_true(n > seen->last[stream]);
    assert_true(ms > 1000 && ms <= 1000 + 100000);
    seen->last[stream] = n;
    seen->lines++;
    return 0;
}

static int count_into(void *arg, int64_t ms, int stream, const char *line, size_t len)
{
    (void)ms;
    (void)line;
    (void)len;
    *(int *)arg += stream != 3;
    return 0;
}

static void random_logs_read_the_same_live_and_afterwards(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 60; seed++) {
        srand(seed);
        struct random_log m = {.next_line = 0};
        struct seen live = {.last = {-1, -1, -1}}, after = live;
        struct rbk_log_reader *r = NULL;
        int64_t bound = seed % 3 ? 200 + rand() % 5000 : 0;
        struct rbk_log *log = open_log(bound);
        assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
        for (int i = 0; i < 20; i++) {
            feed_random(log, &m, 1 + rand() % 60);
            if (rand() % 6 == 0) {
                finish(log);
                log = open_log(bound);
            }
            if (rand() % 3)
                assert_int_equal(rbk_log_reader_poll(r, false, check_random_line, &live, &err), 0);
        }
        finish(log);
        assert_int_equal(rbk_log_reader_poll(r, true, check_random_line, &live, &err), 0);
        rbk_log_reader_close(r);
        assert_int_equal(rbk_log_reader_open(log_path, &r, &err), 0);
        assert_int_equal(rbk_log_reader_poll(r, true, check_random_line, &after, &err), 0);
        rbk_log_reader_close(r);
        assert_true(live.lines >= after.lines);
        if (bound == 0)
            assert_int_equal(after.lines, m.next_line);
        int last = after.last[1] > after.last[2] ? after.last[1] : after.last[2];
        assert_int_equal(last, m.next_line - 1);
        int tail = 0;
        assert_int_equal(rbk_log_tail(log_path, 5, count_into, &tail, &err), 0);
        assert_true(tail <= 5 && tail >= 4);
        rbk_buf_fini(&m.pending[1]);
        rbk_buf_fini(&m.pending[2]);
        tear_down(NULL);
        set_up(NULL);
    }
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
        T(a_bounded_log_keeps_head_and_tail_and_says_what_is_missing),
        T(what_was_kept_of_a_bounded_log_keeps_stream_and_time),
        T(nothing_is_marked_when_nothing_was_dropped),
        T(one_endless_line_is_bounded_too),
        T(a_bounded_log_is_followed_through_cut_rotation_and_join),
        T(a_follower_that_was_too_slow_is_told_what_it_missed),
        T(the_last_lines_are_found_from_the_end),
        T(the_last_lines_are_found_in_the_segments_of_a_running_log),
        T(after_a_crash_everything_written_is_read),
        T(after_a_crash_head_and_segments_are_read_and_the_next_opening_joins),
        T(a_torn_index_costs_only_times),
        T(logs_are_private_whatever_the_umask),
        T(a_missing_log_is_said_to_be_missing),
        T(a_follower_races_with_a_bounded_writer),
        T(random_logs_read_the_same_live_and_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
