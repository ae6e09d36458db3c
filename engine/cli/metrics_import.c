/* `metrics import`: OpenMetrics text into the store, each file whole or not at all. */
#include <cli/metrics_commands.h>

#include <base/clock.h>
#include <base/fs.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 30 };

static int read_stdin(struct rbk_buf *out, struct rbk_error *err)
{
    for (;;) {
        char *to = rbk_buf_reserve(out, 1 << 16);
        ssize_t n = read(0, to, 1 << 16);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return rbk_error_errno(err, RBK_EINVAL, "stdin cannot be read");
        out->len += n > 0 ? (size_t)n : 0;
        if (out->len > FILE_MAX)
            return rbk_error_set(err, RBK_EINVAL, "stdin holds more than 1 GiB: import it in parts");
    }
}

static int import_one(struct rbk_cli *cli, const char *path, struct rbk_metrics_import *done, struct rbk_error *err)
{
    struct rbk_buf text = {0};
    bool dash = strcmp(path, "-") == 0;
    int rc = dash ? read_stdin(&text, err) : rbk_file_read(path, FILE_MAX, &text, err);
    if (rc == 0)
        rc = rbk_store_begin(cli->store, err);
    if (rc == 0) {
        rc = rbk_metrics_import(cli->store, dash ? "stdin" : path, text.data ? text.data : "", text.len, done, err);
        if (rc == 0)
            rc = rbk_store_commit(cli->store, err);
        else
            rbk_store_rollback(cli->store);
    }
    rbk_buf_fini(&text);
    return rc;
}

/* What is too old by the configuration does not come to stay. */
static int tidy(struct rbk_cli *cli, struct rbk_error *err)
{
    struct rbk_metrics_tidied done = {0};
    struct rbk_metrics_keep keep;
    rbk_metrics_keep_read(rbk_map_get(cli->config->tree, "metrics"), &keep);
    int rc = rbk_metrics_tidy(cli->store, &keep, rbk_clock_wall_ms(), 0, &done, err);
    rbk_metrics_tell_damage(&done.damage, "they were set aside");
    if (rc == 0 && done.removed)
        fprintf(stderr, "%lld samples older than metrics.retention were not kept\n", (long long)done.removed);
    return rc;
}

int rbk_metrics_word_import(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    rbk_value *files = rbk_list_new();
    int rc = rbk_cli_store(cli, err);
    for (size_t i = 1; i < args->rest.count && rc == 0; i++) {
        const char *path = args->rest.items[i];
        struct rbk_metrics_import done = {0};
        rc = import_one(cli, path, &done, err);
        if (rc == 0 && !cli->json)
            printf("%s: %lld sample%s of %lld series\n", path, (long long)done.samples, done.samples == 1 ? "" : "s",
                   (long long)done.series);
        rbk_value *file = rbk_map_new();
        rbk_map_set_string(file, "path", path);
        rbk_map_set_int(file, "samples", done.samples);
        rbk_map_set_int(file, "series", done.series);
        rbk_list_append(files, file);
    }
    if (rc == 0)
        rc = tidy(cli, err);
    if (rc < 0 || !cli->json) {
        rbk_value_free(files);
        return rc;
    }
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.metrics.import/1");
    rbk_map_set(document, "files", files);
    return rbk_cli_print_json(document);
}
