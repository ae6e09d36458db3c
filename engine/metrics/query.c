/* Queries: the series that fit are read, put together by a label when asked, cut into windows, and each window becomes
 * one number. */
#include <metrics/aggregate.h>
#include <metrics/crowd.h>
#include <metrics/labels.h>
#include <metrics/read.h>

#include <base/mem.h>
#include <stdlib.h>

const char *rbk_metric_kind_name(enum rbk_metric_kind kind)
{
    static const char *const names[] = {"gauge", "counter", "duration"};
    return names[kind];
}

int rbk_metric_kind_parse(const char *name, enum rbk_metric_kind *out)
{
    for (int i = RBK_METRIC_GAUGE; i <= RBK_METRIC_DURATION; i++) {
        if (strcmp(name, rbk_metric_kind_name((enum rbk_metric_kind)i)) == 0) {
            *out = (enum rbk_metric_kind)i;
            return 0;
        }
    }
    return RBK_EINVAL;
}

struct group { /* of series with one value of a label */
    char *value;
    struct series like; /* name, kind, unit, help of its first series; owned strings */
    struct past past;
    struct members members; /* or who they are, when they are read later */
};

struct querying {
    struct rbk_store *store;
    const struct rbk_metrics_query *q;
    rbk_metrics_series_fn *fn;
    void *arg;
    struct labels labels;
    int64_t stored;
    struct group *groups;
    size_t group_count, group_cap;
};

static double seconds_of(const struct rbk_metrics_query *q, const struct past *p)
{
    double span = (double)(past_last_ms(p) - past_first_ms(p)) / 1e3;
    return q->step_ms ? (double)q->step_ms / 1e3 : span > 0 ? span : 1;
}

/* Each window becomes one point; the points take the place of all. */
static void cut_windows(const struct rbk_metrics_query *q, struct past *p)
{
    struct samples points = {0};
    double seconds = past_is_empty(p) ? 1 : seconds_of(q, p);
    for (int64_t at = INT64_MIN; past_next(p, &at);) {
        int64_t begin = q->step_ms ? window_begin(at, q->step_ms) : q->since_ms > 0 ? q->since_ms : at;
        int64_t end = q->step_ms && at < INT64_MAX - q->step_ms ? begin + q->step_ms : INT64_MAX;
        struct stretch v = past_stretch(p, at, end);
        samples_add(&points, begin, stretch_aggregate(q->aggregate, &v, seconds));
        if (end == INT64_MAX)
            break;
        at = end;
    }
    past_fini(p);
    p->samples = points;
}

/* Many series may be put together: where windows can be made of windows, that is all of each that is kept. */
static bool folds(const struct rbk_metrics_query *q)
{
    switch (q->aggregate) {
    case RBK_AGG_AVG:
    case RBK_AGG_MIN:
    case RBK_AGG_MAX:
    case RBK_AGG_SUM:
    case RBK_AGG_COUNT:
        return q->step_ms > 0;
    default:
        return false;
    }
}

/* Whose samples are read when it is known who belongs together: as much at a time as memory shall hold. What is folded
 * needs no such care. */
static bool is_crowd(const struct rbk_metrics_query *q)
{
    return crowd_fits(q->aggregate) && !(q->by && folds(q));
}

static int emit(struct querying *w, const struct series *of, const struct labels *labels, const char *text,
                struct past *p)
{
    if (w->q->aggregate == RBK_AGG_RAW)
        past_to_samples(p, of->kind);
    else if (!is_crowd(w->q))
        cut_windows(w->q, p);
    struct rbk_metrics_series series = {.name = of->name,
                                        .help = of->help,
                                        .kind = of->kind,
                                        .unit = w->q->aggregate == RBK_AGG_COUNT ? RBK_UNIT_NONE : of->unit,
                                        .labels = labels->items,
                                        .label_count = labels->count,
                                        .text = text,
                                        .at_ms = p->samples.at_ms,
                                        .value = p->samples.value,
                                        .count = p->samples.count,
                                        .stored = w->stored};
    return p->samples.count ? w->fn(w->arg, &series) : 0;
}

