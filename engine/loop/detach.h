/* Processes that outlive us: a program in a session of its own that goes on when this process dies, be it killed. While
 * we live we are told of its end. */
#ifndef RBK_LOOP_DETACH_H
#define RBK_LOOP_DETACH_H

#include <loop/loop.h>

struct rbk_detach_options {
    char *const *argv;                      /* argv[0] is looked up on our PATH */
    const char *cwd;                        /* NULL = ours */
    bool silent;                            /* stderr is /dev/null too: nobody waits for it to close ours */
    void (*on_exit)(void *arg, int status); /* exit status, or 128 + the signal that killed it */
    void *arg;
};

/* Starts it: stdin and stdout are /dev/null, stderr is ours unless it is silent. The handle is the loop's until on_exit
 * is entered. Errors as of rbk_proc_spawn. */
struct rbk_detached;
int rbk_detach(struct rbk_loop *loop, const struct rbk_detach_options *options, struct rbk_detached **out,
               struct rbk_error *err);
/* Stops watching; the process goes on. Sets *d to NULL. */
void rbk_detached_forget(struct rbk_detached **d);

#endif
