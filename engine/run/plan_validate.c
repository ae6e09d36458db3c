/* The plan's rules in the order in which an author would mend them; the first error, or all of them. */
#include <run/plan_report.h>
#include <string.h>

static void load_rules(struct plan_report *r)
{
    plan_rules_names(r);
    plan_rules_steps(r);
    plan_rules_reads(r);
}

struct first {
    struct rbk_error *err;
    bool found;
};

static void keep_first(void *arg, const char *severity, const struct rbk_error *e)
{
    struct first *first = arg;
    if (first->found || strcmp(severity, "error") != 0)
        return;
    first->found = true;
    if (first->err)
        *first->err = *e;
}

int rbk_plan_validate(const struct rbk_plan *p, struct rbk_error *err)
{
    struct first first = {err, false};
    struct plan_report r = {.plan = p, .fn = keep_first, .arg = &first};
    load_rules(&r);
    return first.found ? RBK_EINVAL : 0;
}

int rbk_plan_check_needs(const struct rbk_plan *p, const struct rbk_config *config, rbk_plan_wanted_fn *wanted,
                         void *arg, struct rbk_error *err)
{
    struct first first = {err, false};
    struct plan_report r = {.plan = p, .fn = keep_first, .arg = &first};
    plan_rules_needs(&r, config, wanted, arg);
    return first.found ? RBK_EINVAL : 0;
}

int rbk_plan_check_calls(const struct rbk_plan *p, rbk_plan_load_fn *load, void *load_arg, struct rbk_error *err)
{
    struct first first = {err, false};
    struct plan_report r = {.plan = p, .fn = keep_first, .arg = &first};
    const struct rbk_check_options options = {.load = load, .load_arg = load_arg};
    plan_rules_calls(&r, &options);
    return first.found ? RBK_EINVAL : 0;
}

int rbk_plan_check_read(const struct rbk_plan *p, rbk_problem_fn *fn, void *arg)
{
    struct plan_report r = {.plan = p, .fn = fn, .arg = arg};
    plan_rules_names(&r);
    plan_rules_steps(&r);
    return r.errors;
}

int rbk_plan_check(const struct rbk_plan *p, const struct rbk_check_options *o, rbk_problem_fn *fn, void *arg)
{
    struct plan_report r = {.plan = p, .fn = fn, .arg = arg};
    load_rules(&r);
    plan_rules_reach(&r);
    plan_rules_outside(&r, o);
    plan_rules_calls(&r, o);
    return r.errors;
}
