/* See metering.h. */
#include <cli/metering.h>

#include <base/clock.h>
#include <cli/metrics_commands.h>
#include <otlp/push.h>
#include <stdio.h>

enum { TIDY_BUDGET_MS = 50 };

static void measure_run(void *self, const struct rbk_run_row *run)
{
    struct rbk_metering *m = self;
    rbk_metrics_of_run(&m->batch, run);
    if (m->telling)
        rbk_telling_run(m->telling, run);
    if (!run->parent)
        m->ended = run;
}

static void measure_step(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step)
{
    struct rbk_metering *m = self;
    rbk_metrics_of_step(&m->batch, run, step);
    if (m->telling)
        rbk_telling_step(m->telling, run, step);
}

static void measure_command(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step,
                            const struct rbk_command_row *command)
{
    struct rbk_metering *m = self;
    rbk_metrics_of_command(&m->batch, run, step->id, command);
    if (m->telling)
        rbk_telling_command(m->telling, step, command);
}

static void hear_event(void *self, const struct rbk_run_row *run, const char *step, const char *kind,
                       const rbk_value *data)
{
    struct rbk_metering *m = self;
    (void)step;
    rbk_run_incidents_event(&m->incidents, run, kind, data);
    if (m->telling)
        rbk_telling_event(m->telling, run, NULL, kind, data);
}

/* Events and incidents may become messages. */
static int write_told(struct rbk_metering *m, struct rbk_store *store, struct rbk_error *err)
{
    int before = rbk_telling_recorded(m->telling);
    bool opens = m->incidents.count > 0;
    int rc = m->telling ? rbk_telling_write(m->telling, err) : 0;
    if (rc == 0)
        rc = rbk_run_incidents_write(&m->incidents, store, m->config, err);
    if (rc == 0 && (opens || rbk_telling_recorded(m->telling) > before) && m->queued)
        m->queued(m->arg);
    return rc;
}

static int write_measured(void *self, struct rbk_store *store, struct rbk_error *err)
{
    struct rbk_metering *m = self;
    int rc = rbk_metrics_batch_write(&m->batch, store, err);
    if (rc == 0)
        rc = write_told(m, store, err);
    if (rc == 0 && m->ended)
        rc = rbk_otlp_queue(store, m->config, m->ended, rbk_clock_wall_ms(), err);
    m->ended = NULL;
    return rc;
}

static void tell_parked(void *self, const struct rbk_run_row *run)
{
    const struct rbk_metering *m = self;
    rbk_telling_run(m->telling, run);
}

static void tell_aside(void *self, const struct rbk_run_row *run, const struct rbk_step_row *step, const char *kind,
                       const rbk_value *data)
{
    const struct rbk_metering *m = self;
    rbk_telling_event(m->telling, run, step, kind, data);
}

void rbk_metering_fini(struct rbk_metering *m)
{
    rbk_metrics_batch_fini(&m->batch);
    rbk_run_incidents_fini(&m->incidents);
    rbk_telling_free(m->telling);
}

const struct rbk_run_meter rbk_metering_ops = {
    .run = measure_run, .step = measure_step, .command = measure_command, .event = hear_event, .write = write_measured};

const struct rbk_run_meter rbk_metering_telling_ops = {.run = measure_run,
                                                       .step = measure_step,
                                                       .command = measure_command,
                                                       .parked = tell_parked,
                                                       .event = hear_event,
                                                       .aside = tell_aside,
                                                       .write = write_measured};

void rbk_metering_tidy(struct rbk_cli *cli)
{
    struct rbk_metrics_keep keep;
    struct rbk_error err = {0};
    int64_t now = rbk_clock_wall_ms();
    rbk_metrics_keep_read(rbk_map_get(cli->config->tree, "metrics"), &keep);
    struct rbk_metrics_tidied done = {0};
    if (rbk_metrics_tidy_due(cli->store, &keep, now) &&
        rbk_metrics_tidy(cli->store, &keep, now, TIDY_BUDGET_MS, &done, &err) < 0)
        fprintf(stderr, "runbook: old metrics could not be seen to: %s\n", err.message);
    rbk_metrics_tell_damage(&done.damage, "they were set aside");
}

void rbk_metering_queue(struct rbk_store *s, const char *queue, int64_t waiting)
{
    struct rbk_error err;
    if (rbk_store_begin(s, &err) < 0)
        return;
    if (rbk_metrics_of_queue(s, queue, waiting, &err) < 0 || rbk_store_commit(s, &err) < 0)
        rbk_store_rollback(s);
}
