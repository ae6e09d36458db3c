/* Change points, see <runbook/metrics.h>. As in Hunter: intervals are split where the energy distance between both
 * sides is largest as long as the t-test finds them different at a weak level; then splits that the strict level does
 * not confirm between their neighbours are taken back, the weakest first. The work grows with the square of the count,
 * so only the last LOOK values are looked at. */
#include <metrics/stats.h>
#include <runbook/metrics.h>

#include <base/mem.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK = 1000, SIDE_MIN = 2 };

struct finding {
    const double *v;
    size_t *splits; /* ascending */
    size_t count, cap;
};

static void moments(const double *v, size_t n, double *mean, double *variance)
{
    *mean = *variance = 0;
    for (size_t i = 0; i < n; i++)
        *mean += v[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        *variance += (v[i] - *mean) * (v[i] - *mean) / (double)(n - 1);
}

/* Two-sided p of Student's t-test with pooled variance: are the means of v[low, middle) and v[middle, high) one? */
static double p_of(const double *v, size_t low, size_t middle, size_t high)
{
    double a, b, va, vb, n = (double)(middle - low), m = (double)(high - middle);
    if (n < SIDE_MIN || m < SIDE_MIN)
        return 1;
    moments(v + low, middle - low, &a, &va);
    moments(v + middle, high - middle, &b, &vb);
    double pooled = ((n - 1) * va + (m - 1) * vb) / (n + m - 2);
    if (a == b)
        return 1;
    return student_p((a - b) / sqrt(pooled * (1 / n + 1 / m)), n + m - 2);
}

/* Where the scaled energy distance between both sides is largest. The three sums of pairwise distances follow the split
 * as one value after the other changes sides. */
static size_t best_split(const double *v, size_t low, size_t high)
{
    double left = 0, right = 0, across = 0, best = -1;
    size_t where = low;
    for (size_t i = low; i < high; i++)
        for (size_t k = low; k < i; k++)
            right += fabs(v[i] - v[k]);
    for (size_t split = low + 1; split < high; split++) {
        double to_left = 0, to_right = 0;
        for (size_t k = low; k + 1 < split; k++)
            to_left += fabs(v[split - 1] - v[k]);
        for (size_t k = split; k < high; k++)
            to_right += fabs(v[split - 1] - v[k]);
        left += to_left;
        right -= to_right;
        across += to_right - to_left;
        double n = (double)(split - low), m = (double)(high - split);
        if (n < SIDE_MIN || m < SIDE_MIN)
            continue;
        double energy = 2 * across / (n * m) - 2 * left / (n * (n - 1)) - 2 * right / (m * (m - 1));
        if (n * m / (n + m) * energy > best) {
            best = n * m / (n + m) * energy;
            where = split;
        }
    }
    return where;
}

static void split_interval(struct finding *f, size_t low, size_t high, double p_max)
{
    size_t split = high - low >= 2 * SIDE_MIN ? best_split(f->v, low, high) : low;
    if (split == low || p_of(f->v, low, split, high) >= p_max)
        return;
    split_interval(f, low, split, p_max);
    RBK_GROW(f->splits, f->count, f->cap);
    f->splits[f->count++] = split;
    split_interval(f, split, high, p_max);
}

/* Takes back the weakest split that the strict level does not confirm; false when all are confirmed. */
static bool merge_weakest(struct finding *f, size_t n, double p_max)
{
    double worst = p_max;
    size_t at = f->count;
    for (size_t i = 0; i < f->count; i++) {
        size_t low = i ? f->splits[i - 1] : 0, high = i + 1 < f->count ? f->splits[i + 1] : n;
        double p = p_of(f->v, low, f->splits[i], high);
        if (p > worst) {
            worst = p;
            at = i;
        }
    }
    if (at == f->count)
        return false;
    memmove(&f->splits[at], &f->splits[at + 1], (f->count - at - 1) * sizeof *f->splits);
    f->count--;
    return true;
}

size_t rbk_metrics_changes(const double *value, size_t count, double p_max, size_t *out, size_t max)
{
    size_t skip = count > LOOK ? count - LOOK : 0, n = count - skip, given = 0;
    struct finding f = {.v = value + skip};
    split_interval(&f, 0, n, p_max < 0.05 ? p_max * 10 : p_max * 2);
    while (f.count && merge_weakest(&f, n, p_max))
        continue;
    for (; given < f.count && given < max; given++)
        out[given] = f.splits[given] + skip;
    free(f.splits);
    return given;
}
