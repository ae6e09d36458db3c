/* One process: its exit, its output, its input, its environment, and the words for what keeps it from starting. */
#include <base/clock.h>
#include <base/mem.h>
#include <errno.h>
#include <fcntl.h>
#include <loop/proc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop_testkit.h"

static void exit_code_and_output_are_reported(void **state)
{
    struct kit *k = *state;
    kit_sh(k, "echo out; echo err >&2; exit 3");
    assert_int_equal(k->result.end, RBK_END_EXIT);
    assert_int_equal(k->result.exit_code, 3);
    assert_int_equal(k->result.signal, 0);
    assert_string_equal(k->out.data, "out\n");
    assert_string_equal(k->err.data, "err\n");
    assert_int_equal(k->result.leftovers, 0);
    assert_true(k->result.max_rss_kb > 0);
    assert_string_equal(k->result.memory_by, "");
}

static void death_by_signal_is_reported(void **state)
{
    struct kit *k = *state;
    kit_sh(k, "kill -SEGV $$");
    assert_int_equal(k->result.end, RBK_END_SIGNAL);
    assert_int_equal(k->result.signal, SIGSEGV);
    assert_int_equal(k->result.exit_code, -1);
}

static void a_process_without_leftovers_ends_without_delay(void **state)
{
    struct kit *k = *state;
    int64_t shortest = INT64_MAX;
    for (int i = 0; i < 200 && shortest >= 50; i++) {
        int64_t start = rbk_clock_mono_ms();
        kit_sh(k, ":");
        int64_t took = rbk_clock_mono_ms() - start;
        shortest = took < shortest ? took : shortest;
    }
    assert_true(shortest < 50); /* idle draining alone would be that much, each time */
}

/* As the last process of a pipe that its shell does not wait for: silent, and holding no pipe of ours. */
static void what_is_about_to_finish_may_finish(void **state)
{
    struct kit *k = *state;
    kit_sh(k, "(sleep 0.3; exit 0) >/dev/null 2>&1 & exit 0");
    assert_int_equal(k->result.exit_code, 0);
    assert_int_equal(k->result.leftovers, 0);
}

static void cpu_time_is_that_of_the_child_and_its_children(void **state)
{
    struct kit *k = *state;
    kit_sh(k, "(i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done)");
    assert_true(k->result.cpu_ms >= 20);
    assert_true(k->result.cpu_ms <= k->result.duration_ms + 20);
}

static void a_child_starts_clean(void **state)
{
    struct kit *k = *state;
    int extra = dup(1); /* inherited unless closed */
    signal(SIGINT, SIG_IGN);
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    kit_sh(k, "ls /proc/$$/fd; cat /proc/self/status | grep -E '^Sig(Blk|Ign|Cgt)'; readlink /proc/self/fd/0; "
              "ps -o sid= -p $$ | tr -d ' ' | sed \"s/^$$\\$/own session/\"");
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    signal(SIGINT, SIG_DFL);
    close(extra);
    assert_string_equal(k->out.data, "0\n1\n2\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"
                                     "SigCgt:\t0000000000000000\n/dev/null\nown session\n");
}

static void environment_is_exactly_what_was_given(void **state)
{
    struct kit *k = *state;
    char *env[] = {"PATH=/usr/bin:/bin", "RUNBOOK_MARK=stale", "A=1", NULL};
    char *argv[] = {"env", NULL};
    k->options.argv = argv;
    k->options.env = env;
    k->options.marker = "RUNBOOK_MARK=run/step";
    kit_run(k);
    assert_string_equal(k->out.data, "PATH=/usr/bin:/bin\nA=1\nRUNBOOK_MARK=run/step\n");
}

static void the_program_is_looked_up_on_the_path_of_its_environment(void **state)
{
    struct kit *k = *state;
    char *dir = kit_dir(k);
    kit_file(k, "tool", "#!/bin/sh\necho found\n", 0755);
    char *path = rbk_asprintf("PATH=/nowhere:%s", dir);
    char *env[] = {path, NULL}, *argv[] = {"tool", NULL};
    k->options.argv = argv;
    k->options.env = env;
    kit_run(k);
    assert_string_equal(k->out.data, "found\n");
    free(path);
}

static void it_runs_in_its_working_folder(void **state)
{
    struct kit *k = *state;
    k->options.cwd = "/usr";
    kit_sh(k, "pwd");
    assert_string_equal(k->out.data, "/usr\n");
}

static void expect_error(struct kit *k, int code, const char *message, const char *hint)
{
    struct rbk_error err = {0};
    struct rbk_proc *p = NULL;
    assert_int_equal(rbk_proc_spawn(k->loop, &k->options, &p, &err), code);
    if (strcmp(err.message, message) != 0)
        fail_msg("message is: %s", err.message);
    if (!strstr(err.hint, hint))
        fail_msg("hint is: %s", err.hint);
    assert_int_equal(rbk_loop_run(k->loop, NULL), RBK_OK);
    assert_int_equal(rbk_loop_unclosed(k->loop), 0);
}

