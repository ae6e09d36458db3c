/* A child with a terminal. A stop of the child (Ctrl-Z) is noticed by polling, since a pidfd does not tell; then we
 * stop ourselves as well, so that the shell that started us shows its prompt, and go on together when it continues us.
 */
#include <base/mem.h>
#include <errno.h>
#include <fcntl.h>
#include <loop/spawn.h>
#include <loop/tty.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define STOP_POLL_MS 100

struct rbk_tty {
    int fd;
    struct termios modes;
    struct rbk_loop *loop;
    struct rbk_timer *timer;
    pid_t child;
    bool stopped;
};

struct rbk_tty *rbk_tty_open(struct rbk_error *err)
{
    int fd = rbk_spawn_fd(open("/dev/tty", O_RDWR | O_CLOEXEC));
    if (fd < 0) {
        rbk_error_set(err, RBK_EINVAL, "this step needs a terminal, and there is none");
        rbk_error_hint(err, "run it from a terminal, or remove 'tty = true' from the step");
        return NULL;
    }
    if (tcgetpgrp(fd) != getpgrp()) {
        close(fd);
        rbk_error_set(err, RBK_EINVAL, "this step needs the terminal, but runs in its background");
        rbk_error_hint(err, "bring it to the foreground with 'fg'");
        return NULL;
    }
    struct rbk_tty *tty = rbk_alloc(sizeof *tty);
    tty->fd = fd;
    tcgetattr(fd, &tty->modes);
    return tty;
}

int rbk_tty_fd(const struct rbk_tty *tty)
{
    return tty->fd;
}

/* In the background this raises SIGTTOU, which would stop us: blocked, it is not even raised. */
static void tty_give_to(const struct rbk_tty *tty, pid_t group)
{
    sigset_t ttou, before;
    sigemptyset(&ttou);
    sigaddset(&ttou, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &ttou, &before);
    (void)tcsetpgrp(tty->fd, group);
    if (group == getpgrp())
        (void)tcsetattr(tty->fd, TCSANOW, &tty->modes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static bool child_has_stopped(const struct rbk_tty *tty)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)tty->child, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == tty->child;
}

/* The shell may have put us into the background (bg): the child then waits until we are in the foreground again. */
static void tty_on_timer(void *arg)
{
    struct rbk_tty *tty = arg;
    if (!tty->stopped && child_has_stopped(tty)) {
        tty->stopped = true;
        tty_give_to(tty, getpgrp());
        kill(0, SIGTSTP); /* we stop here, until continued */
    }
    if (tty->stopped && tcgetpgrp(tty->fd) == getpgrp()) {
        tty->stopped = false;
        tty_give_to(tty, tty->child);
        kill(-tty->child, SIGCONT);
    }
}

void rbk_tty_follow(struct rbk_tty *tty, struct rbk_loop *loop, pid_t child)
{
    tty->child = child;
    tty->loop = loop;
    tty->timer = rbk_timer_start(loop, STOP_POLL_MS, STOP_POLL_MS, tty_on_timer, tty);
}

void rbk_tty_close(struct rbk_tty *tty)
{
    if (!tty)
        return;
    rbk_timer_cancel(&tty->timer);
    if (!tty->stopped)
        tty_give_to(tty, getpgrp());
    close(tty->fd);
    free(tty);
}
