/* Metrics for script hosts, which know them as maps: what is recorded and asked for comes as a value, the answer goes
 * as one. */
#include <metrics/units.h>

#include <base/clock.h>
#include <string.h>

static int read_labels(const rbk_value *map, struct rbk_label labels[RBK_METRIC_LABELS_MAX], size_t *count,
                       struct rbk_error *err)
{
    *count = rbk_value_length(map);
    if (map && rbk_value_type(map) != RBK_MAP && *count > 0)
        return rbk_error_set(err, RBK_EINVAL, "labels are a table: { level = \"unit\" }");
    if (*count > RBK_METRIC_LABELS_MAX)
        return rbk_error_set(err, RBK_EINVAL, "more than %d labels", RBK_METRIC_LABELS_MAX);
    for (size_t i = 0; i < *count; i++) {
        const char *value = rbk_value_string(rbk_map_value_at(map, i));
        labels[i] = (struct rbk_label){rbk_map_key_at(map, i), value};
        if (!value)
            return rbk_error_set(err, RBK_EINVAL, "the value of label %s is no string", labels[i].name);
    }
    return 0;
}

static int read_kind(const char *name, enum rbk_metric_kind *out, struct rbk_error *err)
{
    if (!name || rbk_metric_kind_parse(name, out) == 0)
        return 0;
    rbk_error_set(err, RBK_EINVAL, "there is no kind of metric \"%.60s\"", name);
    return rbk_error_hint(err, "gauge, counter or duration");
}

static int add_one(struct rbk_metrics_batch *b, const rbk_value *one, struct rbk_error *err)
{
    struct rbk_label labels[RBK_METRIC_LABELS_MAX];
    const rbk_value *value = rbk_map_get(one, "value"), *at = rbk_map_get(one, "at");
    struct rbk_metric m = {.name = rbk_map_get_string(one, "name"),
                           .help = rbk_map_get_string(one, "help"),
                           .unit = rbk_value_unit(value),
                           .labels = labels};
    if (!m.name)
        return rbk_error_set(err, RBK_EINVAL, "a metric needs a name");
    if (rbk_value_type(value) == RBK_NO_DATA)
        return 0;
    if (rbk_value_type(value) != RBK_INT && rbk_value_type(value) != RBK_NUMBER)
        return rbk_error_set(err, RBK_EINVAL, "the value of %.100s is no number", m.name);
    int rc = read_labels(rbk_map_get(one, "labels"), labels, &m.label_count, err);
    if (rc == 0)
        rc = read_kind(rbk_map_get_string(one, "kind"), &m.kind, err);
    if (rc == 0)
        rc = rbk_metric_check(&m, err);
    if (rc == 0)
        rbk_metrics_batch_add(
            b, &m, (struct rbk_sample){at ? rbk_value_int(at) : rbk_clock_wall_ms(), rbk_value_number(value)});
    return rc;
}

int rbk_metrics_record_value(struct rbk_store *s, const rbk_value *what, struct rbk_error *err)
{
    struct rbk_metrics_batch batch = {0};
    bool list = rbk_value_type(what) == RBK_LIST;
    int rc = list ? 0 : add_one(&batch, what, err);
    for (size_t i = 0; list && rc == 0 && i < rbk_value_length(what); i++)
        rc = add_one(&batch, rbk_list_at(what, i), err);
    if (rc == 0 && batch.data.len) {
        rc = rbk_store_begin(s, err);
        if (rc == 0)
            rc = units_check_batch(s, &batch, err);
        if (rc == 0)
            rc = rbk_metrics_batch_write(&batch, s, err);
        if (rc == 0)
            rc = rbk_store_commit(s, err);
        else
            rbk_store_rollback(s);
    }
    rbk_metrics_batch_fini(&batch);
    return rc;
}

/* A time is milliseconds, a text as on the command line, or a duration: so long ago. */
static int read_time(const rbk_value *v, int64_t absent, int64_t *out, struct rbk_error *err)
{
    int64_t now = rbk_clock_wall_ms();
    *out = absent;
    if (rbk_value_type(v) == RBK_STRING)
        return rbk_time_parse(rbk_value_string(v), now, out, err);
    if (rbk_value_unit(v) == RBK_UNIT_SECONDS)
        *out = now - (int64_t)(rbk_value_number(v) * 1e3);
    else if (v)
        *out = rbk_value_int(v);
    return 0;
}

