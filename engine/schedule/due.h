/* The next due time of each schedule, and the first of them all: a binary heap that knows where each schedule stands in
 * it, so that a schedule that changes moves alone. */
#ifndef RBK_SCHEDULE_DUE_H
#define RBK_SCHEDULE_DUE_H

#include <stddef.h>
#include <stdint.h>

struct rbk_due {
    int64_t *at;   /* of each schedule, in milliseconds; 0 = to be asked, INT64_MAX = never */
    size_t *heap;  /* schedules; none is due before the one that stands at half its place */
    size_t *place; /* of each schedule in the heap */
    size_t count;
};

/* All of them are to be asked. */
void rbk_due_init(struct rbk_due *d, size_t count);
void rbk_due_set(struct rbk_due *d, size_t schedule, int64_t at);
/* The due time that comes first, and whose it is (may be NULL); INT64_MAX when there is none. */
int64_t rbk_due_first(const struct rbk_due *d, size_t *schedule);
/* All are to be asked again. */
void rbk_due_forget(struct rbk_due *d);
void rbk_due_fini(struct rbk_due *d);

#endif
