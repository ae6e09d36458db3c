/* `schedule fire N`: what the daemon starts. The process takes the planned firing, which only one process can, carries
 * the run, and records how it ended. */
#include <cli/execute.h>
#include <cli/metering.h>
#include <cli/schedule_commands.h>
#include <cli/schedules.h>

#include <base/clock.h>
#include <metrics/metrics.h>
#include <run/plan.h>
#include <stdlib.h>
#include <store/journal.h>

static int carry(struct rbk_cli *cli, const struct rbk_entry *e, const struct rbk_plan *plan, const char *run,
                 struct rbk_error *err)
{
    rbk_value *params = NULL;
    int rc = rbk_schedules_bind(e, plan, &params, err);
    if (rc == 0) {
        struct rbk_execution execution = {.plan = plan, .params = params, .id = run, .timeout_ms = e->timeout_ms};
        rc = rbk_execute(cli, &execution, err);
    }
    rbk_value_free(params);
    return rc;
}

static int count_due(void *arg, const struct rbk_firing *f)
{
    *(int64_t *)arg += f->start_ms <= rbk_clock_wall_ms();
    return 0;
}

/* How many are due and wait for their turn. */
static void measure_queue(struct rbk_store *s)
{
    int64_t waiting = 0;
    if (rbk_firings_planned(s, count_due, &waiting, NULL) == 0)
        rbk_metering_queue(s, "schedule", waiting);
}

/* The runbook or its schedule may have gone since the firing was planned: that, too, is an end. */
static int carry_taken(struct rbk_cli *cli, const struct rbk_firing *firing, const char *run, struct rbk_error *err)
{
    struct rbk_schedules schedules = {0};
    const struct rbk_entry *e = NULL;
    struct rbk_plan *plan = NULL;
    int rc = rbk_cli_lua(cli, err);
    if (rc == 0)
        rc = rbk_lua_load(cli->lua, firing->runbook, &plan, err);
    if (rc == 0)
        rc = rbk_schedules_of(cli, plan, &schedules, err);
    if (rc == 0)
        rc = rbk_schedules_find(&schedules, firing->runbook, &e, err);
    if (rc == 0)
        rc = carry(cli, e, plan, run, err);
    rbk_plan_free(plan);
    rbk_schedules_fini(&schedules);
    return rc;
}

static int record_end(struct rbk_cli *cli, int64_t firing, const char *run, int exit_status, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    struct rbk_error none;
    bool begun = rbk_journal_run_get(cli->store, run, &row, &none) == 0;
    rbk_run_row_fini(&row);
    return rbk_firing_end(cli->store, firing, begun ? run : NULL, exit_status, rbk_clock_wall_ms(), err);
}

/* A run that met another one of its runbook has done nothing, and gets its turn as the policy for overlaps has it. */
static int carry_and_record(struct rbk_cli *cli, const struct rbk_firing *firing, const char *run,
                            struct rbk_error *err)
{
    struct rbk_error ignored;
    int rc = carry_taken(cli, firing, run, err), exit_status = rc < 0 ? rbk_exit_status(rc) : rc;
    int recorded = rc == RBK_EBUSY ? rbk_firing_return(cli->store, firing->id, &ignored)
                                   : record_end(cli, firing->id, run, exit_status, rc < 0 ? &ignored : err);
    return rc < 0 ? rc : recorded < 0 ? recorded : exit_status;
}

int rbk_schedule_cmd_fire(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_firing firing = {0};
    struct rbk_lock *lock = NULL;
    char *end = NULL, run[RBK_ULID_SIZE];
    int64_t id = strtoll(args->rest.items[1], &end, 10);
    if (*end || id < 1)
        return rbk_error_set(err, RBK_EINVAL, "`schedule fire` takes the number of a firing, not \"%s\"",
                             args->rest.items[1]);
    cli->no_input = true;
    int rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = rbk_ulid_new(run, err);
    if (rc == 0)
        rc = rbk_firing_take(cli->store, id, run, rbk_clock_wall_ms(), &firing, &lock, err);
    if (rc == 0)
        measure_queue(cli->store);
    if (rc == 0)
        rc = carry_and_record(cli, &firing, run, err);
    rbk_lock_release(lock);
    rbk_firing_fini(&firing);
    /* Another process has it, or its run has to wait: nothing failed, and whoever started us knows by the status. */
    return rc == RBK_EBUSY && !cli->verbose ? rbk_exit_status(rc) : rc;
}
