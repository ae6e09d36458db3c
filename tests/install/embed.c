/* A program as somebody else would write it against the installed library: it runs a command, reads a quantity, and
 * keeps what it measured in a store, as `runbook metrics` does. */
#include <runbook/runbook.h>

#include <stdio.h>
#include <string.h>

static int take(void *sum, const struct rbk_metrics_series *series)
{
    for (size_t i = 0; i < series->count; i++)
        *(double *)sum += series->value[i];
    return 0;
}

static int record(struct rbk_store *store, struct rbk_error *err)
{
    struct rbk_label label = {"queue", "mail"};
    struct rbk_metric metric = {.name = "queue_size", .labels = &label, .label_count = 1};
    struct rbk_sample more[] = {{1000, 1}, {2000, 2}, {3000, 3}};
    int rc = rbk_store_begin(store, err);
    if (rc == RBK_OK)
        rc = rbk_metrics_record(store, &metric, (struct rbk_sample){4000, 4}, err);
    if (rc == RBK_OK)
        rc = rbk_metrics_record_many(store, &metric, more, 3, err);
    if (rc == RBK_OK)
        return rbk_store_commit(store, err);
    rbk_store_rollback(store);
    return rc;
}

static int keep_metrics(const char *dir, struct rbk_error *err)
{
    struct rbk_store *store = NULL;
    struct rbk_metrics_query query = {.name = "queue_size", .since_ms = 2000, .until_ms = 5000};
    double sum = 0;
    int rc = rbk_state_open(dir, &store, err);
    if (rc == RBK_OK)
        rc = record(store, err);
    if (rc == RBK_OK)
        rc = rbk_metrics_query(store, &query, take, &sum, err);
    rbk_store_close(store);
    return rc == RBK_OK && sum != 9 ? rbk_error_set(err, RBK_EFAIL, "the sum is %g", sum) : rc;
}

int main(int argc, char **argv_of_main)
{
    struct rbk_error err;
    double seconds = 0;
    if (argc != 2 || keep_metrics(argv_of_main[1], &err) != RBK_OK) {
        fprintf(stderr, "%s\n", argc == 2 ? err.message : "usage: embed STATE_FOLDER");
        return 1;
    }
    if (rbk_quantity_parse_as("timeout", "1m30s", RBK_UNIT_SECONDS, &seconds, &err) != RBK_OK)
        return 1;
    char *argv[] = {"echo", "embedded", NULL};
    struct rbk_exec_options options = {.argv = argv, .timeout_ms = (int64_t)seconds * 1000};
    struct rbk_exec_result result;
    if (rbk_exec(&options, &result, &err) != RBK_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    int matches = result.exit_code == 0 && strcmp(result.out, "embedded\n") == 0;
    rbk_exec_result_fini(&result);
    return matches ? 0 : 1;
}
