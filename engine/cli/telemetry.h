/* OpenTelemetry on the command line: what `status --format otlp` and `metrics export --format otlp` print, and whether
 * runs are traced (otlp/otlp.h). */
#ifndef RBK_CLI_TELEMETRY_H
#define RBK_CLI_TELEMETRY_H

#include <cli/context.h>
#include <otlp/otlp.h>

/* Whether traces are pushed from here, so that commands are told the span that they belong to. */
bool rbk_telemetry_traced(const struct rbk_cli *cli);
/* The documents; the store is open. */
int rbk_telemetry_trace(struct rbk_cli *cli, const char *run_id, rbk_value **out, struct rbk_error *err);
int rbk_telemetry_metrics(struct rbk_cli *cli, const struct rbk_metrics_query *q, rbk_value **out,
                          struct rbk_error *err);

#endif
