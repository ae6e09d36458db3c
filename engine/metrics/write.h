/* Chunks of a series in the store. Within this room. */
#ifndef RBK_METRICS_WRITE_H
#define RBK_METRICS_WRITE_H

#include <metrics/metrics.h>
#include <metrics/summary.h>

/* Writes samples that are in order as chunks behind what the series has; the last chunk is filled up first. */
int chunks_append(struct rbk_store *s, int64_t series, const struct samples *samples, struct rbk_error *err);
/* The same for summaries of windows of `step_ms`; those of one window become one. */
int summaries_append(struct rbk_store *s, int64_t series, int64_t step_ms, const struct past *from,
                     struct rbk_error *err);
/* What is in it, appended, not sorted; RBK_ENOENT when there is none, RBK_EMALFORMED when it is damaged: then nothing
 * was appended. */
int chunk_read(struct rbk_store *s, int64_t id, struct past *out, struct rbk_error *err);
/* Its values alone, behind those of `out`, of which they are none yet; *n says how many. 1 = it is one of summaries. */
int chunk_read_values(struct rbk_store *s, int64_t id, struct values *out, size_t *n, struct rbk_error *err);
/* It keeps its place in the order of writing and holds `rest` now, which is in order; nothing left: it goes. */
int chunk_rewrite(struct rbk_store *s, int64_t id, const struct past *rest, struct rbk_error *err);
/* Takes what is older than a time out of a chunk; *removed grows by how many samples that were. One that is damaged is
 * set aside. */
int chunk_forget(struct rbk_store *s, int64_t id, int64_t before_ms, int64_t *removed,
                 struct rbk_metrics_damage *damage, struct rbk_error *err);
int chunk_delete(struct rbk_store *s, int64_t id, struct rbk_error *err);

#endif
