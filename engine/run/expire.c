/* Waiting runs end: whoever was asked did not answer in time. Applied by the next command. */
#include <run/end_recorded.h>
#include <run/run.h>

static int end_expired(struct rbk_store *s, struct rbk_run_row *row, struct rbk_error *err)
{
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    rc = rbk_end_recorded(s, row, "nobody answered in time", row->expires_ms, err);
    if (rc == 0)
        return rbk_store_commit(s, err);
    rbk_store_rollback(s);
    return rc;
}

/* A resume that comes first wins; the run may even wait again since, with a new patience. */
static int expire_one(struct rbk_store *s, const char *id, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    struct rbk_lock *lock = NULL;
    int rc = rbk_end_recorded_open(s, id, "expire", &row, &lock, err);
    if (rc == 0 && row.state == RBK_RUN_WAITING && row.expires_ms > 0 && row.expires_ms < now_ms)
        rc = end_expired(s, &row, err);
    rbk_run_row_fini(&row);
    rbk_lock_release(lock);
    return rc == RBK_EBUSY ? 0 : rc;
}

int rbk_run_expire(struct rbk_store *s, struct rbk_error *err)
{
    struct rbk_strv ids = {0};
    int64_t now_ms = rbk_clock_wall_ms();
    int rc = rbk_journal_expired(s, now_ms, &ids, err);
    for (size_t i = 0; i < ids.count && rc == 0; i++)
        rc = expire_one(s, ids.items[i], now_ms, err);
    rbk_strv_fini(&ids);
    return rc;
}
