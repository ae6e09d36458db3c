/* Within plan_*.c: one way to say what is wrong with a plan, whoever listens. */
#ifndef RBK_RUN_PLAN_REPORT_H
#define RBK_RUN_PLAN_REPORT_H

#include <run/check.h>
#include <run/plan.h>

struct plan_report {
    const struct rbk_plan *plan;
    rbk_problem_fn *fn;
    void *arg;
    int errors;
};

/* `hint` NULL = none. */
void plan_error(struct plan_report *r, int line, const char *hint, const char *fmt, ...) RBK_PRINTF(4, 5);
void plan_warning(struct plan_report *r, int line, const char *hint, const char *fmt, ...) RBK_PRINTF(4, 5);
/* An error of another function: its own place when it has one, else this line. */
void plan_relay(struct plan_report *r, int line, const char *prefix, struct rbk_error *e);

/* The rules, each set in the file of its name. */
void plan_rules_names(struct plan_report *r); /* plan_names.c: grammar, clashes, duplicate ids */
void plan_rules_steps(struct plan_report *r); /* plan_steps.c: which keys go together */
void plan_rules_reads(struct plan_report *r); /* plan_reads.c: what is read is set, and of the right type */
void plan_rules_reach(struct plan_report *r); /* plan_reach.c: conditions that never hold, parameters never read */
void plan_rules_outside(struct plan_report *r,
                        const struct rbk_check_options *o); /* plan_outside.c: programs, secrets */
void plan_rules_needs(struct plan_report *r, const struct rbk_config *config, rbk_plan_wanted_fn *wanted, void *arg);
void plan_rules_calls(struct plan_report *r, const struct rbk_check_options *o); /* plan_calls.c */

/* Calls fn for every string of a step in which $name is replaced: argv, options, with, env, each, cwd. */
typedef void plan_string_fn(void *arg, int line, const char *text);
void plan_node_strings(const struct rbk_node *n, plan_string_fn *fn, void *arg);
/* Every expression of a step: when, check. */
typedef void plan_expr_fn(void *arg, const struct rbk_expr *e);
void plan_node_exprs(const struct rbk_node *n, plan_expr_fn *fn, void *arg);
/* Every step of the plan, groups before their children. */
typedef void plan_node_fn(void *arg, const struct rbk_node *n, const struct rbk_node *group);
void plan_each_node(const struct rbk_plan *p, plan_node_fn *fn, void *arg);

#endif
