/* Old samples go, or become summaries, as the configuration says. The work is cut into chunks, which an index finds by
 * age without looking at any series; each chunk is done in one go, and a transaction holds a few of them: whoever is
 * killed leaves every sample either as it was or rolled up, and nobody who wants to write waits long.
 *
 * A clock that is wrong by years must not cost everything: what happens by itself comes no more than a week further
 * each day.
 *
 * A chunk that is partly old is cut only when it has a day's worth of it or more, so that a series that is written all
 * the time is not written anew every time. */
#include <metrics/damage.h>
#include <metrics/series.h>
#include <metrics/write.h>

#include <base/clock.h>
#include <base/str.h>

enum { CHUNKS_A_COMMIT = 16 };
static const int64_t day_ms = INT64_C(86400000), stride_ms = INT64_C(7 * 86400000);

struct tidying {
    struct rbk_store *store;
    const struct rbk_metrics_keep *keep;
    int64_t clock_ms, now_ms; /* the time, and what it is taken for */
    int64_t slack_ms;
    struct rbk_metrics_tidied done;
};

struct old_chunk {
    int64_t id, series;
};

/* The next longer window that there are chunks of (-1: begins with samples); -1 = none. */
static int next_step(struct rbk_store *s, int64_t *step_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT min(step_ms) FROM metric_chunks WHERE step_ms > ?1");
    rbk_bind_int(q, 1, *step_ms);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    *step_ms = rbk_col_is_null(q, 0) ? -1 : rbk_col_int(q, 0);
    rbk_stmt_end(q);
    return 0;
}

static int find_old_of(struct rbk_store *s, int64_t step_ms, int64_t before_ms, struct old_chunk *out,
                       struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id, series FROM metric_chunks INDEXED BY metric_chunks_by_age"
                                     " WHERE step_ms = ?1 AND first_ms < ?2 LIMIT 1");
    rbk_bind_int(q, 1, step_ms);
    rbk_bind_int(q, 2, before_ms);
    int rc = rbk_stmt_step(q, err);
    if (rc > 0)
        *out = (struct old_chunk){rbk_col_int(q, 0), rbk_col_int(q, 1)};
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc;
}

/* A chunk of windows shorter than `below_ms` that begins before a time: 1 = found. */
static int find_old(struct rbk_store *s, int64_t below_ms, int64_t before_ms, struct old_chunk *out,
                    struct rbk_error *err)
{
    int64_t step_ms = -1;
    int rc = next_step(s, &step_ms, err);
    while (rc == 0 && step_ms >= 0 && step_ms < below_ms) {
        rc = find_old_of(s, step_ms, before_ms, out, err);
        if (rc == 0)
            rc = next_step(s, &step_ms, err);
    }
    return rc;
}

static int forget_one(struct tidying *t, struct rbk_error *err)
{
    int64_t before_ms = t->now_ms - t->keep->retention_ms;
    struct old_chunk chunk = {0};
    if (t->keep->retention_ms <= 0)
        return 0;
    int rc = find_old(t->store, INT64_MAX, before_ms - t->slack_ms, &chunk, err);
    if (rc > 0) {
        int failed = chunk_forget(t->store, chunk.id, before_ms, &t->done.removed, &t->done.damage, err);
        rc = failed ? failed : 1;
    }
    return rc;
}

static int roll_chunk(struct tidying *t, const struct old_chunk *chunk, int64_t step_ms, int64_t before_ms,
                      struct rbk_error *err)
{
    struct past old = {0}, rest = {0};
    int rc = chunk_read(t->store, chunk->id, &old, err);
    if (rc == RBK_EMALFORMED)
        return chunk_set_aside(t->store, chunk->id, &t->done.damage, err);
    past_append(&rest, &old);
    past_clip(&old, INT64_MIN, before_ms);
    past_clip(&rest, before_ms, INT64_MAX);
    if (rc == 0)
        rc = chunk_rewrite(t->store, chunk->id, &rest, err);
    if (rc == 0)
        rc = summaries_append(t->store, chunk->series, step_ms, &old, err);
    t->done.rolled_up += rc == 0 ? past_count(&old) : 0;
    past_fini(&rest);
    past_fini(&old);
    return rc;
}

