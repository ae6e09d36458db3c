/* What the files of this room share about the loop itself. Nobody outside engine/loop includes this. */
#ifndef RBK_LOOP_INTERNAL_H
#define RBK_LOOP_INTERNAL_H

#include <loop/loop.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>

#define RBK_READ_SIZE   (256 * 1024) /* of the buffer into which all output is read */
#define RBK_CHILD_STACK (64 * 1024)  /* of a child between clone and execve; not zeroed, little of it is used */

struct rbk_proc;

struct rbk_call {
    rbk_loop_fn *fn;
    void *arg;
};

/* Calls in order of registration. Those added while it is run wait for the next time. */
struct rbk_queue {
    struct rbk_call *calls;
    size_t begun; /* calls of the present pass, which are still in front */
    size_t count, cap;
};

struct rbk_loop {
    uv_loop_t uv;
    uv_idle_t idle;       /* active while something is deferred: the loop then does not block */
    uv_prepare_t prepare; /* active while something waits for the end of the iteration */
    struct rbk_queue deferred, before_block;
    size_t handles;         /* timers, signals and watches that their owners have not ended */
    struct rbk_proc *procs; /* list of the processes that have not ended */
    size_t proc_count;
    struct rbk_timer *housekeeping; /* reaps adopted orphans while processes run */
    char *buffer;                   /* RBK_READ_SIZE, made with the first process */
    char *child_stack;              /* RBK_CHILD_STACK, likewise */
    pid_t *strangers;               /* children that go their own way (detach.h) and that nobody here waits for */
    size_t stranger_count, stranger_cap;
    int null_fd;     /* /dev/null for the children's stdin; -1 until then */
    int children_fd; /* /proc/self/task/PID/children; -1 where the kernel has none */
    bool no_cgroups; /* none with a bound on memory could be made: it is not tried again */
    bool is_guest;   /* the process may have children of its own: reap only what we started */
    bool adopts;     /* this process is a subreaper: unknown children are orphans of ours */
};

/* Frees the memory of a handle whose uv part is its first member. */
void rbk_handle_close(struct rbk_loop *loop, uv_handle_t *handle);

/* Watches a descriptor that belongs to this room: it stays non-blocking. `events` is UV_READABLE or UV_WRITABLE. */
struct rbk_watch *rbk_watch_own(struct rbk_loop *loop, int fd, int events, rbk_loop_fn *fn, void *arg,
                                struct rbk_error *err);

/* reap.c: a child that belongs to no process of this loop, and is to be left alone. */
void rbk_stranger_add(struct rbk_loop *loop, pid_t pid);
bool rbk_stranger_is(const struct rbk_loop *loop, pid_t pid);

/* proc.c: kills and forgets whatever still runs, for rbk_loop_free. No callbacks. */
void rbk_procs_abandon(struct rbk_loop *loop);

#endif
