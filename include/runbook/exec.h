/* Process execution: one command, its output bounded, its whole tree ended when it is over. This is the blocking door
 * for programs that embed librunbook; the engine itself drives many at once on its event loop by the same rules (new
 * session, closed descriptors, parent-death signal, TERM then KILL until the tree is empty). Call it from the main
 * thread: the parent-death signal follows the thread that spawned. */
#ifndef RUNBOOK_EXEC_H
#define RUNBOOK_EXEC_H

#include <runbook/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rbk_exec_options {
    char *const *argv;  /* argv[0] is looked up on the PATH of `env`; ends with NULL */
    char *const *env;   /* complete environment, ends with NULL; NULL = the caller's */
    const char *cwd;    /* NULL = the caller's */
    const char *input;  /* stdin, or NULL for /dev/null */
    size_t input_len;   /* bytes */
    int64_t timeout_ms; /* wall time, 0 = none */
    int64_t cpu_ms;     /* CPU time of the tree, 0 = none */
    int64_t memory;     /* resident bytes of the tree, 0 = none */
    size_t output_max;  /* bytes kept of stdout and of stderr each; 0 = 1 MiB */
};

struct rbk_exec_result {
    int exit_code;       /* -1 when it was ended by a signal */
    int signal;          /* 0 = none */
    bool timed_out;      /* the engine ended it: wall time */
    bool over_limit;     /* the engine ended it: CPU or memory */
    bool truncated;      /* more output came than was kept */
    int64_t duration_ms; /* spawn to exit, monotonic clock */
    int64_t cpu_ms;      /* user + system of the child and what it reaped (wait4) */
    int64_t max_rss_kb;  /* largest single process (wait4) */
    int leftovers;       /* processes it left running: ended */
    char *out, *err;     /* heap, NUL-terminated; rbk_exec_result_fini */
    size_t out_len, err_len;
};

/* Runs a command to its end. 0: it ran, `result` says how it went (also when it failed or timed out). RBK_ENOENT,
 * RBK_EINVAL: it could not be started, nothing ran. RBK_ESTORE: the system had no resources. `result` needs
 * rbk_exec_result_fini after 0. */
RBK_API int rbk_exec(const struct rbk_exec_options *options, struct rbk_exec_result *result, struct rbk_error *err);
RBK_API void rbk_exec_result_fini(struct rbk_exec_result *result);

#ifdef __cplusplus
}
#endif
#endif
