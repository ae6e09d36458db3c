/* The meter of runs (run/run.h): what a run measures goes into the store of metrics, what happens in it becomes events
 * of notification. `run` knows nothing of either. */
#ifndef RBK_CLI_METERING_H
#define RBK_CLI_METERING_H

#include <cli/telling.h>
#include <metrics/metrics.h>
#include <run/run.h>

struct rbk_metering {
    struct rbk_metrics_batch measured;
    struct rbk_telling *telling; /* NULL: no rule listens */
    void (*queued)(void *arg);   /* messages were put into the transaction that is about to be committed */
    void *arg;
};

/* self: a struct rbk_metering; the second when there is a `telling`. */
extern const struct rbk_run_meter rbk_metering_ops, rbk_metering_telling_ops;

#endif
