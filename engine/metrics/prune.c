/* Forgetting on demand: chunks that end before the time go, those that contain it are cut. What is old by configuration
 * goes by itself (tidy.c). */
#include <metrics/damage.h>
#include <metrics/series.h>
#include <metrics/write.h>

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

/* The first chunk that still begins before the time; 0 = none. */
static int find_cut(struct pruning *p, int64_t series, int64_t *id, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(p->store, "SELECT id FROM metric_chunks"
                                            " WHERE series = ?1 AND first_ms < ?2 AND last_ms >= ?2 LIMIT 1");
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, p->before_ms);
    int rc = rbk_stmt_step(q, err);
    *id = rc > 0 ? rbk_col_int(q, 0) : 0;
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

static int prune_series(struct pruning *p, int64_t series, struct rbk_error *err)
{
    int64_t id = 0;
    int rc = delete_whole(p, series, err);
    if (rc == 0)
        rc = damage_forget(p->store, series, p->before_ms, err);
    if (rc == 0)
        rc = find_cut(p, series, &id, err);
    while (rc == 0 && id) {
        rc = chunk_forget(p->store, id, p->before_ms, &p->removed, NULL, err);
        if (rc == 0)
            rc = find_cut(p, series, &id, err);
    }
    return rc;
}

int series_forget_empty(struct rbk_store *s, struct rbk_error *err)
{
    int rc = rbk_stmt_run(rbk_stmt(s, "DELETE FROM metric_series WHERE id NOT IN (SELECT series FROM metric_chunks"
                                      " UNION ALL SELECT series FROM metric_damaged)"),
                          err);
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
        rc = series_forget_empty(s, err);
    series_list_fini(&list);
    if (rc == 0 && removed)
        *removed = p.removed;
    return rc;
}
