/* See crowd.h. Chunks that lie whole within the range give their values without their times. Sums and extremes are
 * folded as they come. Percentiles gather all values as long as there are no more than `at_once`; beyond that the
 * chunks are read a few times: each pass counts how many values lie in each part of the interval that has the wanted
 * rank, and the part that has it is the interval of the next, until what is left can be gathered. That is a radix
 * selection from the most significant bits on (Knuth, The Art of Computer Programming 3, 5.2.5), and exact. */
#include <metrics/crowd.h>

#include <metrics/aggregate.h>
#include <metrics/chunk.h>
#include <metrics/damage.h>
#include <metrics/write.h>

#include <math.h>
#include <stdlib.h>

enum { FOLD_MAX = 1 << 16, PART_BITS = 12, PARTS = 1 << PART_BITS };

enum crowd_way { FOLD, GATHER, COUNT, COLLECT };

struct crowd {
    struct rbk_store *store;
    struct range range;
    enum crowd_way way;
    int64_t at_once;
    struct values got;
    struct summaries rolled;
    struct total total; /* FOLD, with the summary of what was folded */
    struct summary folded;
    int64_t first_ms;
    uint64_t low, high; /* COUNT, COLLECT: the interval, as keys, both within */
    int shift;
    int64_t below, within, parts[PARTS];
    uint64_t above; /* the smallest key beyond the interval */
};

void members_add(struct members *m, int64_t series, const struct inbox_entry *entries, size_t n)
{
    RBK_GROW(m->items, m->count, m->cap);
    struct member *one = &m->items[m->count++];
    *one = (struct member){.series = series};
    for (size_t i = 0; i < n; i++)
        samples_add(&one->inbox, entries[i].sample.at_ms, entries[i].sample.value);
}

void members_fini(struct members *m)
{
    for (size_t i = 0; i < m->count; i++)
        samples_fini(&m->items[i].inbox);
    free(m->items);
    *m = (struct members){0};
}

static double share_of(enum rbk_aggregate a)
{
    return a == RBK_AGG_P50 ? 0.5 : a == RBK_AGG_P90 ? 0.9 : a == RBK_AGG_P95 ? 0.95 : a == RBK_AGG_P99 ? 0.99 : -1;
}

bool crowd_fits(enum rbk_aggregate a)
{
    return share_of(a) >= 0 || a == RBK_AGG_AVG || a == RBK_AGG_MIN || a == RBK_AGG_MAX || a == RBK_AGG_SUM ||
           a == RBK_AGG_COUNT;
}

/* ---- what becomes of values ----------------------------------------------------------------------------------------
 */

/* Keys are ordered as the doubles are. */
static uint64_t key_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double value_of(uint64_t key)
{
    uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void count_parts(struct crowd *c, const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t key = key_of(v[i]);
        if (key >= c->low && key <= c->high)
            c->parts[(key - c->low) >> c->shift]++;
    }
}

/* Keeps what lies in the interval at the front; of one key it is enough to know how often it comes. */
static size_t collect(struct crowd *c, double *v, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = key_of(v[i]);
        if (key > c->high) {
            c->above = key < c->above ? key : c->above;
        } else if (key >= c->low) {
            c->within++;
            v[kept] = v[i];
            kept += c->low < c->high;
        }
    }
    return kept;
}

static void fold(struct crowd *c)
{
    double *v = c->got.items, *field = c->folded.field;
    size_t n = c->got.count;
    if (!n)
        return;
    double min = aggregate(RBK_AGG_MIN, v, n, 1), max = aggregate(RBK_AGG_MAX, v, n, 1);
    bool first = field[SUMMARY_COUNT] == 0;
    field[SUMMARY_MIN] = first || min < field[SUMMARY_MIN] ? min : field[SUMMARY_MIN];
    field[SUMMARY_MAX] = first || max > field[SUMMARY_MAX] ? max : field[SUMMARY_MAX];
    field[SUMMARY_COUNT] += (double)n;
    total_add(&c->total, v, n);
    field[SUMMARY_SUM] = total_of(&c->total);
    c->got.count = 0;
}

/* n more values stand behind those that were got. */
static void take(struct crowd *c, size_t n, int64_t first_ms)
{
    double *v = c->got.items + c->got.count;
    if (n && first_ms < c->first_ms)
        c->first_ms = first_ms;
    if (c->way == COUNT)
        count_parts(c, v, n);
    else
        c->got.count += c->way == COLLECT ? collect(c, v, n) : n;
    if (c->way == FOLD && c->got.count >= FOLD_MAX)
        fold(c);
}

