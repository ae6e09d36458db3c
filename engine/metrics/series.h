/* Which series there are: names with kind, unit and help, and their labels. */
#ifndef RBK_METRICS_SERIES_H
#define RBK_METRICS_SERIES_H

#include <metrics/metrics.h>

/* The id of the series, made when it is new. `labels` is their text. Inside a transaction. */
int series_make(struct rbk_store *s, const struct rbk_metric *family, const char *labels, int64_t *id,
                struct rbk_error *err);

/* Names without samples go, so that lists show what there is. Inside a transaction, with an empty inbox. */
int series_forget_empty(struct rbk_store *s, struct rbk_error *err);

/* A series that was found. Strings are owned. */
struct series {
    int64_t id; /* 0 = only the inbox has it */
    char *name, *help, *labels;
    enum rbk_metric_kind kind;
    enum rbk_unit unit;
};
struct series_list {
    struct series *items;
    size_t count, cap;
};
/* Appends those of `name` (NULL = all), ordered by name and labels. */
int series_find(struct rbk_store *s, const char *name, struct series_list *out, struct rbk_error *err);
void series_add(struct series_list *l, struct series one); /* takes its strings */
void series_list_fini(struct series_list *l);

#endif
