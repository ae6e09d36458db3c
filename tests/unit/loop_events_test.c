/* The loop's promises: order, one call per arming, timers that are neither early nor alive after cancel, signals and
 * descriptors as events, and nothing left open. */
#include <fcntl.h>
#include <loop/loop.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <base/clock.h>
#include <cmocka.h>

struct trace {
    struct rbk_loop *loop;
    char text[64];
    struct rbk_watch *watch;
    struct rbk_timer *timer, *other;
    struct rbk_signal *signal;
    int fd, count;
};

struct note {
    struct trace *trace;
    const char *text;
};

static void trace_add(struct trace *t, const char *text)
{
    strncat(t->text, text, sizeof t->text - strlen(t->text) - 1);
}

static void note_down(void *arg)
{
    struct note *note = arg;
    trace_add(note->trace, note->text);
}

static int set_up(void **state)
{
    struct trace *t = calloc(1, sizeof *t);
    *state = t;
    return rbk_loop_new(&t->loop, NULL);
}

static int tear_down(void **state)
{
    struct trace *t = *state;
    int unclosed = (int)rbk_loop_unclosed(t->loop);
    rbk_loop_free(t->loop);
    free(t);
    return unclosed;
}

static void run(struct trace *t)
{
    assert_int_equal(rbk_loop_run(t->loop, NULL), RBK_OK);
}

static void an_empty_loop_ends_at_once(void **state)
{
    run(*state);
}

static void deferred_calls_run_in_order_and_not_at_once(void **state)
{
    struct trace *t = *state;
    struct note a = {t, "a"}, b = {t, "b"}, c = {t, "c"};
    rbk_loop_defer(t->loop, note_down, &a);
    rbk_loop_defer(t->loop, note_down, &b);
    rbk_loop_defer(t->loop, note_down, &c);
    assert_string_equal(t->text, "");
    run(t);
    assert_string_equal(t->text, "abc");
}

static void defer_again(void *arg)
{
    struct trace *t = arg;
    trace_add(t, "x");
    if (++t->count < 3)
        rbk_loop_defer(t->loop, defer_again, t);
}

static void a_deferred_call_may_defer(void **state)
{
    struct trace *t = *state;
    rbk_loop_defer(t->loop, defer_again, t);
    run(t);
    assert_string_equal(t->text, "xxx");
}

static void before_block_follows_deferred_calls_once(void **state)
{
    struct trace *t = *state;
    struct note commit = {t, "C"}, work = {t, "w"};
    rbk_loop_before_block(t->loop, note_down, &commit);
    rbk_loop_defer(t->loop, note_down, &work);
    rbk_loop_before_block(t->loop, note_down, &commit); /* armed already */
    run(t);
    assert_string_equal(t->text, "wC");
}

static void commit_and_work_more(void *arg)
{
    struct trace *t = arg;
    trace_add(t, "C");
    if (++t->count < 3)
        rbk_loop_before_block(t->loop, commit_and_work_more, t);
}

/* Nothing else would wake the loop: the second call must come before it blocks on the long timer. */
static void before_block_armed_from_within_is_called_before_blocking(void **state)
{
    struct trace *t = *state;
    struct note late = {t, "L"};
    int64_t start = rbk_clock_mono_ms();
    t->timer = rbk_timer_start(t->loop, 300, 0, note_down, &late);
    rbk_loop_before_block(t->loop, commit_and_work_more, t);
    run(t);
    assert_string_equal(t->text, "CCCL");
    assert_true(rbk_clock_mono_ms() - start >= 299);
}

static void timers_fire_in_order_of_time(void **state)
{
    struct trace *t = *state;
    struct note a = {t, "a"}, b = {t, "b"};
    rbk_timer_start(t->loop, 20, 0, note_down, &b);
    rbk_timer_start(t->loop, 1, 0, note_down, &a);
    run(t);
    assert_string_equal(t->text, "ab");
}

/* libuv counts from its last poll; a timer started after long work must still take its whole time. */
static void a_timer_is_never_early(void **state)
{
    struct trace *t = *state;
    struct note a = {t, "a"};
    int64_t busy_until = rbk_clock_mono_ms() + 60;
    while (rbk_clock_mono_ms() < busy_until)
        continue;
    int64_t start = rbk_clock_mono_ms();
    rbk_timer_start(t->loop, 50, 0, note_down, &a);
    run(t);
    assert_true(rbk_clock_mono_ms() - start >= 49);
}

static void count_to_three(void *arg)
{
    struct trace *t = arg;
    if (++t->count == 3)
        rbk_timer_cancel(&t->timer);
}

static void a_repeating_timer_repeats_until_cancelled(void **state)
{
    struct trace *t = *state;
    t->timer = rbk_timer_start(t->loop, 1, 1, count_to_three, t);
    run(t);
    assert_int_equal(t->count, 3);
    assert_null(t->timer);
}

static void cancel_other(void *arg)
{
    struct trace *t = arg;
    rbk_timer_cancel(&t->other);
    rbk_timer_cancel(&t->other);
}

static void a_cancelled_timer_does_not_fire(void **state)
{
    struct trace *t = *state;
    struct note never = {t, "never"};
    t->other = rbk_timer_start(t->loop, 5, 0, note_down, &never);
    rbk_timer_start(t->loop, 1, 0, cancel_other, t);
    run(t);
    assert_string_equal(t->text, "");
}

static void on_signal(void *arg, int signo)
{
    struct trace *t = arg;
    t->count = signo;
    rbk_signal_unwatch(&t->signal);
    rbk_timer_cancel(&t->timer);
}

