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

/* The quantile q (0 to 1) of n > 0 values, which are reordered (quantile.c). */
double quantile(double *v, size_t n, double q);

#endif
