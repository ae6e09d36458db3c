/* Chunks whose bytes are no chunk any more: a disk that lost bits, somebody else's hand in the file. Queries pass over
 * them; whoever would write them anew sets them aside, so that one never stops the others. What was set aside waits for
 * a person, and goes when its time is over like any other. */
#include <metrics/damage.h>

#include <base/clock.h>
#include <metrics/read.h>
#include <metrics/write.h>

void damage_add(struct rbk_metrics_damage *d, const struct rbk_metrics_damage *more)
{
    if (!d || !more->chunks)
        return;
    d->first_ms = d->chunks && d->first_ms < more->first_ms ? d->first_ms : more->first_ms;
    d->last_ms = d->chunks && d->last_ms > more->last_ms ? d->last_ms : more->last_ms;
    d->chunks += more->chunks;
    d->samples += more->samples;
}

/* Steps a query for chunks, samples, first_ms, last_ms. */
static int add_row(struct rbk_stmt *q, struct rbk_metrics_damage *d, struct rbk_error *err)
{
    int rc = rbk_stmt_step(q, err);
    if (rc <= 0)
        return rc;
    damage_add(
        d, &(struct rbk_metrics_damage){rbk_col_int(q, 0), rbk_col_int(q, 1), rbk_col_int(q, 2), rbk_col_int(q, 3)});
    rbk_stmt_end(q);
    return 0;
}

int chunk_count_lost(struct rbk_store *s, int64_t id, struct rbk_metrics_damage *d, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT 1, count, first_ms, last_ms FROM metric_chunks WHERE id = ?1");
    rbk_bind_int(q, 1, id);
    return add_row(q, d, err);
}

int chunk_set_aside(struct rbk_store *s, int64_t id, struct rbk_metrics_damage *d, struct rbk_error *err)
{
    int rc = chunk_count_lost(s, id, d, err);
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO metric_damaged(series, first_ms, last_ms, count, step_ms, data)"
                                     " SELECT series, first_ms, last_ms, count, step_ms, data FROM metric_chunks"
                                     " WHERE id = ?1");
    rbk_bind_int(q, 1, id);
    if (rc == 0)
        rc = rbk_stmt_run(q, err);
    return rc == 0 ? chunk_delete(s, id, err) : rc;
}

int damage_forget(struct rbk_store *s, int64_t series, int64_t before_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM metric_damaged WHERE last_ms < ?2 AND (?1 = 0 OR series = ?1)");
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, before_ms);
    return rbk_stmt_run(q, err);
}

/* ---- looking for it ------------------------------------------------------------------------------------------------
 */

/* The next chunk of a series after `*id`: 1 = there is one, and it is read. */
static int look_at_next(struct rbk_store *s, int64_t series, int64_t *id, struct rbk_metrics_damage *d,
                        struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id FROM metric_chunks WHERE series = ?1 AND id > ?2 ORDER BY id LIMIT 1");
    struct past past = {0};
    rbk_bind_int(q, 1, series);
    rbk_bind_int(q, 2, *id);
    int rc = rbk_stmt_step(q, err);
    if (rc <= 0)
        return rc;
    *id = rbk_col_int(q, 0);
    rbk_stmt_end(q);
    rc = chunk_read(s, *id, &past, err);
    past_fini(&past);
    if (rc == RBK_EMALFORMED)
        rc = chunk_count_lost(s, *id, d, err);
    return rc < 0 ? rc : 1;
}

static int set_aside_of(struct rbk_store *s, int64_t series, struct rbk_metrics_damage *d, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT count(*), coalesce(sum(count), 0), min(first_ms), max(last_ms)"
                                     " FROM metric_damaged WHERE series = ?1");
    rbk_bind_int(q, 1, series);
    return add_row(q, d, err);
}

struct looking {
    struct rbk_store *store;
    rbk_metrics_damage_fn *fn;
    void *arg;
};

static int look_at_series(void *arg, const struct series *one, const struct inbox_entry *entries, size_t n,
                          struct rbk_error *err)
{
    struct looking *l = arg;
    struct rbk_metrics_damage d = {0};
    int64_t id = 0;
    (void)entries, (void)n;
    if (!one->id)
        return 0;
    int rc = set_aside_of(l->store, one->id, &d, err);
    if (rc == 0)
        rc = 1;
    while (rc > 0)
        rc = look_at_next(l->store, one->id, &id, &d, err);
    if (rc == 0 && d.chunks)
        l->fn(l->arg, one->name, one->labels, &d);
    return rc;
}

int rbk_metrics_look_for_damage(struct rbk_store *s, rbk_metrics_damage_fn *fn, void *arg, struct rbk_error *err)
{
    struct looking l = {s, fn, arg};
    return series_each(s, NULL, look_at_series, &l, err);
}
