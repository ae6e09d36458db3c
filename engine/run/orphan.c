/* Runs whose process is gone without a word: killed, or the machine stopped. The record says `running`, and no lock is
 * held. Whoever opens the store next writes down what is so, once. */
#include <run/end_recorded.h>
#include <run/run.h>

static int mark(struct rbk_store *s, struct rbk_run_row *row, rbk_orphan_fn *fn, void *arg, struct rbk_error *err)
{
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    row->state = RBK_RUN_INTERRUPTED;
    rc = rbk_journal_run_update(s, row, err);
    if (rc == 0)
        rc = fn(arg, row, err);
    if (rc == 0)
        return rbk_store_commit(s, err);
    rbk_store_rollback(s);
    return rc;
}

/* The lock is only taken where nobody had it: a look must not be in the way of whoever goes on with the run. */
static int mark_one(struct rbk_store *s, const char *id, rbk_orphan_fn *fn, void *arg, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    struct rbk_lock *lock = NULL;
    int rc = rbk_lock_held(s, RBK_LOCK_RUN, id, NULL, 0, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = rbk_end_recorded_open(s, id, "look", &row, &lock, err);
    if (rc == 0 && row.state == RBK_RUN_RUNNING)
        rc = mark(s, &row, fn, arg, err);
    rbk_run_row_fini(&row);
    rbk_lock_release(lock);
    return rc == RBK_EBUSY ? 0 : rc;
}

int rbk_run_orphans(struct rbk_store *s, rbk_orphan_fn *fn, void *arg, struct rbk_error *err)
{
    struct rbk_strv ids = {0};
    int rc = rbk_journal_running(s, &ids, err);
    for (size_t i = 0; i < ids.count && rc == 0; i++)
        rc = mark_one(s, ids.items[i], fn, arg, err);
    rbk_strv_fini(&ids);
    return rc;
}

int rbk_run_orphaned(struct rbk_store *s, struct rbk_error *err)
{
    struct rbk_strv ids = {0};
    int rc = rbk_journal_running(s, &ids, err), held = 1;
    for (size_t i = 0; i < ids.count && rc == 0 && held == 1; i++)
        held = rbk_lock_held(s, RBK_LOCK_RUN, ids.items[i], NULL, 0, err);
    rbk_strv_fini(&ids);
    return rc < 0 ? rc : held < 0 ? held : !held;
}
