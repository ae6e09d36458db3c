/* See telemetry.h. */
#include <cli/telemetry.h>

#include <base/clock.h>

bool rbk_telemetry_traced(const struct rbk_cli *cli)
{
    return rbk_otlp_traces_wanted(cli->config);
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