/* ---- reading -------------------------------------------------------------------------------------------------------
 */

static void take_samples(struct crowd *c, const struct samples *s)
{
    size_t from = samples_find(s, c->range.since_ms), end = samples_find(s, c->range.until_ms);
    if (end <= from)
        return;
    values_reserve(&c->got, end - from);
    memcpy(c->got.items + c->got.count, s->value + from, (end - from) * sizeof *s->value);
    take(c, end - from, s->at_ms[from]);
}

/* A chunk that has summaries, or is partly in the range. */
static int take_part(struct crowd *c, int64_t id, struct rbk_error *err)
{
    struct past past = {0};
    int rc = chunk_read(c->store, id, &past, err);
    past_clip(&past, c->range.since_ms, c->range.until_ms);
    take_samples(c, &past.samples);
    for (size_t i = 0; i < past.rolled.count; i++)
        summaries_add(&c->rolled, &past.rolled.items[i]);
    if (past.rolled.count && past.rolled.items[0].at_ms < c->first_ms)
        c->first_ms = past.rolled.items[0].at_ms;
    past_fini(&past);
    return rc;
}

static int take_chunk(struct crowd *c, const struct chunk_place *at, struct rbk_error *err)
{
    size_t n = 0;
    int rc;
    if (at->first_ms < c->range.since_ms || at->last_ms >= c->range.until_ms) {
        rc = take_part(c, at->id, err);
    } else {
        rc = chunk_read_values(c->store, at->id, &c->got, &n, err);
        if (rc > 0)
            rc = take_part(c, at->id, err);
        else if (rc == 0)
            take(c, n, at->first_ms);
    }
    return rc == RBK_EMALFORMED ? chunk_count_lost(c->store, at->id, c->range.damage, err) : rc;
}

static int read_member(struct crowd *c, const struct member *m, struct rbk_error *err)
{
    struct chunk_places places = {0};
    int rc = m->series ? chunks_find(c->store, m->series, &c->range, &places, err) : 0;
    if (c->way == GATHER && rc == 0)
        values_reserve(&c->got, (size_t)(places.samples < c->at_once ? places.samples : c->at_once) + CHUNK_MAX);
    for (size_t i = 0; i < places.count && rc == 0; i++)
        rc = take_chunk(c, &places.items[i], err);
    if (rc == 0)
        take_samples(c, &m->inbox);
    free(places.items);
    return rc;
}

static int read_all(struct crowd *c, const struct members *m, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < m->count && rc == 0; i++)
        rc = read_member(c, &m->items[i], err);
    return rc;
}

/* ---- percentiles of more than memory shall hold --------------------------------------------------------------------
 */

/* The part that has the k-th value becomes the interval. */
static void narrow(struct crowd *c, int64_t k)
{
    int part = 0;
    while (part < PARTS - 1 && c->below + c->parts[part] <= k)
        c->below += c->parts[part++];
    c->low += (uint64_t)part << c->shift;
    c->high = c->low + ((UINT64_C(1) << c->shift) - 1);
    c->within = c->parts[part];
    c->shift = c->shift > PART_BITS ? c->shift - PART_BITS : 0;
    memset(c->parts, 0, sizeof c->parts);
}

static double between(struct crowd *c, double rank, int64_t total)
{
    int64_t k = (int64_t)rank;
    double *v = c->got.items, low = value_of(c->low), next;
    if (c->low < c->high)
        low = order_statistic(v, c->got.count, (size_t)(k - c->below));
    if (k + 1 >= total || rank == (double)k)
        return low;
    if (k + 1 - c->below >= c->within)
        next = value_of(c->above);
    else
        next = c->low < c->high ? order_statistic(v, c->got.count, (size_t)(k + 1 - c->below)) : low;
    return low + (next - low) * (rank - (double)k);
}

static int select_rank(struct crowd *c, const struct members *m, double share, double *out, struct rbk_error *err)
{
    int64_t total = 0;
    double rank = 0;
    int rc = 0;
    c->way = COUNT;
    c->high = c->above = UINT64_MAX;
    c->shift = 64 - PART_BITS;
    do {
        rc = read_all(c, m, err);
        for (int i = 0; i < PARTS && !c->low && c->high == UINT64_MAX; i++)
            total += c->parts[i];
        rank = share * (double)(total - 1);
        c->range.damage = NULL; /* it was counted */
        if (rc == 0 && total)
            narrow(c, (int64_t)rank);
    } while (rc == 0 && total && c->within > c->at_once && c->low < c->high);
    c->way = COLLECT;
    c->within = 0;
    if (rc == 0 && total)
        rc = read_all(c, m, err);
    if (rc == 0 && total)
        *out = between(c, rank, total);
    return rc < 0 ? rc : total > 0;
}

