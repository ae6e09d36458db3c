/* The inside of struct rbk_proc, shared by the files that carry one process through its life:
 *
 *   start.c   prepares and starts it                           output.c  reads its pipes, drains them after the exit
 *   proc.c    notices its exit, reports its end                input.c   feeds its stdin
 *   tree.c    finds and signals its tree                       limits.c  samples what it uses
 *   ending.c  ends the tree: TERM, grace, KILL                 tty.c     lends it the terminal
 *   reap.c    reaps children, notices leftovers                cgroup.c  bounds and kills it, where there are cgroups
 *
 *       running --exit of the child--> draining --nothing left--> reported
 *          |                              |                          ^
 *          +------cancel, limit--------> ending --tree is empty------+ */
#ifndef RBK_LOOP_CHILD_H
#define RBK_LOOP_CHILD_H

#include <loop/cgroup.h>
#include <loop/internal.h>
#include <loop/proc.h>
#include <loop/procfs.h>
#include <loop/tty.h>
#include <sys/resource.h>

struct rbk_output {
    struct rbk_proc *proc;
    enum rbk_stream stream;
    int fd; /* -1: none, or at its end */
    struct rbk_watch *watch;
    bool enlarged;
};

struct rbk_input {
    int fd; /* -1: none, or done */
    struct rbk_watch *watch;
    const char *data; /* borrowed: what is still to be written */
    size_t len;
};

enum rbk_ending_phase { RBK_ENDING_NOT, RBK_ENDING_TERM, RBK_ENDING_KILL };

struct rbk_ending {
    enum rbk_ending_phase phase;
    struct rbk_timer *timer;
    int64_t deadline_ms; /* of the phase, monotonic */
    int64_t pause_ms;    /* until the next look */
    size_t first_count;  /* of processes when it began */
    int rounds;          /* of KILL */
};

struct rbk_drain {
    struct rbk_timer *timer; /* set while draining */
    int64_t deadline_ms;     /* when draining ends whatever comes, monotonic */
    int64_t last_output_ms;  /* monotonic */
};

struct rbk_sampling {
    struct rbk_timer *timer;
    int samples;
    int64_t reaped_cpu_ms; /* of orphans of the tree that we have reaped */
};

struct rbk_proc {
    struct rbk_loop *loop;
    struct rbk_proc *prev, *next;
    pid_t pid;
    int pidfd;
    struct rbk_watch *exit_watch;
    struct rbk_timer *wall_timer;
    char *marker; /* NULL: none */
    bool has_session;
    bool reaped;   /* wait4 was done, the pid is free again */
    bool exited;   /* and what follows from it, too */
    bool reported; /* on_exit is due or running: nothing can be asked of it any more */
    int64_t started_us;
    uint64_t started_ticks;
    struct rbk_proc_limits limits;
    int64_t grace_ms;
    rbk_proc_output_fn *on_output;
    rbk_proc_exit_fn *on_exit;
    void *arg;
    struct rbk_output out[2];
    struct rbk_input input;
    struct rbk_drain drain;
    struct rbk_ending ending;
    struct rbk_sampling sampling;
    struct rbk_tty *tty;       /* NULL: none lent */
    struct rbk_cgroup *cgroup; /* NULL: none */
    struct rbk_proc_result result;
};

/* proc.c */
int rbk_proc_watch_exit(struct rbk_proc *p, struct rbk_error *err);
void rbk_proc_begin(struct rbk_proc *p);  /* it runs: from now on it is one of its loop's processes */
void rbk_proc_free(struct rbk_proc *p);   /* closes all that is its own; it is in no list */
void rbk_proc_report(struct rbk_proc *p); /* the end: on_exit, then p is freed */
/* The child has been reaped; usage is NULL when its status is lost. */
void rbk_proc_note_exit(struct rbk_proc *p, int status, const struct rusage *usage);

/* reap.c */
enum rbk_brood { RBK_NO_CHILDREN, RBK_SOME_CHILDREN };
/* Reaps every dead child, known or adopted, each by its pid. */
enum rbk_brood rbk_reap(struct rbk_loop *loop);
bool rbk_reap_one(struct rbk_proc *p); /* the direct child; true when it has exited */
/* Whether something of the tree lives on behind the reaped child. Costs a system call or two when nothing does. */
bool rbk_leftovers(struct rbk_proc *p);
/* After a search that found nothing: whether that is the truth. While other processes run, the search is all there is;
 * without any, a child that we still have is of this tree. */
bool rbk_tree_is_gone(struct rbk_proc *p);
void rbk_housekeeping_update(struct rbk_loop *loop);

/* tree.c */
void rbk_tree_find(struct rbk_proc *p, struct rbk_proclist *members); /* those that live */
void rbk_tree_signal(const struct rbk_proclist *members, int signo);
void rbk_tree_kill(const struct rbk_proc *p, const struct rbk_proclist *members);
/* For a tree that is never caught by a look at all of /proc, because each of its processes lives shorter than that
 * takes: kills what the newest pids belong to. True when the tree is gone. */
bool rbk_tree_chase(struct rbk_proc *p, int64_t budget_us);

/* output.c */
bool rbk_output_at_end(const struct rbk_proc *p); /* nobody holds a pipe any more */
int rbk_output_watch(struct rbk_output *out, struct rbk_error *err);
void rbk_output_read_rest(struct rbk_proc *p); /* what is there now */
void rbk_output_close(struct rbk_proc *p);
void rbk_drain_begin(struct rbk_proc *p); /* after the exit: goes on to report or to end leftovers */

/* input.c */
int rbk_input_begin(struct rbk_proc *p, struct rbk_error *err);
void rbk_input_close(struct rbk_proc *p);

/* ending.c */
void rbk_ending_begin(struct rbk_proc *p, int64_t grace_ms, bool now);
void rbk_ending_look(struct rbk_proc *p); /* something changed: look at once */

/* limits.c */
void rbk_sampling_begin(struct rbk_proc *p);
bool rbk_limits_sampled(const struct rbk_proc_limits *limits);

#endif
