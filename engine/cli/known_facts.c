/* See known_facts.h. A metric older than a week, or a fact of a run that ended more than a day ago, says nothing about
 * now. Test results count however old they are: they are the latest there are. */
#include <cli/known_facts.h>

#include <base/mem.h>
#include <metrics/metrics.h>
#include <results/history.h>
#include <stdlib.h>
#include <store/journal.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

enum { RUNS_MAX = 50, USUAL_MIN = 3, USUAL_MAX = 20 };

void rbk_known_facts_init(struct rbk_known_facts *k, struct rbk_store *store, int64_t now_ms)
{
    *k = (struct rbk_known_facts){.store = store, .now_ms = now_ms, .found = rbk_map_new()};
}

void rbk_known_facts_fini(struct rbk_known_facts *k)
{
    rbk_value_free(k->found);
}

/* Takes value. */
static void keep(struct rbk_known_facts *k, const char *name, rbk_value *value, int64_t at_ms, const char *source)
{
    rbk_value *fact = rbk_map_new();
    rbk_map_set(fact, "value", value);
    rbk_map_set_int(fact, "at", at_ms);
    rbk_map_set_string(fact, "source", source);
    rbk_map_set(k->found, name, fact);
}

static bool went_wrong(struct rbk_known_facts *k, int rc, const struct rbk_error *err)
{
    if (rc < 0 && rc != RBK_ENOENT && k->err.code == 0)
        k->err = *err;
    return rc < 0;
}

/* ---- metrics ---- */

struct newest { /* of all series of a name */
    bool there;
    double value, smallest;
    int64_t at_ms;
    enum rbk_unit unit;
    int zeros;
};

static int take_newest(void *arg, const struct rbk_metrics_series *s)
{
    struct newest *n = arg;
    double v = s->value[s->count - 1];
    n->value = n->there && n->value > v ? n->value : v;
    n->smallest = n->there && n->smallest < v ? n->smallest : v;
    if (s->at_ms[s->count - 1] > n->at_ms)
        n->at_ms = s->at_ms[s->count - 1];
    n->unit = s->unit;
    n->zeros += v == 0;
    n->there = true;
    return 0;
}

static bool ask_metric(struct rbk_known_facts *k, const char *metric, const struct rbk_label *label, struct newest *n)
{
    struct rbk_error err = {0};
    struct rbk_metrics_query q = {.name = metric,
                                  .labels = label,
                                  .label_count = label ? 1 : 0,
                                  .since_ms = k->now_ms - 7 * DAY_MS,
                                  .until_ms = INT64_MAX,
                                  .newest_only = true};
    *n = (struct newest){0};
    return !went_wrong(k, rbk_metrics_query(k->store, &q, take_newest, n, &err), &err) && n->there;
}

static void keep_metric(struct rbk_known_facts *k, const char *name, const char *metric)
{
    struct newest n;
    char *source = rbk_asprintf("metric %s", metric);
    if (ask_metric(k, metric, NULL, &n))
        keep(k, name, rbk_number_new(n.value, n.unit), n.at_ms, source);
    free(source);
}

static void keep_service(struct rbk_known_facts *k, const char *name, const char *service)
{
    struct rbk_label label = {"service", service};
    struct newest n;
    if (ask_metric(k, "service_up", &label, &n))
        keep(k, name, rbk_int_new(n.value != 0), n.at_ms, "metric service_up");
}

static void keep_services_down(struct rbk_known_facts *k, const char *name)
{
    struct newest n;
    if (ask_metric(k, "service_up", NULL, &n))
        keep(k, name, rbk_int_new(n.zeros), n.at_ms, "metric service_up");
}

/* ---- how much slower than usual ---- */

struct slowest {
    double ratio;
    int64_t at_ms;
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_size);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static int take_slowdown(void *arg, const struct rbk_metrics_series *s)
{
    struct slowest *slow = arg;
    double before[USUAL_MAX];
    size_t count = s->count - 1 < USUAL_MAX ? s->count - 1 : USUAL_MAX;
    if (count < USUAL_MIN)
        return 0;
    memcpy(before, s->value + s->count - 1 - count, count * sizeof *before);
    double usual = median(before, count);
    double ratio = usual > 0 ? s->value[s->count - 1] / usual : 0;
    if (ratio > slow->ratio)
        *slow = (struct slowest){ratio, s->at_ms[s->count - 1]};
    return 0;
}

