/* Samples of one series in memory: times and values side by side. Zero-initialise. */
#ifndef RBK_METRICS_SAMPLES_H
#define RBK_METRICS_SAMPLES_H

#include <base/mem.h>
#include <stdbool.h>
#include <stdint.h>

struct samples {
    int64_t *at_ms;
    double *value;
    size_t count, cap;
};

void samples_fini(struct samples *s);
/* Makes room for `extra` more. */
/* Values alone, where times do not matter. Zero-initialise; free(items). */
struct values {
    double *items;
    size_t count, cap;
};
void values_reserve(struct values *v, size_t extra);

void samples_reserve(struct samples *s, size_t extra);
void samples_add(struct samples *s, int64_t at_ms, double value);
/* Orders by time; samples of the same time stay in their order. Cheap when they are in order already. */
void samples_sort(struct samples *s);
/* Index of the first sample at or after `at_ms`; the samples are in order. */
size_t samples_find(const struct samples *s, int64_t at_ms);
/* Keeps since <= t < until; the samples are in order. */
void samples_clip(struct samples *s, int64_t since_ms, int64_t until_ms);

#endif
