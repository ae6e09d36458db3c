/* Waiting runs end: whoever was asked did not answer in time. Applied by the next command. */
#include <run/machine.h>

struct expired {
    struct rbk_strv ids;
    int64_t now_ms;
};

static int collect(void *arg, const struct rbk_run_row *row)
{
    struct expired *e = arg;
    if (row->expires_ms > 0 && row->expires_ms < e->now_ms)
        rbk_strv_add(&e->ids, row->id);
    return 0;
}

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
    struct expired e = {.now_ms = rbk_clock_wall_ms()};
    struct rbk_run_filter filter = {.state = "waiting", .all = true};
    int rc = rbk_journal_runs(s, &filter, collect, &e, err);
    for (size_t i = 0; i < e.ids.count && rc == 0; i++)
        rc = expire_one(s, e.ids.items[i], err);
    rbk_strv_fini(&e.ids);
    return rc;
}
