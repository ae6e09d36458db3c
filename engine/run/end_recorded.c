/* The lock comes first, then the row is read: what was read before may be what another process has changed since. */
#include <run/end_recorded.h>

#include <base/mem.h>
#include <stdlib.h>

int rbk_end_recorded_open(struct rbk_store *s, const char *id, const char *holder, struct rbk_run_row *row,
                          struct rbk_lock **lock, struct rbk_error *err)
{
    struct rbk_error why = {0};
    int rc = rbk_lock_try(s, RBK_LOCK_RUN, id, holder, lock, &why);
    if (rc < 0 && err)
        *err = why;
    return rc < 0 ? rc : rbk_journal_run_get(s, id, row, err);
}

static bool is_open(const struct rbk_run_row *row)
{
    return row->state == RBK_RUN_RUNNING || row->state == RBK_RUN_WAITING || row->state == RBK_RUN_INTERRUPTED;
}

static int keep_open_id(void *arg, const struct rbk_run_row *row)
{
    if (is_open(row))
        rbk_strv_add(arg, row->id);
    return 0;
}

static int end_called(struct rbk_store *s, const char *id, const char *reason, int64_t ended_ms, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    int rc = rbk_journal_run_get(s, id, &row, err);
    if (rc == 0)
        rc = rbk_end_recorded(s, &row, reason, ended_ms, err);
    rbk_run_row_fini(&row);
    return rc;
}

int rbk_end_recorded(struct rbk_store *s, struct rbk_run_row *row, const char *reason, int64_t ended_ms,
                     struct rbk_error *err)
{
    struct rbk_run_filter called = {.parent = row->id};
    struct rbk_strv ids = {0};
    free(row->reason);
    row->reason = rbk_strdup(reason);
    row->state = RBK_RUN_CANCELLED;
    row->exit = rbk_exit_status(RBK_ECANCELLED);
    row->ended_ms = ended_ms;
    int rc = rbk_journal_run_update(s, row, err);
    if (rc == 0)
        rc = rbk_journal_runs(s, &called, keep_open_id, &ids, err);
    for (size_t i = 0; i < ids.count && rc == 0; i++)
        rc = end_called(s, ids.items[i], reason, ended_ms, err);
    rbk_strv_fini(&ids);
    return rc;
}
