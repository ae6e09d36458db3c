/* The process zoo (tests/crash/zoo.c) against the engine: whatever a step's processes do, after cancel, after a
 * time-out and after an ordinary exit a scan of /proc finds nothing of them. Run alone: ctest -R loop_zoo, or this
 * program. */
#include <base/clock.h>
#include <ctype.h>
#include <errno.h>
#include <loop/child.h>
#include <signal.h>
#include <sys/wait.h>

#include "loop_testkit.h"

#define ZOO RBK_BINARY_DIR "/tests/zoo"

struct visit {
    struct kit *k;
    char tag[64], marker[96];
};

/* Looks for the tag in every command line: no knowledge of markers, sessions or parents. */
static int alive_with_tag(const char *tag)
{
    int count = 0;
    DIR *dir = opendir("/proc");
    for (struct dirent *e; (e = readdir(dir));) {
        char path[300], text[512] = "";
        if (!isdigit((unsigned char)e->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/cmdline", e->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text);
        if (fd >= 0)
            close(fd);
        if (got > 0 && memmem(text, (size_t)got, tag, strlen(tag)))
            count++;
    }
    closedir(dir);
    return count;
}

static void visit_begin(struct visit *v, struct kit *k, const char *animal)
{
    static int visits;
    v->k = k;
    snprintf(v->tag, sizeof v->tag, "zoo-%d/%d.", (int)getpid(), ++visits);
    snprintf(v->marker, sizeof v->marker, "RUNBOOK_MARK=%s", v->tag);
    char *argv[] = {ZOO, (char *)animal, v->tag, NULL};
    k->options.argv = argv;
    k->options.marker = v->marker;
    k->options.grace_ms = 200;
    kit_start(k, NULL);
}

static void visit_end(struct visit *v)
{
    assert_int_equal(rbk_loop_run(v->k->loop, NULL), RBK_OK);
    assert_int_equal(v->k->exits, 1);
    assert_int_equal(alive_with_tag(v->tag), 0);
    assert_int_equal(v->k->result.survivors, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie, no child */
    assert_int_equal(errno, ECHILD);
}

static void cancel_orderly(struct kit *k)
{
    rbk_proc_cancel(k->proc, RBK_END_CANCEL, false);
}

static void cancel_now(struct kit *k)
{
    rbk_proc_cancel(k->proc, RBK_END_CANCEL, true);
}

static void survives_nothing(struct kit *k, const char *animal)
{
    struct visit v;
    void (*const cancels[])(struct kit *) = {cancel_orderly, cancel_now};
    for (int i = 0; i < 2; i++) {
        k->on_first_output = cancels[i];
        k->options.limits.wall_ms = 0;
        visit_begin(&v, k, animal);
        visit_end(&v);
        assert_int_equal(k->result.end, RBK_END_CANCEL);
    }
    k->options.limits.wall_ms = 100;
    visit_begin(&v, k, animal);
    visit_end(&v);
    assert_int_equal(k->result.end, RBK_END_TIMEOUT);
}

static void one_that_ignores_term(void **state)
{
    survives_nothing(*state, "ignores-term");
}

static void a_daemon_and_its_parent(void **state)
{
    survives_nothing(*state, "double-fork-and-stay");
}

static void a_daemon_without_a_name(void **state)
{
    survives_nothing(*state, "nameless-and-stay");
}

static void one_in_a_session_of_its_own(void **state)
{
    survives_nothing(*state, "new-session");
}

static void one_that_is_stopped(void **state)
{
    survives_nothing(*state, "stopped");
}

static void a_fork_storm(void **state)
{
    survives_nothing(*state, "storm");
}

static void a_flood(void **state)
{
    survives_nothing(*state, "flood");
}

/* It exits by itself with 0: a success, whatever it left running, which is ended and counted. One that forks while it
 * is counted may count as `most`. */
static void leaves_and_is_followed(struct kit *k, const char *animal, int leftovers, int most)
{
    struct visit v;
    visit_begin(&v, k, animal);
    visit_end(&v);
    assert_int_equal(k->result.end, RBK_END_EXIT);
    assert_int_equal(k->result.exit_code, 0);
    assert_in_range(k->result.leftovers, leftovers, most);
    assert_true(k->result.duration_ms < 40000); /* it was not waited for until it ended by itself, after 60 s */
}

static void a_daemon_left_behind(void **state)
{
    leaves_and_is_followed(*state, "double-fork", 1, 1);
}

static void a_nameless_daemon_left_behind(void **state)
{
    leaves_and_is_followed(*state, "nameless", 1, 1);
}

static void a_silent_holder_of_the_pipe(void **state)
{
    leaves_and_is_followed(*state, "silent-holder", 1, 1);
}

static void a_stubborn_holder_of_the_pipe(void **state)
{
    leaves_and_is_followed(*state, "stubborn-holder", 1, 1);
}

/* Never the same pid for long, nor the same session. */
static void one_that_hops(void **state)
{
    leaves_and_is_followed(*state, "hopper", 1, 2);
}

static void chase(struct kit *k)
{
    assert_true(rbk_tree_chase(k->proc, 15000000));
}

/* Where a look at all of /proc takes longer than a hop, only the newest pids lead to it. */
static void one_that_hops_is_caught_by_its_newest_pid(void **state)
{
    struct kit *k = *state;
    struct visit v;
    k->on_first_output = chase;
    visit_begin(&v, k, "hopper");
    visit_end(&v);
    assert_int_equal(k->result.leftovers, 0);
}

static void a_flood_left_behind(void **state)
{
    leaves_and_is_followed(*state, "flooding-leftover", 1, 1);
}

static void stop_loop(void *arg)
{
    rbk_loop_stop(arg);
}

static void run_a_moment(struct rbk_loop *loop)
{
    rbk_timer_start(loop, 1, 0, stop_loop, loop);
    (void)rbk_loop_run(loop, NULL);
}

static void run_until_exit(struct kit *k)
{
    while (!k->exits)
        run_a_moment(k->loop);
}

/* Two at once, and the one that ends first must not take the other's daemon with it. */
static void neighbours_are_left_alone(void **state)
{
    struct kit *k = *state;
    struct kit *other = kit_share(k);
    struct visit stays, leaves;
    visit_begin(&stays, k, "double-fork-and-stay");
    visit_begin(&leaves, other, "double-fork");
    run_until_exit(other);
    assert_int_equal(other->result.leftovers, 1);
    cancel_now(k);
    visit_end(&stays);
    assert_int_equal(k->result.end, RBK_END_CANCEL);
    assert_int_equal(alive_with_tag(leaves.tag), 0);
    kit_unshare(other);
}

/* Nobody can tell whose it is while both run: it is ended with the last. */
static void a_nameless_daemon_of_two_possible_parents(void **state)
{
    struct kit *k = *state;
    struct kit *other = kit_share(k);
    struct visit stays, leaves;
    visit_begin(&stays, k, "ignores-term");
    visit_begin(&leaves, other, "nameless");
    run_until_exit(other);
    cancel_now(k);
    visit_end(&stays);
    assert_int_equal(alive_with_tag(leaves.tag), 0);
    kit_unshare(other);
}

/* The engine's part: two animals, and once both are let loose it is killed outright. */
static void engine_that_dies(struct kit *k)
{
    struct kit *other = kit_share(k);
    struct visit first, second;
    visit_begin(&first, k, "double-fork-and-stay");
    visit_begin(&second, other, "new-session");
    while (!k->out.len || !other->out.len)
        run_a_moment(k->loop);
    raise(SIGKILL);
}

/* What the killed engine leaves behind is found by its marker by whoever comes later. */
static void sweep_ends_what_a_dead_engine_left(void **state)
{
    (void)state;
    pid_t engine = fork();
    if (engine == 0) {
        struct kit *own = kit_new(); /* an event loop does not survive fork */
        engine_that_dies(own);
    }
    waitpid(engine, NULL, 0);
    char tag[64], marker[96];
    snprintf(tag, sizeof tag, "zoo-%d/", (int)engine);
    snprintf(marker, sizeof marker, "RUNBOOK_MARK=%s", tag);
    assert_in_range(rbk_proc_sweep(marker, 100, NULL), 2, 4); /* the direct children may just be dying by themselves */
    assert_int_equal(rbk_proc_sweep(marker, 100, NULL), 0);
    assert_int_equal(alive_with_tag(tag), 0);
    while (waitpid(-1, NULL, 0) > 0) /* orphans that this test adopted */
        continue;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_that_ignores_term),
        TEST(a_daemon_and_its_parent),
        TEST(a_daemon_without_a_name),
        TEST(one_in_a_session_of_its_own),
        TEST(one_that_is_stopped),
        TEST(a_fork_storm),
        TEST(a_flood),
        TEST(a_daemon_left_behind),
        TEST(a_nameless_daemon_left_behind),
        TEST(a_silent_holder_of_the_pipe),
        TEST(a_stubborn_holder_of_the_pipe),
        TEST(a_flood_left_behind),
        TEST(one_that_hops),
        TEST(one_that_hops_is_caught_by_its_newest_pid),
        TEST(neighbours_are_left_alone),
        TEST(a_nameless_daemon_of_two_possible_parents),
        TEST(sweep_ends_what_a_dead_engine_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