static void expect_start_error(struct kit *k, char *program, int code, const char *message, const char *hint)
{
    char *argv[] = {program, NULL};
    k->options.argv = argv;
    expect_error(k, code, message, hint);
}

static void what_keeps_a_program_from_starting_is_said(void **state)
{
    struct kit *k = *state;
    char *env[] = {"PATH=/usr/bin:/bin", NULL};
    k->options.env = env;
    k->options.cwd = kit_dir(k);
    kit_file(k, "plain", "hello\n", 0644);
    kit_file(k, "noshebang", "echo hello\n", 0755);
    kit_file(k, "badshebang", "#! /usr/bin/pythn -u\n", 0755);
    expect_start_error(k, "no-such-program", RBK_ENOENT, "cannot start 'no-such-program': no such program on the PATH",
                       "install it, or write its full path; PATH is /usr/bin:/bin");
    expect_start_error(k, "", RBK_ENOENT, "cannot start '': no such program on the PATH", "");
    expect_start_error(k, "./missing", RBK_ENOENT, "cannot start './missing': no such file", k->dir);
    expect_start_error(k, "./plain", RBK_EINVAL, "cannot start './plain': permission denied", "chmod +x ./plain");
    expect_start_error(k, "./noshebang", RBK_EINVAL, "cannot start './noshebang': not a program of this system",
                       "#!/bin/sh");
    expect_start_error(k, "./badshebang", RBK_EINVAL,
                       "cannot start './badshebang': its interpreter '/usr/bin/pythn' does not exist", "first line");
    expect_start_error(k, "/tmp", RBK_EINVAL, "cannot start '/tmp': it is a folder, not a program", "");
}

static void a_bad_working_folder_is_said(void **state)
{
    struct kit *k = *state;
    k->options.cwd = "/no/such/folder";
    expect_start_error(k, "true", RBK_ENOENT,
                       "cannot start 'true': its working folder '/no/such/folder' does not exist", "'cwd'");
    k->options.cwd = "/etc/passwd";
    expect_start_error(k, "true", RBK_EINVAL, "cannot start 'true': its working folder '/etc/passwd' is not a folder",
                       "'cwd'");
}

static void arguments_that_are_too_long_are_said(void **state)
{
    struct kit *k = *state;
    char *huge = malloc(4 << 20);
    memset(huge, 'x', 4 << 20);
    huge[(4 << 20) - 1] = '\0';
    char *argv[] = {"true", huge, NULL};
    k->options.argv = argv;
    expect_error(k, RBK_EINVAL, "cannot start 'true': its arguments and environment are too long", "stdin");
    free(huge);
}

/* Whatever number of descriptors is left, a start that fails leaves none open. */
static void running_out_of_descriptors_is_an_error_without_leaks(void **state)
{
    struct kit *k = *state;
    struct rlimit before, low;
    kit_sh(k, ":"); /* what the loop opens once is open */
    int open_before = kit_open_fds();
    getrlimit(RLIMIT_NOFILE, &before);
    for (int room = 0; room < 5; room++) {
        int spare = dup(0);
        close(spare);
        low = (struct rlimit){(rlim_t)(spare + room), before.rlim_max};
        char *argv[] = {"true", NULL};
        struct rbk_error err = {0};
        k->options.argv = argv;
        setrlimit(RLIMIT_NOFILE, &low);
        int rc = rbk_proc_spawn(k->loop, &k->options, NULL, &err);
        setrlimit(RLIMIT_NOFILE, &before);
        assert_int_equal(rc, RBK_ESTORE);
        assert_non_null(strstr(err.hint, "ulimit -n"));
        assert_int_equal(rbk_loop_run(k->loop, NULL), RBK_OK);
    }
    assert_int_equal(kit_open_fds(), open_before);
}