/* An increment needs the sample before it: for those one looks back as far again as the range is long. */
static int64_t read_from(const struct rbk_metrics_query *q)
{
    int64_t length, from;
    if (!aggregate_of_increments(q->aggregate) || __builtin_sub_overflow(q->until_ms, q->since_ms, &length) ||
        __builtin_sub_overflow(q->since_ms, length, &from))
        return q->since_ms;
    return from;
}

/* Of the increments of one series only their sums are wanted, so that many series may be put together; the last one
 * stays where it is: it says how long the range is. */
static void sum_increments(const struct rbk_metrics_query *q, struct samples *s)
{
    struct total total = {0};
    int64_t window = 0, step_ms = q->step_ms ? q->step_ms : INT64_MAX;
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        int64_t begin = window_begin(s->at_ms[i], step_ms);
        if (!kept || begin != window || (!q->step_ms && i + 1 == s->count)) {
            s->at_ms[kept++] = s->at_ms[i];
            total = (struct total){0};
            window = begin;
        }
        total_add(&total, &s->value[i], 1);
        s->value[kept - 1] = total_of(&total);
    }
    s->count = kept;
}

static int read_range(struct querying *w, const struct series *one, const struct inbox_entry *entries, size_t n,
                      struct past *out, struct rbk_error *err)
{
    const struct rbk_metrics_query *q = w->q;
    struct range range = {q->since_ms, q->until_ms, q->damage};
    w->stored = 0;
    bool last = q->aggregate == RBK_AGG_LAST && !q->step_ms && q->since_ms > 0;
    if (last || (q->newest_only && q->aggregate == RBK_AGG_RAW))
        return series_newest(w->store, one->id, entries, n, &range, out, &w->stored, err);
    range.since_ms = read_from(q);
    int rc = series_read(w->store, one->id, entries, n, &range, out, err);
    if (rc == 0 && aggregate_of_increments(q->aggregate)) {
        past_to_increments(out);
        past_clip(out, q->since_ms, q->until_ms);
        if (q->by)
            sum_increments(q, &out->samples);
    }
    return rc;
}

static struct group *group_of(struct querying *w, const struct series *one, const char *value)
{
    for (size_t i = 0; i < w->group_count; i++)
        if (strcmp(w->groups[i].value, value) == 0 && strcmp(w->groups[i].like.name, one->name) == 0)
            return &w->groups[i];
    RBK_GROW(w->groups, w->group_count, w->group_cap);
    struct group *g = &w->groups[w->group_count++];
    *g = (struct group){.value = rbk_strdup(value), .like = *one};
    g->like.name = rbk_strdup(one->name);
    g->like.help = rbk_strdup(one->help);
    g->like.labels = NULL;
    return g;
}

/* All of it becomes one point. */
static int read_whole(struct querying *w, const struct members *m, const struct range *range, struct samples *out,
                      struct rbk_error *err)
{
    const struct rbk_metrics_query *q = w->q;
    struct rbk_sample sample;
    int rc = crowd_aggregate(w->store, m, range, q->aggregate, CROWD_AT_ONCE, &sample, err);
    if (rc > 0)
        samples_add(out, q->since_ms > 0 ? q->since_ms : sample.at_ms, sample.value);
    return rc < 0 ? rc : 0;
}

/* A few windows at a time: as many as have about CROWD_AT_ONCE samples. */
static int read_windows(struct querying *w, const struct members *m, const struct range *range, struct samples *out,
                        struct rbk_error *err)
{
    int64_t step_ms = w->q->step_ms;
    struct crowd_size size;
    int rc = crowd_survey(w->store, m, range, &size, err);
    if (rc < 0 || size.samples == 0 || size.last_ms < size.first_ms)
        return rc;
    int64_t parts = size.samples / CROWD_AT_ONCE + 1;
    int64_t width = window_begin((size.last_ms - size.first_ms) / parts, step_ms) + step_ms;
    for (int64_t at = window_begin(size.first_ms, step_ms); at <= size.last_ms && rc == 0; at += width) {
        struct past past = {0};
        struct range part = {at > range->since_ms ? at : range->since_ms,
                             at + width < range->until_ms ? at + width : range->until_ms, range->damage};
        rc = crowd_read(w->store, m, &part, &past, err);
        cut_windows(w->q, &past);
        for (size_t i = 0; i < past.samples.count; i++)
            samples_add(out, past.samples.at_ms[i], past.samples.value[i]);
        past_fini(&past);
    }
    return rc;
}

