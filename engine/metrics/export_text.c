/* Metrics as text for others: OpenMetrics (https://prometheus.io/docs/specs/om/open_metrics_spec/), the older format of
 * Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/), CSV (RFC 4180) and JSON. Text is handed on
 * as it grows, so an export is bounded by its largest series. */
#include <metrics/metrics.h>

#include <base/clock.h>
#include <base/str.h>
#include <runbook/value.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH_BYTES = 1 << 16, NUMBER_SIZE = 40 };

struct exporting {
    enum rbk_metrics_format format;
    struct rbk_buf out;
    rbk_metrics_sink *sink;
    void *arg;
    struct rbk_buf family; /* whose head was written last */
    bool times, any;
};

int rbk_metrics_format_parse(const char *name, enum rbk_metrics_format *out, struct rbk_error *err)
{
    static const char *const names[] = {"openmetrics", "prometheus", "csv", "json"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum rbk_metrics_format)i;
            return 0;
        }
    }
    rbk_error_set(err, RBK_EINVAL, "there is no format \"%.60s\"", name);
    return rbk_error_hint(err, "openmetrics, prometheus, csv, json or otlp");
}

/* The shortest decimal that reads back as the same number. */
static void put_number(struct rbk_buf *out, double n)
{
    char text[NUMBER_SIZE];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, n);
        if (strtod(text, NULL) == n)
            break;
    }
    rbk_buf_puts(out, text);
}

static int flush(struct exporting *e, size_t at_least)
{
    int rc = e->out.len >= at_least && e->out.len ? e->sink(e->arg, e->out.data, e->out.len) : 0;
    if (e->out.len >= at_least)
        rbk_buf_clear(&e->out);
    return rc;
}

/* ---- OpenMetrics and Prometheus ------------------------------------------------------------------------------------
 */

static void put_help(struct rbk_buf *out, const char *help, const char *name)
{
    if (!help || !*help) {
        rbk_buf_printf(out, "What was recorded as %s.", name);
        return;
    }
    for (; *help; help++) {
        if (*help == '\n')
            rbk_buf_puts(out, "\\n");
        else if (*help == '\\')
            rbk_buf_puts(out, "\\\\");
        else
            rbk_buf_putc(out, *help);
    }
}

/* A counter is called x_total; OpenMetrics' heads name it without that. */
static size_t base_length(const struct rbk_metrics_series *s)
{
    size_t len = strlen(s->name);
    return s->kind == RBK_METRIC_COUNTER && rbk_ends_with(s->name, "_total") ? len - strlen("_total") : len;
}

static void put_head(struct exporting *e, const struct rbk_metrics_series *s)
{
    bool counter = s->kind == RBK_METRIC_COUNTER, open = e->format == RBK_METRICS_OPENMETRICS;
    int len = (int)base_length(s);
    const char *suffix = counter && !open ? "_total" : "", *unit = rbk_unit_name(s->unit);
    rbk_buf_printf(&e->out, "# HELP %.*s%s ", len, s->name, suffix);
    put_help(&e->out, s->help, s->name);
    rbk_buf_printf(&e->out, "\n# TYPE %.*s%s %s\n", len, s->name, suffix, counter ? "counter" : "gauge");
    size_t unit_len = strlen(unit);
    if (open && s->unit != RBK_UNIT_NONE && (size_t)len > unit_len + 1 && s->name[(size_t)len - unit_len - 1] == '_' &&
        strncmp(s->name + (size_t)len - unit_len, unit, unit_len) == 0)
        rbk_buf_printf(&e->out, "# UNIT %.*s %s\n", len, s->name, unit);
}

static void put_time(struct rbk_buf *out, int64_t at_ms)
{
    int64_t rest = at_ms % 1000;
    rbk_buf_printf(out, " %s%lld.%03lld", at_ms < 0 && at_ms > -1000 ? "-" : "", (long long)(at_ms / 1000),
                   (long long)(rest < 0 ? -rest : rest));
}

static int put_samples(struct exporting *e, const struct rbk_metrics_series *s)
{
    bool times = e->format == RBK_METRICS_OPENMETRICS && e->times;
    int rc = 0;
    if (strcmp(e->family.data ? e->family.data : "", s->name) != 0)
        put_head(e, s);
    rbk_buf_clear(&e->family);
    rbk_buf_puts(&e->family, s->name);
    for (size_t i = times ? 0 : s->count - 1; i < s->count && rc == 0; i++) {
        rbk_buf_printf(&e->out, "%.*s%s", (int)base_length(s), s->name, s->kind == RBK_METRIC_COUNTER ? "_total" : "");
        if (*s->text)
            rbk_buf_printf(&e->out, "{%s}", s->text);
        rbk_buf_putc(&e->out, ' ');
        put_number(&e->out, s->value[i]);
        if (times)
            put_time(&e->out, s->at_ms[i]);
        rbk_buf_putc(&e->out, '\n');
        rc = flush(e, FLUSH_BYTES);
    }
    return rc;
}

