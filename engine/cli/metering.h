/* The meter of runs (run/run.h) that writes into the store of metrics and opens incidents: `run` knows nothing of it.
 */
#ifndef RBK_CLI_METERING_H
#define RBK_CLI_METERING_H

#include <cli/context.h>
#include <cli/run_incidents.h>
#include <metrics/metrics.h>

/* What waits for the end of the open transaction. Zero-initialise, but for incidents.config. */
struct rbk_measured {
    struct rbk_metrics_batch metrics;
    struct rbk_run_incidents incidents;
};
void rbk_measured_fini(struct rbk_measured *m);

extern const struct rbk_run_meter rbk_metering; /* self: a struct rbk_measured */

/* After something was measured: old metrics go and are rolled up, once a day and for a moment, the rest the next time.
 * What goes wrong is said and changes nothing: the command has done its work. */
void rbk_metering_tidy(struct rbk_cli *cli);

#endif
