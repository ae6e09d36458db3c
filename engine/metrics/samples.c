/* See samples.h. Sorting is a merge sort from below: stable, and what is written late is mostly in order. Large arrays
 * ask for huge pages: the faults of small ones took longer than decoding what goes into them. */
#include <metrics/samples.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

void samples_fini(struct samples *s)
{
    free(s->at_ms);
    free(s->value);
    memset(s, 0, sizeof *s);
}

static void *grow(void *old, size_t count, size_t cap, size_t size)
{
    size_t bytes = (cap * size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *p = bytes >= 2 * HUGE_PAGE ? aligned_alloc(HUGE_PAGE, bytes) : NULL;
    if (!p)
        return rbk_realloc(old, cap, size);
    madvise(p, bytes, MADV_HUGEPAGE); /* refused: then they are small ones */
    if (count)
        memcpy(p, old, count * size);
    free(old);
    return p;
}

void samples_reserve(struct samples *s, size_t extra)
{
    if (s->count + extra <= s->cap)
        return;
    s->cap = s->count + extra > s->cap * 2 ? s->count + extra + 16 : s->cap * 2;
    s->at_ms = grow(s->at_ms, s->count, s->cap, sizeof *s->at_ms);
    s->value = grow(s->value, s->count, s->cap, sizeof *s->value);
}

void values_reserve(struct values *v, size_t extra)
{
    if (v->count + extra <= v->cap)
        return;
    v->cap = v->count + extra > v->cap * 2 ? v->count + extra + 16 : v->cap * 2;
    v->items = grow(v->items, v->count, v->cap, sizeof *v->items);
}

void samples_add(struct samples *s, int64_t at_ms, double value)
{
    samples_reserve(s, 1);
    s->at_ms[s->count] = at_ms;
    s->value[s->count++] = value;
}

static bool in_order(const struct samples *s)
{
    for (size_t i = 1; i < s->count; i++)
        if (s->at_ms[i] < s->at_ms[i - 1])
            return false;
    return true;
}

static void merge(const struct samples *from, struct samples *to, size_t low, size_t middle, size_t high)
{
    size_t a = low, b = middle;
    for (size_t i = low; i < high; i++) {
        bool left = a < middle && (b >= high || from->at_ms[a] <= from->at_ms[b]);
        size_t pick = left ? a++ : b++;
        to->at_ms[i] = from->at_ms[pick];
        to->value[i] = from->value[pick];
    }
}

void samples_sort(struct samples *s)
{
    struct samples other = {0};
    if (in_order(s))
        return;
    samples_reserve(&other, s->count);
    other.count = s->count;
    for (size_t width = 1; width < s->count; width *= 2) {
        for (size_t low = 0; low < s->count; low += 2 * width) {
            size_t middle = low + width < s->count ? low + width : s->count;
            size_t high = low + 2 * width < s->count ? low + 2 * width : s->count;
            merge(s, &other, low, middle, high);
        }
        struct samples swap = *s;
        *s = other;
        other = swap;
    }
    samples_fini(&other);
}

size_t samples_find(const struct samples *s, int64_t at_ms)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->at_ms[middle] < at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void samples_clip(struct samples *s, int64_t since_ms, int64_t until_ms)
{
    size_t first = samples_find(s, since_ms), end = samples_find(s, until_ms);
    size_t count = end > first ? end - first : 0;
    if (first && count) {
        memmove(s->at_ms, s->at_ms + first, count * sizeof *s->at_ms);
        memmove(s->value, s->value + first, count * sizeof *s->value);
    }
    s->count = count;
}
