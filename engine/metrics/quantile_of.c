/* Quantiles where some of the samples are known by their summaries alone. Each summary stands for points on the lines
 * between its known percentiles, with the weight of the samples that they stand for; samples weigh one. With samples
 * alone it is the same as quantile.c: type 7 of Hyndman and Fan. */
#include <metrics/summary.h>

#include <stdlib.h>

struct point {
    double value, weight;
};
struct points {
    struct point *items;
    size_t count, cap;
    double weight;
};

/* Where the lines bend. Points lie closer where a percentile may be asked for. */
static const struct {
    double share;
    enum summary_field field;
} knots[] = {{0, SUMMARY_MIN},    {0.5, SUMMARY_P50},  {0.9, SUMMARY_P90},
             {0.95, SUMMARY_P95}, {0.99, SUMMARY_P99}, {1, SUMMARY_MAX}};
enum { LINES = sizeof knots / sizeof *knots - 1, POINTS_PER_LINE = 4, FEW = 20 };

static double on_line(const struct summary *s, int line, double share)
{
    double low = s->field[knots[line].field], high = s->field[knots[line + 1].field];
    double along = (share - knots[line].share) / (knots[line + 1].share - knots[line].share);
    return low == high ? low : low * (1 - along) + high * along;
}

static double at_share(const struct summary *s, double share)
{
    int line = 0;
    while (line < LINES - 1 && share > knots[line + 1].share)
        line++;
    return on_line(s, line, share);
}

static void add(struct points *p, double value, double weight)
{
    RBK_GROW(p->items, p->count, p->cap);
    p->items[p->count++] = (struct point){value, weight};
    p->weight += weight;
}

static void add_summary(struct points *p, const struct summary *s)
{
    double count = s->field[SUMMARY_COUNT];
    if (count <= FEW) {
        for (int i = 0; i < (int)count; i++)
            add(p, count > 1 ? at_share(s, i / (count - 1)) : s->field[SUMMARY_LAST], 1);
        return;
    }
    for (int line = 0; line < LINES; line++) {
        double from = knots[line].share, width = (knots[line + 1].share - from) / POINTS_PER_LINE;
        for (int i = 0; i < POINTS_PER_LINE; i++)
            add(p, on_line(s, line, from + width * (i + 0.5)), width * count);
    }
}

static int by_value(const void *pa, const void *pb)
{
    const struct point *a = pa, *b = pb;
    return (a->value > b->value) - (a->value < b->value);
}

/* A point of weight w holds the ranks from what lies below it up to w - 1 more; between two points it is interpolated.
 */
static double at_rank(const struct points *p, double rank)
{
    double below = 0;
    for (size_t i = 0; i + 1 < p->count; i++) {
        double beyond = rank - (below + p->items[i].weight - 1);
        below += p->items[i].weight;
        if (beyond < 1) {
            double value = p->items[i].value;
            return beyond <= 0 ? value : value + (p->items[i + 1].value - value) * beyond;
        }
    }
    return p->items[p->count - 1].value;
}

double stretch_quantile(const struct stretch *v, double q)
{
    if (v->rolled_count == 1 && v->count == 0)
        return at_share(v->rolled, q);
    struct points p = {.items = rbk_realloc(NULL, FEW, sizeof *p.items), .cap = FEW};
    for (size_t i = 0; i < v->rolled_count; i++)
        add_summary(&p, &v->rolled[i]);
    for (size_t i = 0; i < v->count; i++)
        add(&p, v->value[i], 1);
    qsort(p.items, p.count, sizeof *p.items, by_value);
    double result = at_rank(&p, q * (p.weight - 1));
    free(p.items);
    return result;
}
