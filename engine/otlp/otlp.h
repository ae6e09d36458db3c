/* OpenTelemetry: runs as traces and metrics as the JSON that collectors take (OTLP/HTTP with JSON,
 * https://opentelemetry.io/docs/specs/otlp/, 1.x), and where it is to be pushed. A trace is made from the journal
 * alone, whenever it is wanted: its ids are derived (base/trace.h), so a run that was killed and resumed, or is asked
 * for twice, is the same trace. Everything in it was redacted when it was recorded. */
#ifndef RBK_OTLP_OTLP_H
#define RBK_OTLP_OTLP_H

#include <base/redact.h>
#include <config/config.h>
#include <runbook/metrics.h>
#include <store/store.h>

/* ---- where to: settings.c, resource.c -------------------------------------------------------------------------------
 * The environment (https://opentelemetry.io/docs/specs/otel/protocol/exporter/), then `otlp:` of runbook.yaml. */
struct rbk_otlp_signal {
    char *url;               /* NULL = it is not pushed */
    struct rbk_strv headers; /* "Name: value" */
    int64_t timeout_ms;
};
struct rbk_otlp_settings {
    struct rbk_otlp_signal traces, metrics;
    rbk_value *resource;      /* map of strings: service.name, ... */
    struct rbk_strv warnings; /* what is set and not followed: one line each */
};
/* `version` is that of the program. Header values are added to `redactor` (may be NULL). Errors: RBK_EINVAL for what
 * cannot be meant: an endpoint that is no URL, a header that is none, a secret that is not there. */
int rbk_otlp_settings_read(const struct rbk_config *config, const char *version, struct rbk_redactor *redactor,
                           struct rbk_otlp_settings *out, struct rbk_error *err);
void rbk_otlp_settings_fini(struct rbk_otlp_settings *s);
/* Whether what runbook.yaml says of `otlp` can be meant. Looks at no environment and at no secret. */
int rbk_otlp_check(const struct rbk_config *config, struct rbk_error *err);
/* `resource` alone; `warnings` may be NULL. */
rbk_value *rbk_otlp_resource_read(const struct rbk_config *config, const char *version, struct rbk_strv *warnings);
/* Whether they may be pushed: quick looks that open and allocate nothing. */
bool rbk_otlp_traces_wanted(const struct rbk_config *config);
bool rbk_otlp_metrics_wanted(const struct rbk_config *config);

/* ---- what: trace.c, metrics.c ---------------------------------------------------------------------------------------
 */
/* The run and those that it called as one ExportTraceServiceRequest. `run_id` may be of a called run: then it is the
 * part of the trace below it. What has not ended yet is given as of `now_ms`. */
int rbk_otlp_trace(struct rbk_store *s, const char *run_id, const rbk_value *resource, int64_t now_ms, rbk_value **out,
                   struct rbk_error *err);
/* Whether the run's trace is to be pushed: not when the trace that it was begun in is not sampled. 1, 0 or negative. */
int rbk_otlp_sampled(struct rbk_store *s, const char *run_id, struct rbk_error *err);

/* What a query gives as one ExportMetricsServiceRequest. */
int rbk_otlp_metrics(struct rbk_store *s, const struct rbk_metrics_query *q, const rbk_value *resource, rbk_value **out,
                     struct rbk_error *err);
/* The same, without what `choose` (may be NULL) leaves out: false = the whole series, else what is before `*from`. */
typedef bool rbk_otlp_choose_fn(void *arg, const struct rbk_metrics_series *series, size_t *from);
int rbk_otlp_metrics_chosen(struct rbk_store *s, const struct rbk_metrics_query *q, const rbk_value *resource,
                            rbk_otlp_choose_fn *choose, void *arg, rbk_value **out, struct rbk_error *err);

#endif
