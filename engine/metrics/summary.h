/* Summaries: what is kept of the samples of a window once they are rolled up, and what a query makes of samples and
 * summaries together. A summary stands at the time of its last sample, so that a window of one sample stays exactly
 * that sample, and summaries of small windows make those of larger ones. Within this room. */
#ifndef RBK_METRICS_SUMMARY_H
#define RBK_METRICS_SUMMARY_H

#include <base/buf.h>
#include <metrics/samples.h>
#include <runbook/metrics.h>

/* In the order in which chunks have them: never change it. */
enum summary_field {
    SUMMARY_LAST,
    SUMMARY_COUNT,
    SUMMARY_SUM,
    SUMMARY_MIN,
    SUMMARY_MAX,
    SUMMARY_FIRST,
    SUMMARY_INCREASE, /* within the window, restarts counted */
    SUMMARY_P50,
    SUMMARY_P90,
    SUMMARY_P95,
    SUMMARY_P99,
    SUMMARY_FIELDS
};
struct summary {
    int64_t at_ms;
    double field[SUMMARY_FIELDS];
};
struct summaries {
    struct summary *items;
    size_t count, cap;
};

/* What is read of a series: samples and, where it was rolled up, summaries; each in order of time once it was sorted.
 * Zero-initialise. */
struct past {
    struct samples samples;
    struct summaries rolled;
};
void past_fini(struct past *p);
void past_sort(struct past *p);
void past_append(struct past *p, const struct past *more);
/* Keeps since <= t < until of what is in order. */
void past_clip(struct past *p, int64_t since_ms, int64_t until_ms);
bool past_is_empty(const struct past *p);
int64_t past_first_ms(const struct past *p), past_last_ms(const struct past *p);
/* The first time at or after *at_ms at which there is something; false = nothing more. */
bool past_next(const struct past *p, int64_t *at_ms);
int64_t past_count(const struct past *p); /* of samples, those in summaries too */
/* Index of the first summary at or after a time. */
size_t summaries_find(const struct summaries *s, int64_t at_ms);
void summaries_add(struct summaries *s, const struct summary *one);

/* A stretch of it, of at least one sample or summary; borrowed. */
struct stretch {
    const int64_t *at_ms;
    double *value; /* may be reordered by whoever asks for a percentile */
    size_t count;
    const struct summary *rolled;
    size_t rolled_count;
};
struct stretch past_stretch(const struct past *p, int64_t since_ms, int64_t until_ms);

/* What the aggregate makes of it; `seconds` is the width of the window, for RATE. RATE and INCREASE are asked of
 * increments (past_to_increments). */
double stretch_aggregate(enum rbk_aggregate a, const struct stretch *v, double seconds);
/* What each adds to the counter before it, appended; the first sample adds nothing and is left out. */
void stretch_increments(const struct stretch *v, struct samples *out);

/* ---- roll.c: the windows of `step_ms` become summaries, appended to `out`; a window that is one summary stays as it
 * is. */
void past_roll(const struct past *p, int64_t step_ms, struct summaries *out);
/* The same for a moment's use, which is quicker: only last, count, sum, min and max. */
void past_fold(const struct past *p, int64_t step_ms, struct summaries *out);

/* Everything becomes samples: what each adds to the counter before it (the first one adds nothing and goes); or one for
 * each summary: its average, the last value of a counter. */
void past_to_increments(struct past *p);
void past_to_samples(struct past *p, enum rbk_metric_kind kind);

/* The beginning of the window that a time is in. */
int64_t window_begin(int64_t at_ms, int64_t step_ms);

/* ---- summary_chunk.c: up to SUMMARIES_MAX of them as a chunk */
enum { SUMMARIES_MAX = 512 };
void summaries_encode(const struct summary *v, size_t n, struct rbk_buf *out);
bool summaries_encoded(const void *data, size_t len); /* it is such a chunk, not one of samples */
int summaries_decode(const void *data, size_t len, struct summaries *out, struct rbk_error *err);

/* ---- quantile_of.c: the quantile of samples and summaries. Within a summary the values are taken to lie on straight
 * lines between what is known of it: min, p50, p90, p95, p99, max. */
double stretch_quantile(const struct stretch *v, double q);

#endif
