/* The plan: what a runbook file says, as data. The script host builds it at load; show, dry run, check, docs and the
 * step machine read it. Nothing in it changes during a run. It knows no Lua: bodies written in the script language are
 * handles that only the host understands. The plan owns everything it points to; script handles live as long as their
 * host. */
#ifndef RBK_RUN_PLAN_H
#define RBK_RUN_PLAN_H

#include <base/str.h>
#include <run/expr.h>
#include <run/param.h>

enum rbk_body_kind { RBK_BODY_NONE, RBK_BODY_SHELL, RBK_BODY_ARGV, RBK_BODY_FUNCTION, RBK_BODY_ACTION };

struct rbk_body {
    enum rbk_body_kind kind;
    int line;   /* where it was written; 0 = unknown */
    char *text; /* SHELL: the script; FUNCTION: its source text; ACTION: "tests.run { level = smoke }" for people */
    struct rbk_strv argv;  /* ARGV: arguments, $name not yet replaced */
    int script;            /* FUNCTION, ACTION: handle of the host */
    char *action;          /* ACTION: "tests.run" */
    rbk_value *options;    /* ACTION: the option table as data, $name not yet replaced; may be NULL */
    struct rbk_strv sets;  /* ACTION: names of the facts it sets */
    bool writes;           /* ACTION: changes something (else it only reads: needs no synced intent, is idempotent) */
    struct rbk_body *undo; /* ACTION: how to undo it, or NULL */
};

struct rbk_capture {
    char *name, *pattern;
};
struct rbk_retry {
    int times;
    int64_t delay_ms, max_delay_ms;
    double backoff;
    double jitter;
    int on_exit[16];
    int on_exit_count;
};
enum rbk_on_fail { RBK_ON_FAIL_STOP, RBK_ON_FAIL_CONTINUE, RBK_ON_FAIL_UNDO };
struct rbk_limits {
    int64_t cpu_ms, memory_process, memory_tree, output;
}; /* 0 = the configuration's */

struct rbk_node {
    char *id, *title;
    int line;
    bool is_parallel;           /* a group: children instead of a body */
    bool broken;                /* not all of it could be read: what is missing in it says nothing */
    struct rbk_node **children; /* owned */
    size_t child_count;
    int max; /* parallel, each: how many at once; 0 = the configuration's cap (parallel), 1 (each) */
    bool fail_fast;

    struct rbk_expr *when;
    struct rbk_expr **checks;
    size_t check_count;
    struct rbk_capture *captures;
    size_t capture_count;
    char *confirm, *manual;
    struct rbk_param *ask; /* typed questions */
    size_t ask_count;
    struct rbk_body run, undo, verify;
    char *call;           /* runbook id, or NULL */
    rbk_value *with;      /* map of arguments, $name not yet replaced; may be NULL */
    char *each;           /* name of a list fact or parameter, or NULL */
    rbk_value *each_list; /* or a literal list */
    bool always, idempotent, tty;
    struct rbk_retry retry;                      /* times 0 = no retry */
    int64_t timeout_ms, budget_ms, lock_wait_ms; /* 0 = none; lock_wait: how long to wait for `lock` */
    enum rbk_on_fail on_fail;
    rbk_value *env; /* map of strings with $name, or NULL */
    char *cwd, *shell, *lock, *note, *remediates;
    struct rbk_limits limits;
    struct rbk_strv tags, secret; /* secret: names of the configuration's secrets put into the environment */
};

struct rbk_plan {
    char *id, *path, *title;
    char *priority, *schedule, *help;
    struct rbk_expr *trigger;
    struct rbk_expr *escalate_when;
    char *escalate_to;
    bool overlap_allow;
    int64_t timeout_ms, budget_ms;
    struct rbk_param *params;
    size_t param_count;
    struct rbk_node **nodes;
    size_t node_count;
};

struct rbk_plan *rbk_plan_new(const char *id, const char *path);
void rbk_plan_free(struct rbk_plan *p);
struct rbk_node *rbk_node_new(const char *title, int line); /* id = slug of the title */
void rbk_node_free(struct rbk_node *n);
void rbk_plan_add(struct rbk_plan *p, struct rbk_node *n); /* takes n */
void rbk_node_add(struct rbk_node *group, struct rbk_node *n);
void rbk_body_fini(struct rbk_body *b);

/* Everything that can be said without running: unique ids, names of params and facts clashing with each other or with
 * flags of `run`, names read by $name and expressions that nothing sets, check units. The first problem, file:line, as
 * an error. */
int rbk_plan_validate(const struct rbk_plan *p, struct rbk_error *err);
/* Names that are set somewhere: parameters, captures, asks, actions' facts, call's (as step.name are open). */
void rbk_plan_names(const struct rbk_plan *p, struct rbk_strv *out);
void rbk_node_names(const struct rbk_node *n, struct rbk_strv *out); /* facts set by a step or by a group's steps */
/* shell argv function action manual ask call parallel. */
const char *rbk_node_kind(const struct rbk_node *n);
/* Hash of what the step does (body, undo, manual, call, with, each, env, cwd, shell): 16 hex digits. Not of its title
 * or limits. */
void rbk_node_hash(const struct rbk_node *n, char out[17]);
/* A node by id ('-' may stand for '_') or number ("3", "3.1"); NULL. */
struct rbk_node *rbk_plan_find(const struct rbk_plan *p, const char *step);
/* {"schema":"runbook.plan/1",...}: what `show --json` prints. */
rbk_value *rbk_plan_to_value(const struct rbk_plan *p);
/* {"name","type","default","required","choices","secret","help"}; a secret's default is left out. */
rbk_value *rbk_param_to_value(const struct rbk_param *p);

#endif
