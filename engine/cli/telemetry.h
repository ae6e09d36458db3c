/* OpenTelemetry on the command line: what `status --format otlp` and `metrics export --format otlp` print, whether runs
 * are traced, and the telemetry of runs that end while no process carries them (otlp/otlp.h). */
#ifndef RBK_CLI_TELEMETRY_H
#define RBK_CLI_TELEMETRY_H

#include <cli/context.h>
#include <otlp/otlp.h>

/* Whether traces are pushed from here, so that commands are told the span that they belong to. */
bool rbk_telemetry_traced(const struct rbk_cli *cli);
/* Before a run: says what of the settings cannot be followed, and has the redactor know the headers, which are in the
 * environment of the run's commands too. No run fails for its telemetry. */
void rbk_telemetry_prepare(struct rbk_cli *cli);
/* Ends the waiting runs whose patience is over, and pushes their telemetry. The store is open for writing. */
int rbk_telemetry_expire(struct rbk_cli *cli, struct rbk_error *err);
/* A run that nobody carries was ended on record: queues what is to be pushed of it, if it has ended. */
int rbk_telemetry_ended(struct rbk_cli *cli, const char *run_id, struct rbk_error *err);
/* The documents; the store is open. */
int rbk_telemetry_trace(struct rbk_cli *cli, const char *run_id, rbk_value **out, struct rbk_error *err);
int rbk_telemetry_metrics(struct rbk_cli *cli, const struct rbk_metrics_query *q, rbk_value **out,
                          struct rbk_error *err);

#endif
