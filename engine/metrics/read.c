/* See read.h. Which chunks touch a range is answered by the index alone; their data is read one after the other. */
#include <metrics/read.h>

#include <metrics/chunk.h>
#include <metrics/damage.h>
#include <metrics/write.h>

#include <base/mem.h>
#include <stdlib.h>

int chunks_find(struct rbk_store *s, int64_t series, const struct range *range, struct chunk_places *out,
                struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "SELECT id, first_ms, last_ms, count FROM metric_chunks INDEXED BY metric_chunks_by_time"
                    " WHERE series = ?1 AND last_ms >= ?2 AND first_ms < ?3 ORDER BY id");
    int rc;
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, range->since_ms);
    rbk_bind_int(q, 3, range->until_ms);
    while ((rc = rbk_stmt_step(q, err)) > 0) {
        RBK_GROW(out->items, out->count, out->cap);
        out->items[out->count++] = (struct chunk_place){rbk_col_int(q, 0), rbk_col_int(q, 1), rbk_col_int(q, 2)};
        out->samples += rbk_col_int(q, 3);
    }
    if (rc == 0)
        rbk_stmt_end(q);
    return rc;
}

int series_is_rolled(struct rbk_store *s, int64_t series, const struct range *range, bool *rolled,
                     struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT 1 FROM metric_chunks INDEXED BY metric_chunks_by_step"
                                     " WHERE series = ?1 AND step_ms > 0 AND last_ms >= ?2 AND first_ms < ?3 LIMIT 1");
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, range->since_ms);
    rbk_bind_int(q, 3, range->until_ms);
    int rc = rbk_stmt_step(q, err);
    *rolled = rc > 0;
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

/* One that is damaged is passed over. */
static int read_chunk(struct rbk_store *s, int64_t id, struct past *out, struct rbk_metrics_damage *damage,
                      struct rbk_error *err)
{
    int rc = chunk_read(s, id, out, err);
    return rc == RBK_EMALFORMED ? chunk_count_lost(s, id, damage, err) : rc;
}

int series_read(struct rbk_store *s, int64_t series, const struct inbox_entry *entries, size_t n,
                const struct range *range, struct past *out, struct rbk_error *err)
{
    struct chunk_places places = {0};
    int rc = series ? chunks_find(s, series, range, &places, err) : 0;
    samples_reserve(&out->samples, places.count * CHUNK_MAX + n);
    for (size_t i = 0; i < places.count && rc == 0; i++)
        rc = read_chunk(s, places.items[i].id, out, range->damage, err);
    free(places.items);
    for (size_t i = 0; i < n && rc == 0; i++)
        samples_add(&out->samples, entries[i].sample.at_ms, entries[i].sample.value);
    past_sort(out);
    past_clip(out, range->since_ms, range->until_ms);
    return rc;
}

/* How many samples the chunks hold, and where the last of those that begin before a time ends (INT64_MIN = none). */
static int survey(struct rbk_store *s, int64_t series, int64_t until_ms, int64_t *stored, int64_t *last_ms,
                  struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT coalesce(sum(count), 0), max(CASE WHEN first_ms < ?2 THEN last_ms END)"
                                     " FROM metric_chunks INDEXED BY metric_chunks_by_time WHERE series = ?1");
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, until_ms);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    *stored = rbk_col_int(q, 0);
    *last_ms = rbk_col_is_null(q, 1) ? INT64_MIN : rbk_col_int(q, 1);
    rbk_stmt_end(q);
    return 0;
}

static void keep_newest(struct past *p)
{
    int64_t last_ms = past_last_ms(p);
    struct stretch end = past_stretch(p, last_ms, INT64_MAX);
    double value = stretch_aggregate(RBK_AGG_LAST, &end, 1);
    past_fini(p);
    samples_add(&p->samples, last_ms, value);
}

/* The chunk that ends last ends with the newest sample, unless it goes beyond the range or is damaged: then all of that
 * is read. */