static void keep_slowdown(struct rbk_known_facts *k, const char *name, const char *level)
{
    struct rbk_label label = {"level", level};
    struct slowest slow = {0};
    struct rbk_error err = {0};
    struct rbk_metrics_query q = {.name = "tests_duration_seconds",
                                  .labels = &label,
                                  .label_count = level ? 1 : 0,
                                  .since_ms = k->now_ms - 30 * DAY_MS,
                                  .until_ms = INT64_MAX};
    if (!went_wrong(k, rbk_metrics_query(k->store, &q, take_slowdown, &slow, &err), &err) && slow.ratio > 0)
        keep(k, name, rbk_number_new(slow.ratio, RBK_UNIT_NONE), slow.at_ms, "metric tests_duration_seconds");
}

/* ---- test results ---- */

static void keep_results(struct rbk_known_facts *k)
{
    static const char *const names[] = {"failure_rate", "pass_rate", "failing_count"};
    rbk_value *facts = NULL;
    struct rbk_error err = {0};
    struct newest n;
    if (went_wrong(k, rbk_results_state(k->store, NULL, &facts, &err), &err))
        return;
    ask_metric(k, "tests_failure_rate", NULL, &n);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        keep(k, names[i], rbk_value_dup(rbk_map_get(facts, names[i])), n.at_ms, "test results");
    rbk_value_free(facts);
}

/* ---- facts of runs ---- */

struct searching {
    struct rbk_known_facts *known;
    const char *name;
    int looked;
};

static int search_run(void *arg, const struct rbk_run_row *row)
{
    struct searching *s = arg;
    rbk_value *facts = NULL;
    struct rbk_error err = {0};
    if (s->looked++ >= RUNS_MAX)
        return 1;
    if (row->ended_ms == 0 || went_wrong(s->known, rbk_journal_facts(s->known->store, row->id, &facts, &err), &err))
        return 0;
    const rbk_value *v = rbk_map_get(facts, s->name);
    if (v) {
        char *source = rbk_asprintf("run %.12s of %s", row->id, row->runbook);
        keep(s->known, s->name, rbk_value_dup(v), row->ended_ms, source);
        free(source);
    }
    bool found = v != NULL;
    rbk_value_free(facts);
    return found;
}

static void keep_of_runs(struct rbk_known_facts *k, const char *name)
{
    struct searching s = {.known = k, .name = name};
    struct rbk_run_filter filter = {.since_ms = k->now_ms - DAY_MS, .all = true};
    struct rbk_error err = {0};
    int rc = rbk_journal_runs(k->store, &filter, search_run, &s, &err);
    went_wrong(k, rc, &err);
}

/* ---- one name ---- */

static const char *rest_of(const char *name, const char *prefix)
{
    return rbk_starts_with(name, prefix) ? name + strlen(prefix) : NULL;
}

static void look_up(struct rbk_known_facts *k, const char *name)
{
    static const char *const sla[] = {"flaky_rate", "coverage", "execution_time", "uptime"};
    const char *rest;
    if (strcmp(name, "failure_rate") == 0 || strcmp(name, "pass_rate") == 0 || strcmp(name, "failing_count") == 0)
        keep_results(k);
    else if (strcmp(name, "services_down_count") == 0)
        keep_services_down(k, name);
    else if (strcmp(name, "slowdown") == 0)
        keep_slowdown(k, name, NULL);
    else if ((rest = rest_of(name, "slowdown.")))
        keep_slowdown(k, name, rest);
    else if ((rest = rest_of(name, "service_up.")))
        keep_service(k, name, rest);
    else if ((rest = rest_of(name, "metric.")))
        keep_metric(k, name, rest);
    for (size_t i = 0; i < sizeof sla / sizeof *sla; i++)
        if (strcmp(name, sla[i]) == 0) {
            char *metric = rbk_asprintf("sla_%s", name);
            keep_metric(k, name, metric);
            free(metric);
        }
    if (!rbk_map_get(k->found, name) && !strchr(name, '.'))
        keep_of_runs(k, name);
}

static const rbk_value *entry_of(const struct rbk_known_facts *k, const char *name)
{
    const rbk_value *fact = rbk_map_get(k->found, name);
    return rbk_value_type(fact) == RBK_MAP ? fact : NULL;
}

const rbk_value *rbk_known_fact(void *known, const char *name)
{
    struct rbk_known_facts *k = known;
    if (!rbk_map_get(k->found, name) && k->store)
        look_up(k, name);
    if (!rbk_map_get(k->found, name))
        rbk_map_set(k->found, name, rbk_null_new());
    const rbk_value *fact = entry_of(k, name);
    return fact ? rbk_map_get(fact, "value") : NULL;
}

int64_t rbk_known_fact_at(const struct rbk_known_facts *k, const char *name)
{
    const rbk_value *fact = entry_of(k, name);
    return fact ? rbk_value_int(rbk_map_get(fact, "at")) : 0;
}

const char *rbk_known_fact_source(const struct rbk_known_facts *k, const char *name)
{
    const rbk_value *fact = entry_of(k, name);
    return fact ? rbk_map_get_string(fact, "source") : NULL;
}
