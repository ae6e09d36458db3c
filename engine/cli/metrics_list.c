/* `metrics list`: every series, with how much there is of it and its last value. Labels that do not fit beside the name
 * go below it. */
#include <cli/metrics_commands.h>

#include <base/clock.h>
#include <base/mem.h>
#include <base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    struct rbk_cli *cli;
    struct rbk_buf text;
    rbk_value *series;
};

static rbk_value *row_value(const struct rbk_metrics_series *s)
{
    char when[RBK_TIME_SIZE];
    rbk_value *v = rbk_map_new(), *labels = rbk_map_new();
    for (size_t i = 0; i < s->label_count; i++)
        rbk_map_set_string(labels, s->labels[i].name, s->labels[i].value);
    rbk_map_set_string(v, "name", s->name);
    rbk_map_set(v, "labels", labels);
    rbk_map_set_string(v, "kind", rbk_metric_kind_name(s->kind));
    rbk_map_set_string(v, "unit", rbk_unit_name(s->unit));
    rbk_map_set_int(v, "count", s->stored);
    rbk_time_rfc3339(s->at_ms[s->count - 1], when);
    rbk_map_set_string(v, "last_at", when);
    rbk_map_set(v, "last", rbk_number_new(s->value[s->count - 1], RBK_UNIT_NONE));
    return v;
}

enum { INDENT = 6 };

/* What stands before them ends at `used`. Only a terminal cuts a label: a file may be read by a program. */
static void put_labels(struct listing *l, const struct rbk_metrics_series *s, size_t used)
{
    const struct rbk_style *style = &l->cli->out;
    size_t columns = (size_t)style->columns;
    bool below = used + 1 + rbk_display_width(s->text, strlen(s->text)) > columns;
    for (size_t i = 0; i < s->label_count; i++) {
        char *text =
            rbk_asprintf("%s=\"%s\"%s", s->labels[i].name, s->labels[i].value, i + 1 < s->label_count ? "," : "");
        size_t width = rbk_display_width(text, strlen(text));
        if (i ? used + width > columns : below) {
            rbk_buf_printf(&l->text, "\n%*s", INDENT, "");
            used = INDENT;
        } else if (i == 0) {
            rbk_buf_putc(&l->text, ' ');
            used++;
        }
        used += rbk_style_fit(&l->text, text, style->terminal && columns > used ? columns - used : SIZE_MAX);
        free(text);
    }
}

static int list_series(void *arg, const struct rbk_metrics_series *s)
{
    struct listing *l = arg;
    if (l->cli->json) {
        rbk_list_append(l->series, row_value(s));
        return 0;
    }
    char value[64], when[RBK_TIME_SIZE], head[128];
    rbk_metrics_value_text(s->value[s->count - 1], s->unit, value);
    rbk_time_local(s->at_ms[s->count - 1], when);
    int used = snprintf(head, sizeof head, "%.16s  %8lld  %-10s  ", when, (long long)s->stored, value);
    rbk_buf_puts(&l->text, head);
    rbk_style_put(&l->cli->out, &l->text, RBK_BOLD, s->name);
    put_labels(l, s, (size_t)used + strlen(s->name));
    rbk_buf_putc(&l->text, '\n');
    return 0;
}

int rbk_metrics_word_list(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct listing l = {.cli = cli, .series = rbk_list_new()};
    struct rbk_metrics_asked asked = {0};
    int rc = rbk_metrics_ask(args, NULL, &asked, err);
    asked.query.newest_only = true;
    if (rc == 0)
        rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_metrics_query(cli->store, &asked.query, list_series, &l, err);
    if ((rc == 0 || rc == RBK_ENOENT) && cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.metrics.list/1");
        rbk_map_set(document, "series", l.series);
        l.series = NULL;
        rc = rbk_cli_print_json(document);
    } else if (rc == 0 || rc == RBK_ENOENT) {
        if (!l.text.len)
            rbk_metrics_tell_nothing(cli, &asked.query, err);
        rbk_style_write(&cli->out, &l.text);
        rc = 0;
    }
    rbk_value_free(l.series);
    rbk_buf_fini(&l.text);
    rbk_metrics_tell_damage(&asked.damage, "the rest is shown");
    rbk_metrics_asked_fini(&asked);
    return rc;
}
