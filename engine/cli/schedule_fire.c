/* `schedule fire N`: what the daemon starts. The process takes the planned firing, which only one process can, carries
 * the run, and records how it ended. */
#include <cli/execute.h>
#include <cli/schedule_commands.h>
#include <cli/schedules.h>

#include <base/clock.h>
#include <metrics/metrics.h>
#include <run/plan.h>
#include <stdlib.h>
#include <store/journal.h>
#include <string.h>
#include <unistd.h>

static int note_own_run(void *arg, const struct rbk_run_row *r)
{
    if (r->pid == getpid())
        memcpy(arg, r->id, RBK_ULID_SIZE);
    return 1;
}

static int carry(struct rbk_cli *cli, const struct rbk_entry *e, struct rbk_error *err)
{
    struct rbk_plan *plan = NULL;
    rbk_value *params = NULL, *none = rbk_map_new();
    int rc = rbk_lua_load(cli->lua, e->runbook, &plan, err);
    if (rc == 0)
        rc = rbk_params_bind(plan->params, plan->param_count, e->params ? e->params : none, &params, err);
    if (rc == 0) {
        if (e->timeout_ms && (!plan->timeout_ms || plan->timeout_ms > e->timeout_ms))
            plan->timeout_ms = e->timeout_ms;
        struct rbk_execution execution = {.plan = plan, .params = params};
        rc = rbk_execute(cli, &execution, err);
    }
    rbk_value_free(params);
    rbk_value_free(none);
    rbk_plan_free(plan);
    return rc;
}

static int carry_and_record(struct rbk_cli *cli, const struct rbk_entry *e, int64_t firing, struct rbk_error *err)
{
    char run[RBK_ULID_SIZE] = "";
    struct rbk_run_filter newest = {.runbook = e->runbook, .limit = 1};
    struct rbk_error ignored;
    int rc = carry(cli, e, err), exit_status = rc < 0 ? rbk_exit_status(rc) : rc;
    rbk_journal_runs(cli->store, &newest, note_own_run, run, &ignored);
    int recorded = rbk_firing_end(cli->store, firing, run[0] ? run : NULL, exit_status, rbk_clock_wall_ms(),
                                  rc < 0 ? &ignored : err);
    return rc < 0 ? rc : recorded < 0 ? recorded : exit_status;
}

static int count_due(void *arg, const struct rbk_firing *f)
{
    *(int64_t *)arg += f->start_ms <= rbk_clock_wall_ms();
    return 0;
}

/* How many are due and wait for their turn. What goes wrong with measuring is no reason not to run. */
static void measure_queue(struct rbk_store *s)
{
    int64_t waiting = 0;
    struct rbk_error err;
    if (rbk_firings_planned(s, count_due, &waiting, &err) || rbk_store_begin(s, &err))
        return;
    if (rbk_metrics_of_queue(s, "schedule", waiting, &err) || rbk_store_commit(s, &err))
        rbk_store_rollback(s);
}

/* The schedule may have gone since the firing was planned: that, too, is an end. */
static int carry_taken(struct rbk_cli *cli, const struct rbk_schedules *schedules, const struct rbk_firing *firing,
                       struct rbk_error *err)
{
    const struct rbk_entry *e = NULL;
    struct rbk_error ignored;
    int rc = rbk_schedules_find(schedules, firing->runbook, &e, err);
    if (rc == 0)
        return carry_and_record(cli, e, firing->id, err);
    rbk_firing_end(cli->store, firing->id, NULL, rbk_exit_status(rc), rbk_clock_wall_ms(), &ignored);
    return rc;
}

int rbk_schedule_cmd_fire(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_schedules schedules = {0};
    struct rbk_firing firing = {0};
    struct rbk_lock *lock = NULL;
    char *end = NULL;
    int64_t id = strtoll(args->rest.items[1], &end, 10);
    if (*end || id < 1)
        return rbk_error_set(err, RBK_EINVAL, "`schedule fire` takes the number of a firing, not \"%s\"",
                             args->rest.items[1]);
    cli->no_input = true;
    int rc = rbk_schedules_load(cli, &schedules, err);
    if (rc == 0)
        rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = rbk_firing_take(cli->store, id, rbk_clock_wall_ms(), &firing, &lock, err);
    if (rc == 0)
        measure_queue(cli->store);
    if (rc == 0)
        rc = carry_taken(cli, &schedules, &firing, err);
    rbk_lock_release(lock);
    rbk_firing_fini(&firing);
    rbk_schedules_fini(&schedules);
    return rc;
}