/* ---- all of it -----------------------------------------------------------------------------------------------------
 */

static void widen(struct crowd_size *size, int64_t first_ms, int64_t last_ms)
{
    size->first_ms = first_ms < size->first_ms ? first_ms : size->first_ms;
    size->last_ms = last_ms > size->last_ms ? last_ms : size->last_ms;
}

static int survey_member(struct rbk_store *s, const struct member *m, const struct range *range, struct crowd_size *out,
                         struct rbk_error *err)
{
    struct chunk_places places = {0};
    int rc = m->series ? chunks_find(s, m->series, range, &places, err) : 0;
    if (rc == 0 && m->series && !out->rolled)
        rc = series_is_rolled(s, m->series, range, &out->rolled, err);
    for (size_t i = 0; i < places.count; i++)
        widen(out, places.items[i].first_ms, places.items[i].last_ms);
    if (m->inbox.count)
        widen(out, m->inbox.at_ms[0], m->inbox.at_ms[m->inbox.count - 1]);
    out->samples += places.samples + (int64_t)m->inbox.count;
    free(places.items);
    return rc;
}

int crowd_survey(struct rbk_store *s, const struct members *m, const struct range *range, struct crowd_size *out,
                 struct rbk_error *err)
{
    int rc = 0;
    *out = (struct crowd_size){.first_ms = INT64_MAX, .last_ms = INT64_MIN};
    for (size_t i = 0; i < m->count && rc == 0; i++)
        rc = survey_member(s, &m->items[i], range, out, err);
    out->first_ms = out->first_ms < range->since_ms ? range->since_ms : out->first_ms;
    out->last_ms = out->last_ms >= range->until_ms ? range->until_ms - 1 : out->last_ms;
    return rc;
}

int crowd_read(struct rbk_store *s, const struct members *m, const struct range *range, struct past *out,
               struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < m->count && rc == 0; i++) {
        struct past one = {0};
        struct samples inbox = m->items[i].inbox;
        bool first = past_is_empty(out);
        rc = series_read(s, m->items[i].series, NULL, 0, range, first ? out : &one, err);
        past_append(out, &one);
        past_fini(&one);
        size_t from = samples_find(&inbox, range->since_ms), end = samples_find(&inbox, range->until_ms);
        for (size_t k = from; k < end; k++)
            samples_add(&out->samples, inbox.at_ms[k], inbox.value[k]);
    }
    past_sort(out);
    return rc;
}

static int aggregate_all(struct crowd *c, const struct members *m, enum rbk_aggregate a, double *out,
                         struct rbk_error *err)
{
    int rc = read_all(c, m, err);
    if (c->way == FOLD)
        fold(c);
    if (c->folded.field[SUMMARY_COUNT] > 0)
        summaries_add(&c->rolled, &c->folded);
    struct stretch v = {
        .value = c->got.items, .count = c->got.count, .rolled = c->rolled.items, .rolled_count = c->rolled.count};
    if (rc < 0 || v.count + v.rolled_count == 0)
        return rc;
    *out = stretch_aggregate(a, &v, 1);
    return 1;
}

int crowd_aggregate(struct rbk_store *s, const struct members *m, const struct range *range, enum rbk_aggregate a,
                    int64_t at_once, struct rbk_sample *out, struct rbk_error *err)
{
    struct crowd c = {.store = s, .range = *range, .way = FOLD, .at_once = at_once, .first_ms = INT64_MAX};
    struct crowd_size size = {0};
    int rc = 0;
    if (share_of(a) >= 0) {
        c.way = GATHER;
        rc = crowd_survey(s, m, range, &size, err);
    }
    if (rc == 0 && size.samples > at_once && !size.rolled)
        rc = select_rank(&c, m, share_of(a), &out->value, err);
    else if (rc == 0)
        rc = aggregate_all(&c, m, a, &out->value, err);
    out->at_ms = c.first_ms;
    free(c.got.items);
    free(c.rolled.items);
    return rc;
}
