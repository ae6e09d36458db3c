/* Waiting runs end: whoever was asked did not answer in time. Applied by the next command. */
#include <run/machine.h>

/* Under the run's lock: a resume that comes first wins. */
static int expire_one(struct rbk_store *s, const char *id, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    struct rbk_lock *lock = NULL;
    int rc = rbk_lock_try(s, RBK_LOCK_RUN, id, "expire", &lock, err);
    if (rc < 0)
        return rc == RBK_EBUSY ? 0 : rc;
    rc = rbk_journal_run_get(s, id, &row, err);
    if (rc == 0 && row.state == RBK_RUN_WAITING) {
        row.state = RBK_RUN_CANCELLED;
        row.exit = rbk_exit_status(RBK_ECANCELLED);
        row.ended_ms = row.expires_ms;
        free(row.reason);
        row.reason = rbk_strdup("nobody answered in time");
        rc = rbk_store_begin(s, err);
        rc = rc < 0 ? rc : rbk_journal_run_update(s, &row, err);
        rc = rc < 0 ? rc : rbk_store_commit(s, err);
        if (rc < 0)
            rbk_store_rollback(s);
    }
    rbk_run_row_fini(&row);
    rbk_lock_release(lock);
    return rc;
}

int rbk_run_expire(struct rbk_store *s, struct rbk_error *err)
{
    struct rbk_strv ids = {0};
    int rc = rbk_journal_expired(s, rbk_clock_wall_ms(), &ids, err);
    for (size_t i = 0; i < ids.count && rc == 0; i++)
        rc = expire_one(s, ids.items[i], err);
    rbk_strv_fini(&ids);
    return rc;
}
