/* Bounded logs: head and tail are kept, what is missing is said, and whoever follows sees no line torn. */
#include "log_fixture.h"

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
        T(a_bounded_log_keeps_head_and_tail_and_says_what_is_missing),
        T(what_was_kept_of_a_bounded_log_keeps_stream_and_time),
        T(nothing_is_marked_when_nothing_was_dropped),
        T(one_endless_line_is_bounded_too),
        T(a_bounded_log_is_followed_through_cut_rotation_and_join),
        T(a_follower_that_was_too_slow_is_told_what_it_missed),
        T(a_follower_races_with_a_bounded_writer),
        T(random_logs_read_the_same_live_and_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
