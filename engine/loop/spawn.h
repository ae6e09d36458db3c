/* Starting one child: from a prepared description to a running program, or to an error that says why not. */
#ifndef RBK_LOOP_SPAWN_H
#define RBK_LOOP_SPAWN_H

#include <runbook/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct rbk_spawn_spec { /* everything is borrowed */
    char *const *argv;  /* argv[0] is looked up on the PATH of env */
    char *const *env;
    const char *cwd;   /* NULL = ours */
    int stdio[3];      /* the child's 0, 1 and 2; each >= 3 here */
    int tty;           /* a terminal whose foreground the child takes, in our session; -1: a session of its own */
    bool outlives_us;  /* it lives on when we die */
    char *child_stack; /* what the child runs on until it executes the program */
    size_t child_stack_size;
};

struct rbk_spawned {
    pid_t pid;
    int pidfd; /* close-on-exec, the caller's */
};

/* Call it on the main thread: the parent-death signal follows the thread. RBK_ENOENT: no such program; RBK_EINVAL: it
 * cannot be executed like this; RBK_ESTORE: the system refused. Nothing is left over after an error. */
int rbk_spawn(const struct rbk_spawn_spec *spec, struct rbk_spawned *out, struct rbk_error *err);

/* Moves a descriptor out of the way of the child's 0, 1 and 2, which are free when we were started without them.
 * Returns the new one, close-on-exec; -1 with errno, the old one being closed all the same. */
int rbk_spawn_fd(int fd);

/* How far a child came before it failed. */
enum rbk_spawn_stage { RBK_STAGE_NONE, RBK_STAGE_SETUP, RBK_STAGE_CWD, RBK_STAGE_EXEC };
struct rbk_spawn_failure {
    enum rbk_spawn_stage stage;
    int error;        /* errno */
    const char *path; /* for RBK_STAGE_EXEC: the file that was refused; NULL when none was found */
};
/* spawn_error.c: puts a failure into words. */
int rbk_spawn_explain(const struct rbk_spawn_spec *spec, const struct rbk_spawn_failure *failure,
                      struct rbk_error *err);
/* The value of PATH in env, or the default of the system. */
const char *rbk_spawn_path(char *const *env);

#endif
