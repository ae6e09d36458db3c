/* Reading the samples of a series, wherever they lie. Within this room. */
#ifndef RBK_METRICS_READ_H
#define RBK_METRICS_READ_H

#include <metrics/inbox.h>
#include <metrics/series.h>
#include <metrics/summary.h>

struct range {
    int64_t since_ms, until_ms;        /* since <= t < until */
    struct rbk_metrics_damage *damage; /* grows by what is passed over; or NULL */
};

/* Where the chunks lie that touch a range, in the order in which they were written. */
struct chunk_place {
    int64_t id, first_ms, last_ms;
};
struct chunk_places {
    struct chunk_place *items; /* owned */
    size_t count, cap;
    int64_t samples; /* of all of them, rolled up or not */
};
int chunks_find(struct rbk_store *s, int64_t series, const struct range *range, struct chunk_places *out,
                struct rbk_error *err);
/* Whether some of it is rolled up in that range. */
int series_is_rolled(struct rbk_store *s, int64_t series, const struct range *range, bool *rolled,
                     struct rbk_error *err);

/* Fills `out`, which is empty, with the samples of the range, in order: those in chunks, and those among the n entries
 * of the inbox, which are of this series. */
int series_read(struct rbk_store *s, int64_t series, const struct inbox_entry *entries, size_t n,
                const struct range *range, struct past *out, struct rbk_error *err);

/* The same for the newest sample of the range alone; *stored counts all that the series had, rolled up or not. */
int series_newest(struct rbk_store *s, int64_t series, const struct inbox_entry *entries, size_t n,
                  const struct range *range, struct past *out, int64_t *stored, struct rbk_error *err);

/* As long as the statement is not ended (rbk_stmt_end) the connection reads one state of the store. */
int series_hold(struct rbk_store *s, struct rbk_stmt **out, struct rbk_error *err);

/* Goes over every series of `name` (NULL = all), ordered by name and labels, with what the inbox has of it. All of it
 * is one state of the store, whatever others write meanwhile; `fn` must not write. */
typedef int series_each_fn(void *arg, const struct series *one, const struct inbox_entry *entries, size_t n,
                           struct rbk_error *err);
int series_each(struct rbk_store *s, const char *name, series_each_fn *fn, void *arg, struct rbk_error *err);

#endif