int series_newest(struct rbk_store *s, int64_t series, const struct inbox_entry *entries, size_t n,
                  const struct range *range, struct past *out, int64_t *stored, struct rbk_error *err)
{
    struct rbk_metrics_damage found = {0};
    struct range end = {INT64_MIN, range->until_ms, &found};
    int rc = series ? survey(s, series, range->until_ms, stored, &end.since_ms, err) : 0;
    bool shorter = end.since_ms < range->until_ms && end.since_ms > range->since_ms;
    *stored += (int64_t)n;
    if (!shorter)
        end.since_ms = range->since_ms;
    if (rc == 0)
        rc = series_read(s, series, entries, n, &end, out, err);
    if (rc == 0 && found.chunks && shorter) {
        past_fini(out);
        rc = series_read(s, series, entries, n, range, out, err);
    } else {
        damage_add(range->damage, &found);
    }
    if (rc == 0 && !past_is_empty(out))
        keep_newest(out);
    return rc;
}

/* ---- every series --------------------------------------------------------------------------------------------------
 */

static int compare_series(const void *pa, const void *pb)
{
    const struct series *a = pa, *b = pb;
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->labels, b->labels);
}

/* A name that is in the store has kind, unit and help from there. */
static void adopt_family(const struct series_list *l, size_t known, struct series *one)
{
    for (size_t i = 0; i < known; i++) {
        if (strcmp(l->items[i].name, one->name) == 0) {
            one->kind = l->items[i].kind;
            one->unit = l->items[i].unit;
            free(one->help);
            one->help = rbk_strdup(l->items[i].help);
            return;
        }
    }
}

/* Adds the series that only the inbox has. */
static void add_new(struct series_list *l, const struct inbox *in, const char *name)
{
    size_t known = l->count;
    for (size_t i = 0; i < in->count; i += inbox_run(in, i)) {
        const struct inbox_entry *e = &in->entries[i];
        struct series key = {.name = (char *)e->name, .labels = (char *)e->labels};
        if ((name && strcmp(name, e->name) != 0) ||
            (known && bsearch(&key, l->items, known, sizeof key, compare_series)))
            continue;
        struct series one = {.name = rbk_strdup(e->name),
                             .labels = rbk_strdup(e->labels),
                             .help = rbk_strdup(e->help),
                             .kind = e->kind,
                             .unit = e->unit};
        adopt_family(l, l->count, &one);
        series_add(l, one);
    }
    if (l->count)
        qsort(l->items, l->count, sizeof *l->items, compare_series);
}

/* The entries of one series; both sides are in order, `*at` goes along. */
static size_t entries_of(const struct inbox *in, const struct series *one, size_t *at)
{
    while (*at < in->count) {
        const struct inbox_entry *e = &in->entries[*at];
        struct series key = {.name = (char *)e->name, .labels = (char *)e->labels};
        int order = compare_series(&key, one);
        if (order == 0)
            return inbox_run(in, *at);
        if (order > 0)
            return 0;
        *at += inbox_run(in, *at);
    }
    return 0;
}

/* Without it, what is moved out of the inbox between reading that and the chunks would be there twice. */
int series_hold(struct rbk_store *s, struct rbk_stmt **out, struct rbk_error *err)
{
    *out = rbk_stmt(s, "SELECT 1 FROM sqlite_schema");
    int rc = rbk_stmt_step(*out, err);
    return rc < 0 ? rc : 0;
}

int series_each(struct rbk_store *s, const char *name, series_each_fn *fn, void *arg, struct rbk_error *err)
{
    struct inbox in = {0};
    struct series_list list = {0};
    struct rbk_stmt *state = NULL;
    int rc = series_hold(s, &state, err);
    if (rc < 0)
        return rc;
    rc = inbox_load(&in, s, err);
    if (rc == 0)
        rc = series_find(s, name, &list, err);
    if (rc == 0)
        add_new(&list, &in, name);
    for (size_t i = 0, at = 0; i < list.count && rc == 0; i++) {
        size_t n = entries_of(&in, &list.items[i], &at);
        rc = fn(arg, &list.items[i], n ? &in.entries[at] : NULL, n, err);
    }
    rbk_stmt_end(state);
    series_list_fini(&list);
    inbox_fini(&in);
    return rc;
}
