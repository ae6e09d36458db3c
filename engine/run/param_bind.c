/* Binding: a whole set of given values against what a runbook declares. */
#include <base/mem.h>
#include <run/param_parse.h>
#include <stdlib.h>
#include <string.h>

static char *swap_dashes(const char *name, char from, char to)
{
    char *copy = rbk_strdup(name);
    for (char *at = strchr(copy, from); at; at = strchr(at, from))
        *at = to;
    return copy;
}

static const struct rbk_param *param_find(const struct rbk_param *params, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(params[i].name, name) == 0)
            return &params[i];
    return NULL;
}

static int param_unknown(const struct rbk_param *params, size_t count, const char *name, struct rbk_error *err)
{
    struct rbk_strv names = {0};
    struct rbk_buf line = {0};
    for (size_t i = 0; i < count; i++) {
        char *dashed = swap_dashes(params[i].name, '_', '-');
        rbk_buf_printf(&line, " --%s", dashed);
        rbk_strv_take(&names, dashed);
    }
    char *dashed = swap_dashes(name, '_', '-');
    rbk_error_set(err, RBK_EINVAL, "there is no parameter --%.100s", dashed);
    const char *near = rbk_did_you_mean(dashed, (const char *const *)names.items, names.count);
    if (near)
        rbk_error_hint(err, "did you mean --%s?", near);
    else if (count)
        rbk_error_hint(err, "the parameters are:%s", line.data);
    else
        rbk_error_hint(err, "this runbook takes none");
    free(dashed);
    rbk_strv_fini(&names);
    rbk_buf_fini(&line);
    return RBK_EINVAL;
}

static int bind_given(const struct rbk_param *p, const rbk_value *v, rbk_value *bound, struct rbk_error *err)
{
    rbk_value *typed = NULL;
    int rc = rbk_param_from_value(p, v, &typed, err);
    if (rc == 0) {
        rbk_map_set(bound, p->name, typed);
        return 0;
    }
    char *dashed = swap_dashes(p->name, '_', '-'), *flag = rbk_asprintf("--%s", dashed);
    param_error_name(flag, rc, err);
    free(flag);
    free(dashed);
    return rc;
}

static int bind_all_given(const struct rbk_param *params, size_t count, const rbk_value *given, rbk_value *bound,
                          struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < rbk_value_length(given) && rc == 0; i++) {
        char *name = swap_dashes(rbk_map_key_at(given, i), '-', '_');
        const struct rbk_param *p = param_find(params, count, name);
        rc = p ? bind_given(p, rbk_map_value_at(given, i), bound, err) : param_unknown(params, count, name, err);
        free(name);
    }
    return rc;
}

static int bind_rest(const struct rbk_param *p, rbk_value *bound, struct rbk_error *err)
{
    if (rbk_map_get(bound, p->name))
        return 0;
    if (p->dflt) {
        rbk_map_set(bound, p->name, rbk_value_dup(p->dflt));
        return 0;
    }
    if (!p->required)
        return 0;
    char *dashed = swap_dashes(p->name, '_', '-');
    rbk_error_set(err, RBK_EINVAL, "--%s is required (%s)", dashed, rbk_param_type_name(p->type));
    if (p->help)
        rbk_error_hint(err, "--%s: %s", dashed, p->help);
    free(dashed);
    return RBK_EINVAL;
}

/* The order of the bound map is that of the declaration, whatever order was typed. */
static rbk_value *in_order(const struct rbk_param *params, size_t count, const rbk_value *bound)
{
    rbk_value *ordered = rbk_map_new();
    for (size_t i = 0; i < count; i++) {
        const rbk_value *v = rbk_map_get(bound, params[i].name);
        if (v)
            rbk_map_set(ordered, params[i].name, rbk_value_dup(v));
    }
    return ordered;
}

int rbk_params_bind(const struct rbk_param *params, size_t count, const rbk_value *given, rbk_value **out,
                    struct rbk_error *err)
{
    rbk_value *bound = rbk_map_new();
    int rc = bind_all_given(params, count, given, bound, err);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = bind_rest(&params[i], bound, err);
    *out = rc == 0 ? in_order(params, count, bound) : NULL;
    rbk_value_free(bound);
    return rc;
}
