/* The values of many samples whose order does not matter: what an aggregate makes of all of them, in memory that is
 * bounded however many there are. Within this room. */
#ifndef RBK_METRICS_CROWD_H
#define RBK_METRICS_CROWD_H

#include <metrics/read.h>

struct member { /* one series, with what the inbox has of it */
    int64_t series;
    struct samples inbox;
};
struct members {
    struct member *items;
    size_t count, cap;
};
void members_add(struct members *m, int64_t series, const struct inbox_entry *entries, size_t n);
void members_fini(struct members *m);

/* avg min max sum count and the percentiles */
bool crowd_fits(enum rbk_aggregate a);
enum { CROWD_AT_ONCE = 1 << 21 }; /* samples */
/* What the aggregate makes of all samples of the range, with the time of the first of them, gathering at most `at_once`
 * of them: 1 = there was one. Whoever calls holds one state of the store (series_hold): the chunks may be read more
 * than once. */
int crowd_aggregate(struct rbk_store *s, const struct members *m, const struct range *range, enum rbk_aggregate a,
                    int64_t at_once, struct rbk_sample *out, struct rbk_error *err);
/* How many samples there are, and about where: first_ms and last_ms of the chunks and the inbox, within the range. */
struct crowd_size {
    int64_t samples, first_ms, last_ms;
    bool rolled; /* some of it is */
};
int crowd_survey(struct rbk_store *s, const struct members *m, const struct range *range, struct crowd_size *out,
                 struct rbk_error *err);
/* All of the range, in order. */
int crowd_read(struct rbk_store *s, const struct members *m, const struct range *range, struct past *out,
               struct rbk_error *err);

#endif