static void raise_usr1(void *arg)
{
    (void)arg;
    raise(SIGUSR1);
}

static void signals_arrive_as_events(void **state)
{
    struct trace *t = *state;
    struct note never = {t, "never"};
    t->signal = rbk_signal_watch(t->loop, SIGUSR1, on_signal, t, NULL);
    assert_non_null(t->signal);
    t->timer = rbk_timer_start(t->loop, 10000, 0, note_down, &never);
    rbk_loop_defer(t->loop, raise_usr1, NULL);
    run(t);
    assert_int_equal(t->count, SIGUSR1);
}

static void a_watched_signal_does_not_keep_the_loop_running(void **state)
{
    struct trace *t = *state;
    t->signal = rbk_signal_watch(t->loop, SIGUSR2, on_signal, t, NULL);
    run(t);
    rbk_signal_unwatch(&t->signal);
}

static void a_signal_that_cannot_be_watched_is_an_error(void **state)
{
    struct trace *t = *state;
    struct rbk_error err;
    assert_null(rbk_signal_watch(t->loop, SIGKILL, on_signal, t, &err));
    assert_non_null(strstr(err.message, "signal 9"));
    run(t); /* closes the half-made handle */
}

static void read_all(void *arg)
{
    struct trace *t = arg;
    char text[16] = "";
    ssize_t got = read(t->fd, text, sizeof text - 1);
    if (got > 0)
        trace_add(t, text);
    else
        rbk_watch_stop(&t->watch);
}

static void a_pipe_is_read_when_it_is_ready(void **state)
{
    struct trace *t = *state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    t->fd = ends[0];
    t->watch = rbk_watch_readable(t->loop, ends[0], read_all, t, NULL);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    close(ends[1]);
    run(t);
    assert_string_equal(t->text, "hello");
    close(ends[0]);
}

static void a_regular_file_as_stdin_is_read_to_its_end(void **state)
{
    struct trace *t = *state;
    char path[] = "/tmp/rbk-loop-XXXXXX";
    t->fd = mkstemp(path);
    unlink(path);
    assert_int_equal(write(t->fd, "from a file", 11), 11);
    lseek(t->fd, 0, SEEK_SET);
    t->watch = rbk_watch_readable(t->loop, t->fd, read_all, t, NULL);
    assert_non_null(t->watch);
    run(t);
    assert_string_equal(t->text, "from a file");
    close(t->fd);
}

/* A terminal shares this flag with the shell: it must not be left changed. */
static void watching_leaves_a_descriptor_blocking(void **state)
{
    struct trace *t = *state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    t->watch = rbk_watch_readable(t->loop, ends[0], read_all, t, NULL);
    assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    rbk_watch_stop(&t->watch);
    close(ends[0]);
    close(ends[1]);
}

static void a_bad_descriptor_is_an_error(void **state)
{
    struct trace *t = *state;
    struct rbk_error err;
    assert_null(rbk_watch_readable(t->loop, 12345, read_all, t, &err));
    assert_int_equal(err.code, RBK_ESTORE);
}

static void stop_loop(void *arg)
{
    rbk_loop_stop(arg);
}

static void a_stopped_loop_can_go_on(void **state)
{
    struct trace *t = *state;
    struct note later = {t, "later"};
    rbk_timer_start(t->loop, 20, 0, note_down, &later);
    rbk_loop_defer(t->loop, stop_loop, t->loop);
    run(t);
    assert_string_equal(t->text, "");
    run(t);
    assert_string_equal(t->text, "later");
}

/* Both directions: writable at once, readable once something came, and only what is asked for is told. */
static void both_ready(void *arg, bool readable, bool writable)
{
    struct trace *t = arg;
    trace_add(t, readable && writable ? "b" : readable ? "r" : "w");
    if (writable && t->count++ == 0) {
        rbk_watch_change(t->watch, true, false);
        assert_int_equal(write(t->fd, "x", 1), 1);
    } else {
        rbk_watch_stop(&t->watch);
    }
}

static void a_descriptor_is_watched_in_both_directions(void **state)
{
    struct trace *t = *state;
    int ends[2];
    struct rbk_error err = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    t->fd = ends[1];
    t->watch = rbk_watch_both(t->loop, ends[0], true, true, both_ready, t, NULL);
    assert_non_null(t->watch);
    assert_null(rbk_watch_both(t->loop, ends[0], true, false, both_ready, t, &err));
    assert_non_null(strstr(err.message, "cannot watch"));
    run(t);
    assert_string_equal(t->text, "wr");
    close(ends[0]);
    close(ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_loop_ends_at_once),
        TEST(deferred_calls_run_in_order_and_not_at_once),
        TEST(a_deferred_call_may_defer),
        TEST(before_block_follows_deferred_calls_once),
        TEST(before_block_armed_from_within_is_called_before_blocking),
        TEST(timers_fire_in_order_of_time),
        TEST(a_timer_is_never_early),
        TEST(a_repeating_timer_repeats_until_cancelled),
        TEST(a_cancelled_timer_does_not_fire),
        TEST(signals_arrive_as_events),
        TEST(a_watched_signal_does_not_keep_the_loop_running),
        TEST(a_signal_that_cannot_be_watched_is_an_error),
        TEST(a_pipe_is_read_when_it_is_ready),
        TEST(a_regular_file_as_stdin_is_read_to_its_end),
        TEST(watching_leaves_a_descriptor_blocking),
        TEST(a_bad_descriptor_is_an_error),
        TEST(a_stopped_loop_can_go_on),
        TEST(a_descriptor_is_watched_in_both_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
