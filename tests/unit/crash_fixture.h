/* What the tests of crash and resume share: a process that carries the run and is killed in the middle of a step. */
#ifndef CRASH_FIXTURE_H
#define CRASH_FIXTURE_H

#include "run_fixture.h"

#include <poll.h>
#include <signal.h>

/* Writes its line, and the first time does not come to an end. */
#define HANGS_ONCE(line) \
    "test -e again && hang= || hang=yes; touch again; echo " line " >> ledger; test -z \"$hang\" || exec sleep 60"

/* A child process carries the run; it is killed as soon as the ledger's last line is `mark`. */
static inline void crash_at(struct fixture *f, const char *mark)
{
    int ids[2];
    assert_int_equal(pipe(ids), 0);
    rbk_store_close(f->store);
    f->store = NULL;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rbk_error err = {0};
        open_store(f);
        open_loop(f);
        if (rbk_run_start(f->plan, &f->options, &f->run, &err) < 0 ||
            write(ids[1], rbk_run_id(f->run), RBK_ULID_SIZE) != RBK_ULID_SIZE)
            _exit(99);
        rbk_loop_run(f->loop, NULL);
        _exit(98);
    }
    assert_int_equal(read(ids[0], f->run_id, RBK_ULID_SIZE), RBK_ULID_SIZE);
    close(ids[0]);
    close(ids[1]);
    for (int i = 0; !strstr(ledger(f), mark); i++) {
        assert_true(i < 1000);
        poll(NULL, 0, 10);
    }
    int status = 0;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    open_store(f);
}

static inline struct rbk_node *plan_that_hangs(struct fixture *f)
{
    add_shell(f, "a", "echo a >> ledger");
    struct rbk_node *n = add_shell(f, "b", HANGS_ONCE("b"));
    add_shell(f, "c", "echo c >> ledger");
    return n;
}

#endif
