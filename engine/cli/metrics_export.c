/* `metrics export`: text for other programs, to stdout or into a file that is always whole: node-exporter's textfile
 * collector may read it at any time. */
#include <cli/metrics_commands.h>

#include <base/fs.h>
#include <cli/telemetry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int to_stdout(void *arg, const char *text, size_t len)
{
    struct rbk_error *err = arg;
    if (fwrite(text, 1, len, stdout) == len || errno == EPIPE)
        return 0;
    return rbk_error_errno(err, RBK_ESTORE, "stdout cannot be written");
}

static int to_buffer(void *arg, const char *text, size_t len)
{
    rbk_buf_append(arg, text, len);
    return 0;
}

static int export_to(struct rbk_cli *cli, const struct rbk_metrics_query *q, enum rbk_metrics_format format,
                     const char *path, struct rbk_error *err)
{
    struct rbk_buf text = {0};
    bool any = false;
    int rc =
        rbk_metrics_export(cli->store, q, format, path ? to_buffer : to_stdout, path ? (void *)&text : err, &any, err);
    if (rc == 0 && !any)
        rc = rbk_metrics_tell_nothing(cli, q, err);
    if (rc == 0 && !path)
        return fflush(stdout) && errno != EPIPE ? to_stdout(err, "", 1) : 0;
    if (rc == 0)
        rc = rbk_file_write_atomic(path, text.data ? text.data : "", text.len, 0644, err);
    rbk_buf_fini(&text);
    return rc;
}

/* node-exporter reads *.prom in Prometheus' own format. */
static int choose_format(struct rbk_cli *cli, const struct rbk_args *args, enum rbk_metrics_format *out,
                         struct rbk_error *err)
{
    const char *name = rbk_args_get(args, "format"), *path = rbk_args_get(args, "output");
    *out = cli->json ? RBK_METRICS_JSON : RBK_METRICS_OPENMETRICS;
    if (path && rbk_ends_with(path, ".prom"))
        *out = RBK_METRICS_PROMETHEUS;
    return name ? rbk_metrics_format_parse(name, out, err) : 0;
}

/* OpenTelemetry's JSON is made elsewhere: metrics are one of two things that it says. */
static int export_otlp(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_metrics_query *q,
                       struct rbk_error *err)
{
    const char *path = rbk_args_get(args, "output");
    rbk_value *document = NULL;
    int rc = rbk_telemetry_metrics(cli, q, &document, err);
    if (rc < 0 || !path)
        return rc < 0 ? rc : rbk_cli_print_json(document);
    char *text = rbk_value_to_json(document, 0);
    rc = rbk_file_write_atomic(path, text, strlen(text), 0644, err);
    free(text);
    rbk_value_free(document);
    return rc;
}

int rbk_metrics_word_export(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_metrics_asked asked = {0};
    enum rbk_metrics_format format = RBK_METRICS_OPENMETRICS;
    const char *name = rbk_args_get(args, "format");
    bool otlp = name && strcmp(name, "otlp") == 0;
    int rc = otlp ? 0 : choose_format(cli, args, &format, err);
    if (rc == 0)
        rc = rbk_metrics_ask(args, NULL, &asked, err);
    bool ranged = rbk_args_has(args, "since") || rbk_args_has(args, "until") || asked.query.aggregate != RBK_AGG_RAW;
    asked.query.newest_only = format == RBK_METRICS_OPENMETRICS && !ranged;
    if (rc == 0)
        rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = otlp ? export_otlp(cli, args, &asked.query, err)
                  : export_to(cli, &asked.query, format, rbk_args_get(args, "output"), err);
    rbk_metrics_tell_damage(&asked.damage, "the rest is shown");
    rbk_metrics_asked_fini(&asked);
    return rc;
}
