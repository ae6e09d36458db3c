/* `metrics prune`: does at once and to the end what else is done once a day: what is older than metrics.retention of
 * runbook.yaml goes, what metrics.rollup says is rolled up. With --before or a name it forgets on demand. */
#include <cli/metrics_commands.h>

#include <base/clock.h>
#include <stdio.h>

static int note(void *any, const struct rbk_metrics_series *s)
{
    (void)s;
    return *(bool *)any = true;
}

static int tell_unknown(struct rbk_cli *cli, const char *name, struct rbk_error *err)
{
    const struct rbk_metrics_query q = {
        .name = name, .since_ms = INT64_MIN, .until_ms = INT64_MAX, .newest_only = true};
    bool any = false;
    int rc = rbk_metrics_query(cli->store, &q, note, &any, err);
    if (rc == 0 && !any)
        rc = rbk_metrics_tell_nothing(cli, &q, err);
    return rc < 0 ? rc : 0;
}

static int prune_on_demand(struct rbk_cli *cli, const char *name, int64_t before_ms, int64_t *removed,
                           struct rbk_error *err)
{
    int rc = name ? tell_unknown(cli, name, err) : 0;
    if (rc == 0)
        rc = rbk_store_begin(cli->store, err);
    if (rc < 0)
        return rc;
    rc = rbk_metrics_prune(cli->store, name, before_ms, removed, err);
    if (rc == 0)
        return rbk_store_commit(cli->store, err);
    rbk_store_rollback(cli->store);
    return rc;
}

static int before_retention(const struct rbk_metrics_keep *keep, int64_t *before_ms, struct rbk_error *err)
{
    *before_ms = rbk_clock_wall_ms() - keep->retention_ms;
    if (keep->retention_ms > 0)
        return 0;
    rbk_error_set(err, RBK_EINVAL, "nothing says what is old");
    return rbk_error_hint(err, "--before 90d, or `metrics: {retention: 90d}` in runbook.yaml");
}

static int prune(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_metrics_tidied *done,
                 struct rbk_error *err)
{
    const char *name = args->rest.count > 1 ? args->rest.items[1] : NULL;
    struct rbk_metrics_keep keep;
    int64_t before_ms = 0;
    rbk_metrics_keep_read(rbk_map_get(cli->config->tree, "metrics"), &keep);
    if (!name && !rbk_args_has(args, "before") && (keep.retention_ms > 0 || keep.rollup_count))
        return rbk_metrics_tidy(cli->store, &keep, rbk_clock_wall_ms(), 0, done, err);
    int rc = rbk_args_has(args, "before") ? rbk_metrics_time(args, "before", NULL, &before_ms, err)
                                          : before_retention(&keep, &before_ms, err);
    return rc == 0 ? prune_on_demand(cli, name, before_ms, &done->removed, err) : rc;
}

int rbk_metrics_word_prune(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_metrics_tidied done = {0};
    int rc = rbk_cli_config(cli, err);
    if (rc == 0)
        rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = prune(cli, args, &done, err);
    rbk_metrics_tell_damage(&done.damage, "they were set aside");
    if (rc == 0 && cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.metrics.prune/1");
        rbk_map_set_int(document, "removed", done.removed);
        rbk_map_set_int(document, "rolled_up", done.rolled_up);
        return rbk_cli_print_json(document);
    }
    if (rc == 0)
        printf("%lld samples removed, %lld rolled up\n", (long long)done.removed, (long long)done.rolled_up);
    return rc;
}