/* Longest windows first: what is old enough for them takes no detour. */
static int roll_one(struct tidying *t, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = t->keep->rollup_count; i-- > 0 && rc == 0;) {
        const struct rbk_metrics_rollup *rollup = &t->keep->rollups[i];
        int64_t before_ms = window_begin(t->now_ms - rollup->after_ms, rollup->step_ms);
        struct old_chunk chunk = {0};
        rc = find_old(t->store, rollup->step_ms, before_ms - t->slack_ms, &chunk, err);
        if (rc > 0) {
            int failed = roll_chunk(t, &chunk, rollup->step_ms, before_ms, err);
            rc = failed ? failed : 1;
        }
    }
    return rc;
}

static int64_t hash_of(const struct rbk_metrics_keep *keep)
{
    int64_t numbers[1 + 2 * RBK_METRICS_ROLLUPS_MAX] = {keep->retention_ms};
    for (size_t i = 0; i < keep->rollup_count; i++) {
        numbers[1 + 2 * i] = keep->rollups[i].step_ms;
        numbers[2 + 2 * i] = keep->rollups[i].after_ms;
    }
    return (int64_t)rbk_hash(RBK_HASH_INIT, numbers, sizeof numbers);
}

static int forget_damaged(struct tidying *t, struct rbk_error *err)
{
    int64_t retention_ms = t->keep->retention_ms;
    return retention_ms > 0 ? damage_forget(t->store, 0, t->now_ms - retention_ms, err) : 0;
}

static int note_tidied(struct tidying *t, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(t->store, "INSERT OR REPLACE INTO metric_tidied(id, at_ms, keep, reached_ms)"
                                            " VALUES(1, ?1, ?2, ?3)");
    int rc = forget_damaged(t, err);
    if (rc == 0 && t->done.removed)
        rc = series_forget_empty(t->store, err);
    rbk_bind_int(q, 1, t->clock_ms);
    rbk_bind_int(q, 2, hash_of(t->keep));
    rbk_bind_int(q, 3, t->now_ms);
    return rc == 0 ? rbk_stmt_run(q, err) : rc;
}

/* A few chunks; 1 = there may be more. */
static int tidy_some(struct tidying *t, struct rbk_error *err)
{
    int rc = 1;
    for (int i = 0; i < CHUNKS_A_COMMIT && rc > 0; i++) {
        rc = forget_one(t, err);
        if (rc == 0)
            rc = roll_one(t, err);
    }
    if (rc == 0)
        rc = note_tidied(t, err);
    return rc;
}

static int tidy_in_transaction(struct tidying *t, bool compact, struct rbk_error *err)
{
    int rc = rbk_store_begin(t->store, err), more = 0;
    if (rc < 0)
        return rc;
    rc = compact ? rbk_metrics_compact(t->store, err) : 0;
    if (rc == 0)
        rc = more = tidy_some(t, err);
    if (rc >= 0)
        rc = rbk_store_commit(t->store, err);
    else
        rbk_store_rollback(t->store);
    return rc < 0 ? rc : more;
}

/* The time, but no more than a stride beyond what was reached before. */
static int take_stride(struct tidying *t, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(t->store, "SELECT reached_ms FROM metric_tidied WHERE reached_ms > 0");
    int rc = rbk_stmt_step(q, err);
    if (rc > 0 && t->now_ms - rbk_col_int(q, 0) > stride_ms)
        t->now_ms = rbk_col_int(q, 0) + stride_ms;
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

int rbk_metrics_tidy(struct rbk_store *s, const struct rbk_metrics_keep *keep, int64_t now_ms, int64_t budget_ms,
                     struct rbk_metrics_tidied *done, struct rbk_error *err)
{
    struct tidying t = {
        .store = s, .keep = keep, .clock_ms = now_ms, .now_ms = now_ms, .slack_ms = budget_ms ? day_ms : 0};
    int64_t begin = rbk_clock_mono_ms();
    int rc = budget_ms ? take_stride(&t, err) : 0;
    if (rc == 0)
        rc = tidy_in_transaction(&t, true, err);
    while (rc > 0 && (!budget_ms || rbk_clock_mono_ms() - begin < budget_ms))
        rc = tidy_in_transaction(&t, false, err);
    t.done.more = rc > 0;
    if (done)
        *done = t.done;
    return rc < 0 ? rc : 0;
}

bool rbk_metrics_tidy_due(struct rbk_store *s, const struct rbk_metrics_keep *keep, int64_t now_ms)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT at_ms, keep FROM metric_tidied");
    int rc = rbk_stmt_step(q, NULL);
    bool done = rc > 0 && now_ms >= rbk_col_int(q, 0) && now_ms - rbk_col_int(q, 0) < day_ms &&
                rbk_col_int(q, 1) == hash_of(keep);
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc >= 0 && !done;
}
