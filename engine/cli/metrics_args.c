/* What the words of `runbook metrics` are asked: a name, labels, a range, and what to make of it. */
#include <cli/metrics_commands.h>

#include <base/clock.h>
#include <base/mem.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rbk_metrics_read_labels(const struct rbk_args *args, size_t first, struct rbk_label **out, size_t *count,
                            struct rbk_error *err)
{
    *count = 0;
    *out = rbk_alloc((args->rest.count + 1) * sizeof **out);
    for (size_t i = first; i < args->rest.count; i++) {
        const char *word = args->rest.items[i], *equals = strchr(word, '=');
        if (!equals || equals == word) {
            rbk_error_set(err, RBK_EINVAL, "\"%s\" is no label", word);
            return rbk_error_hint(err, "labels are written name=value, a unit right behind its number: 5ms");
        }
        (*out)[(*count)++] = (struct rbk_label){rbk_strndup(word, (size_t)(equals - word)), equals + 1};
    }
    return 0;
}

int rbk_metrics_time(const struct rbk_args *args, const char *option, const char *absent, int64_t *out,
                     struct rbk_error *err)
{
    const char *text = rbk_args_get(args, option);
    text = text ? text : absent;
    return text ? rbk_time_parse(text, rbk_clock_wall_ms(), out, err) : 0;
}

static int read_step(const struct rbk_args *args, int64_t *out, struct rbk_error *err)
{
    const char *text = rbk_args_get(args, "step");
    double seconds = 0;
    if (!text)
        return 0;
    int rc = rbk_quantity_parse_as("--step", text, RBK_UNIT_SECONDS, &seconds, err);
    if (rc == 0 && !(seconds >= 0.001 && seconds < 1e10))
        rc = rbk_error_set(err, RBK_EINVAL, "--step must be a length of time, such as 1h");
    *out = (int64_t)(seconds * 1e3);
    return rc;
}

int rbk_metrics_ask(const struct rbk_args *args, const char *since, struct rbk_metrics_asked *out,
                    struct rbk_error *err)
{
    struct rbk_metrics_query *q = &out->query;
    const char *aggregate = rbk_args_get(args, "agg");
    bool named = args->rest.count > 1 && !strchr(args->rest.items[1], '=');
    q->name = named ? args->rest.items[1] : NULL;
    q->by = rbk_args_get(args, "by");
    q->since_ms = INT64_MIN;
    q->until_ms = INT64_MAX;
    q->damage = &out->damage;
    int rc = rbk_metrics_read_labels(args, named ? 2 : 1, &out->labels, &q->label_count, err);
    q->labels = out->labels;
    if (rc == 0)
        rc = rbk_metrics_time(args, "since", since, &q->since_ms, err);
    if (rc == 0)
        rc = rbk_metrics_time(args, "until", NULL, &q->until_ms, err);
    if (rc == 0 && q->until_ms <= q->since_ms)
        rc = rbk_error_set(err, RBK_EINVAL, "--until is not after --since");
    if (rc == 0)
        rc = read_step(args, &q->step_ms, err);
    if (rc == 0 && aggregate)
        rc = rbk_aggregate_parse(aggregate, &q->aggregate, err);
    else if (q->step_ms || q->by)
        q->aggregate = RBK_AGG_AVG;
    return rc;
}

void rbk_metrics_asked_fini(struct rbk_metrics_asked *a)
{
    for (size_t i = 0; a->labels && i < a->query.label_count; i++)
        free((char *)a->labels[i].name);
    free(a->labels);
}

int rbk_metrics_read_limit(const char *text, const struct rbk_metrics_series *s, double *out, struct rbk_error *err)
{
    static const char *const units[] = {"has no unit", "is measured in seconds", "is measured in bytes", "is a ratio"};
    static const char *const examples[] = {"42", "30s", "500GB", "95%"};
    struct rbk_quantity q;
    int rc = rbk_quantity_parse(text, strlen(text), &q, err);
    *out = rc == 0 ? q.value : 0;
    if (rc < 0 || q.unit == s->unit || (q.unit == RBK_UNIT_NONE && q.value == 0))
        return rc;
    rbk_error_set(err, RBK_EINVAL, "--limit %.60s does not fit: %s %s", text, s->name, units[s->unit]);
    return rbk_error_hint(err, "write it as %s", examples[s->unit]);
}

void rbk_metrics_tell_damage(const struct rbk_metrics_damage *d, const char *so)
{
    char from[RBK_TIME_SIZE], to[RBK_TIME_SIZE];
    if (!d->chunks)
        return;
    rbk_time_local(d->first_ms, from);
    rbk_time_local(d->last_ms, to);
    fprintf(stderr,
            "runbook: %lld stored sample%s between %.16s and %.16s cannot be read, their chunk is damaged: %s\n",
            (long long)d->samples, d->samples == 1 ? "" : "s", from, to, so);
    fprintf(stderr, "  `runbook doctor` says of which metric; a backup of the state folder may still have them\n");
}

int rbk_metrics_tell_nothing(struct rbk_cli *cli, const struct rbk_metrics_query *q, struct rbk_error *err)
{
    struct rbk_error why = {0};
    char text[1536];
    int rc = rbk_metrics_why_nothing(cli->store, q, &why, err);
    if (rc == 0) {
        rbk_error_format(&why, text, sizeof text);
        fprintf(stderr, "runbook: %s\n", text);
    }
    return rc;
}

void rbk_metrics_value_text(double value, enum rbk_unit unit, char out[64])
{
    double size = fabs(value);
    double digits = size > 0 && size < 1e15 ? pow(10, 3 - floor(log10(size))) : 1; /* four that matter */
    double rounded = size >= 1e4 && unit == RBK_UNIT_NONE ? value : round(value * digits) / digits;
    if (unit == RBK_UNIT_NONE || !isfinite(rounded))
        snprintf(out, 64, "%.12g", rounded);
    else
        rbk_quantity_format((struct rbk_quantity){rounded, unit}, out, 64);
}
