/* The meter of runs (run/run.h) that writes into the store of metrics: `run` knows nothing of it. */
#ifndef RBK_CLI_METERING_H
#define RBK_CLI_METERING_H

#include <metrics/metrics.h>
#include <run/run.h>

extern const struct rbk_run_meter rbk_metering; /* self: a struct rbk_metrics_batch */

#endif
