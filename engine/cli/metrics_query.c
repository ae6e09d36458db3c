/* `metrics query`: the points of each series that fits, as JSON, or drawn: one series as a chart, several as a line
 * each. */
#include <cli/metrics_commands.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/chart.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct drawing {
    struct rbk_cli *cli;
    struct rbk_buf chart, lines; /* of the only series; of all */
    const char *limit;
    enum rbk_aggregate aggregate;
    size_t count;
    struct rbk_error *err;
};

static void put_title(struct rbk_style *style, struct rbk_buf *out, const struct rbk_metrics_series *s)
{
    rbk_style_put(style, out, RBK_BOLD, s->name);
    if (*s->text) {
        rbk_buf_puts(out, "{");
        rbk_escape_terminal(out, s->text, strlen(s->text));
        rbk_buf_puts(out, "}");
    }
    rbk_buf_putc(out, '\n');
}

static void put_summary(struct rbk_buf *out, const struct rbk_metrics_series *s)
{
    char low[64], high[64], mean[64], last[64];
    double min = s->value[0], max = s->value[0], sum = 0;
    for (size_t i = 0; i < s->count; i++) {
        min = s->value[i] < min ? s->value[i] : min;
        max = s->value[i] > max ? s->value[i] : max;
        sum += s->value[i];
    }
    rbk_metrics_value_text(min, s->unit, low);
    rbk_metrics_value_text(max, s->unit, high);
    rbk_metrics_value_text(sum / (double)s->count, s->unit, mean);
    rbk_metrics_value_text(s->value[s->count - 1], s->unit, last);
    rbk_buf_printf(out, "last %s  avg %s  min %s  max %s  %zu point%s\n", last, mean, low, high, s->count,
                   s->count == 1 ? "" : "s");
}

static int draw_series(void *arg, const struct rbk_metrics_series *s)
{
    struct drawing *d = arg;
    struct rbk_style *style = &d->cli->out;
    struct rbk_chart chart = {
        .at_ms = s->at_ms, .value = s->value, .count = s->count, .unit = s->unit, .columns = style->columns};
    if (d->limit) {
        int rc = rbk_metrics_read_limit(d->limit, s, &chart.lines[0].value, d->err);
        if (rc < 0)
            return rc;
        chart.lines[0].name = "limit";
    }
    d->count++;
    put_title(style, &d->lines, s);
    rbk_buf_puts(&d->lines, "  ");
    rbk_sparkline_put(&d->lines, s->value, s->count, style->columns - 4);
    rbk_buf_puts(&d->lines, "\n  ");
    put_summary(&d->lines, s);
    if (d->count == 1) {
        put_title(style, &d->chart, s);
        if (s->count > 1)
            rbk_chart_put(&d->chart, &chart);
        put_summary(&d->chart, s);
    }
    return 0;
}

static int draw(struct rbk_cli *cli, const struct rbk_metrics_query *q, const struct rbk_args *args,
                struct rbk_error *err)
{
    struct drawing d = {.cli = cli, .limit = rbk_args_get(args, "limit"), .err = err};
    int rc = cli->store ? rbk_metrics_query(cli->store, q, draw_series, &d, err) : 0;
    if (rc == 0 && d.count == 0)
        rc = rbk_metrics_tell_nothing(cli, q, err);
    if (rc == 0)
        rbk_style_write(&cli->out, d.count == 1 ? &d.chart : &d.lines);
    rbk_buf_fini(&d.chart);
    rbk_buf_fini(&d.lines);
    return rc;
}

static int to_stdout(void *arg, const char *text, size_t len)
{
    (void)arg;
    fwrite(text, 1, len, stdout);
    return 0;
}

static int print_json(struct rbk_cli *cli, const struct rbk_metrics_query *q, struct rbk_error *err)
{
    if (!cli->store) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.metrics/1");
        rbk_map_set(document, "series", rbk_list_new());
        return rbk_cli_print_json(document);
    }
    bool any = false;
    int rc = rbk_metrics_export(cli->store, q, RBK_METRICS_JSON, to_stdout, NULL, &any, err);
    return rc == 0 && !any ? rbk_metrics_tell_nothing(cli, q, err) : rc;
}

int rbk_metrics_word_query(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_metrics_asked asked = {0};
    int rc = rbk_metrics_ask(args, "7d", &asked, err);
    if (rc == 0 && !asked.query.name)
        rc = rbk_error_set(err, RBK_EINVAL, "`metrics query` needs the name of a metric before its labels");
    if (rc == 0) {
        rc = rbk_cli_store_read(cli, err);
        rc = rc == RBK_ENOENT ? 0 : rc; /* no store yet: nothing was measured */
    }
    if (rc == 0)
        rc = cli->json ? print_json(cli, &asked.query, err) : draw(cli, &asked.query, args, err);
    rbk_metrics_tell_damage(&asked.damage, "the rest is shown");
    rbk_metrics_asked_fini(&asked);
    return rc;
}
