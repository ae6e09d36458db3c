/* Chunks that cannot be read any more. Within this room; what others see of it is in metrics.h. */
#ifndef RBK_METRICS_DAMAGE_H
#define RBK_METRICS_DAMAGE_H

#include <metrics/metrics.h>

/* `d` may be NULL. */
void damage_add(struct rbk_metrics_damage *d, const struct rbk_metrics_damage *more);
/* Counts what a chunk held as lost. */
int chunk_count_lost(struct rbk_store *s, int64_t id, struct rbk_metrics_damage *d, struct rbk_error *err);
/* The same, and takes it out of the way of everybody, into metric_damaged. Inside a transaction. */
int chunk_set_aside(struct rbk_store *s, int64_t id, struct rbk_metrics_damage *d, struct rbk_error *err);
/* What was set aside and ended before a time goes; series 0 = of all. */
int damage_forget(struct rbk_store *s, int64_t series, int64_t before_ms, struct rbk_error *err);

#endif
