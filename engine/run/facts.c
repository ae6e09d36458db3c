/* Facts: the named results of a run. They are seen at once by whatever reads them, and stored with the result of the
 * step that set them. Parameters share the namespace; `item` is the element that an `each` is at. */
#include <run/machine.h>

#include <string.h>

const rbk_value *rbk_fact_lookup_run(void *arg, const char *name)
{
    const struct rbk_run *run = arg;
    const rbk_value *v = rbk_map_get(run->facts, name);
    return v ? v : rbk_map_get(run->params, name);
}

const rbk_value *rbk_fact_lookup(void *arg, const char *name)
{
    const struct rbk_step *step = arg;
    struct rbk_run *run = step->run;
    for (; step && strcmp(name, "item") == 0; step = step->parent)
        if (step->item)
            return step->item;
    return rbk_fact_lookup_run(run, name);
}

/* A number may be a secret as well: it then becomes a string. */
static rbk_value *redacted_scalar(const struct rbk_session *s, rbk_value *v)
{
    char *text = rbk_value_text(v), *clean = rbk_step_output_redacted(s, text);
    if (strcmp(text, clean) != 0) {
        rbk_value_free(v);
        v = rbk_string_new(clean);
    }
    free(text);
    free(clean);
    return v;
}

/* The value without secrets. Takes v. */
rbk_value *rbk_fact_redacted(const struct rbk_session *s, rbk_value *v)
{
    enum rbk_type type = rbk_value_type(v);
    if (rbk_redactor_empty(s->o.redactor))
        return v;
    if (type == RBK_STRING || type == RBK_INT || type == RBK_NUMBER) {
        v = redacted_scalar(s, v);
    } else if (rbk_value_type(v) == RBK_LIST) {
        rbk_value *list = rbk_list_new();
        for (size_t i = 0; i < rbk_value_length(v); i++)
            rbk_list_append(list, rbk_fact_redacted(s, rbk_value_dup(rbk_list_at(v, i))));
        rbk_value_free(v);
        v = list;
    } else if (rbk_value_type(v) == RBK_MAP) {
        rbk_value *map = rbk_map_new();
        for (size_t i = 0; i < rbk_value_length(v); i++)
            rbk_map_set(map, rbk_map_key_at(v, i), rbk_fact_redacted(s, rbk_value_dup(rbk_map_value_at(v, i))));
        rbk_value_free(v);
        v = map;
    }
    return v;
}

bool rbk_fact_was_redacted(const rbk_value *v)
{
    const char *text = rbk_value_string(v);
    bool found = text && strstr(text, "***");
    for (size_t i = 0; rbk_value_type(v) == RBK_LIST && !found && i < rbk_value_length(v); i++)
        found = rbk_fact_was_redacted(rbk_list_at(v, i));
    for (size_t i = 0; rbk_value_type(v) == RBK_MAP && !found && i < rbk_value_length(v); i++)
        found = rbk_fact_was_redacted(rbk_map_value_at(v, i));
    return found;
}

static bool fact_name_ok(const char *name)
{
    const char *dot = strchr(name, '.');
    if (!dot)
        return rbk_name_ok(name);
    char head[66];
    size_t n = (size_t)(dot - name);
    if (n >= sizeof head)
        return false;
    memcpy(head, name, n);
    head[n] = '\0';
    return rbk_name_ok(head) && fact_name_ok(dot + 1);
}

int rbk_fact_set(struct rbk_step *step, const char *name, rbk_value *v, struct rbk_error *err)
{
    struct rbk_run *run = step->run;
    if (!fact_name_ok(name) || strcmp(name, "item") == 0) {
        rbk_value_free(v);
        rbk_error_set(err, RBK_EINVAL, "\"%s\" cannot be the name of a fact", name);
        return rbk_error_hint(err, "names are lower-case letters, digits and _, and begin with a letter");
    }
    if (rbk_map_get(run->params, name)) {
        rbk_value_free(v);
        rbk_error_set(err, RBK_EINVAL, "\"%s\" is a parameter: a step cannot set it", name);
        return rbk_error_hint(err, "give the fact another name");
    }
    v = rbk_fact_redacted(run->session, v);
    if (!step->facts)
        step->facts = rbk_map_new();
    rbk_map_set(step->facts, name, rbk_value_dup(v));
    rbk_map_set(run->facts, name, v);
    rbk_escalate_check(run, step, name);
    return 0;
}

/* What a text that was captured or answered means: a quantity where it is one, else a string. */
rbk_value *rbk_fact_from_text(const char *text, size_t len)
{
    struct rbk_quantity q;
    if (len == 0 || len > 64 || rbk_quantity_parse(text, len, &q, NULL) < 0)
        return rbk_string_new_len(text, len);
    if (q.unit == RBK_UNIT_NONE && len < 16 && strspn(text, "-0123456789") >= len)
        return rbk_int_new((int64_t)q.value);
    char spelling[65];
    memcpy(spelling, text, len);
    spelling[len] = '\0';
    return rbk_number_new_spelled(q.value, q.unit, spelling);
}
