/* Starts a child with clone(CLONE_VM | CLONE_VFORK): no copy of our address space, and this thread waits until the
 * child has executed its program or failed. Until then the child runs on a stack of its own inside our memory, so its
 * code below calls nothing that is not async-signal-safe, allocates nothing, and reports by writing to struct child.
 * All signals are blocked around the clone: no handler of ours may ever run in the child. */
#include <base/buf.h>
#include <errno.h>
#include <fcntl.h>
#include <loop/spawn.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The sanitizers' bookkeeping belongs to our stack, not to the child's. */
#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))

struct child {
    const struct rbk_spawn_spec *spec;
    const char *candidates; /* paths to try, each NUL-terminated, ended by an empty one */
    pid_t parent;
    volatile struct rbk_spawn_failure failure;
};

IN_CHILD static void child_fail(struct child *child, enum rbk_spawn_stage stage, const char *path)
{
    child->failure.error = errno;
    child->failure.path = path;
    child->failure.stage = stage;
    _exit(127);
}

/* Blocked as all signals are here, SIGTTOU does not stop a background group that takes the terminal. */
IN_CHILD static int child_take_terminal(int tty)
{
    if (setpgid(0, 0) < 0)
        return -1;
    return tcsetpgrp(tty, getpid());
}

/* The signal is armed for a parent that may be gone already: look after arming. */
IN_CHILD static int child_die_with_parent(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return -1;
    if (getppid() != parent)
        _exit(127);
    return 0;
}

/* Kernels and sandboxes without close_range: one by one. */
IN_CHILD static void child_close_from(int first)
{
    struct rlimit limit;
    if (close_range((unsigned)first, ~0U, 0) == 0)
        return;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 65536)
        limit.rlim_cur = 65536;
    for (int fd = first; fd < (int)limit.rlim_cur; fd++)
        close(fd);
}

IN_CHILD static int child_set_stdio(const int stdio[3])
{
    for (int fd = 0; fd < 3; fd++)
        if (dup2(stdio[fd], fd) < 0)
            return -1;
    child_close_from(3);
    return 0;
}

IN_CHILD static void child_default_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    for (int signo = 1; signo < NSIG; signo++)
        sigaction(signo, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* As execvp does: go on along the PATH past what is not there, remember what was there and refused. */
IN_CHILD static void child_exec(struct child *child)
{
    const char *refused = NULL;
    for (const char *path = child->candidates; *path; path += strlen(path) + 1) {
        execve(path, child->spec->argv, child->spec->env);
        if (errno == EACCES)
            refused = refused ? refused : path;
        else if (errno != ENOENT && errno != ENOTDIR)
            child_fail(child, RBK_STAGE_EXEC, path);
    }
    errno = refused ? EACCES : ENOENT;
    child_fail(child, RBK_STAGE_EXEC, refused);
}

IN_CHILD static int child_main(void *arg)
{
    struct child *child = arg;
    const struct rbk_spawn_spec *spec = child->spec;
    if ((spec->tty < 0 ? setsid() : child_take_terminal(spec->tty)) < 0 ||
        (!spec->outlives_us && child_die_with_parent(child->parent) < 0) || child_set_stdio(spec->stdio) < 0)
        child_fail(child, RBK_STAGE_SETUP, NULL);
    if (spec->cwd && chdir(spec->cwd) < 0)
        child_fail(child, RBK_STAGE_CWD, NULL);
    child_default_signals();
    child_exec(child);
    return 127;
}

const char *rbk_spawn_path(char *const *env)
{
    for (; *env; env++)
        if (strncmp(*env, "PATH=", 5) == 0)
            return *env + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}

/* An empty entry of PATH means the current folder. */
static void candidates_add(struct rbk_buf *out, const char *dir, size_t len, const char *name)
{
    if (len) {
        rbk_buf_append(out, dir, len);
        rbk_buf_putc(out, '/');
    } else {
        rbk_buf_puts(out, "./");
    }
    rbk_buf_append(out, name, strlen(name) + 1);
}

static void candidates_make(const struct rbk_spawn_spec *spec, struct rbk_buf *out)
{
    const char *name = spec->argv[0];
    if (strchr(name, '/')) {
        rbk_buf_append(out, name, strlen(name) + 1);
    } else if (*name) {
        const char *dir = rbk_spawn_path(spec->env);
        for (;;) {
            size_t len = strcspn(dir, ":");
            candidates_add(out, dir, len, name);
            if (!dir[len])
                break;
            dir += len + 1;
        }
    }
    rbk_buf_putc(out, '\0');
}

int rbk_spawn_fd(int fd)
{
    if (fd < 0 || fd >= 3)
        return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int error = errno;
    close(fd);
    errno = error;
    return moved;
}

/* Returns the pid, or -1 with errno; *pidfd is valid with a pid. */
static pid_t spawn_clone(struct child *child, int *pidfd)
{
    const struct rbk_spawn_spec *spec = child->spec;
    char *top = spec->child_stack + spec->child_stack_size;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = clone(child_main, top, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, child, pidfd);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return pid;
}

static int spawn_refused(const struct rbk_spawn_spec *spec, int error, struct rbk_error *err)
{
    rbk_error_set(err, RBK_ESTORE, "cannot start '%s': the system has no room for another process: %s", spec->argv[0],
                  strerror(error));
    if (error == EMFILE || error == ENFILE)
        rbk_error_hint(err, "too many open files; see 'ulimit -n', or run fewer steps at once");
    else
        rbk_error_hint(err, "see 'ulimit -u', the service's TasksMax= and 'free -m'; then resume");
    return RBK_ESTORE;
}

int rbk_spawn(const struct rbk_spawn_spec *spec, struct rbk_spawned *out, struct rbk_error *err)
{
    struct rbk_buf candidates = {0};
    candidates_make(spec, &candidates);
    struct child child = {.spec = spec, .candidates = candidates.data, .parent = getpid()};
    int pidfd = -1;
    pid_t pid = spawn_clone(&child, &pidfd);
    int rc = RBK_OK;
    if (pid < 0) {
        rc = spawn_refused(spec, errno, err);
    } else if (child.failure.stage != RBK_STAGE_NONE) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        close(pidfd);
        struct rbk_spawn_failure failure = {child.failure.stage, child.failure.error, child.failure.path};
        rc = rbk_spawn_explain(spec, &failure, err);
    } else {
        *out = (struct rbk_spawned){pid, pidfd};
    }
    rbk_buf_fini(&candidates);
    return rc;
}
