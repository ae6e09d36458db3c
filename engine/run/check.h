/* Everything that can be said about a plan without running it. rbk_plan_validate (plan.h) stops at the first error;
 * here every problem is told, warnings as well, for `runbook check`. */
#ifndef RBK_RUN_CHECK_H
#define RBK_RUN_CHECK_H

#include <config/config.h>
#include <run/plan.h>

/* Loads the plan of another runbook, which becomes the caller's. RBK_ENOENT when there is none of that id. */
typedef int rbk_plan_load_fn(void *arg, const char *id, struct rbk_plan **out, struct rbk_error *err);

struct rbk_check_options {
    const struct rbk_config *config; /* for priorities, secrets and where programs are looked for; NULL = not checked */
    rbk_plan_load_fn *load;          /* for `call`; NULL = not checked */
    void *load_arg;
};

/* Tells every problem to fn ("error" or "warning"). Returns the number of errors. */
int rbk_plan_check(const struct rbk_plan *p, const struct rbk_check_options *o, rbk_problem_fn *fn, void *arg);
/* The same for a plan some of whose statements could not be read: what can be said about the others by themselves. */
int rbk_plan_check_read(const struct rbk_plan *p, rbk_problem_fn *fn, void *arg);
/* Whether a run wants this step at all. */
typedef bool rbk_plan_wanted_fn(void *arg, const struct rbk_node *n);
/* What a run is sure to need is there: the secrets of the steps that are wanted, and the programs of those that run one
 * without a shell, whatever happens. The first error. Due before a run starts. */
int rbk_plan_check_needs(const struct rbk_plan *p, const struct rbk_config *config, rbk_plan_wanted_fn *wanted,
                         void *arg, struct rbk_error *err);
/* What is called exists, takes the parameters of `with`, and does not call its caller: the first error. Due before a
 * run starts, since only the caller can load other runbooks. */
int rbk_plan_check_calls(const struct rbk_plan *p, rbk_plan_load_fn *load, void *load_arg, struct rbk_error *err);

#endif
