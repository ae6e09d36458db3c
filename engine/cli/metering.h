/* The meter of runs (run/run.h): what a run measures is kept in a struct rbk_metering until it is written with the
 * run's own rows; what happens in it becomes events of notification, or opens an incident; when it has ended its
 * telemetry is queued. `run` knows nothing of any of it. */
#ifndef RBK_CLI_METERING_H
#define RBK_CLI_METERING_H

#include <cli/context.h>
#include <cli/run_incidents.h>
#include <cli/telling.h>
#include <metrics/metrics.h>

struct rbk_metering { /* zero-initialise but for `config`, which is borrowed */
    const struct rbk_config *config;
    struct rbk_metrics_batch batch;
    const struct rbk_run_row *ended; /* a run that was started, not called, in the transaction that is open */
    struct rbk_run_incidents incidents;
    struct rbk_telling *telling; /* owned; NULL: no rule listens */
    void (*queued)(void *arg);   /* the transaction that is about to be committed has messages, or what becomes some */
    void *arg;
};
void rbk_metering_fini(struct rbk_metering *m);

/* Their self is a struct rbk_metering; the second is for one with a `telling`. */
extern const struct rbk_run_meter rbk_metering_ops, rbk_metering_telling_ops;

/* After something was measured: old metrics go and are rolled up, once a day and for a moment, the rest the next time.
 * What goes wrong is said and changes nothing: the command has done its work. */
void rbk_metering_tidy(struct rbk_cli *cli);

/* How many wait in a queue now, in a commit of its own. What goes wrong with measuring stops nothing. */
void rbk_metering_queue(struct rbk_store *s, const char *queue, int64_t waiting);

#endif
