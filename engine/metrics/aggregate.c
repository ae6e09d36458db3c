/* See aggregate.h. Sums are compensated (Neumaier 1974): a month of seconds adds up to the same whatever the order of
 * magnitude of its parts. */
#include <metrics/aggregate.h>

#include <base/str.h>
#include <math.h>
#include <string.h>

static const char *const names[] = {
    [RBK_AGG_RAW] = "raw",          [RBK_AGG_LAST] = "last", [RBK_AGG_AVG] = "avg",     [RBK_AGG_MIN] = "min",
    [RBK_AGG_MAX] = "max",          [RBK_AGG_SUM] = "sum",   [RBK_AGG_COUNT] = "count", [RBK_AGG_RATE] = "rate",
    [RBK_AGG_P50] = "p50",          [RBK_AGG_P90] = "p90",   [RBK_AGG_P95] = "p95",     [RBK_AGG_P99] = "p99",
    [RBK_AGG_INCREASE] = "increase"};
enum { NAMES = sizeof names / sizeof *names };

int rbk_aggregate_parse(const char *name, enum rbk_aggregate *out, struct rbk_error *err)
{
    for (size_t i = RBK_AGG_LAST; i < NAMES; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum rbk_aggregate)i;
            return 0;
        }
    }
    const char *near = rbk_did_you_mean(name, names + 1, NAMES - 1);
    rbk_error_set(err, RBK_EINVAL, "there is no aggregate \"%.60s\"", name);
    return near ? rbk_error_hint(err, "did you mean %s?", near)
                : rbk_error_hint(err, "last avg min max sum count rate increase p50 p90 p95 p99");
}

const char *rbk_aggregate_name(enum rbk_aggregate a)
{
    return names[a];
}

bool aggregate_of_increments(enum rbk_aggregate a)
{
    return a == RBK_AGG_RATE || a == RBK_AGG_INCREASE;
}

void samples_to_increments(struct samples *s)
{
    double before = s->count ? s->value[0] : 0;
    for (size_t i = 1; i < s->count; i++) {
        double now = s->value[i];
        s->value[i - 1] = now >= before ? now - before : now;
        s->at_ms[i - 1] = s->at_ms[i];
        before = now;
    }
    s->count -= s->count > 0;
}

void total_add(struct total *t, const double *v, size_t n)
{
    double sum = t->sum, lost = t->lost;
    for (size_t i = 0; i < n; i++) {
        double next = sum + v[i];
        lost += fabs(sum) >= fabs(v[i]) ? (sum - next) + v[i] : (v[i] - next) + sum;
        sum = next;
    }
    *t = (struct total){sum, lost};
}

double total_of(const struct total *t)
{
    return isfinite(t->sum) ? t->sum + t->lost : t->sum;
}

static double sum_of(const double *v, size_t n)
{
    struct total t = {0};
    total_add(&t, v, n);
    return total_of(&t);
}

static double extreme(const double *v, size_t n, double sign)
{
    double best = v[0];
    for (size_t i = 1; i < n; i++)
        best = sign * v[i] > sign * best ? v[i] : best;
    return best;
}

double aggregate(enum rbk_aggregate a, double *v, size_t n, double seconds)
{
    switch (a) {
    case RBK_AGG_AVG:
        return sum_of(v, n) / (double)n;
    case RBK_AGG_MIN:
        return extreme(v, n, -1);
    case RBK_AGG_MAX:
        return extreme(v, n, 1);
    case RBK_AGG_SUM:
    case RBK_AGG_INCREASE:
        return sum_of(v, n);
    case RBK_AGG_RATE:
        return sum_of(v, n) / seconds;
    case RBK_AGG_COUNT:
        return (double)n;
    case RBK_AGG_P50:
        return quantile(v, n, 0.5);
    case RBK_AGG_P90:
        return quantile(v, n, 0.9);
    case RBK_AGG_P95:
        return quantile(v, n, 0.95);
    case RBK_AGG_P99:
        return quantile(v, n, 0.99);
    default:
        return v[n - 1];
    }
}
