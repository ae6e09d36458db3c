/* Processes that outlive us: their end is told while we live, and they go on when we die. */
#include "loop_testkit.h"

#include <loop/detach.h>
#include <signal.h>
#include <sys/wait.h>

struct ending {
    struct rbk_loop *loop;
    int status;
};

static void note_end(void *arg, int status)
{
    struct ending *e = arg;
    e->status = status;
    rbk_loop_stop(e->loop);
}

static int status_of(const char *script)
{
    char *argv[] = {"sh", "-c", (char *)script, NULL};
    struct ending e = {.status = -1};
    struct rbk_detached *d = NULL;
    struct rbk_error err;
    assert_int_equal(rbk_loop_new(&e.loop, &err), 0);
    struct rbk_detach_options o = {.argv = argv, .on_exit = note_end, .arg = &e};
    assert_int_equal(rbk_detach(e.loop, &o, &d, &err), 0);
    assert_int_equal(rbk_loop_run(e.loop, &err), 0);
    assert_int_equal(rbk_loop_unclosed(e.loop), 0);
    rbk_loop_free(e.loop);
    return e.status;
}

static void the_end_is_told(void **state)
{
    (void)state;
    assert_int_equal(status_of("exit 7"), 7);
    assert_int_equal(status_of("kill -9 $$"), 128 + 9);
    assert_int_equal(status_of("test -t 0 && exit 1; read line; echo unseen; exit 3"), 3);
}

static void what_does_not_exist_is_an_error(void **state)
{
    char *argv[] = {"no-such-program-here", NULL};
    struct rbk_loop *loop = NULL;
    struct rbk_detached *d = NULL;
    struct rbk_error err;
    struct rbk_detach_options o = {.argv = argv};
    (void)state;
    assert_int_equal(rbk_loop_new(&loop, &err), 0);
    assert_int_equal(rbk_detach(loop, &o, &d, &err), RBK_ENOENT);
    assert_null(d);
    rbk_loop_free(loop);
}

/* The child writes to the pipe after its parent was killed. */
static void it_goes_on_without_us(void **state)
{
    int ends[2];
    char path[64], text[8] = "", script[200];
    char *argv[] = {"sh", "-c", script, NULL};
    (void)state;
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), ends[1]);
    pid_t parent = fork();
    if (parent == 0) {
        struct rbk_loop *loop = NULL;
        struct rbk_detached *d = NULL;
        snprintf(script, sizeof script,
                 "while kill -0 %d 2>/dev/null && ! grep -q Z /proc/%d/stat; do sleep 0.01; done;"
                 " echo on > %s",
                 (int)getpid(), (int)getpid(), path);
        struct rbk_detach_options o = {.argv = argv};
        if (rbk_loop_new(&loop, NULL) == 0)
            rbk_detach(loop, &o, &d, NULL);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_int_equal(read(ends[0], text, 2), 2);
    assert_string_equal(text, "on");
    close(ends[0]);
    close(ends[1]);
}

/* One that is not watched any more is none of the processes that a step has left running. */
static void it_is_no_leftover_of_another_process(void **state)
{
    struct kit *k = kit_new();
    struct rbk_detached *d = NULL;
    char *sleeper[] = {"sleep", "60", NULL};
    struct rbk_detach_options o = {.argv = sleeper, .silent = true};
    (void)state;
    kit_sh(k, "true"); /* the loop knows its children from here on */
    assert_int_equal(rbk_detach(k->loop, &o, &d, NULL), 0);
    rbk_detached_forget(&d);
    for (int i = 0; i < 3; i++) {
        kit_sh(k, i == 1 ? "sleep 60 & exit 0" : "true");
        assert_int_equal(k->result.leftovers, i == 1);
    }
    k->options.limits.wall_ms = 50; /* ending a tree waits for what is in it alone */
    kit_sh(k, "sleep 60");
    assert_int_equal(k->result.end, RBK_END_TIMEOUT);
    char path[64];
    struct rbk_buf children = {0};
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, rbk_buf_reserve(&children, 256), 255);
    close(fd);
    assert_true(n > 0);
    children.data[n] = '\0';
    pid_t pid = (pid_t)atoi(children.data);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    rbk_buf_fini(&children);
    void *end = k;
    kit_tear_down(&end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_told),
        cmocka_unit_test(what_does_not_exist_is_an_error),
        cmocka_unit_test(it_goes_on_without_us),
        cmocka_unit_test(it_is_no_leftover_of_another_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
