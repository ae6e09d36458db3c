/* store_step DIR: what the store adds to a durable one-step run. The same work as floor_store, with the journal's rows
 * instead of two bare ones: open, run and intent, `true`, result and end of run, close. Prints microseconds of its
 * parts with a second argument. */
#include <base/clock.h>
#include <spawn.h>
#include <stdio.h>
#include <store/journal.h>
#include <store/lock.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t last_us;

static void lap(const char *what, int print)
{
    int64_t now = rbk_clock_mono_us();
    if (print)
        printf("%-8s %6lld us\n", what, (long long)(now - last_us));
    last_us = now;
}

static int fail(const struct rbk_error *err)
{
    fprintf(stderr, "%s\n%s\n", err->message, err->hint);
    return 1;
}

static int spawn_true(void)
{
    char *argv[] = {"/bin/true", NULL};
    pid_t pid;
    int status;
    if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) || waitpid(pid, &status, 0) != pid)
        return 1;
    return status;
}

static int run_step(struct rbk_store *s, int print, struct rbk_error *err)
{
    struct rbk_lock *lock = NULL;
    struct rbk_run_row run = {.runbook = "bench/noop", .title = "No operation", .path = "/p/runbooks/bench/noop.lua"};
    struct rbk_step_row step = {.key = "noop", .id = "noop", .title = "Noop", .kind = "shell", .attempts = 1};
    struct rbk_command_row command = {.argv = "true", .end = "exit"};
    run.exit = step.exit_code = -1;
    run.started_ms = step.started_ms = rbk_clock_wall_ms();
    run.by = run.host = "bench";
    run.params = rbk_map_new();
    run.plan = rbk_list_new();
    run.plan_hash = step.hash = "0011223344556677";
    step.state = RBK_STEP_RUNNING;
    if (rbk_ulid_new(run.id, err) || rbk_lock_try(s, RBK_LOCK_RUN, run.id, "bench", &lock, err))
        return 1;
    lap("lock", print);
    if (rbk_store_begin(s, err) || rbk_journal_run_add(s, &run, err) || rbk_journal_step_put(s, run.id, &step, err) ||
        rbk_store_commit(s, err))
        return 1;
    lap("intent", print);
    if (spawn_true())
        return 1;
    lap("true", print);
    run.state = RBK_RUN_SUCCEEDED;
    step.state = RBK_STEP_SUCCEEDED;
    run.exit = step.exit_code = 0;
    run.plan_hash = NULL;
    rbk_value_free(run.plan);
    run.plan = NULL;
    if (rbk_store_begin(s, err) || rbk_journal_step_put(s, run.id, &step, err) ||
        rbk_journal_command_add(s, run.id, "noop", &command, err) || rbk_journal_run_update(s, &run, err) ||
        rbk_store_commit(s, err))
        return 1;
    lap("result", print);
    rbk_value_free(run.params);
    rbk_lock_release(lock);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct rbk_schema *const schemas[] = {&rbk_journal_schema, NULL};
    struct rbk_store_options o = {.dir = argc > 1 ? argv[1] : ".", .schemas = schemas};
    struct rbk_store *s = NULL;
    struct rbk_error err = {0};
    last_us = rbk_clock_mono_us();
    if (rbk_store_open(&o, &s, &err))
        return fail(&err);
    lap("open", argc > 2);
    if (run_step(s, argc > 2, &err))
        return fail(&err);
    rbk_store_close(s);
    lap("close", argc > 2);
    return 0;
}
