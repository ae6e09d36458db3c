/* Locks: held by one, seen by all, gone with their holder. */
#include "store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <store/lock.h>

static struct fixture f;
static struct rbk_store *s;
static struct rbk_error err;

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f);
    s = fixture_open(&f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rbk_store_close(s);
    fixture_fini(&f);
    return 0;
}

static void a_lock_is_taken_once_even_within_a_process(void **state)
{
    (void)state;
    struct rbk_lock *one = NULL, *two = NULL;
    char holder[64];
    assert_int_equal(rbk_lock_held(s, RBK_LOCK_NAMED, "deploy", holder, sizeof holder, &err), 0);
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_NAMED, "deploy", "run 01kd4f7c8m2x pid 4711", &one, &err), 0);
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_NAMED, "deploy", "me", &two, &err), RBK_EBUSY);
    assert_null(two);
    assert_non_null(strstr(err.message, "deploy"));
    assert_non_null(strstr(err.message, "run 01kd4f7c8m2x pid 4711"));
    assert_int_equal(rbk_lock_held(s, RBK_LOCK_NAMED, "deploy", holder, sizeof holder, &err), 1);
    assert_string_equal(holder, "run 01kd4f7c8m2x pid 4711");
    rbk_lock_release(one);
    assert_int_equal(rbk_lock_held(s, RBK_LOCK_NAMED, "deploy", holder, sizeof holder, &err), 0);
    assert_string_equal(holder, "");
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_NAMED, "deploy", NULL, &two, &err), 0);
    rbk_lock_release(two);
    rbk_lock_release(NULL);
}

static void kinds_and_keys_do_not_meet(void **state)
{
    (void)state;
    struct rbk_lock *locks[4] = {NULL};
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_NAMED, "a/b", NULL, &locks[0], &err), 0);
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_INSTANCE, "a/b", NULL, &locks[1], &err), 0);
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_RUN, "a/b", NULL, &locks[2], &err), 0);
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_NAMED, "a/c", NULL, &locks[3], &err), 0);
    for (int i = 0; i < 4; i++)
        rbk_lock_release(locks[i]);
}

static void a_lock_dies_with_its_holder(void **state)
{
    (void)state;
    struct rbk_lock *lock = NULL;
    int ready[2], hold[2];
    char byte;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (rbk_lock_try(s, RBK_LOCK_RUN, "r", "the child", &lock, NULL) || write(ready[1], "x", 1) != 1)
            _exit(1);
        close(hold[1]);
        _exit(read(hold[0], &byte, 1) == 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(rbk_lock_held(s, RBK_LOCK_RUN, "r", NULL, 0, &err), 1);
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_RUN, "r", "me", &lock, &err), RBK_EBUSY);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(fixture_wait(pid), 128 + SIGKILL);
    assert_int_equal(rbk_lock_held(s, RBK_LOCK_RUN, "r", NULL, 0, &err), 0);
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_RUN, "r", "me", &lock, &err), 0);
    rbk_lock_release(lock);
}

static void a_program_started_by_the_holder_does_not_inherit_it(void **state)
{
    (void)state;
    struct rbk_lock *lock = NULL;
    int in[2], out[2];
    char byte;
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_RUN, "r", "me", &lock, &err), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execl("/bin/cat", "cat", NULL);
        _exit(127);
    }
    assert_int_equal(write(in[1], "x", 1), 1);
    assert_int_equal(read(out[0], &byte, 1), 1); /* it has been executed */
    rbk_lock_release(lock);
    assert_int_equal(rbk_lock_held(s, RBK_LOCK_RUN, "r", NULL, 0, &err), 0);
    close(in[1]);
    assert_int_equal(fixture_wait(pid), 0);
    close(in[0]);
    close(out[0]);
    close(out[1]);
}

static void two_openings_of_a_store_see_each_other(void **state)
{
    (void)state;
    struct rbk_store *other = NULL;
    struct rbk_lock *lock = NULL;
    char holder[8];
    assert_int_equal(fixture_try_open(&f, true, &other, &err), 0);
    assert_int_equal(rbk_lock_try(s, RBK_LOCK_INSTANCE, "a/b", "a long note", &lock, &err), 0);
    assert_int_equal(rbk_lock_held(other, RBK_LOCK_INSTANCE, "a/b", holder, sizeof holder, &err), 1);
    assert_string_equal(holder, "a long ");
    rbk_lock_release(lock);
    rbk_store_close(other);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_lock_is_taken_once_even_within_a_process),
        T(kinds_and_keys_do_not_meet),
        T(a_lock_dies_with_its_holder),
        T(a_program_started_by_the_holder_does_not_inherit_it),
        T(two_openings_of_a_store_see_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
