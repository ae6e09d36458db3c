/* Only what is secret may be given: all else is on record, and a resumed run goes on with what it began with. */
#include <cli/secret_params.h>

#include <base/mem.h>
#include <cli/args.h>
#include <run/param.h>
#include <stdlib.h>
#include <string.h>

static const struct rbk_param *param_of_flag(const struct rbk_plan *plan, const char *flag)
{
    const struct rbk_param *found = NULL;
    char *name = rbk_strdup(flag);
    for (char *c = name; *c; c++)
        *c = *c == '-' ? '_' : *c;
    for (size_t i = 0; i < plan->param_count && !found; i++)
        if (strcmp(plan->params[i].name, name) == 0)
            found = &plan->params[i];
    free(name);
    return found;
}

static int refuse_plain(const struct rbk_plan *plan, const char *flag, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "--%s cannot be given again: the run goes on with what it began with", flag);
    return rbk_error_hint(err, "only secret parameters are given again; start anew: runbook %s", plan->id);
}

static int bind_one(const struct rbk_param *p, const char *flag, const rbk_value *v, rbk_value *bound,
                    struct rbk_error *err)
{
    struct rbk_error why = {0};
    rbk_value *typed = NULL;
    if (p->type != RBK_PARAM_BOOLEAN && rbk_value_type(v) == RBK_BOOL)
        return rbk_error_set(err, RBK_EINVAL, "--%s needs a value (%s)", flag, rbk_param_type_name(p->type));
    int rc = rbk_param_from_value(p, v, &typed, &why);
    if (rc < 0)
        return rbk_error_set(err, rc, "--%s: %s", flag, why.message);
    rbk_map_set(bound, p->name, typed);
    return 0;
}

int rbk_secret_params_bind(const struct rbk_plan *plan, const struct rbk_option *options, const rbk_value *given,
                           rbk_value **out, struct rbk_error *err)
{
    rbk_value *bound = rbk_map_new();
    int rc = 0;
    for (size_t i = 0; i < rbk_value_length(given) && rc == 0; i++) {
        const char *flag = rbk_map_key_at(given, i);
        const struct rbk_param *p = param_of_flag(plan, flag);
        if (!p)
            rc = rbk_args_refuse(options, flag, err);
        else if (!p->secret)
            rc = refuse_plain(plan, flag, err);
        else
            rc = bind_one(p, flag, rbk_map_value_at(given, i), bound, err);
    }
    if (rc == 0)
        *out = bound;
    else
        rbk_value_free(bound);
    return rc;
}
