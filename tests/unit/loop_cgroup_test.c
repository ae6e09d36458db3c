/* A cgroup kills what is in it, and is gone afterwards. Skipped where the system lets us have none. */
#include <loop/cgroup.h>
#include <signal.h>
#include <sys/wait.h>

#include "loop_testkit.h"

static pid_t fork_sleeper(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGTERM, SIG_IGN);
        alarm(60);
        for (;;)
            pause();
    }
    return pid;
}

static void what_it_catches_is_killed(void **state)
{
    (void)state;
    struct rbk_cgroup *cgroup = rbk_cgroup_make(0);
    if (!cgroup)
        skip();
    pid_t pid = fork_sleeper();
    struct rbk_procstat member;
    assert_true(rbk_procfs_stat(pid, &member));
    struct rbk_proclist members = {.items = &member, .count = 1};
    rbk_cgroup_catch(cgroup, &members);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_false(rbk_cgroup_out_of_memory(cgroup));
    rbk_cgroup_free(cgroup);
}

static void one_that_cannot_bound_memory_is_not_given_out(void **state)
{
    (void)state;
    struct rbk_cgroup *cgroup = rbk_cgroup_make(1 << 30);
    if (cgroup) { /* then the bound must be there */
        char path[512], bound[32] = "";
        snprintf(path, sizeof path, "%s/memory.max", rbk_cgroup_path(cgroup));
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_true(read(fd, bound, sizeof bound - 1) > 0);
        assert_int_equal(atoll(bound), 1 << 30);
        close(fd);
    }
    rbk_cgroup_free(cgroup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_catches_is_killed),
        cmocka_unit_test(one_that_cannot_bound_memory_is_not_given_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
