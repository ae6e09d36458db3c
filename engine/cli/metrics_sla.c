/* `metrics sla`: every promise of runbook.yaml: the last value, the target, whether it is met, missed or an alert, and
 * where it goes. The five of the handbook are measured by each test run and by daily/morning-health-check as
 * sla_<name>; any other name under `sla` is a metric of that name. Each level's time has its target, and its max as
 * alert. Each of `limits` is compared with the highest value of the day that was measured last. */
#include <cli/metrics_commands.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_DAYS = 30 };
static const int64_t day_ms = INT64_C(86400) * 1000;

struct promise {
    const char *name;
    bool limit; /* a row of `limits`: the highest value of a day counts */
    struct rbk_quantity target, alert;
    bool has_target, has_alert, lower; /* lower: is better */
    bool measured;
    double value;
    enum rbk_unit unit;
    struct rbk_trend trend;
};

struct showing {
    struct rbk_cli *cli;
    struct rbk_buf text;
    rbk_value *rows;
    struct rbk_metrics_damage damage;
};

static int take_value(void *arg, const struct rbk_metrics_series *s)
{
    struct promise *p = arg;
    p->measured = true;
    p->value = s->value[s->count - 1];
    p->unit = s->unit;
    return 1; /* the first series says it */
}

static int take_trend(void *arg, const struct rbk_metrics_series *s)
{
    struct promise *p = arg;
    rbk_metrics_trend(s->at_ms, s->value, s->count, &p->trend);
    return p->limit ? take_value(p, s) : 1;
}

/* All series of that name and label together. The trend is one of days, so that a day of many runs counts like any
 * other. 1 = something was measured. */
static int ask(struct showing *s, const char *name, const struct rbk_label *label, struct promise *p,
               struct rbk_error *err)
{
    struct rbk_cli *cli = s->cli;
    struct rbk_metrics_query q = {.name = name,
                                  .labels = label,
                                  .label_count = label ? 1 : 0,
                                  .since_ms = rbk_clock_wall_ms() - LOOK_DAYS * day_ms,
                                  .until_ms = INT64_MAX,
                                  .newest_only = true,
                                  .by = ""};
    int rc = cli->store && !p->limit ? rbk_metrics_query(cli->store, &q, take_value, p, err) : 0;
    q.damage = &s->damage; /* the same samples again, and more */
    q.newest_only = false;
    q.step_ms = day_ms;
    q.aggregate = p->limit ? RBK_AGG_MAX : RBK_AGG_AVG;
    return cli->store && rc >= 0 ? rbk_metrics_query(cli->store, &q, take_trend, p, err) : rc;
}

static bool reaches(const struct promise *p, struct rbk_quantity limit)
{
    return p->lower ? p->value <= limit.value : p->value >= limit.value;
}

static const char *state_of(const struct promise *p)
{
    if (!p->measured || !p->has_target)
        return "no data";
    if (reaches(p, p->target))
        return "met";
    return p->has_alert && !reaches(p, p->alert) ? "alert" : "missed";
}

static const char *direction_of(const struct promise *p)
{
    const char *direction = rbk_trend_direction(&p->trend);
    if (!p->trend.found)
        return "new"; /* too few days for a line */
    if (strcmp(direction, "none") == 0)
        return "steady";
    return (strcmp(direction, "falling") == 0) == p->lower ? "better" : "worse";
}

static rbk_value *number_or_null(bool there, struct rbk_quantity q)
{
    return there ? rbk_number_new(q.value, RBK_UNIT_NONE) : rbk_null_new();
}

static rbk_value *row_value(const struct promise *p)
{
    rbk_value *row = rbk_map_new();
    char *name = rbk_asprintf("%s%s", p->limit ? "limits." : "", p->name);
    rbk_map_set_string(row, "name", name);
    free(name);
    rbk_map_set(row, "value", p->measured ? rbk_number_new(p->value, RBK_UNIT_NONE) : rbk_string_new("no data"));
    rbk_map_set(row, "target", number_or_null(p->has_target, p->target));
    rbk_map_set(row, "alert", number_or_null(p->has_alert, p->alert));
    rbk_map_set_string(row, "better", p->lower ? "lower" : "higher");
    rbk_map_set_string(row, "state", state_of(p));
    rbk_map_set_string(row, "trend", p->measured ? direction_of(p) : "no data");
    return row;
}

static void put_limit(struct rbk_buf *out, const char *what, const char *sign, bool there, struct rbk_quantity limit)
{
    char text[64] = "-";
    if (there)
        rbk_metrics_value_text(limit.value, limit.unit, text);
    rbk_buf_printf(out, "  %s %s %-5s", what, there ? sign : "  ", text);
}

static void put_row(struct rbk_style *style, struct rbk_buf *out, const struct promise *p)
{
    char value[64] = "no data";
    const char *state = state_of(p);
    enum rbk_tint tint = strcmp(state, "met") == 0 ? RBK_GREEN : strcmp(state, "no data") == 0 ? RBK_DIM : RBK_RED;
    if (p->measured)
        rbk_metrics_value_text(p->value, p->has_target ? p->target.unit : p->unit, value);
    rbk_buf_printf(out, "%-21s %-9s", p->name, value);
    put_limit(out, "target", p->lower ? "<=" : ">=", p->has_target, p->target);
    put_limit(out, "alert", p->lower ? ">" : "<", p->has_alert, p->alert);
    rbk_buf_puts(out, "  ");
    rbk_style_put(style, out, tint, state);
    if (p->measured)
        rbk_buf_printf(out, "%*s%s", (int)(8 - strlen(state)), "", direction_of(p));
    rbk_buf_putc(out, '\n');
}