static void running_out_of_processes_is_an_error(void **state)
{
    struct kit *k = *state;
    if (geteuid() != 0)
        skip();
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        struct rbk_error err = {0};
        char *argv[] = {"true", NULL};
        k->options.argv = argv;
        setrlimit(RLIMIT_NPROC, &none);
        if (setresuid(65534, 65534, 65534) < 0)
            _exit(3);
        int rc = rbk_proc_spawn(k->loop, &k->options, NULL, &err);
        _exit(rc == RBK_ESTORE && strstr(err.hint, "ulimit -u") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void a_large_stdin_arrives_whole(void **state)
{
    struct kit *k = *state;
    size_t len = 3 << 20;
    char *data = malloc(len);
    for (size_t i = 0; i < len; i++)
        data[i] = (char)('a' + i % 23);
    k->options.input = RBK_INPUT_BYTES;
    k->options.input_data = data;
    k->options.input_len = len;
    kit_sh(k, "cat");
    assert_int_equal(k->out.len, len);
    assert_memory_equal(k->out.data, data, len);
    free(data);
}

static void a_child_that_does_not_read_its_stdin_is_no_error(void **state)
{
    struct kit *k = *state;
    size_t len = 1 << 20;
    char *data = calloc(1, len);
    k->options.input = RBK_INPUT_BYTES;
    k->options.input_data = data;
    k->options.input_len = len;
    kit_sh(k, "exec 0<&-; echo closed");
    assert_int_equal(k->result.exit_code, 0);
    assert_string_equal(k->out.data, "closed\n");
    free(data);
}

static void an_empty_stdin_is_at_its_end(void **state)
{
    struct kit *k = *state;
    k->options.input = RBK_INPUT_BYTES;
    kit_sh(k, "cat; echo end");
    assert_string_equal(k->out.data, "end\n");
}

static void heavy_output_arrives_whole(void **state)
{
    struct kit *k = *state;
    kit_sh(k, "head -c 20000000 /dev/zero; head -c 1000000 /dev/zero >&2");
    assert_int_equal(k->out.len, 20000000);
    assert_int_equal(k->err.len, 1000000);
}

static void a_step_with_a_terminal_needs_one(void **state)
{
    struct kit *k = *state;
    pid_t pid = fork();
    if (pid == 0) { /* without a controlling terminal */
        struct rbk_error err = {0};
        char *argv[] = {"true", NULL};
        setsid();
        k->options.argv = argv;
        k->options.input = RBK_INPUT_TTY;
        int rc = rbk_proc_spawn(k->loop, &k->options, NULL, &err);
        _exit(rc == RBK_EINVAL && strstr(err.hint, "tty = true") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* Started with 0, 1 and 2 closed, we get these numbers for our own descriptors. */
static void closed_standard_descriptors_do_no_harm(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        for (int fd = 0; fd < 3; fd++)
            close(fd);
        struct kit *k = kit_new();
        kit_sh(k, "cat; echo out; echo err >&2");
        _exit(strcmp(k->out.data, "out\n") == 0 && strcmp(k->err.data, "err\n") == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* The parent is killed outright: its child must be gone at once, without any help. */
static void a_child_dies_with_its_parent(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct kit *k = kit_new();
        char *argv[] = {"sleep", "60", NULL};
        struct rbk_proc *p = NULL;
        k->options.argv = argv;
        if (rbk_proc_spawn(k->loop, &k->options, &p, NULL) < 0)
            _exit(1);
        pid_t pid = rbk_proc_pid(p);
        if (write(ends[1], &pid, sizeof pid) != sizeof pid)
            _exit(1);
        pause();
    }
    pid_t child = 0;
    assert_int_equal(read(ends[0], &child, sizeof child), sizeof child);
    int pidfd = kit_pidfd(child);
    kill(parent, SIGKILL);
    assert_true(kit_wait_pidfd(pidfd, 5000));
    waitpid(parent, NULL, 0);
    close(pidfd);
    close(ends[0]);
    close(ends[1]);
}

static void nothing_stays_open_after_many_processes(void **state)
{
    struct kit *k = *state;
    kit_sh(k, ":");
    int before = kit_open_fds();
    for (int i = 0; i < 50; i++)
        kit_sh(k, "echo x");
    assert_int_equal(kit_open_fds(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void many_at_once_do_not_mix(void **state)
{
    struct kit *k = *state;
    struct kit *many[8];
    for (int i = 0; i < 8; i++) {
        char script[64];
        snprintf(script, sizeof script, "for i in 1 2 3; do echo %d; done; exit %d", i, i);
        many[i] = kit_share(k);
        kit_start(many[i], script);
    }
    assert_int_equal(rbk_loop_run(k->loop, NULL), RBK_OK);
    for (int i = 0; i < 8; i++) {
        char want[16];
        snprintf(want, sizeof want, "%d\n%d\n%d\n", i, i, i);
        assert_string_equal(many[i]->out.data, want);
        assert_int_equal(many[i]->result.exit_code, i);
        kit_unshare(many[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(exit_code_and_output_are_reported),
        TEST(death_by_signal_is_reported),
        TEST(a_process_without_leftovers_ends_without_delay),
        TEST(what_is_about_to_finish_may_finish),
        TEST(cpu_time_is_that_of_the_child_and_its_children),
        TEST(a_child_starts_clean),
        TEST(environment_is_exactly_what_was_given),
        TEST(the_program_is_looked_up_on_the_path_of_its_environment),
        TEST(it_runs_in_its_working_folder),
        TEST(what_keeps_a_program_from_starting_is_said),
        TEST(a_bad_working_folder_is_said),
        TEST(arguments_that_are_too_long_are_said),
        TEST(running_out_of_descriptors_is_an_error_without_leaks),
        TEST(running_out_of_processes_is_an_error),
        TEST(a_large_stdin_arrives_whole),
        TEST(a_child_that_does_not_read_its_stdin_is_no_error),
        TEST(an_empty_stdin_is_at_its_end),
        TEST(heavy_output_arrives_whole),
        TEST(a_step_with_a_terminal_needs_one),
        cmocka_unit_test(closed_standard_descriptors_do_no_harm),
        cmocka_unit_test(a_child_dies_with_its_parent),
        TEST(nothing_stays_open_after_many_processes),
        TEST(many_at_once_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
