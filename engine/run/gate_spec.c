/* What a question wants, as the journal keeps it, and the answers of a person made to fit: {name = {type, choices,
 * min, max, default, help}}. A fact that no step set has the type "fact": whatever is written is taken for what it
 * looks like, and must fit the expression that needs it, `expr`. */
#include <run/machine.h>

#include <string.h>

/* As a person writes it: the journal keeps no units. */
static void put_limit(rbk_value *entry, const char *key, const rbk_value *limit)
{
    if (limit) {
        char *text = rbk_value_text(limit);
        rbk_map_set_string(entry, key, text);
        free(text);
    }
}

rbk_value *rbk_gate_spec(const struct rbk_param *ask, size_t count)
{
    rbk_value *spec = rbk_map_new();
    for (size_t i = 0; i < count; i++) {
        rbk_value *entry = rbk_map_new();
        rbk_map_set_string(entry, "type", rbk_param_type_name(ask[i].type));
        if (ask[i].choices.count > 0) {
            rbk_value *choices = rbk_list_new();
            for (size_t k = 0; k < ask[i].choices.count; k++)
                rbk_list_append(choices, rbk_string_new(ask[i].choices.items[k]));
            rbk_map_set(entry, "choices", choices);
        }
        put_limit(entry, "min", ask[i].min);
        put_limit(entry, "max", ask[i].max);
        if (ask[i].dflt)
            rbk_map_set(entry, "default", rbk_value_dup(ask[i].dflt));
        if (ask[i].help)
            rbk_map_set_string(entry, "help", ask[i].help);
        rbk_map_set(spec, ask[i].name, entry);
    }
    return spec;
}

struct answered {
    const char *name;
    const rbk_value *value;
};

static const rbk_value *lookup_answered(void *arg, const char *name)
{
    const struct answered *a = arg;
    return strcmp(a->name, name) == 0 ? a->value : NULL;
}

/* An answer of another unit or type would only fail the step that waits for it. */
static int check_fits(const char *text, struct answered *answered, struct rbk_error *err)
{
    struct rbk_expr *e = NULL;
    struct rbk_verdict verdict;
    struct rbk_error why = {0};
    int rc = text ? rbk_expr_parse(text, NULL, 0, &e, NULL) : -1;
    if (rc == 0 && rbk_expr_eval(e, lookup_answered, answered, &verdict, &why) < 0) {
        rbk_error_set(err, RBK_EINVAL, "the answer for \"%s\" does not fit: %s", answered->name, why.message);
        rc = rbk_error_hint(err, "it is needed for: %s", text);
    } else {
        rc = 0; /* an expression that is not there or not readable any more is judged by the run */
    }
    rbk_expr_free(e);
    return rc;
}

static int limit_from_spec(struct rbk_param *p, const rbk_value *entry, const char *key, rbk_value **out,
                           struct rbk_error *err)
{
    const rbk_value *limit = rbk_map_get(entry, key);
    return limit ? rbk_param_from_value(p, limit, out, err) : 0;
}

static int parse_one(const char *name, const rbk_value *entry, const char *text, rbk_value **out, struct rbk_error *err)
{
    struct rbk_param p = {.name = rbk_strdup(name)};
    const rbk_value *choices = rbk_map_get(entry, "choices");
    for (size_t i = 0; i < rbk_value_length(choices); i++)
        rbk_strv_add(&p.choices, rbk_value_string(rbk_list_at(choices, i)));
    const char *type = rbk_map_get_string(entry, "type");
    int rc = 0;
    if (!type || strcmp(type, "fact") == 0) {
        *out = rbk_fact_from_text(text, strlen(text));
        struct answered answered = {name, *out};
        rc = check_fits(rbk_map_get_string(entry, "expr"), &answered, err);
    } else {
        rc = rbk_param_type_parse(type, &p.type, err);
        rc = rc < 0 ? rc : limit_from_spec(&p, entry, "min", &p.min, err);
        rc = rc < 0 ? rc : limit_from_spec(&p, entry, "max", &p.max, err);
        rc = rc < 0 ? rc : rbk_param_parse(&p, text, out, err);
    }
    rbk_param_fini(&p);
    return rc;
}

static int refuse_unknown(const rbk_value *spec, const rbk_value *given, struct rbk_error *err)
{
    for (size_t i = 0; i < rbk_value_length(given); i++) {
        const char *name = rbk_map_key_at(given, i);
        if (!rbk_map_get(spec, name)) {
            const char *first = rbk_map_key_at(spec, 0);
            rbk_error_set(err, RBK_EINVAL, "nobody asked for \"%s\"", name);
            return first ? rbk_error_hint(err, "asked for: %s", first)
                         : rbk_error_hint(err, "the question takes no answer but yes or no");
        }
    }
    return 0;
}

int rbk_gate_spec_parse(const rbk_value *spec, const rbk_value *given, rbk_value **out, struct rbk_error *err)
{
    int rc = refuse_unknown(spec, given, err);
    rbk_value *answers = rbk_map_new();
    for (size_t i = 0; rc == 0 && i < rbk_value_length(spec); i++) {
        const char *name = rbk_map_key_at(spec, i);
        const rbk_value *entry = rbk_map_value_at(spec, i), *dflt = rbk_map_get(entry, "default");
        const char *text = rbk_map_get_string(given, name);
        rbk_value *v = NULL;
        if (text) {
            rc = parse_one(name, entry, text, &v, err);
        } else if (dflt) {
            v = rbk_value_dup(dflt);
        } else {
            rbk_error_set(err, RBK_EINVAL, "an answer for \"%s\" is missing", name);
            rc = rbk_error_hint(err, "give it with --answer %s=VALUE", name);
        }
        if (v)
            rbk_map_set(answers, name, v);
    }
    if (rc < 0) {
        rbk_value_free(answers);
        return rc;
    }
    *out = answers;
    return 0;
}