static void show(struct showing *s, const struct promise *p)
{
    put_row(&s->cli->out, &s->text, p);
    rbk_list_append(s->rows, row_value(p));
}

static void read_limit(const rbk_value *row, const char *key, bool *there, struct rbk_quantity *out)
{
    const rbk_value *v = rbk_map_get(row, key);
    *there = v != NULL;
    *out = (struct rbk_quantity){rbk_value_number(v), rbk_value_unit(v)};
}

static int show_metric(struct showing *s, const char *name, const rbk_value *row, struct rbk_error *err)
{
    const char *better = rbk_map_get_string(row, "better");
    struct promise p = {.name = name, .lower = better && strcmp(better, "lower") == 0};
    char *own = rbk_asprintf("sla_%s", name);
    read_limit(row, "target", &p.has_target, &p.target);
    read_limit(row, "alert", &p.has_alert, &p.alert);
    int rc = ask(s, own, NULL, &p, err);
    if (rc == 0)
        rc = ask(s, name, NULL, &p, err);
    free(own);
    show(s, &p);
    return rc < 0 ? rc : 0;
}

static int show_level(struct showing *s, const struct rbk_level *level, struct rbk_error *err)
{
    char *name = rbk_asprintf("level %s", level->name);
    struct rbk_label label = {"level", level->name};
    struct promise p = {.name = name,
                        .lower = true,
                        .has_target = level->target_ms > 0,
                        .has_alert = level->max_ms > 0,
                        .target = {(double)level->target_ms / 1e3, RBK_UNIT_SECONDS},
                        .alert = {(double)level->max_ms / 1e3, RBK_UNIT_SECONDS}};
    int rc = ask(s, "tests_duration_seconds", &label, &p, err);
    if (p.has_target || p.has_alert)
        show(s, &p);
    free(name);
    return rc < 0 ? rc : 0;
}

/* The names of limits are those of metrics that somebody records, but for what the engine knows by itself. */
static char *metric_of_limit(const char *name)
{
    if (strcmp(name, "memory.process") == 0)
        return rbk_strdup("runbook_command_memory_bytes");
    char *metric = rbk_strdup(name);
    for (char *p = metric; *p; p++)
        *p = *p == '.' ? '_' : *p;
    return metric;
}

static int show_limit(struct showing *s, const char *name, const rbk_value *limit, struct rbk_error *err)
{
    struct promise p = {.name = name,
                        .limit = true,
                        .lower = true,
                        .has_target = true,
                        .target = {rbk_value_number(limit), rbk_value_unit(limit)}};
    char *metric = metric_of_limit(name);
    int rc = p.target.value > 0 ? ask(s, metric, NULL, &p, err) : 0;
    if (p.target.value > 0)
        show(s, &p);
    free(metric);
    return rc < 0 ? rc : 0;
}

/* `inside` is "" or "memory.". */
static int show_limits(struct showing *s, const rbk_value *limits, const char *inside, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < rbk_value_length(limits) && rc == 0; i++) {
        const rbk_value *limit = rbk_map_value_at(limits, i);
        bool group = rbk_value_type(limit) == RBK_MAP;
        char *name = rbk_asprintf("%s%s%s", inside, rbk_map_key_at(limits, i), group ? "." : "");
        rc = group ? show_limits(s, limit, name, err) : show_limit(s, name, limit, err);
        free(name);
    }
    return rc;
}

static int show_all(struct showing *s, struct rbk_error *err)
{
    const struct rbk_config *config = s->cli->config;
    const rbk_value *sla = rbk_map_get(config->tree, "sla");
    int rc = 0;
    for (size_t i = 0; i < rbk_value_length(sla) && rc == 0; i++)
        rc = show_metric(s, rbk_map_key_at(sla, i), rbk_map_value_at(sla, i), err);
    for (size_t i = 0; i < config->level_count && rc == 0; i++)
        rc = show_level(s, &config->levels[i], err);
    rbk_buf_puts(&s->text, "\nlimits\n");
    return rc == 0 ? show_limits(s, rbk_map_get(config->tree, "limits"), "", err) : rc;
}

int rbk_metrics_word_sla(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct showing s = {.cli = cli, .rows = rbk_list_new()};
    (void)args;
    int rc = rbk_cli_config(cli, err);
    if (rc == 0) {
        rc = rbk_cli_store_read(cli, err);
        rc = rc == RBK_ENOENT ? 0 : rc; /* no store yet: nothing was measured */
    }
    if (rc == 0)
        rc = show_all(&s, err);
    rbk_metrics_tell_damage(&s.damage, "the rest is shown");
    if (rc == 0 && cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.metrics.sla/1");
        rbk_map_set(document, "metrics", s.rows);
        s.rows = NULL;
        rc = rbk_cli_print_json(document);
    } else if (rc == 0) {
        rbk_style_write(&cli->out, &s.text);
    }
    rbk_value_free(s.rows);
    rbk_buf_fini(&s.text);
    return rc;
}
