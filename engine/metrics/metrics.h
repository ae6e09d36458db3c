/* Metrics inside the engine: the tables, a batch of measurements that joins somebody else's transaction, and what is
 * measured of steps and commands. The rest is <runbook/metrics.h>. */
#ifndef RBK_METRICS_METRICS_H
#define RBK_METRICS_METRICS_H

#include <base/buf.h>
#include <runbook/metrics.h>
#include <runbook/value.h>
#include <store/journal.h>
#include <store/store.h>

extern const struct rbk_schema rbk_metrics_schema;

/* Measurements on their way to the store: added without it, written as one row. Zero-initialise. */
struct rbk_metrics_batch {
    struct rbk_buf data;
};
/* The metric must be as rbk_metric_check wants it; a value that is not finite is left out. */
void rbk_metrics_batch_add(struct rbk_metrics_batch *b, const struct rbk_metric *m, struct rbk_sample sample);
/* Writes and empties it; nothing when it is empty. Inside a transaction. */
int rbk_metrics_batch_write(struct rbk_metrics_batch *b, struct rbk_store *s, struct rbk_error *err);
void rbk_metrics_batch_fini(struct rbk_metrics_batch *b);

/* ---- damage.c: reads every chunk there is, and names each series that has damaged ones, set aside or not. */
typedef void rbk_metrics_damage_fn(void *arg, const char *name, const char *labels, const struct rbk_metrics_damage *d);
int rbk_metrics_look_for_damage(struct rbk_store *s, rbk_metrics_damage_fn *fn, void *arg, struct rbk_error *err);

/* ---- nothing.c: why a query found nothing: `why` gets it, with a hint of what was meant. `s` may be NULL. */
int rbk_metrics_why_nothing(struct rbk_store *s, const struct rbk_metrics_query *q, struct rbk_error *why,
                            struct rbk_error *err);

/* ---- keep.c: how long, by `metrics` of runbook.yaml (NULL = forever) */
void rbk_metrics_keep_read(const rbk_value *metrics, struct rbk_metrics_keep *out);

/* ---- of_run.c: what the engine measures of itself */
void rbk_metrics_of_run(struct rbk_metrics_batch *b, const struct rbk_run_row *run);
void rbk_metrics_of_step(struct rbk_metrics_batch *b, const struct rbk_run_row *run, const struct rbk_step_row *step);
void rbk_metrics_of_command(struct rbk_metrics_batch *b, const struct rbk_run_row *run, const char *step_id,
                            const struct rbk_command_row *command);
/* How many wait in a queue, now: the gauge runbook_queue_size. Inside a transaction. */
int rbk_metrics_of_queue(struct rbk_store *s, const char *queue, int64_t waiting, struct rbk_error *err);

/* ---- by_value.c: for script hosts. `what` is {name, value, labels, kind, help, at} or a list of such; a value that is
 * `no data` is passed over. In a transaction of its own. */
int rbk_metrics_record_value(struct rbk_store *s, const rbk_value *what, struct rbk_error *err);
/* `asked` is {name, labels, since, until, agg, step, by}; *out, always the caller's, a list of {name, labels, points}
 * with points [ms, value]. */
int rbk_metrics_query_value(struct rbk_store *s, const rbk_value *asked, rbk_value **out, struct rbk_error *err);
/* The same, with {name, labels, direction, per_day, last, count} for each: direction is rising, falling, or none when
 * it may be chance. `reached_ms` says when the line comes to the `limit` that was asked for, if it does. */
int rbk_metrics_trend_value(struct rbk_store *s, const rbk_value *asked, rbk_value **out, struct rbk_error *err);

/* rising, falling, none: the direction of a trend that is clear (trend.c) */
const char *rbk_trend_direction(const struct rbk_trend *t);

/* ---- export_text.c: every series that a query gives, as text */
enum rbk_metrics_format { RBK_METRICS_OPENMETRICS, RBK_METRICS_PROMETHEUS, RBK_METRICS_CSV, RBK_METRICS_JSON };
int rbk_metrics_format_parse(const char *name, enum rbk_metrics_format *out, struct rbk_error *err);
/* Gets the text as it grows; non-zero stops and is returned. */
typedef int rbk_metrics_sink(void *arg, const char *text, size_t len);
/* A newest_only query gives the formats of Prometheus without times, which is what scrapers and node-exporter's
 * textfile collector want; the Prometheus format knows nothing else and always is. *any says whether there was one. */
int rbk_metrics_export(struct rbk_store *s, const struct rbk_metrics_query *q, enum rbk_metrics_format format,
                       rbk_metrics_sink *sink, void *arg, bool *any, struct rbk_error *err);

/* ---- text_read.c, import_text.c: OpenMetrics text, https://prometheus.io/docs/specs/om/open_metrics_spec/ (and
 * Prometheus' own) */
struct rbk_metrics_line { /* one sample; borrowed */
    struct rbk_metric metric;
    struct rbk_sample sample;
};
typedef int rbk_metrics_line_fn(void *arg, const struct rbk_metrics_line *line);
/* Reads a text; samples without a time get `now_ms`; NaN and infinite values are passed over. RBK_EMALFORMED with
 * file:line:col. */
int rbk_metrics_text_read(const char *file, const char *text, size_t len, int64_t now_ms, rbk_metrics_line_fn *fn,
                          void *arg, struct rbk_error *err);
struct rbk_metrics_import {
    int64_t samples, series;
};
/* Imports it whole, in the transaction of the caller, or not at all. */
int rbk_metrics_import(struct rbk_store *s, const char *file, const char *text, size_t len,
                       struct rbk_metrics_import *done, struct rbk_error *err);

#endif