/* ---- CSV and JSON --------------------------------------------------------------------------------------------------
 */

static void put_quoted(struct rbk_buf *out, const char *s)
{
    rbk_buf_putc(out, '"');
    for (; *s; s++) {
        if (*s == '"')
            rbk_buf_putc(out, '"');
        rbk_buf_putc(out, *s);
    }
    rbk_buf_putc(out, '"');
}

static int put_rows(struct exporting *e, const struct rbk_metrics_series *s)
{
    char when[RBK_TIME_SIZE];
    int rc = 0;
    for (size_t i = 0; i < s->count && rc == 0; i++) {
        rbk_time_rfc3339(s->at_ms[i], when);
        rbk_buf_printf(&e->out, "%s,", s->name);
        put_quoted(&e->out, s->text);
        rbk_buf_printf(&e->out, ",%s,", when);
        put_number(&e->out, s->value[i]);
        rbk_buf_puts(&e->out, "\r\n");
        rc = flush(e, FLUSH_BYTES);
    }
    return rc;
}

static rbk_value *describe(const struct rbk_metrics_series *s)
{
    rbk_value *v = rbk_map_new(), *labels = rbk_map_new();
    for (size_t i = 0; i < s->label_count; i++)
        rbk_map_set_string(labels, s->labels[i].name, s->labels[i].value);
    rbk_map_set_string(v, "name", s->name);
    rbk_map_set(v, "labels", labels);
    rbk_map_set_string(v, "kind", rbk_metric_kind_name(s->kind));
    rbk_map_set_string(v, "unit", rbk_unit_name(s->unit));
    return v;
}

static int put_object(struct exporting *e, const struct rbk_metrics_series *s)
{
    rbk_value *v = describe(s);
    char *head = rbk_value_to_json(v, 0);
    int rc = 0;
    rbk_value_free(v);
    rbk_buf_puts(&e->out, e->any ? ",\n" : "\n");
    rbk_buf_append(&e->out, head, strlen(head) - 1); /* without its brace */
    free(head);
    rbk_buf_puts(&e->out, ",\"points\":[");
    for (size_t i = 0; i < s->count && rc == 0; i++) {
        rbk_buf_printf(&e->out, "%s[%lld,", i ? "," : "", (long long)s->at_ms[i]);
        put_number(&e->out, s->value[i]);
        rbk_buf_putc(&e->out, ']');
        rc = flush(e, FLUSH_BYTES);
    }
    rbk_buf_puts(&e->out, "]}");
    return rc;
}

/* ---- all of it -----------------------------------------------------------------------------------------------------
 */

static int put_series(void *arg, const struct rbk_metrics_series *s)
{
    struct exporting *e = arg;
    int rc = e->format == RBK_METRICS_CSV    ? put_rows(e, s)
             : e->format == RBK_METRICS_JSON ? put_object(e, s)
                                             : put_samples(e, s);
    e->any = true;
    return rc;
}

int rbk_metrics_export(struct rbk_store *s, const struct rbk_metrics_query *q, enum rbk_metrics_format format,
                       rbk_metrics_sink *sink, void *arg, bool *any, struct rbk_error *err)
{
    static const char *const heads[] = {"", "", "name,labels,time,value\r\n",
                                        "{\"schema\":\"runbook.metrics/1\",\"series\":["};
    static const char *const tails[] = {"# EOF\n", "", "", "\n]}\n"};
    struct exporting e = {.format = format, .sink = sink, .arg = arg, .times = !q->newest_only};
    struct rbk_metrics_query asked = *q;
    asked.newest_only |= format == RBK_METRICS_PROMETHEUS && q->aggregate == RBK_AGG_RAW;
    rbk_buf_puts(&e.out, heads[format]);
    int rc = rbk_metrics_query(s, &asked, put_series, &e, err);
    rbk_buf_puts(&e.out, tails[format]);
    if (rc == 0)
        rc = flush(&e, 0);
    *any = e.any;
    rbk_buf_fini(&e.out);
    rbk_buf_fini(&e.family);
    return rc;
}
