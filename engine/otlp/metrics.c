/* Samples as an ExportMetricsServiceRequest (opentelemetry/proto/metrics/v1/metrics.proto). Names and labels stay as
 * they are, units become those of UCUM (https://ucum.org/ucum). A counter is a cumulative sum; since when it has been
 * counting is not known, which the protocol allows. */
#include <otlp/otlp.h>

#include <base/host.h>
#include <otlp/attributes.h>
#include <string.h>

enum { CUMULATIVE = 2 };

struct gathering {
    rbk_value *metrics; /* list */
    rbk_value *points;  /* of the last of them; borrowed */
    rbk_otlp_choose_fn *choose;
    void *arg;
    const char *name; /* of the last of them; borrowed */
};

static const char *ucum(enum rbk_unit unit)
{
    switch (unit) {
    case RBK_UNIT_SECONDS:
        return "s";
    case RBK_UNIT_BYTES:
        return "By";
    case RBK_UNIT_RATIO:
        return "1";
    default:
        return "";
    }
}

static rbk_value *points_begin(rbk_value *metric, bool counter)
{
    rbk_value *data = rbk_map_new(), *points = rbk_list_new();
    rbk_map_set(data, "dataPoints", points);
    if (counter) {
        rbk_map_set_int(data, "aggregationTemporality", CUMULATIVE);
        rbk_map_set_bool(data, "isMonotonic", true);
    }
    rbk_map_set(metric, counter ? "sum" : "gauge", data);
    return points;
}

/* Series come ordered by name: those of one name are one metric. */
static void metric_begin(struct gathering *g, const struct rbk_metrics_series *series)
{
    rbk_value *metric = rbk_map_new();
    rbk_map_set_string(metric, "name", series->name);
    if (series->help && *series->help)
        rbk_map_set_string(metric, "description", series->help);
    rbk_map_set_string(metric, "unit", ucum(series->unit));
    g->points = points_begin(metric, series->kind == RBK_METRIC_COUNTER);
    g->name = rbk_map_get_string(metric, "name");
    rbk_list_append(g->metrics, metric);
}

static int gather(void *arg, const struct rbk_metrics_series *series)
{
    struct gathering *g = arg;
    size_t from = 0;
    if (g->choose && !g->choose(g->arg, series, &from))
        return 0;
    rbk_value *attributes = rbk_list_new();
    if (!g->name || strcmp(g->name, series->name) != 0)
        metric_begin(g, series);
    for (size_t i = 0; i < series->label_count; i++)
        rbk_otlp_put_text(attributes, series->labels[i].name, series->labels[i].value);
    for (size_t i = from; i < series->count; i++) {
        rbk_value *point = rbk_map_new();
        rbk_map_set(point, "attributes", rbk_value_dup(attributes));
        rbk_otlp_set_time(point, "timeUnixNano", series->at_ms[i]);
        rbk_map_set(point, "asDouble", rbk_number_new(series->value[i], RBK_UNIT_NONE));
        rbk_list_append(g->points, point);
    }
    rbk_value_free(attributes);
    return 0;
}

static rbk_value *request(rbk_value *metrics, const rbk_value *resource)
{
    char host[RBK_HOST_SIZE];
    rbk_value *scope = rbk_map_new(), *scopes = rbk_list_new(), *about = rbk_map_new(), *abouts = rbk_list_new(),
              *document = rbk_map_new();
    rbk_map_set(scope, "scope", rbk_otlp_scope(resource));
    rbk_map_set(scope, "metrics", metrics);
    rbk_list_append(scopes, scope);
    rbk_map_set(about, "resource", rbk_otlp_resource(resource, rbk_host_name(host)));
    rbk_map_set(about, "scopeMetrics", scopes);
    rbk_list_append(abouts, about);
    rbk_map_set(document, "resourceMetrics", abouts);
    return document;
}

int rbk_otlp_metrics_chosen(struct rbk_store *s, const struct rbk_metrics_query *q, const rbk_value *resource,
                            rbk_otlp_choose_fn *choose, void *arg, rbk_value **out, struct rbk_error *err)
{
    struct gathering g = {.metrics = rbk_list_new(), .choose = choose, .arg = arg};
    int rc = rbk_metrics_query(s, q, gather, &g, err);
    if (rc == 0)
        *out = request(g.metrics, resource);
    else
        rbk_value_free(g.metrics);
    return rc;
}

int rbk_otlp_metrics(struct rbk_store *s, const struct rbk_metrics_query *q, const rbk_value *resource, rbk_value **out,
                     struct rbk_error *err)
{
    return rbk_otlp_metrics_chosen(s, q, resource, NULL, NULL, out, err);
}
