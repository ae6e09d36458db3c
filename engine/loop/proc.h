/* Child processes: one command, its whole tree, its output and its end. Spawned from the main thread into a new
 * session, with default signals, closed descriptors, the parent-death signal, and a marker in the environment by which
 * whatever is left of it can be found later. The exit of the direct child is known at once through its pidfd; output is
 * then drained until it has been idle for a moment, with a cap, never until EOF; what the tree left running has as
 * long to finish by itself, then it is ended and counted. */
#ifndef RBK_LOOP_PROC_H
#define RBK_LOOP_PROC_H

#include <loop/loop.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct rbk_proc;

enum rbk_stream { RBK_STDOUT = 1, RBK_STDERR = 2 };
enum rbk_proc_input { RBK_INPUT_NULL, RBK_INPUT_BYTES, RBK_INPUT_TTY };

/* Why a process ended. */
enum rbk_proc_end {
    RBK_END_EXIT,         /* by itself: exit_code */
    RBK_END_SIGNAL,       /* by a signal that was not ours */
    RBK_END_TIMEOUT,      /* wall_ms was up */
    RBK_END_CANCEL,       /* rbk_proc_cancel */
    RBK_END_CPU_LIMIT,    /* cpu_ms of the tree was used up */
    RBK_END_MEMORY_LIMIT, /* a process, or the tree, grew beyond its limit */
};

struct rbk_proc_limits { /* 0 = no limit */
    int64_t wall_ms, cpu_ms;
    /* Bytes of resident memory: sampled from /proc, and bounded by a cgroup where one can be had. */
    int64_t memory_process, memory_tree;
};

struct rbk_proc_result {
    enum rbk_proc_end end;
    int exit_code;       /* of the direct child; -1 when it was killed */
    int signal;          /* that killed it; 0 */
    int64_t duration_ms; /* from spawn to the exit of the direct child */
    int64_t cpu_ms;      /* user + system of the child and what it reaped (wait4) */
    int64_t
        max_rss_kb;    /* largest single process (wait4); for a tiny child this is the engine's own size at the spawn */
    int leftovers;     /* processes of the tree still alive after the child's exit: ended */
    int survivors;     /* processes that KILL did not end: of another user, or stuck in the kernel */
    int64_t exceeded;  /* the limit that ended it: bytes or milliseconds; 0 = none did */
    bool by_process;   /* that limit is of a single process, not of the tree */
    char memory_by[8]; /* "cgroup" (and samples), "proc" (samples alone), "" (no limit) */
};

/* Output as it arrives: raw chunks, in order per stream, wall time of the read. Not line-aligned. */
typedef void rbk_proc_output_fn(void *arg, enum rbk_stream stream, const char *data, size_t len, int64_t wall_ms);
/* Called once, after the last output; the proc is freed when it returns. */
typedef void rbk_proc_exit_fn(void *arg, const struct rbk_proc_result *result);

struct rbk_proc_options {
    char *const *argv;  /* argv[0] is looked up on the PATH of `env` */
    char *const *env;   /* complete, NULL-terminated; NULL = ours */
    const char *cwd;    /* NULL = ours */
    const char *marker; /* "RUNBOOK_MARK=<run>/<step>": added to env, found again by rbk_proc_sweep; NULL = none */
    enum rbk_proc_input input;
    const char *input_data; /* for RBK_INPUT_BYTES; borrowed until on_exit */
    size_t input_len;
    struct rbk_proc_limits limits;
    int64_t grace_ms;              /* between TERM and KILL; 0 = 5000 */
    rbk_proc_output_fn *on_output; /* not called with RBK_INPUT_TTY: the child then owns the terminal */
    rbk_proc_exit_fn *on_exit;
    void *arg;
};

/* Starts a process. A program that cannot be executed is an error here (RBK_ENOENT, RBK_EINVAL with a hint), not an
 * exit code: exec failure is reported through a close-on-exec pipe. On success *out is valid until on_exit returns. */
int rbk_proc_spawn(struct rbk_loop *loop, const struct rbk_proc_options *options, struct rbk_proc **out,
                   struct rbk_error *err);
pid_t rbk_proc_pid(const struct rbk_proc *p);
/* The leader of the session the process runs in: stored in the journal, so that a later process can find what is left.
 * 0 with RBK_INPUT_TTY: it then shares our session. */
pid_t rbk_proc_session(const struct rbk_proc *p);
/* Orderly end: TERM and CONT to the tree, KILL after the grace time, until the tree is empty. `reason` is what the
 * result says (RBK_END_CANCEL or RBK_END_TIMEOUT). Idempotent; a second call with now = true kills at once. */
void rbk_proc_cancel(struct rbk_proc *p, enum rbk_proc_end reason, bool now);
/* Whether the child has exited (on_exit may still be draining). */
bool rbk_proc_exited(const struct rbk_proc *p);

/* Makes this process the reaper of orphaned descendants (once, at the start of a run). Every child of this process that
 * no rbk_proc started is then taken for such an orphan: reaped, and ended with the tree it came from. */
int rbk_proc_become_subreaper(struct rbk_error *err);

/* Ends every process of this user that carries `marker` (exact environment entry or, when it ends in '/', prefix) or is
 * in the process group of one that does, or descends from one: TERM, CONT, grace, KILL, until a scan finds nothing.
 * Blocking; never touches the caller or its ancestors. Returns how many were ended, or a negative code. */
int rbk_proc_sweep(const char *marker, int64_t grace_ms, struct rbk_error *err);

#endif
