/* See due.h. */
#include <base/mem.h>
#include <schedule/due.h>
#include <stdlib.h>

static int64_t at_place(const struct rbk_due *d, size_t place)
{
    return d->at[d->heap[place]];
}

static void put(struct rbk_due *d, size_t place, size_t schedule)
{
    d->heap[place] = schedule;
    d->place[schedule] = place;
}

/* Moves a schedule towards the first place; returns where it stays. */
static size_t rise(struct rbk_due *d, size_t place)
{
    size_t schedule = d->heap[place];
    for (; place > 0 && at_place(d, (place - 1) / 2) > d->at[schedule]; place = (place - 1) / 2)
        put(d, place, d->heap[(place - 1) / 2]);
    put(d, place, schedule);
    return place;
}

static void sink(struct rbk_due *d, size_t place)
{
    size_t schedule = d->heap[place], below;
    for (; (below = 2 * place + 1) < d->count; place = below) {
        if (below + 1 < d->count && at_place(d, below + 1) < at_place(d, below))
            below++;
        if (at_place(d, below) >= d->at[schedule])
            break;
        put(d, place, d->heap[below]);
    }
    put(d, place, schedule);
}

void rbk_due_init(struct rbk_due *d, size_t count)
{
    *d = (struct rbk_due){.count = count};
    d->at = rbk_alloc((count + 1) * sizeof *d->at);
    d->heap = rbk_alloc((count + 1) * sizeof *d->heap);
    d->place = rbk_alloc((count + 1) * sizeof *d->place);
    for (size_t i = 0; i < count; i++)
        put(d, i, i);
}

void rbk_due_set(struct rbk_due *d, size_t schedule, int64_t at)
{
    d->at[schedule] = at;
    sink(d, rise(d, d->place[schedule]));
}

int64_t rbk_due_first(const struct rbk_due *d, size_t *schedule)
{
    if (d->count == 0)
        return INT64_MAX;
    if (schedule)
        *schedule = d->heap[0];
    return at_place(d, 0);
}

void rbk_due_forget(struct rbk_due *d)
{
    for (size_t i = 0; i < d->count; i++)
        d->at[i] = 0;
}

void rbk_due_fini(struct rbk_due *d)
{
    free(d->at);
    free(d->heap);
    free(d->place);
    *d = (struct rbk_due){0};
}
