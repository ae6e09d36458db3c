/* Labels as text: a="x",b="y", sorted by name, values escaped as in OpenMetrics (\\ \" \n). The same labels are the
 * same text, so that a series is known by it, and exports print it as it is. */
#ifndef RBK_METRICS_LABELS_H
#define RBK_METRICS_LABELS_H

#include <base/buf.h>
#include <runbook/metrics.h>

/* Appends the text. Labels with an empty value are left out, as no label is. */
void labels_put(struct rbk_buf *out, const struct rbk_label *labels, size_t count);

/* A text taken apart again. Zero-initialise; valid until the next parse. */
struct labels {
    struct rbk_label items[RBK_METRIC_LABELS_MAX];
    size_t count;
    struct rbk_buf text; /* what items point into */
};
/* False when it is no such text. */
bool labels_parse(struct labels *l, const char *text);
void labels_fini(struct labels *l);
const char *labels_get(const struct labels *l, const char *name); /* "" when missing */
/* Whether each of `wanted` has that value. */
bool labels_fit(const struct labels *l, const struct rbk_label *wanted, size_t count);

#endif
