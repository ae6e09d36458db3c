/* See metering.h. */
#include <cli/metering.h>

static void measure_run(void *self, const struct rbk_run_row *run)
{
    rbk_metrics_of_run(self, run);
}

static void measure_step(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    rbk_metrics_of_step(self, run, step);
}

static void measure_command(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step,
                            const struct rbk_command_row *command)
{
    rbk_metrics_of_command(self, run, step->id, command);
}

static int write_measured(void *self, struct rbk_store *store, struct rbk_error *err)
{
    return rbk_metrics_batch_write(self, store, err);
}

const struct rbk_run_meter rbk_metering = {
    .run = measure_run, .step = measure_step, .command = measure_command, .write = write_measured};
