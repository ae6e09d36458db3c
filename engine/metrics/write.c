/* Writing: one sample goes to the inbox, many straight into chunks. Compaction happens in the transaction of a writer:
 * a crash leaves all of it or nothing.
 *
 * What a query gives never changes: it reads the chunks of a series by id, then the inbox, and orders that by time,
 * samples of one time as they came. Compaction moves the inbox behind the chunk of the highest id, which keeps that
 * order. */
#include <metrics/write.h>

#include <metrics/chunk.h>
#include <metrics/inbox.h>
#include <metrics/labels.h>
#include <metrics/series.h>

#include <math.h>

static int chunk_put(struct rbk_store *s, int64_t series, const struct samples *v, size_t from, size_t n,
                     struct rbk_error *err)
{
    struct rbk_buf data = {0};
    chunk_encode(v->at_ms + from, v->value + from, n, &data);
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO metric_chunks(series, first_ms, last_ms, count, data)"
                                     " VALUES(?1, ?2, ?3, ?4, ?5)");
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, v->at_ms[from]);
    rbk_bind_int(q, 3, v->at_ms[from + n - 1]);
    rbk_bind_int(q, 4, (int64_t)n);
    rbk_bind_blob(q, 5, data.data, data.len);
    rbk_buf_fini(&data);
    return rbk_stmt_run(q, err);
}

int chunks_put(struct rbk_store *s, int64_t series, const struct samples *samples, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < samples->count && rc == 0; i += CHUNK_MAX)
        rc = chunk_put(s, series, samples, i, samples->count - i < CHUNK_MAX ? samples->count - i : CHUNK_MAX, err);
    return rc;
}

int chunk_delete(struct rbk_store *s, int64_t id, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM metric_chunks WHERE id = ?1");
    rbk_bind_int(q, 1, id);
    return rbk_stmt_run(q, err);
}

/* The samples of the last chunk unless it is full; its id, or 0. */
static int last_chunk(struct rbk_store *s, int64_t series, int64_t *id, struct samples *out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id, data, count FROM metric_chunks WHERE series = ?1"
                                     " ORDER BY id DESC LIMIT 1");
    size_t len;
    *id = 0;
    rbk_bind_int(q, 1, series);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    if (rc > 0 && rbk_col_int(q, 2) < CHUNK_MAX) {
        const void *data = rbk_col_blob(q, 1, &len);
        rc = chunk_decode(data, len, out, err);
        *id = rbk_col_int(q, 0);
    }
    rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

int chunks_append(struct rbk_store *s, int64_t series, const struct samples *samples, struct rbk_error *err)
{
    struct samples all = {0};
    int64_t last = 0;
    int rc = last_chunk(s, series, &last, &all, err);
    if (rc == 0 && last == 0) {
        rc = chunks_put(s, series, samples, err);
    } else if (rc == 0) {
        for (size_t i = 0; i < samples->count; i++)
            samples_add(&all, samples->at_ms[i], samples->value[i]);
        samples_sort(&all);
        rc = chunk_delete(s, last, err);
        if (rc == 0)
            rc = chunks_put(s, series, &all, err);
    }
    samples_fini(&all);
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

static int not_finite(const struct rbk_metric *m, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "the value of %s is no finite number", m->name);
    return rbk_error_hint(err, "what could not be measured is not recorded");
}

int rbk_metrics_record(struct rbk_store *s, const struct rbk_metric *m, struct rbk_sample sample, struct rbk_error *err)
{
    struct rbk_metrics_batch batch = {0};
    int rc = rbk_metric_check(m, err);
    if (rc == 0 && !isfinite(sample.value))
        rc = not_finite(m, err);
    if (rc == 0) {
        rbk_metrics_batch_add(&batch, m, sample);
        rc = rbk_metrics_batch_write(&batch, s, err);
    }
    rbk_metrics_batch_fini(&batch);
    return rc;
}

static int take_samples(const struct rbk_metric *m, const struct rbk_sample *from, size_t count, struct samples *out,
                        struct rbk_error *err)
{
    samples_reserve(out, count);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(from[i].value))
            return not_finite(m, err);
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
    int64_t series = 0;
    int rc = rbk_metric_check(m, err);
    if (rc == 0)
        rc = take_samples(m, samples, count, &ordered, err);
    if (rc == 0)
        rc = rbk_metrics_compact(s, err);
    labels_put(&labels, m->labels, m->label_count);
    if (rc == 0 && count)
        rc = series_make(s, m, labels.data ? labels.data : "", &series, err);
    if (rc == 0 && count)
        rc = chunks_append(s, series, &ordered, err);
    rbk_buf_fini(&labels);
    samples_fini(&ordered);
    return rc;
}
