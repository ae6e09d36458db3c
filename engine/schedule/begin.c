/* From planned to ended: taking a firing, and finding those whose process died. */
#include <base/clock.h>
#include <base/mem.h>
#include <inttypes.h>
#include <schedule/firing.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/journal.h>
#include <string.h>
#include <unistd.h>

enum { KEY_SIZE = 48 };

static void lock_key(int64_t id, char out[KEY_SIZE])
{
    snprintf(out, KEY_SIZE, "schedule/firing/%" PRId64, id);
}

int rbk_firing_alive(struct rbk_store *s, int64_t id, struct rbk_error *err)
{
    char key[KEY_SIZE];
    lock_key(id, key);
    return rbk_lock_held(s, RBK_LOCK_NAMED, key, NULL, 0, err);
}

/* One change in a transaction of its own. `changed` may be NULL. */
static int commit_one(struct rbk_store *s, struct rbk_stmt *q, int *changed, struct rbk_error *err)
{
    int rc = rbk_stmt_run(q, err);
    if (changed)
        *changed = rbk_store_changes(s);
    if (rc == 0)
        return rbk_store_commit(s, err);
    rbk_store_rollback(s);
    return rc;
}

int rbk_firing_skip(struct rbk_store *s, int64_t id, const char *reason, int64_t now_ms, struct rbk_error *err)
{
    static const char sql[] = "UPDATE schedule_firings SET state = 'skipped', reason = ?2, ended_ms = ?3, told = 0"
                              " WHERE id = ?1 AND state = 'planned'";
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, id);
    rbk_bind_text(q, 2, reason);
    rbk_bind_int(q, 3, now_ms);
    return commit_one(s, q, NULL, err);
}

int rbk_firing_end(struct rbk_store *s, int64_t id, const char *run, int exit_status, int64_t now_ms,
                   struct rbk_error *err)
{
    static const char sql[] = "UPDATE schedule_firings SET state = 'ended', run = ?2, exit = ?3, ended_ms = ?4"
                              " WHERE id = ?1 AND state IN ('running', 'lost')";
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, id);
    rbk_bind_text(q, 2, run);
    rbk_bind_int(q, 3, exit_status);
    rbk_bind_int(q, 4, now_ms);
    return commit_one(s, q, NULL, err);
}

int rbk_firing_return(struct rbk_store *s, int64_t id, struct rbk_error *err)
{
    static const char sql[] = "UPDATE schedule_firings SET state = 'planned', run = NULL, started_ms = 0"
                              " WHERE id = ?1 AND state = 'running'";
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, id);
    return commit_one(s, q, NULL, err);
}

/* ---- taking ---- */

struct wanted {
    int64_t id;
    struct rbk_firing *out;
};

static int copy_wanted(void *arg, const struct rbk_firing *f)
{
    struct wanted *w = arg;
    if (f->id != w->id)
        return 0;
    *w->out = *f;
    w->out->runbook = rbk_strdup(f->runbook);
    w->out->reason = w->out->run = NULL;
    return 1;
}

static int mark_taken(struct rbk_store *s, int64_t id, const char *run, int64_t now_ms, struct rbk_error *err)
{
    static const char sql[] = "UPDATE schedule_firings SET state = 'running', started_ms = ?2, run = ?3"
                              " WHERE id = ?1 AND state = 'planned'";
    int changed = 0, rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, id);
    rbk_bind_int(q, 2, now_ms);
    rbk_bind_text(q, 3, run);
    rc = commit_one(s, q, &changed, err);
    if (rc == 0 && changed == 0)
        rc = rbk_error_set(err, RBK_EBUSY, "firing %" PRId64 " is not there to be taken: it was taken or skipped", id);
    return rc;
}

/* The lock comes first: nobody may find the row taken and its lock free while this process lives. */
int rbk_firing_take(struct rbk_store *s, int64_t id, const char *run, int64_t now_ms, struct rbk_firing *out,
                    struct rbk_lock **lock, struct rbk_error *err)
{
    char key[KEY_SIZE], holder[64];
    lock_key(id, key);
    snprintf(holder, sizeof holder, "schedule pid %d", (int)getpid());
    int rc = rbk_lock_try(s, RBK_LOCK_NAMED, key, holder, lock, err);
    if (rc == 0)
        rc = mark_taken(s, id, run, now_ms, err);
    if (rc == 0) {
        struct wanted w = {id, out};
        rc = rbk_firings_running(s, copy_wanted, &w, err);
        rc = rc == 1 ? 0 : rc < 0 ? rc : rbk_error_set(err, RBK_ENOENT, "there is no firing %" PRId64, id);
    }
    if (rc < 0) {
        rbk_lock_release(*lock);
        *lock = NULL;
    }
    return rc;
}

/* ---- the dead ---- */

struct dead {
    struct rbk_store *store;
    struct {
        int64_t id;
        bool begun; /* its run is in the journal */
    } * items;
    size_t count, cap;
};

static int note_dead(void *arg, const struct rbk_firing *f)
{
    struct dead *d = arg;
    int alive = rbk_firing_alive(d->store, f->id, NULL);
    if (alive == 0) {
        struct rbk_run_row run = {0};
        struct rbk_error none;
        bool begun = f->run && rbk_journal_run_get(d->store, f->run, &run, &none) == 0;
        rbk_run_row_fini(&run);
        RBK_GROW(d->items, d->count, d->cap);
        d->items[d->count].id = f->id;
        d->items[d->count++].begun = begun;
    }
    return alive < 0 ? alive : 0;
}

static int mark_lost(struct rbk_store *s, int64_t id, bool begun, int64_t now_ms, struct rbk_error *err)
{
    static const char sql[] = "UPDATE schedule_firings SET state = 'lost', ended_ms = ?2, reason = 'its process ended"
                              " before it could say how', run = iif(?3, run, NULL) WHERE id = ?1 AND state = 'running'";
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    /* Between the look at the lock and now it may have ended by itself; then the row no longer says running. */
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, id);
    rbk_bind_int(q, 2, now_ms);
    rbk_bind_int(q, 3, begun);
    return commit_one(s, q, NULL, err);
}

int rbk_firings_settle(struct rbk_store *s, int64_t now_ms, struct rbk_error *err)
{
    struct dead d = {.store = s};
    int rc = rbk_firings_running(s, note_dead, &d, err);
    for (size_t i = 0; rc == 0 && i < d.count; i++)
        rc = mark_lost(s, d.items[i].id, d.items[i].begun, now_ms, err);
    free(d.items);
    return rc;
}

int rbk_firings_prune(struct rbk_store *s, int64_t keep, struct rbk_error *err)
{
    static const char sql[] = "DELETE FROM schedule_firings WHERE id IN (SELECT id FROM (SELECT id, state, row_number()"
                              " OVER (PARTITION BY runbook ORDER BY due_ms DESC) AS age FROM schedule_firings)"
                              " WHERE age > ?1 AND state IN ('ended', 'skipped', 'lost'))";
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, keep);
    return commit_one(s, q, NULL, err);
}
