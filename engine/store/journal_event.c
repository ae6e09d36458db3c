/* Events: what else happened to a run, in order, for the record (escalations, cancel requests, decisions). */
#include <store/journal.h>

#include <store/row.h>

int rbk_journal_event_add(struct rbk_store *s, const char *run, const char *step, const char *kind,
                          const rbk_value *data, struct rbk_error *err)
{
    static const char sql[] = "INSERT INTO events(run, n, at_ms, step, kind, data) VALUES(?1,"
                              " (SELECT coalesce(max(n), 0) + 1 FROM events WHERE run = ?1), ?2, ?3, ?4, ?5)";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, run);
    rbk_bind_int(q, 2, rbk_clock_wall_ms());
    rbk_bind_text(q, 3, step);
    rbk_bind_text(q, 4, kind);
    rbk_bind_value(q, 5, data);
    return rbk_stmt_run(q, err);
}

int rbk_journal_events(struct rbk_store *s, const char *run, rbk_event_row_fn *fn, void *arg, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT at_ms, step, kind, data FROM events WHERE run = ?1 ORDER BY n");
    rbk_bind_text(q, 1, run);
    int rc;
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        rbk_value *data = NULL;
        rc = rbk_col_value(q, 3, &data, err);
        if (!rc)
            rc = fn(arg, rbk_col_int(q, 0), rbk_col_text(q, 1), rbk_col_text(q, 2), data);
        rbk_value_free(data);
        if (rc)
            break;
    }
    rbk_stmt_end(q);
    return rc;
}
