/* Writing: one sample goes to the inbox, many straight into chunks. Compaction happens in the transaction of a writer:
 * a crash leaves all of it or nothing.
 *
 * What a query gives never changes: it reads the chunks of a series by id, then the inbox, and orders that by time,
 * samples of one time as they came. Compaction moves the inbox behind the chunk of the highest id, which keeps that
 * order. */
#include <metrics/write.h>

#include <metrics/chunk.h>
#include <metrics/damage.h>
#include <metrics/inbox.h>
#include <metrics/labels.h>
#include <metrics/series.h>
#include <metrics/units.h>

#include <math.h>
#include <stdlib.h>

static int insert_chunk(struct rbk_store *s, int64_t series, int64_t step_ms, int64_t first_ms, int64_t last_ms,
                        int64_t count, const struct rbk_buf *data, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO metric_chunks(series, first_ms, last_ms, count, data, step_ms)"
                                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, first_ms);
    rbk_bind_int(q, 3, last_ms);
    rbk_bind_int(q, 4, count);
    rbk_bind_blob(q, 5, data->data, data->len);
    rbk_bind_int(q, 6, step_ms);
    return rbk_stmt_run(q, err);
}

static int chunks_put(struct rbk_store *s, int64_t series, const struct samples *v, struct rbk_error *err)
{
    struct rbk_buf data = {0};
    int rc = 0;
    for (size_t i = 0, n; i < v->count && rc == 0; i += n) {
        n = v->count - i < CHUNK_MAX ? v->count - i : CHUNK_MAX;
        rbk_buf_clear(&data);
        chunk_encode(v->at_ms + i, v->value + i, n, &data);
        rc = insert_chunk(s, series, 0, v->at_ms[i], v->at_ms[i + n - 1], (int64_t)n, &data, err);
    }
    rbk_buf_fini(&data);
    return rc;
}

static int summaries_put(struct rbk_store *s, int64_t series, int64_t step_ms, const struct summaries *v,
                         struct rbk_error *err)
{
    struct rbk_buf data = {0};
    int rc = 0;
    for (size_t i = 0, n; i < v->count && rc == 0; i += n) {
        n = v->count - i < SUMMARIES_MAX ? v->count - i : SUMMARIES_MAX;
        struct past part = {.rolled = {.items = v->items + i, .count = n}};
        rbk_buf_clear(&data);
        summaries_encode(v->items + i, n, &data);
        rc = insert_chunk(s, series, step_ms, past_first_ms(&part), past_last_ms(&part), past_count(&part), &data, err);
    }
    rbk_buf_fini(&data);
    return rc;
}

int chunk_delete(struct rbk_store *s, int64_t id, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM metric_chunks WHERE id = ?1");
    rbk_bind_int(q, 1, id);
    return rbk_stmt_run(q, err);
}

/* 1 = there it is. */
static int open_chunk(struct rbk_store *s, int64_t id, struct rbk_stmt **q, const void **data, size_t *len,
                      struct rbk_error *err)
{
    *q = rbk_stmt(s, "SELECT data FROM metric_chunks WHERE id = ?1");
    rbk_bind_int(*q, 1, id);
    int rc = rbk_stmt_step(*q, err);
    if (rc > 0)
        *data = rbk_col_blob(*q, 0, len);
    if (rc == 0) {
        rbk_stmt_end(*q);
        return rbk_error_set(err, RBK_ENOENT, "there is no chunk %lld", (long long)id);
    }
    return rc;
}

int chunk_read(struct rbk_store *s, int64_t id, struct past *out, struct rbk_error *err)
{
    struct rbk_stmt *q;
    const void *data = NULL;
    size_t len = 0;
    int rc = open_chunk(s, id, &q, &data, &len, err);
    if (rc < 0)
        return rc;
    rc = summaries_encoded(data, len) ? summaries_decode(data, len, &out->rolled, err)
                                      : chunk_decode(data, len, &out->samples, err);
    rbk_stmt_end(q);
    return rc;
}

int chunk_read_values(struct rbk_store *s, int64_t id, struct values *out, size_t *n, struct rbk_error *err)
{
    struct rbk_stmt *q;
    const void *data = NULL;
    size_t len = 0;
    int rc = open_chunk(s, id, &q, &data, &len, err);
    if (rc < 0)
        return rc;
    bool summaries = summaries_encoded(data, len);
    values_reserve(out, CHUNK_MAX);
    rc = summaries ? 1 : chunk_decode_values(data, len, out->items + out->count, err);
    rbk_stmt_end(q);
    *n = !summaries && rc > 0 ? (size_t)rc : 0;
    return rc < 0 ? rc : summaries;
}

