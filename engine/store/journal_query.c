/* Lists of runs, by runbook, state, time and parent. Ids are ULIDs, so the order of ids is the order in time. */
#include <store/journal.h>

#include <store/journal_rows.h>
#include <store/row.h>

#include <stdio.h>
#include <string.h>

/* One text per way into the table and per order: with a single text SQLite could not use the indexes. ?1 is the runbook
 * or the parent; ?6 admits called runs. */
#define SELECT_RUNS "SELECT " RBK_RUN_COLUMNS " FROM runs WHERE "
#define FILTERS                                                                                         \
    " AND (?2 IS NULL OR state = ?2) AND (?3 = 0 OR started_ms >= ?3) AND (?4 = 0 OR started_ms <= ?4)" \
    " AND (?6 OR parent IS NULL) AND (?7 IS NULL OR runbook = ?7) ORDER BY id "
#define BOTH_ORDERS(condition)                                                                       \
    {                                                                                                \
        SELECT_RUNS condition FILTERS "DESC LIMIT ?5", SELECT_RUNS condition FILTERS "ASC LIMIT ?5", \
    }

enum access_path { BY_TIME, BY_RUNBOOK, BY_PARENT, BY_OPEN_STATE };
static const char *const queries[][2] = {
    [BY_TIME] = BOTH_ORDERS("?1 IS NULL"),
    [BY_RUNBOOK] = BOTH_ORDERS("runbook = ?1"),
    [BY_PARENT] = BOTH_ORDERS("parent = ?1"),
    [BY_OPEN_STATE] = BOTH_ORDERS("?1 IS NULL AND state = ?2 AND " RBK_RUN_IS_OPEN),
};

int rbk_run_row_read(struct rbk_stmt *q, struct rbk_run_row *r, struct rbk_error *err)
{
    const char *id = rbk_col_text(q, 0), *state = rbk_col_text(q, 4);
    memset(r, 0, sizeof *r);
    snprintf(r->id, sizeof r->id, "%s", id ? id : "");
    r->runbook = rbk_col_dup(q, 1);
    r->title = rbk_col_dup(q, 2);
    r->path = rbk_col_dup(q, 3);
    r->exit = (int)rbk_col_int(q, 5);
    r->started_ms = rbk_col_int(q, 6);
    r->ended_ms = rbk_col_int(q, 7);
    r->duration_ms = rbk_col_int(q, 8);
    r->by = rbk_col_dup(q, 9);
    r->host = rbk_col_dup(q, 10);
    r->pid = rbk_col_int(q, 11);
    r->root = rbk_col_dup(q, 12);
    r->parent = rbk_col_dup(q, 13);
    r->parent_step = rbk_col_dup(q, 14);
    r->plan_hash = rbk_col_dup(q, 18);
    r->expires_ms = rbk_col_int(q, 19);
    r->cancel_requested = rbk_col_int(q, 20) != 0;
    r->reason = rbk_col_dup(q, 21);
    int rc = rbk_run_state_parse(state, &r->state);
    if (rc)
        rc = rbk_error_set(err, RBK_ESTORE, "run %s is recorded in an unknown state: %s", r->id, state);
    if (!rc)
        rc = rbk_col_value(q, 15, &r->params, err);
    if (!rc)
        rc = rbk_col_value(q, 16, &r->options, err);
    if (!rc)
        rc = rbk_col_value(q, 17, &r->plan, err);
    if (rc)
        rbk_run_row_fini(r);
    return rc;
}

static bool state_is_open(const char *state)
{
    return state && (!strcmp(state, "running") || !strcmp(state, "waiting") || !strcmp(state, "interrupted"));
}

static enum access_path path_for(const struct rbk_run_filter *f)
{
    if (f->parent)
        return BY_PARENT;
    if (state_is_open(f->state) && !f->runbook)
        return BY_OPEN_STATE;
    return f->runbook ? BY_RUNBOOK : BY_TIME;
}

int rbk_journal_runs(struct rbk_store *s, const struct rbk_run_filter *f, rbk_run_row_fn *fn, void *arg,
                     struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, queries[path_for(f)][f->oldest_first]);
    rbk_bind_text(q, 1, f->parent ? f->parent : f->runbook);
    rbk_bind_text(q, 2, f->state);
    rbk_bind_int(q, 3, f->since_ms);
    rbk_bind_int(q, 4, f->until_ms);
    rbk_bind_int(q, 5, f->limit > 0 ? f->limit : -1);
    rbk_bind_int(q, 6, f->all || f->parent);
    rbk_bind_text(q, 7, f->runbook);
    int rc;
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        struct rbk_run_row row;
        rc = rbk_run_row_read(q, &row, err);
        if (!rc)
            rc = fn(arg, &row);
        rbk_run_row_fini(&row);
        if (rc)
            break;
    }
    rbk_stmt_end(q);
    return rc;
}

/* Runs that nobody called, in one of the states of runs_open. Every run asks, for two states, and mostly there are
 * none: one statement is prepared for both, with one index to choose from, and the rest is decided here. Without the +
 * SQLite would take the value into its plan, and prepare again for the other one. `expired_by_ms` 0 = expired or not.
 */
static int read_open(struct rbk_store *s, const char *state, int64_t expired_by_ms, struct rbk_strv *ids,
                     struct rbk_error *err)
{
    static const char sql[] = "SELECT id, root, expires_ms FROM runs INDEXED BY runs_open WHERE state = +?1"
                              " AND " RBK_RUN_IS_OPEN " ORDER BY id";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    int rc;
    rbk_bind_text(q, 1, state);
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        int64_t expires_ms = rbk_col_int(q, 2);
        bool over = expires_ms > 0 && expires_ms < expired_by_ms;
        if (rbk_col_is_null(q, 1) && (over || !expired_by_ms))
            rbk_strv_take(ids, rbk_col_dup(q, 0));
    }
    rbk_stmt_end(q);
    return rc;
}

int rbk_journal_expired(struct rbk_store *s, int64_t now_ms, struct rbk_strv *ids, struct rbk_error *err)
{
    return read_open(s, "waiting", now_ms, ids, err);
}

int rbk_journal_running(struct rbk_store *s, struct rbk_strv *ids, struct rbk_error *err)
{
    return read_open(s, "running", 0, ids, err);
}
