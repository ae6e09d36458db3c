/* Rows of steps, and the commands and facts that belong to them. */
#include <store/journal.h>

#include <store/row.h>

#include <stdlib.h>
#include <string.h>

void rbk_step_row_fini(struct rbk_step_row *r)
{
    char *strings[] = {r->key,  r->id,        r->title, r->kind, r->parent, r->item,
                       r->hash, r->child_run, r->error, r->log,  r->detail};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        free(strings[i]);
    rbk_value_free(r->checks);
    rbk_value_free(r->approved);
    memset(r, 0, sizeof *r);
}

#define STEP_COLUMNS                                                                                           \
    "key, id, title, kind, parent, item, child_run, state, attempts, exit_code, signal, started_ms, ended_ms," \
    " duration_ms, cpu_ms, max_rss_kb, session, hash, idempotent, undo_done, checks, approved, error, log, detail"

int rbk_journal_step_put(struct rbk_store *s, const char *run, const struct rbk_step_row *r, struct rbk_error *err)
{
    static const char sql[] =
        "INSERT INTO steps(" STEP_COLUMNS ", run)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26)"
        " ON CONFLICT(run, id, key) DO UPDATE SET title = ?3, kind = ?4, parent = ?5, item = ?6, child_run = ?7,"
        " state = ?8, attempts = ?9, exit_code = ?10, signal = ?11, started_ms = ?12, ended_ms = ?13,"
        " duration_ms = ?14, cpu_ms = ?15, max_rss_kb = ?16, session = ?17, hash = ?18, idempotent = ?19,"
        " undo_done = ?20, checks = ?21, approved = ?22, error = ?23, log = ?24, detail = ?25";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, r->key);
    rbk_bind_text(q, 2, r->id ? r->id : r->key);
    rbk_bind_text(q, 3, r->title);
    rbk_bind_text(q, 4, r->kind);
    rbk_bind_text(q, 5, r->parent);
    rbk_bind_text(q, 6, r->item);
    rbk_bind_text(q, 7, r->child_run);
    rbk_bind_text(q, 8, rbk_step_state_name(r->state));
    rbk_bind_int(q, 9, r->attempts);
    rbk_bind_int(q, 10, r->exit_code);
    rbk_bind_int(q, 11, r->signal);
    rbk_bind_int(q, 12, r->started_ms);
    rbk_bind_int(q, 13, r->ended_ms);
    rbk_bind_int(q, 14, r->duration_ms);
    rbk_bind_int(q, 15, r->cpu_ms);
    rbk_bind_int(q, 16, r->max_rss_kb);
    rbk_bind_int(q, 17, r->session);
    rbk_bind_text(q, 18, r->hash);
    rbk_bind_int(q, 19, r->idempotent);
    rbk_bind_int(q, 20, r->undo_done);
    rbk_bind_value(q, 21, r->checks);
    rbk_bind_value(q, 22, r->approved);
    rbk_bind_text(q, 23, r->error);
    rbk_bind_text(q, 24, r->log);
    rbk_bind_text(q, 25, r->detail);
    rbk_bind_text(q, 26, run);
    return rbk_stmt_run(q, err);
}

static int read_step(struct rbk_stmt *q, struct rbk_step_row *r, struct rbk_error *err)
{
    r->key = rbk_col_dup(q, 0);
    r->id = rbk_col_dup(q, 1);
    r->title = rbk_col_dup(q, 2);
    r->kind = rbk_col_dup(q, 3);
    r->parent = rbk_col_dup(q, 4);
    r->item = rbk_col_dup(q, 5);
    r->child_run = rbk_col_dup(q, 6);
    r->attempts = (int)rbk_col_int(q, 8);
    r->exit_code = (int)rbk_col_int(q, 9);
    r->signal = (int)rbk_col_int(q, 10);
    r->started_ms = rbk_col_int(q, 11);
    r->ended_ms = rbk_col_int(q, 12);
    r->duration_ms = rbk_col_int(q, 13);
    r->cpu_ms = rbk_col_int(q, 14);
    r->max_rss_kb = rbk_col_int(q, 15);
    r->session = rbk_col_int(q, 16);
    r->hash = rbk_col_dup(q, 17);
    r->idempotent = rbk_col_int(q, 18) != 0;
    r->undo_done = rbk_col_int(q, 19) != 0;
    r->error = rbk_col_dup(q, 22);
    r->log = rbk_col_dup(q, 23);
    r->detail = rbk_col_dup(q, 24);
    if (rbk_step_state_parse(rbk_col_text(q, 7), &r->state))
        return rbk_error_set(err, RBK_ESTORE, "a step is recorded in an unknown state: %s", rbk_col_text(q, 7));
    int rc = rbk_col_value(q, 20, &r->checks, err);
    return rc ? rc : rbk_col_value(q, 21, &r->approved, err);
}

