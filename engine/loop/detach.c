/* See detach.h. */
#include <loop/detach.h>

#include <base/mem.h>
#include <errno.h>
#include <fcntl.h>
#include <loop/child.h>
#include <loop/spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct rbk_detached {
    struct rbk_loop *loop;
    pid_t pid;
    int pidfd;
    struct rbk_watch *watch;
    void (*on_exit)(void *arg, int status);
    void *arg;
};

static void detached_free(struct rbk_detached **d)
{
    rbk_watch_stop(&(*d)->watch);
    close((*d)->pidfd);
    free(*d);
    *d = NULL;
}

void rbk_detached_forget(struct rbk_detached **d)
{
    if (!*d)
        return;
    rbk_stranger_add((*d)->loop, (*d)->pid);
    detached_free(d);
}

static void detached_on_exit(void *arg)
{
    struct rbk_detached *d = arg;
    struct rbk_detached copy = *d;
    int status = 0;
    pid_t pid = waitpid(d->pid, &status, WNOHANG);
    if (pid == 0 || (pid < 0 && errno == EINTR))
        return;
    detached_free(&d);
    copy.on_exit(copy.arg, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static int start(const struct rbk_detach_options *o, struct rbk_spawned *out, struct rbk_error *err)
{
    char *stack = rbk_realloc(NULL, 1, RBK_CHILD_STACK);
    int null = rbk_spawn_fd(open("/dev/null", O_RDWR | O_CLOEXEC));
    int errors = o->silent ? -1 : fcntl(2, F_DUPFD_CLOEXEC, 3);
    struct rbk_spawn_spec spec = {.argv = o->argv,
                                  .env = environ,
                                  .cwd = o->cwd,
                                  .stdio = {null, null, errors < 0 ? null : errors},
                                  .tty = -1,
                                  .outlives_us = true,
                                  .child_stack = stack,
                                  .child_stack_size = RBK_CHILD_STACK};
    int rc = null < 0 ? rbk_error_errno(err, RBK_ESTORE, "cannot open /dev/null") : rbk_spawn(&spec, out, err);
    if (null >= 0)
        close(null);
    if (errors >= 0)
        close(errors);
    free(stack);
    return rc;
}

int rbk_detach(struct rbk_loop *loop, const struct rbk_detach_options *options, struct rbk_detached **out,
               struct rbk_error *err)
{
    struct rbk_spawned spawned;
    int rc = start(options, &spawned, err);
    if (rc < 0)
        return rc;
    struct rbk_detached *d = rbk_alloc(sizeof *d);
    *d = (struct rbk_detached){
        .loop = loop, .pid = spawned.pid, .pidfd = spawned.pidfd, .on_exit = options->on_exit, .arg = options->arg};
    d->watch = rbk_watch_readable(loop, d->pidfd, detached_on_exit, d, err);
    if (!d->watch) { /* it runs all the same; only its end is not told */
        rbk_detached_forget(&d);
        return RBK_ESTORE;
    }
    *out = d;
    return 0;
}
