/* See telemetry.h. */
#include <cli/telemetry.h>

#include <base/clock.h>
#include <otlp/push.h>
#include <run/run.h>
#include <stdio.h>

bool rbk_telemetry_traced(const struct rbk_cli *cli)
{
    return rbk_otlp_traces_wanted(cli->config);
}

void rbk_telemetry_prepare(struct rbk_cli *cli)
{
    struct rbk_otlp_settings settings;
    struct rbk_error err = {0};
    if (rbk_otlp_settings_read(cli->config, RUNBOOK_VERSION, cli->redactor, &settings, &err) < 0) {
        fprintf(stderr, "runbook: telemetry cannot be pushed: %s\n", err.message);
        return;
    }
    for (size_t i = 0; i < settings.warnings.count; i++)
        fprintf(stderr, "runbook: warning: %s\n", settings.warnings.items[i]);
    rbk_otlp_settings_fini(&settings);
}

static int queue(struct rbk_cli *cli, const struct rbk_run_row *row, struct rbk_error *err)
{
    int rc = rbk_store_begin(cli->store, err);
    if (rc < 0)
        return rc;
    rc = rbk_otlp_queue(cli->store, cli->config, row, rbk_clock_wall_ms(), err);
    if (rc == 0)
        return rbk_store_commit(cli->store, err);
    rbk_store_rollback(cli->store);
    return rc;
}

static bool is_wanted(const struct rbk_cli *cli)
{
    return rbk_otlp_traces_wanted(cli->config) || rbk_otlp_metrics_wanted(cli->config);
}

int rbk_telemetry_ended(struct rbk_cli *cli, const char *run_id, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    if (!is_wanted(cli))
        return 0;
    int rc = rbk_journal_run_get(cli->store, run_id, &row, err);
    if (rc == 0 && row.ended_ms && !row.parent)
        rc = queue(cli, &row, err);
    rbk_run_row_fini(&row);
    return rc;
}

int rbk_telemetry_expire(struct rbk_cli *cli, struct rbk_error *err)
{
    struct rbk_strv ids = {0};
    int rc = is_wanted(cli) ? rbk_journal_expired(cli->store, rbk_clock_wall_ms(), &ids, err) : 0;
    if (rc == 0)
        rc = rbk_run_expire(cli->store, err);
    for (size_t i = 0; i < ids.count && rc == 0; i++)
        rc = rbk_telemetry_ended(cli, ids.items[i], err);
    rbk_strv_fini(&ids);
    return rc;
}

int rbk_telemetry_trace(struct rbk_cli *cli, const char *run_id, rbk_value **out, struct rbk_error *err)
{
    int rc = rbk_cli_config(cli, err);
    if (rc < 0)
        return rc;
    rbk_value *resource = rbk_otlp_resource_read(cli->config, RUNBOOK_VERSION, NULL);
    rc = rbk_otlp_trace(cli->store, run_id, resource, rbk_clock_wall_ms(), out, err);
    rbk_value_free(resource);
    return rc;
}

int rbk_telemetry_metrics(struct rbk_cli *cli, const struct rbk_metrics_query *q, rbk_value **out,
                          struct rbk_error *err)
{
    int rc = rbk_cli_config(cli, err);
    if (rc < 0)
        return rc;
    rbk_value *resource = rbk_otlp_resource_read(cli->config, RUNBOOK_VERSION, NULL);
    rc = rbk_otlp_metrics(cli->store, q, resource, out, err);
    rbk_value_free(resource);
    return rc;
}
