/* Forgetting what is old: chunks that end before the time go, the one that contains it is cut. */
#include <metrics/read.h>
#include <metrics/write.h>

#include <metrics/chunk.h>

#include <string.h>

struct pruning {
    struct rbk_store *store;
    int64_t before_ms, removed;
};

static int delete_whole(struct pruning *p, int64_t series, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(p->store, "SELECT coalesce(sum(count), 0) FROM metric_chunks"
                                            " WHERE series = ?1 AND last_ms < ?2");
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, p->before_ms);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    p->removed += rbk_col_int(q, 0);
    rbk_stmt_end(q);
    q = rbk_stmt(p->store, "DELETE FROM metric_chunks WHERE series = ?1 AND last_ms < ?2");
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, p->before_ms);
    return rbk_stmt_run(q, err);
}

/* The first chunk that still begins before the time: its id and samples; 0 = none. */
static int find_cut(struct pruning *p, int64_t series, int64_t *id, struct samples *out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(p->store, "SELECT id, data FROM metric_chunks"
                                            " WHERE series = ?1 AND first_ms < ?2 AND last_ms >= ?2 LIMIT 1");
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, p->before_ms);
    int rc = rbk_stmt_step(q, err);
    *id = 0;
    if (rc > 0) {
        size_t len;
        const void *data = rbk_col_blob(q, 1, &len);
        rc = chunk_decode(data, len, out, err);
        *id = rbk_col_int(q, 0);
    }
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

/* The rest of a chunk stays where it was in the order of writing: it keeps its id. */
static int cut_chunk(struct pruning *p, int64_t id, struct samples *v, struct rbk_error *err)
{
    struct rbk_buf data = {0};
    size_t first = samples_find(v, p->before_ms);
    chunk_encode(v->at_ms + first, v->value + first, v->count - first, &data);
    struct rbk_stmt *q = rbk_stmt(p->store, "UPDATE metric_chunks SET first_ms = ?2, count = ?3, data = ?4"
                                            " WHERE id = ?1");
    rbk_bind_int(q, 1, id);
    rbk_bind_int(q, 2, v->at_ms[first]);
    rbk_bind_int(q, 3, (int64_t)(v->count - first));
    rbk_bind_blob(q, 4, data.data, data.len);
    rbk_buf_fini(&data);
    p->removed += (int64_t)first;
    return rbk_stmt_run(q, err);
}

static int prune_series(struct pruning *p, int64_t series, struct rbk_error *err)
{
    int rc = delete_whole(p, series, err);
    for (int64_t id = 1; rc == 0 && id;) {
        struct samples v = {0};
        rc = find_cut(p, series, &id, &v, err);
        if (rc == 0 && id)
            rc = cut_chunk(p, id, &v, err);
        samples_fini(&v);
    }
    return rc;
}

/* Names without samples go too, so that lists show what there is. */
static int forget_empty(struct rbk_store *s, struct rbk_error *err)
{
    int rc =
        rbk_stmt_run(rbk_stmt(s, "DELETE FROM metric_series WHERE id NOT IN (SELECT series FROM metric_chunks)"), err);
    if (rc == 0)
        rc = rbk_stmt_run(rbk_stmt(s, "DELETE FROM metric_families WHERE id NOT IN (SELECT family FROM metric_series)"),
                          err);
    return rc;
}

int rbk_metrics_prune(struct rbk_store *s, const char *name, int64_t before_ms, int64_t *removed, struct rbk_error *err)
{
    struct pruning p = {.store = s, .before_ms = before_ms};
    struct series_list list = {0};
    int rc = rbk_metrics_compact(s, err);
    if (rc == 0)
        rc = series_find(s, name, &list, err);
    for (size_t i = 0; i < list.count && rc == 0; i++)
        rc = prune_series(&p, list.items[i].id, err);
    if (rc == 0)
        rc = forget_empty(s, err);
    series_list_fini(&list);
    if (rc == 0 && removed)
        *removed = p.removed;
    return rc;
}
