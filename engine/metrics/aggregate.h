/* What becomes of the values of one window. Within this room. */
#ifndef RBK_METRICS_AGGREGATE_H
#define RBK_METRICS_AGGREGATE_H

#include <metrics/samples.h>
#include <runbook/metrics.h>

/* n > 0 values in order of time; `seconds` is the width of the window, for RATE. Values may be reordered. */
double aggregate(enum rbk_aggregate a, double *v, size_t n, double seconds);
/* Whether it is made from increments, and turning the samples of a counter into them: what each adds to the one
 * before; the first has none and goes. */
bool aggregate_of_increments(enum rbk_aggregate a);
void samples_to_increments(struct samples *s);

/* A sum that goes on, compensated: whatever the parts and their order, it comes out the same but for what is far below
 * the last bit. */
struct total {
    double sum, lost;
};
void total_add(struct total *t, const double *v, size_t n);
double total_of(const struct total *t);

/* The k-th smallest of n > k values, which are reordered (quantile.c). */
double order_statistic(double *v, size_t n, size_t k);
/* The quantile q (0 to 1) of n > 0 values, which are reordered (quantile.c). */
double quantile(double *v, size_t n, double q);

#endif
