/* See metering.h. */
#include <cli/metering.h>

static void measure_run(void *self, const struct rbk_run_row *run)
{
    struct rbk_metering *m = self;
    rbk_metrics_of_run(&m->measured, run);
    if (m->telling)
        rbk_telling_run(m->telling, run);
}

static void measure_step(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    struct rbk_metering *m = self;
    rbk_metrics_of_step(&m->measured, run, step);
    if (m->telling)
        rbk_telling_step(m->telling, run, step);
}

static void measure_command(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step,
                            const struct rbk_command_row *command)
{
    struct rbk_metering *m = self;
    rbk_metrics_of_command(&m->measured, run, step->id, command);
    if (m->telling)
        rbk_telling_command(m->telling, step, command);
}

static int write_measured(void *self, struct rbk_store *store, struct rbk_error *err)
{
    struct rbk_metering *m = self;
    int before = rbk_telling_queued(m->telling);
    int rc = rbk_metrics_batch_write(&m->measured, store, err);
    if (rc == 0 && m->telling)
        rc = rbk_telling_write(m->telling, err);
    if (rc == 0 && rbk_telling_queued(m->telling) > before)
        m->queued(m->arg);
    return rc;
}

static void tell_parked(void *self, const struct rbk_run_row *run)
{
    const struct rbk_metering *m = self;
    rbk_telling_run(m->telling, run);
}

static void tell_event(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step, const char *kind,
                       const rbk_value *data)
{
    const struct rbk_metering *m = self;
    rbk_telling_event(m->telling, run, step, kind, data);
}

const struct rbk_run_meter rbk_metering_ops = {
    .run = measure_run, .step = measure_step, .command = measure_command, .write = write_measured};

const struct rbk_run_meter rbk_metering_telling_ops = {.run = measure_run,
                                                       .step = measure_step,
                                                       .command = measure_command,
                                                       .parked = tell_parked,
                                                       .event = tell_event,
                                                       .write = write_measured};