static int read_step(const rbk_value *v, int64_t *out, struct rbk_error *err)
{
    double seconds = rbk_value_number(v);
    if (rbk_value_type(v) == RBK_STRING) {
        int rc = rbk_quantity_parse_as("step", rbk_value_string(v), RBK_UNIT_SECONDS, &seconds, err);
        if (rc < 0)
            return rc;
    }
    *out = (int64_t)(seconds * 1e3);
    return 0;
}

static rbk_value *series_value(const struct rbk_metrics_series *s)
{
    rbk_value *v = rbk_map_new(), *labels = rbk_map_new();
    for (size_t i = 0; i < s->label_count; i++)
        rbk_map_set_string(labels, s->labels[i].name, s->labels[i].value);
    rbk_map_set_string(v, "name", s->name);
    rbk_map_set(v, "labels", labels);
    return v;
}

static int append_points(void *list, const struct rbk_metrics_series *s)
{
    rbk_value *v = series_value(s), *points = rbk_list_new();
    for (size_t i = 0; i < s->count; i++) {
        rbk_value *point = rbk_list_new();
        rbk_list_append(point, rbk_int_new(s->at_ms[i]));
        rbk_list_append(point, rbk_number_new(s->value[i], s->unit));
        rbk_list_append(points, point);
    }
    rbk_map_set(v, "points", points);
    rbk_list_append(list, v);
    return 0;
}

struct trends {
    rbk_value *list;
    const rbk_value *limit; /* or NULL */
};

static int append_trend(void *arg, const struct rbk_metrics_series *s)
{
    struct trends *trends = arg;
    struct rbk_trend trend;
    int64_t reached_ms;
    rbk_value *v = series_value(s);
    rbk_metrics_trend(s->at_ms, s->value, s->count, &trend);
    rbk_map_set_string(v, "direction", rbk_trend_direction(&trend));
    rbk_map_set(v, "per_day", rbk_number_new(trend.slope * 86400, s->unit));
    rbk_map_set(v, "last", rbk_number_new(s->count ? s->value[s->count - 1] : 0, s->unit));
    rbk_map_set_int(v, "count", (int64_t)s->count);
    if (trends->limit && rbk_metrics_forecast(&trend, rbk_value_number(trends->limit), &reached_ms))
        rbk_map_set_int(v, "reached_ms", reached_ms);
    rbk_list_append(trends->list, v);
    return 0;
}

static int ask(struct rbk_store *s, const rbk_value *asked, rbk_metrics_series_fn *fn, void *arg, struct rbk_error *err)
{
    struct rbk_label labels[RBK_METRIC_LABELS_MAX];
    const char *aggregate = rbk_map_get_string(asked, "agg");
    struct rbk_metrics_query q = {
        .name = rbk_map_get_string(asked, "name"), .labels = labels, .by = rbk_map_get_string(asked, "by")};
    if (!q.name)
        return rbk_error_set(err, RBK_EINVAL, "which metric? { name = .. } says it");
    int rc = read_labels(rbk_map_get(asked, "labels"), labels, &q.label_count, err);
    if (rc == 0)
        rc = read_time(rbk_map_get(asked, "since"), INT64_MIN, &q.since_ms, err);
    if (rc == 0)
        rc = read_time(rbk_map_get(asked, "until"), INT64_MAX, &q.until_ms, err);
    if (rc == 0)
        rc = read_step(rbk_map_get(asked, "step"), &q.step_ms, err);
    if (rc == 0 && aggregate)
        rc = rbk_aggregate_parse(aggregate, &q.aggregate, err);
    return rc == 0 ? rbk_metrics_query(s, &q, fn, arg, err) : rc;
}

int rbk_metrics_query_value(struct rbk_store *s, const rbk_value *asked, rbk_value **out, struct rbk_error *err)
{
    *out = rbk_list_new();
    return ask(s, asked, append_points, *out, err);
}

int rbk_metrics_trend_value(struct rbk_store *s, const rbk_value *asked, rbk_value **out, struct rbk_error *err)
{
    struct trends trends = {rbk_list_new(), rbk_map_get(asked, "limit")};
    *out = trends.list;
    return ask(s, asked, append_trend, &trends, err);
}
