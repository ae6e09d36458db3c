/* `metrics trend`: where a metric goes, how it compares with the time before, when it changed, and when it reaches a
 * limit. */
#include <cli/metrics_commands.h>

#include <base/clock.h>
#include <base/mem.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES_MAX = 32 };
static const double day_s = 86400, clear_p = 0.001;

struct showing {
    struct rbk_cli *cli;
    const struct rbk_metrics_query *query;
    struct rbk_buf text;
    rbk_value *series;
    const char *limit; /* as it was written, or NULL */
    struct rbk_error *err;
};

static double mean_of(const double *v, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++)
        sum += v[i];
    return sum / (double)(to - from);
}

static int take_mean(void *arg, const struct rbk_metrics_series *s)
{
    *(double *)arg = s->value[0];
    return 0;
}

/* The mean of the same series over the same length of time before, NAN when nothing was measured then. */
static int baseline_of(struct showing *w, const struct rbk_metrics_series *s, double *out)
{
    struct rbk_metrics_query q = {.name = s->name,
                                  .labels = s->labels,
                                  .label_count = s->label_count,
                                  .aggregate = RBK_AGG_AVG,
                                  .until_ms = w->query->since_ms};
    int64_t until = w->query->until_ms == INT64_MAX ? rbk_clock_wall_ms() : w->query->until_ms;
    q.since_ms = w->query->since_ms - (until - w->query->since_ms);
    *out = NAN;
    return rbk_metrics_query(w->cli->store, &q, take_mean, out, w->err);
}

static void number(rbk_value *map, const char *key, double n)
{
    rbk_map_set(map, key, isfinite(n) ? rbk_number_new(n, RBK_UNIT_NONE) : rbk_null_new());
}

/* The means before and after each change. */
static void put_changes(struct showing *w, rbk_value *v, const struct rbk_metrics_series *s)
{
    size_t changes[CHANGES_MAX + 1];
    size_t n = rbk_metrics_changes(s->value, s->count, clear_p, changes, CHANGES_MAX);
    rbk_value *list = rbk_list_new();
    changes[n] = s->count;
    for (size_t i = 0; i < n; i++) {
        char when[RBK_TIME_SIZE], from[64], to[64];
        double before = mean_of(s->value, i ? changes[i - 1] : 0, changes[i]);
        double after = mean_of(s->value, changes[i], changes[i + 1]);
        rbk_value *change = rbk_map_new();
        rbk_map_set_int(change, "at_ms", s->at_ms[changes[i]]);
        number(change, "before", before);
        number(change, "after", after);
        rbk_list_append(list, change);
        rbk_time_local(s->at_ms[changes[i]], when);
        rbk_metrics_value_text(before, s->unit, from);
        rbk_metrics_value_text(after, s->unit, to);
        rbk_buf_printf(&w->text, "  changed   %.16s  from %s to %s\n", when, from, to);
    }
    rbk_map_set(v, "changes", list);
}

static void put_trend(struct showing *w, rbk_value *v, const struct rbk_metrics_series *s, const struct rbk_trend *t)
{
    char text[64];
    bool clear = strcmp(rbk_trend_direction(t), "none") != 0;
    rbk_map_set_string(v, "direction", rbk_trend_direction(t));
    number(v, "per_day", t->found ? t->slope * day_s : NAN);
    number(v, "per_day_low", t->found ? t->slope_low * day_s : NAN);
    number(v, "per_day_high", t->found ? t->slope_high * day_s : NAN);
    if (!t->found) {
        rbk_buf_puts(&w->text, "  trend     too few points\n");
        return;
    }
    rbk_metrics_value_text(fabs(t->slope * day_s), s->unit, text);
    rbk_buf_printf(&w->text, "  trend     %s by %s a day%s\n", t->slope > 0 ? "rising" : "falling", text,
                   clear ? "" : ", which may be chance");
}

static void put_baseline(struct showing *w, rbk_value *v, const struct rbk_metrics_series *s, double before)
{
    char now[64], then[64];
    double mean = mean_of(s->value, 0, s->count);
    number(v, "mean", mean);
    number(v, "baseline", before);
    number(v, "ratio", mean / before);
    rbk_metrics_value_text(mean, s->unit, now);
    rbk_metrics_value_text(before, s->unit, then);
    rbk_buf_printf(&w->text, "  mean      %s", now);
    if (isfinite(before))
        rbk_buf_printf(&w->text, ", before that %s", then);
    if (isfinite(mean / before))
        rbk_buf_printf(&w->text, " (%.2fx)", mean / before);
    rbk_buf_putc(&w->text, '\n');
}

