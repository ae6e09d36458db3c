/* One name, one unit: who writes it first decides, and who comes with another is told. Within this room. */
#ifndef RBK_METRICS_UNITS_H
#define RBK_METRICS_UNITS_H

#include <metrics/metrics.h>

/* RBK_EINVAL when a sample of the batch has another unit than the samples its name has, in the store or before it in
 * the batch. Zero fits every unit, as it does in options. Inside the transaction that writes the batch. */
int units_check_batch(struct rbk_store *s, const struct rbk_metrics_batch *b, struct rbk_error *err);
/* The same for many samples of one metric. */
int units_check(struct rbk_store *s, const struct rbk_metric *m, const struct rbk_sample *samples, size_t count,
                struct rbk_error *err);
/* What the name has in the store, or `absent`. */
int units_of(struct rbk_store *s, const char *name, enum rbk_unit absent, enum rbk_unit *out, struct rbk_error *err);
/* A plain number is in the unit that the name says, as Prometheus' conventions want: wait_seconds, sent_bytes_total,
 * hit_ratio (https://prometheus.io/docs/practices/naming/). */
enum rbk_unit units_meant(const char *name, enum rbk_unit unit);

#endif