int chunk_rewrite(struct rbk_store *s, int64_t id, const struct past *rest, struct rbk_error *err)
{
    struct rbk_buf data = {0};
    if (past_is_empty(rest))
        return chunk_delete(s, id, err);
    if (rest->rolled.count)
        summaries_encode(rest->rolled.items, rest->rolled.count, &data);
    else
        chunk_encode(rest->samples.at_ms, rest->samples.value, rest->samples.count, &data);
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE metric_chunks SET first_ms = ?2, last_ms = ?3, count = ?4, data = ?5"
                                     " WHERE id = ?1");
    rbk_bind_int(q, 1, id);
    rbk_bind_int(q, 2, past_first_ms(rest));
    rbk_bind_int(q, 3, past_last_ms(rest));
    rbk_bind_int(q, 4, past_count(rest));
    rbk_bind_blob(q, 5, data.data, data.len);
    rbk_buf_fini(&data);
    return rbk_stmt_run(q, err);
}

int chunk_forget(struct rbk_store *s, int64_t id, int64_t before_ms, int64_t *removed,
                 struct rbk_metrics_damage *damage, struct rbk_error *err)
{
    struct past p = {0};
    int rc = chunk_read(s, id, &p, err);
    if (rc == RBK_EMALFORMED)
        return chunk_set_aside(s, id, damage, err);
    int64_t before = past_count(&p);
    past_clip(&p, before_ms, INT64_MAX);
    if (rc == 0)
        rc = chunk_rewrite(s, id, &p, err);
    if (rc == 0)
        *removed += before - past_count(&p);
    past_fini(&p);
    return rc;
}

/* The chunk that was written last, and how many samples it stands for; 0 = none. */
static int last_chunk(struct rbk_store *s, int64_t series, int64_t step_ms, int64_t *id, int64_t *count,
                      struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id, count FROM metric_chunks INDEXED BY metric_chunks_by_step"
                                     " WHERE series = ?1 AND step_ms = ?2 ORDER BY id DESC LIMIT 1");
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, step_ms);
    int rc = rbk_stmt_step(q, err);
    *id = rc > 0 ? rbk_col_int(q, 0) : 0;
    *count = rc > 0 ? rbk_col_int(q, 1) : 0;
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

/* Reads a chunk that is to be filled up, and deletes it. One that is damaged is set aside: it counts as none. */
static int take_chunk(struct rbk_store *s, int64_t id, struct past *out, struct rbk_error *err)
{
    int rc = chunk_read(s, id, out, err);
    if (rc == RBK_EMALFORMED)
        return chunk_set_aside(s, id, NULL, err);
    return rc == 0 ? chunk_delete(s, id, err) : rc;
}

int chunks_append(struct rbk_store *s, int64_t series, const struct samples *samples, struct rbk_error *err)
{
    struct past all = {0};
    int64_t last = 0, count = 0;
    int rc = last_chunk(s, series, 0, &last, &count, err);
    if (rc == 0 && (last == 0 || count >= CHUNK_MAX))
        return chunks_put(s, series, samples, err);
    if (rc == 0)
        rc = take_chunk(s, last, &all, err);
    if (rc == 0) {
        past_append(&all, &(struct past){.samples = *samples});
        past_sort(&all);
    }
    if (rc == 0)
        rc = chunks_put(s, series, &all.samples, err);
    past_fini(&all);
    return rc;
}

int summaries_append(struct rbk_store *s, int64_t series, int64_t step_ms, const struct past *from,
                     struct rbk_error *err)
{
    struct past all = {0};
    struct summaries rolled = {0};
    int64_t last = 0, count = 0;
    int rc = last_chunk(s, series, step_ms, &last, &count, err);
    if (rc == 0 && last)
        rc = chunk_read(s, last, &all, err);
    if (rc == RBK_EMALFORMED)
        rc = chunk_set_aside(s, last, NULL, err);
    else if (rc == 0 && all.rolled.count >= SUMMARIES_MAX)
        past_fini(&all); /* it is full */
    else if (rc == 0 && last)
        rc = chunk_delete(s, last, err);
    if (rc == 0) {
        past_append(&all, from);
        past_sort(&all);
        past_roll(&all, step_ms, &rolled);
        rc = summaries_put(s, series, step_ms, &rolled, err);
    }
    free(rolled.items);
    past_fini(&all);
    return rc;
}