static int read_crowd(struct querying *w, const struct members *m, struct past *out, struct rbk_error *err)
{
    struct range range = {w->q->since_ms, w->q->until_ms, w->q->damage};
    return w->q->step_ms ? read_windows(w, m, &range, &out->samples, err)
                         : read_whole(w, m, &range, &out->samples, err);
}

static int query_crowd(struct querying *w, const struct series *one, const struct inbox_entry *entries, size_t n,
                       struct rbk_error *err)
{
    struct members own = {0};
    struct past past = {0};
    if (w->q->by) {
        members_add(&group_of(w, one, labels_get(&w->labels, w->q->by))->members, one->id, entries, n);
        return 0;
    }
    members_add(&own, one->id, entries, n);
    int rc = read_crowd(w, &own, &past, err);
    if (rc == 0)
        rc = emit(w, one, &w->labels, one->labels, &past);
    members_fini(&own);
    past_fini(&past);
    return rc;
}

static int query_series(void *arg, const struct series *one, const struct inbox_entry *entries, size_t n,
                        struct rbk_error *err)
{
    struct querying *w = arg;
    struct past past = {0};
    if (!labels_parse(&w->labels, one->labels) || !labels_fit(&w->labels, w->q->labels, w->q->label_count))
        return 0;
    if (is_crowd(w->q))
        return query_crowd(w, one, entries, n, err);
    int rc = read_range(w, one, entries, n, &past, err);
    if (rc == 0 && w->q->by) {
        struct group *g = group_of(w, one, labels_get(&w->labels, w->q->by));
        if (folds(w->q))
            past_fold(&past, w->q->step_ms, &g->past.rolled);
        else
            past_append(&g->past, &past);
    } else if (rc == 0) {
        rc = emit(w, one, &w->labels, one->labels, &past);
    }
    past_fini(&past);
    return rc;
}

static int emit_group(struct querying *w, struct group *g, struct rbk_error *err)
{
    struct rbk_label label = {w->q->by, g->value};
    struct labels labels = {.items = {label}, .count = *g->value != '\0'};
    struct rbk_buf text = {0};
    labels_put(&text, &label, 1);
    past_sort(&g->past);
    int rc = is_crowd(w->q) ? read_crowd(w, &g->members, &g->past, err) : 0;
    if (rc == 0)
        rc = emit(w, &g->like, &labels, text.data ? text.data : "", &g->past);
    rbk_buf_fini(&text);
    return rc;
}

static void group_fini(struct group *g)
{
    free(g->value);
    free(g->like.name);
    free(g->like.help);
    past_fini(&g->past);
    members_fini(&g->members);
}

int rbk_metrics_query(struct rbk_store *s, const struct rbk_metrics_query *q, rbk_metrics_series_fn *fn, void *arg,
                      struct rbk_error *err)
{
    struct querying w = {.store = s, .q = q, .fn = fn, .arg = arg};
    struct rbk_stmt *state = NULL; /* groups are read after all series were seen */
    int rc = series_hold(s, &state, err);
    if (rc < 0)
        return rc;
    rc = series_each(s, q->name, query_series, &w, err);
    for (size_t i = 0; i < w.group_count; i++) {
        if (rc == 0)
            rc = emit_group(&w, &w.groups[i], err);
        group_fini(&w.groups[i]);
    }
    rbk_stmt_end(state);
    free(w.groups);
    labels_fini(&w.labels);
    return rc;
}
