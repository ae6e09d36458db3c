/* `metrics sla`: every promise of runbook.yaml's `sla`: the last value, the target, whether it is met, missed or an
 * alert, and where it goes. The five of the handbook are measured by each test run and by daily/morning-health-check as
 * sla_<name>; any other name is a metric of that name. */
#include <cli/metrics_commands.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t look_ms = INT64_C(30) * 86400 * 1000;

struct promise {
    const char *name;
    const rbk_value *target, *alert; /* NULL = none */
    bool lower;                      /* is better */
    bool measured;
    double value;
    enum rbk_unit unit;
    struct rbk_trend trend;
};

static int take_series(void *arg, const struct rbk_metrics_series *s)
{
    struct promise *p = arg;
    p->measured = true;
    p->value = s->value[s->count - 1];
    p->unit = s->unit;
    rbk_metrics_trend(s->at_ms, s->value, s->count, &p->trend);
    return 1; /* the first series says it */
}

static int measure(struct rbk_cli *cli, struct promise *p, struct rbk_error *err)
{
    char *own = rbk_asprintf("sla_%s", p->name);
    struct rbk_metrics_query q = {
        .name = own, .since_ms = rbk_clock_wall_ms() - look_ms, .until_ms = INT64_MAX, .by = "metric"};
    int rc = rbk_metrics_query(cli->store, &q, take_series, p, err);
    q.name = p->name;
    if (rc == 0)
        rc = rbk_metrics_query(cli->store, &q, take_series, p, err);
    free(own);
    return rc < 0 ? rc : 0;
}

static bool reaches(const struct promise *p, const rbk_value *limit)
{
    double n = rbk_value_number(limit);
    return p->lower ? p->value <= n : p->value >= n;
}

static const char *state_of(const struct promise *p)
{
    if (!p->measured || !p->target)
        return "no data";
    if (reaches(p, p->target))
        return "met";
    return p->alert && !reaches(p, p->alert) ? "alert" : "missed";
}

static const char *direction_of(const struct promise *p)
{
    if (!p->trend.found || p->trend.slope_low * p->trend.slope_high <= 0)
        return "steady";
    return (p->trend.slope < 0) == p->lower ? "better" : "worse";
}

static rbk_value *number_or_null(const rbk_value *v)
{
    return v ? rbk_number_new(rbk_value_number(v), RBK_UNIT_NONE) : rbk_null_new();
}

static rbk_value *row_value(const struct promise *p)
{
    rbk_value *row = rbk_map_new();
    rbk_map_set_string(row, "name", p->name);
    rbk_map_set(row, "value", p->measured ? rbk_number_new(p->value, RBK_UNIT_NONE) : rbk_string_new("no data"));
    rbk_map_set(row, "target", number_or_null(p->target));
    rbk_map_set(row, "alert", number_or_null(p->alert));
    rbk_map_set_string(row, "better", p->lower ? "lower" : "higher");
    rbk_map_set_string(row, "state", state_of(p));
    rbk_map_set_string(row, "trend", p->measured ? direction_of(p) : "no data");
    return row;
}

static void put_limit(struct rbk_buf *out, const char *what, const char *sign, const rbk_value *limit)
{
    char text[64] = "-";
    if (limit)
        rbk_metrics_value_text(rbk_value_number(limit), rbk_value_unit(limit), text);
    rbk_buf_printf(out, "  %s %s %-6s", what, limit ? sign : "", text);
}

static void put_row(struct rbk_style *style, struct rbk_buf *out, const struct promise *p)
{
    char value[64] = "no data";
    const char *state = state_of(p);
    if (p->measured)
        rbk_metrics_value_text(p->value, p->target ? rbk_value_unit(p->target) : p->unit, value);
    rbk_buf_printf(out, "%-18s %-9s", p->name, value);
    put_limit(out, "target", p->lower ? "<=" : ">=", p->target);
    put_limit(out, "alert", p->lower ? ">" : "<", p->alert);
    rbk_buf_puts(out, "  ");
    rbk_style_put(style, out, *state == 'm' && state[1] == 'e' ? RBK_GREEN : *state == 'n' ? RBK_DIM : RBK_RED, state);
    if (p->measured)
        rbk_buf_printf(out, "%*s%s", (int)(8 - strlen(state)), "", direction_of(p));
    rbk_buf_putc(out, '\n');
}

static int show_all(struct rbk_cli *cli, struct rbk_buf *text, rbk_value *rows, struct rbk_error *err)
{
    const rbk_value *sla = rbk_map_get(cli->config->tree, "sla");
    int rc = 0;
    for (size_t i = 0; i < rbk_value_length(sla) && rc == 0; i++) {
        const rbk_value *row = rbk_map_value_at(sla, i);
        const char *better = rbk_map_get_string(row, "better");
        struct promise p = {.name = rbk_map_key_at(sla, i),
                            .target = rbk_map_get(row, "target"),
                            .alert = rbk_map_get(row, "alert"),
                            .lower = better && strcmp(better, "lower") == 0};
        if (cli->store)
            rc = measure(cli, &p, err);
        put_row(&cli->out, text, &p);
        rbk_list_append(rows, row_value(&p));
    }
    return rc;
}

int rbk_metrics_word_sla(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_buf text = {0};
    rbk_value *rows = rbk_list_new();
    (void)args;
    int rc = rbk_cli_config(cli, err);
    if (rc == 0) {
        rc = rbk_cli_store_read(cli, err);
        rc = rc == RBK_ENOENT ? 0 : rc; /* no store yet: nothing was measured */
    }
    if (rc == 0)
        rc = show_all(cli, &text, rows, err);
    if (rc == 0 && cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.metrics.sla/1");
        rbk_map_set(document, "metrics", rows);
        rows = NULL;
        rc = rbk_cli_print_json(document);
    } else if (rc == 0) {
        rbk_style_write(&cli->out, &text);
    }
    rbk_value_free(rows);
    rbk_buf_fini(&text);
    return rc;
}
