/* `metrics record`: one value, now or at a time. */
#include <cli/metering.h>
#include <cli/metrics_commands.h>

#include <base/clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_value(const char *text, struct rbk_quantity *out, struct rbk_error *err)
{
    char *end = NULL;
    out->unit = RBK_UNIT_NONE;
    out->value = strtod(text, &end); /* 1e-3 and the like, which quantities do not know */
    if (end != text && !*end)
        return 0;
    return rbk_quantity_parse(text, strlen(text), out, err);
}

int rbk_metrics_word_record(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_quantity q = {0};
    struct rbk_sample sample = {.at_ms = rbk_clock_wall_ms()};
    struct rbk_metric m = {.name = args->rest.items[1], .kind = RBK_METRIC_GAUGE};
    struct rbk_label *labels = NULL;
    int rc = read_value(args->rest.items[2], &q, err);
    if (rc == 0)
        rc = rbk_metrics_read_labels(args, 3, &labels, &m.label_count, err);
    if (rc == 0)
        rc = rbk_metrics_time(args, "at", NULL, &sample.at_ms, err);
    m.labels = labels;
    m.unit = q.unit;
    sample.value = q.value;
    if (rc == 0)
        rc = rbk_metric_check(&m, err);
    if (rc == 0)
        rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = rbk_store_begin(cli->store, err);
    if (rc == 0)
        rc = rbk_metrics_record(cli->store, &m, sample, err);
    if (rc == 0)
        rc = rbk_store_commit(cli->store, err);
    else if (cli->store)
        rbk_store_rollback(cli->store);
    if (rc == 0)
        rbk_metering_tidy(cli);
    rbk_metrics_asked_fini(&(struct rbk_metrics_asked){.labels = labels, .query = {.label_count = m.label_count}});
    if (rc == 0 && cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.metrics.record/1");
        rbk_map_set_string(document, "name", m.name);
        rbk_map_set_int(document, "at_ms", sample.at_ms);
        rbk_map_set(document, "value", rbk_number_new(sample.value, RBK_UNIT_NONE));
        return rbk_cli_print_json(document);
    }
    return rc;
}
