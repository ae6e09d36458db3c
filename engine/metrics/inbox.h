/* The inbox: measurements as rows that hold their names and labels, so that writing them looks nothing up. */
#ifndef RBK_METRICS_INBOX_H
#define RBK_METRICS_INBOX_H

#include <metrics/bytes.h>
#include <metrics/metrics.h>

struct inbox_entry { /* name, help and labels lie in the rows */
    const char *name, *help, *labels;
    enum rbk_metric_kind kind;
    enum rbk_unit unit;
    struct rbk_sample sample;
    size_t order;
};

/* Everything in it, ordered by name, labels, time and arrival. Zero-initialise. */
struct inbox {
    struct inbox_entry *entries;
    size_t count, cap;
    struct rbk_buf text; /* the rows */
    int64_t rows;
};
/* The next entry of a row or a batch; false: it is damaged. */
bool inbox_entry_read(struct bytes *b, struct inbox_entry *e);
/* The unit that the first sample of a name has in a row or a batch; false: it has none of it. */
bool inbox_row_unit(const void *data, size_t len, const char *name, enum rbk_unit *out);

int inbox_load(struct inbox *in, struct rbk_store *s, struct rbk_error *err);
void inbox_fini(struct inbox *in);
/* How many entries from `i` on are of the series of entry i. */
size_t inbox_run(const struct inbox *in, size_t i);

#endif
