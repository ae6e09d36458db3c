/* `metrics prune`: forgets what is older than metrics.retention of runbook.yaml, or than --before. */
#include <cli/metrics_commands.h>

#include <base/clock.h>
#include <stdio.h>

static int limit_of(struct rbk_cli *cli, const struct rbk_args *args, int64_t *before, struct rbk_error *err)
{
    int rc = rbk_cli_config(cli, err);
    if (rc < 0 || rbk_args_has(args, "before"))
        return rc < 0 ? rc : rbk_metrics_time(args, "before", NULL, before, err);
    const rbk_value *metrics = rbk_map_get(cli->config->tree, "metrics");
    double seconds = rbk_value_number(metrics ? rbk_map_get(metrics, "retention") : NULL);
    if (seconds > 0) {
        *before = rbk_clock_wall_ms() - (int64_t)(seconds * 1e3);
        return 0;
    }
    rbk_error_set(err, RBK_EINVAL, "nothing says what is old");
    return rbk_error_hint(err, "--before 90d, or `metrics: {retention: 90d}` in runbook.yaml");
}

int rbk_metrics_word_prune(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    int64_t before = 0, removed = 0;
    int rc = limit_of(cli, args, &before, err);
    if (rc == 0)
        rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = rbk_store_begin(cli->store, err);
    if (rc < 0)
        return rc;
    rc = rbk_metrics_prune(cli->store, args->rest.count > 1 ? args->rest.items[1] : NULL, before, &removed, err);
    if (rc == 0)
        rc = rbk_store_commit(cli->store, err);
    else
        rbk_store_rollback(cli->store);
    if (rc == 0 && cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.metrics.prune/1");
        rbk_map_set_int(document, "removed", removed);
        return rbk_cli_print_json(document);
    }
    if (rc == 0)
        printf("%lld samples removed\n", (long long)removed);
    return rc;
}
