/* Chunks of a series in the store. Within this room. */
#ifndef RBK_METRICS_WRITE_H
#define RBK_METRICS_WRITE_H

#include <metrics/metrics.h>
#include <metrics/samples.h>

/* Writes samples that are in order as chunks behind what the series has; the last chunk is filled up first. */
int chunks_append(struct rbk_store *s, int64_t series, const struct samples *samples, struct rbk_error *err);
/* Writes samples in order as new chunks. */
int chunks_put(struct rbk_store *s, int64_t series, const struct samples *samples, struct rbk_error *err);
int chunk_delete(struct rbk_store *s, int64_t id, struct rbk_error *err);

#endif
