/* Where things go: the least-squares line, how sure its slope is, and when it reaches a limit. */
#include <metrics/metrics.h>
#include <metrics/stats.h>
#include <runbook/metrics.h>

#include <math.h>

static const double year_s = 365.25 * 86400;

struct sums { /* around the means */
    double mean_t, mean_v, tt, tv, vv;
};

/* Times count in seconds from the first sample. */
static double seconds_at(const int64_t *at_ms, size_t i)
{
    return (double)(at_ms[i] - at_ms[0]) / 1e3;
}

static struct sums sums_of(const int64_t *at_ms, const double *value, size_t n)
{
    struct sums s = {0};
    for (size_t i = 0; i < n; i++) {
        s.mean_t += seconds_at(at_ms, i) / (double)n;
        s.mean_v += value[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double t = seconds_at(at_ms, i) - s.mean_t, v = value[i] - s.mean_v;
        s.tt += t * t;
        s.tv += t * v;
        s.vv += v * v;
    }
    return s;
}

void rbk_metrics_trend(const int64_t *at_ms, const double *value, size_t count, struct rbk_trend *out)
{
    *out = (struct rbk_trend){0};
    if (count < 3)
        return;
    struct sums s = sums_of(at_ms, value, count);
    if (!(s.tt > 0))
        return;
    double freedom = (double)count - 2;
    double slope = s.tv / s.tt, rest = s.vv - slope * s.tv;
    double error = sqrt((rest > 0 ? rest : 0) / freedom / s.tt) * student_t(0.05, freedom);
    out->found = true;
    out->slope = slope;
    out->slope_low = slope - error;
    out->slope_high = slope + error;
    out->end_ms = at_ms[count - 1];
    out->at_end = s.mean_v + slope * (seconds_at(at_ms, count - 1) - s.mean_t);
}

const char *rbk_trend_direction(const struct rbk_trend *t)
{
    if (!t->found || t->slope_low * t->slope_high <= 0)
        return "none";
    return t->slope > 0 ? "rising" : "falling";
}

bool rbk_metrics_forecast(const struct rbk_trend *trend, double limit, int64_t *at_ms)
{
    if (!trend->found || trend->slope == 0)
        return false;
    double seconds = (limit - trend->at_end) / trend->slope;
    if (!(seconds >= 0 && seconds < 10 * year_s))
        return false;
    *at_ms = trend->end_ms + (int64_t)(seconds * 1e3);
    return true;
}