/* Whether a limit is a ceiling or a floor, nobody said. */
static void put_unreached(struct rbk_buf *out, const struct rbk_trend *t, double limit, enum rbk_unit unit)
{
    char now[64];
    bool away = t->slope > 0 ? t->at_end >= limit : t->slope < 0 && t->at_end <= limit;
    rbk_metrics_value_text(t->at_end, unit, now);
    if (!t->found)
        rbk_buf_puts(out, "too few points to say when it is reached\n");
    else if (away)
        rbk_buf_printf(out, "the line is at %s and goes away from it\n", now);
    else
        rbk_buf_puts(out, "not reached within ten years if it goes on like this\n");
}

static void put_forecast(struct showing *w, rbk_value *v, const struct rbk_trend *t, double limit, enum rbk_unit unit)
{
    char when[RBK_TIME_SIZE];
    int64_t at = 0;
    bool reached = w->limit && rbk_metrics_forecast(t, limit, &at);
    rbk_map_set(v, "limit_reached_ms", reached ? rbk_int_new(at) : rbk_null_new());
    if (!w->limit)
        return;
    rbk_buf_puts(&w->text, "  limit     ");
    if (reached) {
        rbk_time_local(at, when);
        rbk_buf_printf(&w->text, "reached about %.10s if it goes on like this\n", when);
    } else {
        put_unreached(&w->text, t, limit, unit);
    }
}

static int show_series(void *arg, const struct rbk_metrics_series *s)
{
    struct showing *w = arg;
    struct rbk_trend trend;
    double before = NAN, limit = 0;
    int rc = w->limit ? rbk_metrics_read_limit(w->limit, s, &limit, w->err) : 0;
    if (rc == 0)
        rc = baseline_of(w, s, &before);
    if (rc < 0)
        return rc;
    rbk_value *v = rbk_map_new(), *labels = rbk_map_new();
    for (size_t i = 0; i < s->label_count; i++)
        rbk_map_set_string(labels, s->labels[i].name, s->labels[i].value);
    rbk_map_set_string(v, "name", s->name);
    rbk_map_set(v, "labels", labels);
    rbk_map_set_int(v, "count", (int64_t)s->count);
    rbk_style_put(&w->cli->out, &w->text, RBK_BOLD, s->name);
    if (*s->text) {
        rbk_buf_putc(&w->text, ' ');
        rbk_escape_terminal(&w->text, s->text, strlen(s->text));
    }
    rbk_buf_printf(&w->text, "  %zu points\n", s->count);
    rbk_metrics_trend(s->at_ms, s->value, s->count, &trend);
    put_trend(w, v, s, &trend);
    put_baseline(w, v, s, before);
    put_changes(w, v, s);
    put_forecast(w, v, &trend, limit, s->unit);
    rbk_list_append(w->series, v);
    return 0;
}

static int print_showing(struct showing *w)
{
    if (!w->cli->json) {
        rbk_style_write(&w->cli->out, &w->text);
        return 0;
    }
    rbk_value *document = rbk_map_new();
    rbk_map_set_string(document, "schema", "runbook.metrics.trend/1");
    rbk_map_set(document, "series", w->series);
    w->series = NULL;
    return rbk_cli_print_json(document);
}

int rbk_metrics_word_trend(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_metrics_asked asked = {0};
    struct showing w = {
        .cli = cli, .query = &asked.query, .series = rbk_list_new(), .limit = rbk_args_get(args, "limit"), .err = err};
    int rc = rbk_metrics_ask(args, "30d", &asked, err);
    if (rc == 0 && !asked.query.name)
        rc = rbk_error_set(err, RBK_EINVAL, "`metrics trend` needs the name of a metric before its labels");
    if (rc == 0)
        rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_metrics_query(cli->store, &asked.query, show_series, &w, err);
    rc = rc == RBK_ENOENT ? 0 : rc; /* no store yet */
    if (rc == 0 && !w.text.len)
        rc = rbk_metrics_tell_nothing(cli, &asked.query, err);
    if (rc == 0)
        rc = print_showing(&w);
    rbk_value_free(w.series);
    rbk_buf_fini(&w.text);
    rbk_metrics_tell_damage(&asked.damage, "the rest is shown");
    rbk_metrics_asked_fini(&asked);
    return rc;
}
