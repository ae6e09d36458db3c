/* What the engine measures of itself while it runs, for the run machine: a struct rbk_run_meter that keeps it in a
 * struct rbk_metering until it is written, queues telemetry of a run that has ended, and opens the incidents of runs
 * that escalate. */
#ifndef RBK_CLI_METERING_H
#define RBK_CLI_METERING_H

#include <cli/context.h>
#include <cli/run_incidents.h>
#include <metrics/metrics.h>

struct rbk_metering { /* zero-initialise but for `config`, which is borrowed */
    const struct rbk_config *config;
    struct rbk_metrics_batch batch;
    const struct rbk_run_row *ended; /* a run that was started, not called, in the transaction that is open */
    struct rbk_run_incidents incidents;
};
void rbk_metering_fini(struct rbk_metering *m);

/* Its self is a struct rbk_metering. */
extern const struct rbk_run_meter rbk_metering_ops;

/* After something was measured: old metrics go and are rolled up, once a day and for a moment, the rest the next time.
 * What goes wrong is said and changes nothing: the command has done its work. */
void rbk_metering_tidy(struct rbk_cli *cli);

#endif
