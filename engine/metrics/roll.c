/* Windows become summaries: for good when old samples are rolled up, or for the moment of a query. */
#include <metrics/aggregate.h>
#include <metrics/summary.h>

static double first_of(const struct stretch *v)
{
    bool raw = v->count && (!v->rolled_count || v->at_ms[0] < v->rolled[0].at_ms);
    return raw ? v->value[0] : v->rolled[0].field[SUMMARY_FIRST];
}

static double increase_of(const struct stretch *v)
{
    struct samples steps = {0};
    stretch_increments(v, &steps);
    double sum = steps.count ? aggregate(RBK_AGG_SUM, steps.value, steps.count, 1) : 0;
    samples_fini(&steps);
    return sum;
}

static const struct {
    enum summary_field field;
    enum rbk_aggregate aggregate;
} simple_fields[] = {{SUMMARY_LAST, RBK_AGG_LAST},
                     {SUMMARY_COUNT, RBK_AGG_COUNT},
                     {SUMMARY_SUM, RBK_AGG_SUM},
                     {SUMMARY_MIN, RBK_AGG_MIN},
                     {SUMMARY_MAX, RBK_AGG_MAX}},
  percentiles[] = {
      {SUMMARY_P50, RBK_AGG_P50}, {SUMMARY_P90, RBK_AGG_P90}, {SUMMARY_P95, RBK_AGG_P95}, {SUMMARY_P99, RBK_AGG_P99}};

static int64_t last_ms(const struct stretch *v)
{
    int64_t raw = v->count ? v->at_ms[v->count - 1] : INT64_MIN;
    int64_t rolled = v->rolled_count ? v->rolled[v->rolled_count - 1].at_ms : INT64_MIN;
    return raw > rolled ? raw : rolled;
}

static void summarise_simply(const struct stretch *v, struct summary *out)
{
    *out = (struct summary){.at_ms = last_ms(v)};
    for (size_t i = 0; i < sizeof simple_fields / sizeof *simple_fields; i++)
        out->field[simple_fields[i].field] = stretch_aggregate(simple_fields[i].aggregate, v, 1);
}

/* What depends on the order comes first: percentiles reorder. */
static void summarise(const struct stretch *v, struct summary *out)
{
    if (v->rolled_count == 1 && v->count == 0) {
        *out = *v->rolled;
        return;
    }
    summarise_simply(v, out);
    out->field[SUMMARY_FIRST] = first_of(v);
    out->field[SUMMARY_INCREASE] = increase_of(v);
    for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
        out->field[percentiles[i].field] = stretch_aggregate(percentiles[i].aggregate, v, 1);
}

static void each_window(const struct past *p, int64_t step_ms, void (*fn)(const struct stretch *, struct summary *),
                        struct summaries *out)
{
    for (int64_t at = INT64_MIN; past_next(p, &at);) {
        int64_t end = at < INT64_MAX - step_ms ? window_begin(at, step_ms) + step_ms : INT64_MAX;
        struct stretch v = past_stretch(p, at, end);
        struct summary one;
        fn(&v, &one);
        summaries_add(out, &one);
        if (end == INT64_MAX)
            return;
        at = end;
    }
}

void past_roll(const struct past *p, int64_t step_ms, struct summaries *out)
{
    each_window(p, step_ms, summarise, out);
}

void past_fold(const struct past *p, int64_t step_ms, struct summaries *out)
{
    each_window(p, step_ms, summarise_simply, out);
}
