/* A step with the terminal: it owns it while it runs, Ctrl-C and Ctrl-Z are its own, and we get the terminal back as it
 * was. The engine runs in a child of the test, as the leader of a session on a pseudo-terminal. */
#include <base/clock.h>
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>

#include "loop_testkit.h"

#define SCREEN_MS 60000

struct screen {
    pid_t engine;
    int master;
    char text[4096];
    size_t len;
};

/* The engine's part: runs the script with the terminal. Exits with 0 when the script's end is as expected and the
 * terminal is ours again, with its modes. */
static void engine_main(const char *script, enum rbk_proc_end end, int exit_code)
{
    struct kit *k = kit_new();
    struct termios before, after;
    tcgetattr(0, &before);
    k->options.input = RBK_INPUT_TTY;
    kit_start(k, script);
    if (rbk_proc_session(k->proc) != 0 || rbk_loop_run(k->loop, NULL) < 0)
        _exit(10);
    tcgetattr(0, &after);
    if (k->result.end != end || k->result.exit_code != exit_code)
        _exit(11);
    if (tcgetpgrp(0) != getpgrp() || after.c_lflag != before.c_lflag)
        _exit(12);
    if (k->out.len || rbk_loop_unclosed(k->loop)) /* the child spoke to the terminal, not to us */
        _exit(13);
    _exit(0);
}

static void screen_open(struct screen *s, const char *script, enum rbk_proc_end end, int exit_code)
{
    *s = (struct screen){0};
    s->engine = forkpty(&s->master, NULL, NULL, NULL);
    assert_true(s->engine >= 0);
    if (s->engine == 0)
        engine_main(script, end, exit_code);
}

/* Reads the screen until it shows the text. */
static void screen_expect(struct screen *s, const char *text)
{
    while (!strstr(s->text, text)) {
        struct pollfd poll_fd = {.fd = s->master, .events = POLLIN};
        if (poll(&poll_fd, 1, SCREEN_MS) != 1)
            fail_msg("'%s' did not appear on: %s", text, s->text);
        ssize_t got = read(s->master, s->text + s->len, sizeof s->text - 1 - s->len);
        if (got <= 0)
            fail_msg("the terminal was closed before '%s': %s", text, s->text);
        s->len += (size_t)got;
    }
}

static void screen_type(struct screen *s, const char *keys)
{
    assert_int_equal(write(s->master, keys, strlen(keys)), strlen(keys));
}

static void screen_close(struct screen *s)
{
    char rest[256];
    int status;
    while (read(s->master, rest, sizeof rest) > 0)
        continue;
    assert_int_equal(waitpid(s->engine, &status, 0), s->engine);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(s->master);
}

static void the_child_has_the_terminal(void **state)
{
    struct screen s;
    (void)state;
    screen_open(&s, "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && read line && echo \"got $line\"; exit 4", RBK_END_EXIT, 4);
    screen_type(&s, "hello\n");
    screen_expect(&s, "got hello");
    screen_close(&s);
}

static void its_modes_are_undone(void **state)
{
    struct screen s;
    (void)state;
    screen_open(&s, "stty raw -echo; echo changed", RBK_END_EXIT, 0);
    screen_expect(&s, "changed");
    screen_close(&s);
}

static void ctrl_c_is_for_the_child(void **state)
{
    struct screen s;
    (void)state;
    screen_open(&s, "trap 'exit 5' INT; echo ready; while :; do sleep 0.01; done", RBK_END_EXIT, 5);
    screen_expect(&s, "ready");
    screen_type(&s, "\003");
    screen_close(&s);
}

/* No shell is there to continue us: the child goes on at once. */
static void ctrl_z_does_not_hang(void **state)
{
    struct screen s;
    (void)state;
    screen_open(&s, "echo ready; read line; echo \"got $line\"", RBK_END_EXIT, 0);
    screen_expect(&s, "ready");
    screen_type(&s, "\032");
    screen_type(&s, "x\n");
    screen_expect(&s, "got x");
    screen_close(&s);
}

static void the_terminal_comes_back_when_the_program_is_missing(void **state)
{
    int master, status;
    (void)state;
    pid_t engine = forkpty(&master, NULL, NULL, NULL);
    if (engine == 0) {
        struct kit *k = kit_new();
        char *argv[] = {"no-such-program", NULL};
        k->options.argv = argv;
        k->options.input = RBK_INPUT_TTY;
        int rc = rbk_proc_spawn(k->loop, &k->options, NULL, NULL);
        _exit(rc == RBK_ENOENT && tcgetpgrp(0) == getpgrp() ? 0 : 1);
    }
    assert_int_equal(waitpid(engine, &status, 0), engine);
    assert_int_equal(status, 0);
    close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_child_has_the_terminal),
        cmocka_unit_test(its_modes_are_undone),
        cmocka_unit_test(ctrl_c_is_for_the_child),
        cmocka_unit_test(ctrl_z_does_not_hang),
        cmocka_unit_test(the_terminal_comes_back_when_the_program_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
