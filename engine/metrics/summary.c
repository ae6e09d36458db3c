/* See summary.h. */
#include <metrics/summary.h>

#include <metrics/aggregate.h>

#include <stdlib.h>
#include <string.h>

/* ---- what there is -------------------------------------------------------------------------------------------------
 */

void past_fini(struct past *p)
{
    samples_fini(&p->samples);
    free(p->rolled.items);
    memset(&p->rolled, 0, sizeof p->rolled);
}

void summaries_add(struct summaries *s, const struct summary *one)
{
    RBK_GROW(s->items, s->count, s->cap);
    s->items[s->count++] = *one;
}

static int by_time(const void *pa, const void *pb)
{
    const struct summary *a = pa, *b = pb;
    return (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

void past_sort(struct past *p)
{
    samples_sort(&p->samples);
    if (p->rolled.count > 1)
        qsort(p->rolled.items, p->rolled.count, sizeof *p->rolled.items, by_time);
}

void past_append(struct past *p, const struct past *more)
{
    samples_reserve(&p->samples, more->samples.count);
    for (size_t i = 0; i < more->samples.count; i++)
        samples_add(&p->samples, more->samples.at_ms[i], more->samples.value[i]);
    for (size_t i = 0; i < more->rolled.count; i++)
        summaries_add(&p->rolled, &more->rolled.items[i]);
}

size_t summaries_find(const struct summaries *s, int64_t at_ms)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->items[middle].at_ms < at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void past_clip(struct past *p, int64_t since_ms, int64_t until_ms)
{
    samples_clip(&p->samples, since_ms, until_ms);
    size_t first = summaries_find(&p->rolled, since_ms), end = summaries_find(&p->rolled, until_ms);
    p->rolled.count = end > first ? end - first : 0;
    if (first && p->rolled.count)
        memmove(p->rolled.items, p->rolled.items + first, p->rolled.count * sizeof *p->rolled.items);
}

bool past_is_empty(const struct past *p)
{
    return p->samples.count == 0 && p->rolled.count == 0;
}

int64_t past_first_ms(const struct past *p)
{
    int64_t raw = p->samples.count ? p->samples.at_ms[0] : INT64_MAX;
    int64_t rolled = p->rolled.count ? p->rolled.items[0].at_ms : INT64_MAX;
    return raw < rolled ? raw : rolled;
}

int64_t past_last_ms(const struct past *p)
{
    int64_t raw = p->samples.count ? p->samples.at_ms[p->samples.count - 1] : INT64_MIN;
    int64_t rolled = p->rolled.count ? p->rolled.items[p->rolled.count - 1].at_ms : INT64_MIN;
    return raw > rolled ? raw : rolled;
}

int64_t past_count(const struct past *p)
{
    int64_t count = (int64_t)p->samples.count;
    for (size_t i = 0; i < p->rolled.count; i++)
        count += (int64_t)p->rolled.items[i].field[SUMMARY_COUNT];
    return count;
}

struct stretch past_stretch(const struct past *p, int64_t since_ms, int64_t until_ms)
{
    size_t from = samples_find(&p->samples, since_ms), end = samples_find(&p->samples, until_ms);
    size_t rolled_from = summaries_find(&p->rolled, since_ms), rolled_end = summaries_find(&p->rolled, until_ms);
    struct stretch v = {.count = end - from, .rolled_count = rolled_end - rolled_from};
    if (v.count) {
        v.at_ms = p->samples.at_ms + from;
        v.value = p->samples.value + from;
    }
    if (v.rolled_count)
        v.rolled = p->rolled.items + rolled_from;
    return v;
}

bool past_next(const struct past *p, int64_t *at_ms)
{
    size_t i = samples_find(&p->samples, *at_ms), k = summaries_find(&p->rolled, *at_ms);
    bool raw = i < p->samples.count, rolled = k < p->rolled.count;
    int64_t at = raw ? p->samples.at_ms[i] : INT64_MAX;
    *at_ms = rolled && p->rolled.items[k].at_ms < at ? p->rolled.items[k].at_ms : at;
    return raw || rolled;
}

int64_t window_begin(int64_t at_ms, int64_t step_ms)
{
    int64_t rest = at_ms % step_ms;
    return at_ms - (rest < 0 ? rest + step_ms : rest);
}

/* ---- what becomes of it --------------------------------------------------------------------------------------------
 */

/* The samples of a counter and its summaries in turn: what each adds to what was before. Of two at one time the summary
 * is older: rolling up takes whole windows. */
void stretch_increments(const struct stretch *v, struct samples *out)
{
    double before = 0;
    samples_reserve(out, v->count + v->rolled_count);
    for (size_t i = 0, k = 0; i < v->count || k < v->rolled_count;) {
        bool rolled = k < v->rolled_count && (i >= v->count || v->rolled[k].at_ms <= v->at_ms[i]);
        const double *field = rolled ? v->rolled[k].field : NULL;
        double from = rolled ? field[SUMMARY_FIRST] : v->value[i];
        double step = i + k == 0 ? 0 : from >= before ? from - before : from;
        if (rolled || i + k > 0)
            samples_add(out, rolled ? v->rolled[k].at_ms : v->at_ms[i], step + (rolled ? field[SUMMARY_INCREASE] : 0));
        before = rolled ? field[SUMMARY_LAST] : v->value[i];
        i += !rolled;
        k += rolled;
    }
}

static double last_of(const struct stretch *v)
{
    bool raw = v->count && (!v->rolled_count || v->at_ms[v->count - 1] >= v->rolled[v->rolled_count - 1].at_ms);
    return raw ? v->value[v->count - 1] : v->rolled[v->rolled_count - 1].field[SUMMARY_LAST];
}

/* The samples beside one field of the summaries, aggregated as if they were samples. */
static double mix(enum rbk_aggregate a, const struct stretch *v, enum summary_field field)
{
    double *all = rbk_realloc(NULL, v->count + v->rolled_count, sizeof *all);
    for (size_t i = 0; i < v->rolled_count; i++)
        all[i] = v->rolled[i].field[field];
    if (v->count)
        memcpy(all + v->rolled_count, v->value, v->count * sizeof *all);
    double result = aggregate(a, all, v->count + v->rolled_count, 1);
    free(all);
    return result;
}

static double count_of(const struct stretch *v)
{
    double count = (double)v->count;
    for (size_t i = 0; i < v->rolled_count; i++)
        count += v->rolled[i].field[SUMMARY_COUNT];
    return count;
}

double stretch_aggregate(enum rbk_aggregate a, const struct stretch *v, double seconds)
{
    if (!v->rolled_count)
        return aggregate(a, v->value, v->count, seconds);
    switch (a) {
    case RBK_AGG_AVG:
        return mix(RBK_AGG_SUM, v, SUMMARY_SUM) / count_of(v);
    case RBK_AGG_MIN:
        return mix(a, v, SUMMARY_MIN);
    case RBK_AGG_MAX:
        return mix(a, v, SUMMARY_MAX);
    case RBK_AGG_SUM:
        return mix(a, v, SUMMARY_SUM);
    case RBK_AGG_COUNT:
        return count_of(v);
    case RBK_AGG_P50:
        return stretch_quantile(v, 0.5);
    case RBK_AGG_P90:
        return stretch_quantile(v, 0.9);
    case RBK_AGG_P95:
        return stretch_quantile(v, 0.95);
    case RBK_AGG_P99:
        return stretch_quantile(v, 0.99);
    default:
        return last_of(v);
    }
}

/* Samples take the place of everything. */
static void become(struct past *p, struct samples *samples)
{
    past_fini(p);
    p->samples = *samples;
}

void past_to_increments(struct past *p)
{
    struct samples steps = {0};
    if (!p->rolled.count) {
        samples_to_increments(&p->samples);
        return;
    }
    struct stretch all = {p->samples.at_ms, p->samples.value, p->samples.count, p->rolled.items, p->rolled.count};
    stretch_increments(&all, &steps);
    become(p, &steps);
}

void past_to_samples(struct past *p, enum rbk_metric_kind kind)
{
    struct samples all = {0};
    if (!p->rolled.count)
        return;
    for (size_t i = 0; i < p->rolled.count; i++) {
        const double *field = p->rolled.items[i].field;
        samples_add(&all, p->rolled.items[i].at_ms,
                    kind == RBK_METRIC_COUNTER ? field[SUMMARY_LAST] : field[SUMMARY_SUM] / field[SUMMARY_COUNT]);
    }
    for (size_t i = 0; i < p->samples.count; i++)
        samples_add(&all, p->samples.at_ms[i], p->samples.value[i]);
    samples_sort(&all);
    become(p, &all);
}