/* Hands the rows of a query to fn, and ends it. */
static int each_step(struct rbk_stmt *q, rbk_step_row_fn *fn, void *arg, size_t *count, struct rbk_error *err)
{
    int rc;
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        struct rbk_step_row row = {0};
        rc = read_step(q, &row, err);
        if (!rc)
            rc = fn(arg, &row);
        rbk_step_row_fini(&row);
        ++*count;
        if (rc)
            break;
    }
    rbk_stmt_end(q);
    return rc;
}

int rbk_journal_steps(struct rbk_store *s, const char *run, rbk_step_row_fn *fn, void *arg, struct rbk_error *err)
{
    size_t count = 0;
    struct rbk_stmt *q = rbk_stmt(s, "SELECT " STEP_COLUMNS " FROM steps WHERE run = ?1 ORDER BY n");
    rbk_bind_text(q, 1, run);
    return each_step(q, fn, arg, &count, err);
}

int rbk_journal_step(struct rbk_store *s, const char *run, const char *id, const char *key, rbk_step_row_fn *fn,
                     void *arg, struct rbk_error *err)
{
    size_t count = 0;
    struct rbk_stmt *q = rbk_stmt(s, "SELECT " STEP_COLUMNS " FROM steps WHERE run = ?1 AND id = ?2 AND key = ?3");
    rbk_bind_text(q, 1, run);
    rbk_bind_text(q, 2, id);
    rbk_bind_text(q, 3, key);
    int rc = each_step(q, fn, arg, &count, err);
    return rc || count ? rc : rbk_error_set(err, RBK_ENOENT, "no step %s is recorded", key);
}

int rbk_journal_fact_put(struct rbk_store *s, const char *run, const char *step, const char *name, const rbk_value *v,
                         struct rbk_error *err)
{
    static const char sql[] = "INSERT INTO facts(run, n, step, name, value) VALUES(?1,"
                              " (SELECT coalesce(max(n), 0) + 1 FROM facts WHERE run = ?1), ?2, ?3, ?4)";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, run);
    rbk_bind_text(q, 2, step);
    rbk_bind_text(q, 3, name);
    rbk_bind_value(q, 4, v);
    return rbk_stmt_run(q, err);
}

int rbk_journal_facts(struct rbk_store *s, const char *run, rbk_value **out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT name, value FROM facts WHERE run = ?1 ORDER BY n");
    rbk_value *facts = rbk_map_new(), *v;
    rbk_bind_text(q, 1, run);
    int rc;
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        rc = rbk_col_value(q, 1, &v, err);
        if (rc)
            break;
        rbk_map_set(facts, rbk_col_text(q, 0), v);
    }
    rbk_stmt_end(q);
    *out = rc ? NULL : facts;
    if (rc)
        rbk_value_free(facts);
    return rc;
}

static int compare_ms(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Only the latest runs are looked through, so that a step that never succeeds does not cost a scan of all history. They
 * come newest first; the join keeps that order, and nothing but the choice among them hangs on it. */
int64_t rbk_journal_usual_ms(struct rbk_store *s, const char *runbook, const char *step_id, int n)
{
    static const char sql[] =
        "SELECT steps.duration_ms FROM (SELECT id FROM runs WHERE runbook = ?1 ORDER BY id DESC LIMIT ?4) AS latest"
        " CROSS JOIN steps ON steps.run = latest.id AND steps.id = ?2 WHERE steps.state = 'succeeded'"
        " AND steps.duration_ms >= 0 LIMIT ?3";
    int64_t durations[64];
    int count = 0, most = (int)(sizeof durations / sizeof *durations);
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, runbook);
    rbk_bind_text(q, 2, step_id);
    rbk_bind_int(q, 3, n < most ? n : most);
    rbk_bind_int(q, 4, 4 * (int64_t)n);
    while (count < most && rbk_stmt_step(q, NULL) == 1)
        durations[count++] = rbk_col_int(q, 0);
    rbk_stmt_end(q);
    if (!count)
        return -1;
    qsort(durations, (size_t)count, sizeof *durations, compare_ms);
    int64_t upper = durations[count / 2], lower = durations[(count - 1) / 2];
    return lower + (upper - lower) / 2;
}
