/* See metering.h. */
#include <cli/metering.h>

#include <base/clock.h>
#include <stdio.h>

enum { TIDY_BUDGET_MS = 50 };

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

void rbk_metering_tidy(struct rbk_cli *cli)
{
    struct rbk_metrics_keep keep;
    struct rbk_error err = {0};
    int64_t now = rbk_clock_wall_ms();
    rbk_metrics_keep_read(rbk_map_get(cli->config->tree, "metrics"), &keep);
    if (rbk_metrics_tidy_due(cli->store, &keep, now) &&
        rbk_metrics_tidy(cli->store, &keep, now, TIDY_BUDGET_MS, NULL, &err) < 0)
        fprintf(stderr, "runbook: old metrics could not be seen to: %s\n", err.message);
}
