/* Quantiles without sorting. Large sets: a sample of the values says between which two bounds the wanted rank is almost
 * surely to be found, one pass takes out what lies there, and only that is looked at (Floyd and Rivest, "Expected Time
 * Bounds for Selection", CACM 1975). Small ones: quickselect. */
#include <metrics/aggregate.h>

#include <math.h>
#include <stdlib.h>

enum { SMALL = 20000, PROBES = 4096 };

static void swap(double *a, double *b)
{
    double t = *a;
    *a = *b;
    *b = t;
}

static double middle_of(double a, double b, double c)
{
    if (a > b)
        swap(&a, &b);
    if (b > c)
        b = c;
    return a > b ? a : b;
}

/* Puts the k-th smallest of v[0..n) at v[k], smaller ones before it (Hoare's find with three-way parts). */
static void find_rank(double *v, size_t n, size_t k)
{
    size_t low = 0, high = n;
    while (high - low > 1) {
        double pivot = middle_of(v[low], v[low + (high - low) / 2], v[high - 1]);
        size_t less = low, at = low, more = high;
        while (at < more) {
            if (v[at] < pivot)
                swap(&v[at++], &v[less++]);
            else if (v[at] > pivot)
                swap(&v[at], &v[--more]);
            else
                at++;
        }
        if (k < less)
            high = less;
        else if (k >= more)
            low = more;
        else
            return;
    }
}

double order_statistic(double *v, size_t n, size_t k)
{
    find_rank(v, n, k);
    return v[k];
}

static double at_rank(double *v, size_t n, double rank)
{
    size_t k = (size_t)rank;
    find_rank(v, n, k);
    if (k + 1 >= n || rank == (double)k)
        return v[k];
    double next = v[k + 1];
    for (size_t i = k + 2; i < n; i++)
        next = v[i] < next ? v[i] : next;
    return v[k] + (next - v[k]) * (rank - (double)k);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct bounds {
    double low, high;
};

static struct bounds probe(const double *v, size_t n, double rank)
{
    double probes[PROBES];
    for (size_t i = 0; i < PROBES; i++)
        probes[i] = v[i * n / PROBES + (i * 2654435761u) % (n / PROBES)];
    qsort(probes, PROBES, sizeof *probes, compare);
    double share = rank / (double)n, at = share * PROBES;
    double margin = 5 * sqrt(PROBES * share * (1 - share)) + 8; /* five standard deviations of a probe's rank */
    return (struct bounds){at > margin ? probes[(size_t)(at - margin)] : -INFINITY,
                           at + margin < PROBES ? probes[(size_t)(at + margin)] : INFINITY};
}

/* Copies what lies within the bounds to `out`, at most `room` of it; `*below` counts what is smaller. Branches would
 * cost more than stores. */
static size_t take_between(const double *v, size_t n, struct bounds b, double *out, size_t room, size_t *below)
{
    size_t taken = 0, less = 0;
    for (size_t i = 0; i < n && taken < room; i++) {
        out[taken] = v[i];
        taken += (size_t)((v[i] >= b.low) & (v[i] <= b.high));
        less += (size_t)(v[i] < b.low);
    }
    *below = less;
    return taken;
}

double quantile(double *v, size_t n, double q)
{
    double rank = q * (double)(n - 1);
    if (n < SMALL)
        return at_rank(v, n, rank);
    size_t below = 0, room = n / 4;
    double *near = rbk_realloc(NULL, room + 1, sizeof *near);
    size_t taken = take_between(v, n, probe(v, n, rank), near, room, &below);
    bool inside = taken < room && (size_t)rank >= below && (size_t)ceil(rank) < below + taken;
    double result = inside ? at_rank(near, taken, rank - (double)below) : at_rank(v, n, rank);
    free(near);
    return result;
}