/* ---- compaction ----------------------------------------------------------------------------------------------------
 */

static int compact_series(struct rbk_store *s, const struct inbox_entry *e, size_t n, struct rbk_error *err)
{
    struct rbk_metric family = {.name = e->name, .kind = e->kind, .unit = e->unit, .help = e->help};
    struct samples samples = {0};
    int64_t series = 0;
    int rc = series_make(s, &family, e->labels, &series, err);
    for (size_t i = 0; i < n; i++)
        samples_add(&samples, e[i].sample.at_ms, e[i].sample.value);
    if (rc == 0)
        rc = chunks_append(s, series, &samples, err);
    samples_fini(&samples);
    return rc;
}

int rbk_metrics_compact(struct rbk_store *s, struct rbk_error *err)
{
    struct inbox in = {0};
    int rc = inbox_load(&in, s, err);
    for (size_t i = 0, n = 0; i < in.count && rc == 0; i += n) {
        n = inbox_run(&in, i);
        rc = compact_series(s, &in.entries[i], n, err);
    }
    if (rc == 0 && in.rows)
        rc = rbk_stmt_run(rbk_stmt(s, "DELETE FROM metric_inbox"), err);
    inbox_fini(&in);
    return rc;
}

/* ---- the two ways in -----------------------------------------------------------------------------------------------
 */

static int check_sample(const struct rbk_metric *m, struct rbk_sample sample, struct rbk_error *err)
{
    if (!isfinite(sample.value)) {
        rbk_error_set(err, RBK_EINVAL, "the value of %s is no finite number", m->name);
        rbk_error_hint(err, "what could not be measured is not recorded");
        return RBK_EINVAL;
    }
    if (sample.at_ms > RBK_METRIC_TIME_MAX || sample.at_ms < -RBK_METRIC_TIME_MAX) {
        rbk_error_set(err, RBK_EINVAL, "%lld is no time of %s", (long long)sample.at_ms, m->name);
        rbk_error_hint(err, "times are milliseconds since 1970");
        return RBK_EINVAL;
    }
    return 0;
}

int rbk_metrics_record(struct rbk_store *s, const struct rbk_metric *m, struct rbk_sample sample, struct rbk_error *err)
{
    struct rbk_metrics_batch batch = {0};
    int rc = rbk_metric_check(m, err);
    if (rc == 0)
        rc = check_sample(m, sample, err);
    if (rc == 0) {
        rbk_metrics_batch_add(&batch, m, sample);
        rc = units_check_batch(s, &batch, err);
    }
    if (rc == 0)
        rc = rbk_metrics_batch_write(&batch, s, err);
    rbk_metrics_batch_fini(&batch);
    return rc;
}

static int take_samples(const struct rbk_metric *m, const struct rbk_sample *from, size_t count, struct samples *out,
                        struct rbk_error *err)
{
    samples_reserve(out, count);
    for (size_t i = 0; i < count; i++) {
        int rc = check_sample(m, from[i], err);
        if (rc < 0)
            return rc;
        out->at_ms[i] = from[i].at_ms;
        out->value[i] = from[i].value;
    }
    out->count = count;
    samples_sort(out);
    return 0;
}

int rbk_metrics_record_many(struct rbk_store *s, const struct rbk_metric *m, const struct rbk_sample *samples,
                            size_t count, struct rbk_error *err)
{
    struct samples ordered = {0};
    struct rbk_buf labels = {0};
    struct rbk_metric family = *m;
    int64_t series = 0;
    int rc = rbk_metric_check(m, err);
    if (rc == 0)
        rc = take_samples(m, samples, count, &ordered, err);
    if (rc == 0)
        rc = rbk_metrics_compact(s, err);
    if (rc == 0)
        rc = units_check(s, m, samples, count, err);
    family.unit = units_meant(m->name, m->unit);
    labels_put(&labels, m->labels, m->label_count);
    if (rc == 0 && count)
        rc = series_make(s, &family, labels.data ? labels.data : "", &series, err);
    if (rc == 0 && count)
        rc = chunks_append(s, series, &ordered, err);
    rbk_buf_fini(&labels);
    samples_fini(&ordered);
    return rc;
}
