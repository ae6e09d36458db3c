/* Bodies under the real step machine: what a cancel does to a function wherever it stands, what the watchdog does to
 * one that cannot be stopped, and patterns of `capture`. What functions can do is proved in tests/lua. */
#include "run_fixture.h"

#include <fcntl.h>
#include <lua/host.h>
#include <sys/wait.h>

struct body_test {
    struct fixture *f;
    struct rbk_lua *lua;
    struct rbk_buf output;
    const char *cancel_at; /* "running", or a text that the step prints */
};

static void cancel_now(void *arg)
{
    struct body_test *t = arg;
    rbk_run_cancel(t->f->run, 0, false);
}

static void note_step(void *self, const struct rbk_run *run, const struct rbk_step_view *step)
{
    struct body_test *t = self;
    on_step(t->f, run, step);
    if (t->cancel_at && step->state == RBK_STEP_RUNNING && strcmp(t->cancel_at, "running") == 0) {
        t->cancel_at = NULL;
        rbk_loop_defer(t->f->loop, cancel_now, t);
    }
}

static void note_output(void *self, const struct rbk_run *run, const struct rbk_step_view *step, int stream,
                        const char *data, size_t len)
{
    struct body_test *t = self;
    (void)run;
    (void)step;
    (void)stream;
    rbk_buf_append(&t->output, data, len);
    if (t->cancel_at && strstr(t->output.data, t->cancel_at)) {
        t->cancel_at = NULL;
        rbk_loop_defer(t->f->loop, cancel_now, t);
    }
}

static void note_ended(void *self, const struct rbk_run *run)
{
    on_ended(((struct body_test *)self)->f, run);
}

static void open_body(struct body_test *t, struct fixture *f, const char *text)
{
    static const struct rbk_run_observer watcher = {.step = note_step, .output = note_output, .ended = note_ended};
    static const char *const no_dirs[] = {NULL};
    struct rbk_lua_options options = {.config = &f->config, .runbook_dirs = no_dirs, .call_ms = 200};
    struct rbk_error err = {0};
    *t = (struct body_test){.f = f};
    assert_int_equal(rbk_lua_new(&options, &t->lua, &err), 0);
    rbk_plan_free(f->plan);
    f->plan = NULL;
    if (rbk_lua_load_text(t->lua, "test/body", "body.lua", text, strlen(text), &f->plan, &err) != 0)
        fail_msg("%s", err.message);
    f->options.script = &rbk_lua_script_ops;
    f->options.host = t->lua;
    f->options.observer = &watcher;
    f->options.observer_self = t;
}

static void close_body(struct body_test *t)
{
    drop_run(t->f);
    rbk_plan_free(t->f->plan);
    t->f->plan = NULL;
    rbk_lua_free(t->lua);
    rbk_buf_fini(&t->output);
}

#define RUNBOOK "runbook \"T\" {}\n"
#define GUARDED(how)                                                                                     \
    RUNBOOK "step \"Waits\" { run = function(ctx)\n"                                                     \
            "  local guard <close> = setmetatable({}, { __close = function() print(\"closed\") end })\n" \
            "  print(\"waiting\")\n  " how "\n  print(\"went on\")\nend }\n"

static void check_cancelled(struct fixture *f, const char *text, const char *cancel_at, bool closes)
{
    struct body_test t;
    open_body(&t, f, text);
    t.cancel_at = cancel_at;
    start(f);
    run_loop(f);
    assert_int_equal(rbk_run_exit(f->run), 130);
    assert_non_null(strstr(f->trace.data, "waits cancelled\n"));
    assert_int_equal(t.output.data && strstr(t.output.data, "closed\n"), closes);
    assert_true(!t.output.data || !strstr(t.output.data, "went on"));
    close_body(&t);
}

static void a_sleep_is_cut_short_and_what_is_open_is_closed(void **state)
{
    check_cancelled(*state, GUARDED("ctx:sleep(\"1h\")"), "waiting", true);
}

static void a_command_is_ended_and_what_is_open_is_closed(void **state)
{
    check_cancelled(*state, GUARDED("ctx:exec { \"sleep\", \"3600\" }"), "waiting", true);
}

static void pcall_does_not_hold_up_a_cancel(void **state)
{
    check_cancelled(*state, GUARDED("while true do pcall(ctx.sleep, ctx, \"1h\") end"), "waiting", true);
}

static void a_function_that_has_not_begun_never_does(void **state)
{
    check_cancelled(*state, GUARDED("ctx:sleep(\"1h\")"), "running", false);
}

/* ---- what no hook can stop -----------------------------------------------------------------------------------------
 */

/* All of it in a process of its own: timers and loops do not survive a fork. */
static _Noreturn void run_stuck_function(void)
{
    void *state = NULL;
    struct body_test t;
    setup(&state);
    open_body(&t, state,
              RUNBOOK "step \"Stuck\" { run = function()\n"
                      "  return string.find((\"a\"):rep(300000), (\".-\"):rep(9) .. \"b\")\nend }\n");
    dprintf(STDERR_FILENO, "%s\n", t.f->dir);
    start(t.f);
    rbk_loop_run(t.f->loop, NULL);
    _exit(0);
}

static void a_stuck_function_ends_the_process_with_its_step(void **state)
{
    (void)state;
    int err[2], status = 0;
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(err[1], STDERR_FILENO);
        run_stuck_function();
    }
    close(err[1]);
    char said[1024] = "";
    size_t len = 0;
    for (ssize_t got = 1; got > 0 && len + 1 < sizeof said; len += got > 0 ? (size_t)got : 0)
        got = read(err[0], said + len, sizeof said - 1 - len);
    close(err[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 4);
    assert_non_null(strstr(said, ": step stuck does not end, and cannot be stopped"));
    assert_non_null(strstr(said, "the run is interrupted"));
    char command[1100];
    snprintf(command, sizeof command, "rm -rf %.*s", (int)strcspn(said, "\n"), said);
    assert_int_equal(system(command), 0);
}

/* ---- patterns ------------------------------------------------------------------------------------------------------
 */

static void match_gives_the_first_capture_or_the_whole(void **state)
{
    struct body_test t;
    struct rbk_error err = {0};
    char *found = NULL;
    open_body(&t, *state, RUNBOOK);
    const struct rbk_script_ops *ops = &rbk_lua_script_ops;
    assert_int_equal(ops->match(t.lua, "rate (%d+)", "rate 12, rate 13", 16, &found, &err), 1);
    assert_string_equal(found, "12");
    free(found);
    assert_int_equal(ops->match(t.lua, "%d+", "a 77", 4, &found, &err), 1);
    assert_string_equal(found, "77");
    free(found);
    assert_int_equal(ops->match(t.lua, "%d+", "none", 4, &found, &err), 0);
    assert_true(ops->match(t.lua, "%", "none", 4, &found, &err) < 0);
    assert_string_equal(err.message, "malformed pattern (ends with '%')");
    close_body(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sleep_is_cut_short_and_what_is_open_is_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_is_ended_and_what_is_open_is_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(pcall_does_not_hold_up_a_cancel, setup, teardown),
        cmocka_unit_test_setup_teardown(a_function_that_has_not_begun_never_does, setup, teardown),
        cmocka_unit_test(a_stuck_function_ends_the_process_with_its_step),
        cmocka_unit_test_setup_teardown(match_gives_the_first_capture_or_the_whole, setup, teardown),
    };
    return cmocka_run_group_tests_name("performing bodies", tests, NULL, NULL);
}
