/* Runs of one runbook that would overlap: whether a planned firing may begin, must wait or is dropped, and what it
 * waits for. */
#include <inttypes.h>
#include <schedule/firing.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/journal.h>
#include <string.h>

enum { REASON_SIZE = 160 };

/* ---- what goes on ---- */

struct running {
    struct rbk_store *store;
    const char *runbook;
    bool found;
    char run[RBK_ULID_SIZE];
    int64_t since_ms;
};

static int find_running(void *arg, const struct rbk_firing *f)
{
    struct running *r = arg;
    if (strcmp(f->runbook, r->runbook) != 0 || rbk_firing_alive(r->store, f->id, NULL) != 1)
        return 0;
    r->found = true;
    r->since_ms = f->started_ms;
    snprintf(r->run, sizeof r->run, "%s", f->run ? f->run : "");
    return 1;
}

/* An earlier firing that is still carried out, or a run that somebody started by hand, which may be a step of another.
 */
static int find_run(struct running *r, struct rbk_error *err)
{
    int rc = rbk_firings_running(r->store, find_running, r, err);
    if (rc < 0 || r->found)
        return rc < 0 ? rc : 0;
    rc = rbk_lock_held(r->store, RBK_LOCK_INSTANCE, r->runbook, NULL, 0, err);
    r->found = rc == 1;
    return rc < 0 ? rc : 0;
}

static int note_run(void *arg, const struct rbk_run_row *row)
{
    struct running *r = arg;
    if (rbk_lock_held(r->store, RBK_LOCK_RUN, row->root ? row->root : row->id, NULL, 0, NULL) != 1)
        return 0;
    memcpy(r->run, row->id, RBK_ULID_SIZE);
    r->since_ms = row->started_ms;
    return 1;
}

static int cancel_running(struct rbk_store *s, const char *runbook, struct rbk_error *err)
{
    struct running r = {.store = s};
    struct rbk_run_filter filter = {.runbook = runbook, .state = "running"};
    int rc = rbk_journal_runs(s, &filter, note_run, &r, err);
    if (rc < 0 || !r.run[0] || rbk_journal_cancel_requested(s, r.run))
        return rc < 0 ? rc : 0;
    rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    rc = rbk_journal_cancel_request(s, r.run, "schedule", "replaced by the next one that is due", err);
    if (rc == 0)
        return rbk_store_commit(s, err);
    rbk_store_rollback(s);
    return rc;
}

/* ---- who waits ---- */

enum side { AHEAD, BEHIND };
enum kind { ON_TIME, LATE, ANY };

/* How many of the runbook's planned firings, whose time has come, get their turn before this one, or after it. */
static int64_t count_waiting(struct rbk_store *s, const struct rbk_firing *f, enum side side, enum kind kind,
                             int64_t now_ms)
{
    static const char *const sql[] = {
        [AHEAD] = "SELECT count(*) FROM schedule_firings WHERE state = 'planned' AND runbook = ?1 AND start_ms <= ?2"
                  " AND (start_ms, id) < (?3, ?4) AND (?5 = 2 OR late = ?5)",
        [BEHIND] = "SELECT count(*) FROM schedule_firings WHERE state = 'planned' AND runbook = ?1 AND start_ms <= ?2"
                   " AND (start_ms, id) > (?3, ?4) AND (?5 = 2 OR late = ?5)"};
    struct rbk_stmt *q = rbk_stmt(s, sql[side]);
    rbk_bind_text(q, 1, f->runbook);
    rbk_bind_int(q, 2, now_ms);
    rbk_bind_int(q, 3, f->start_ms);
    rbk_bind_int(q, 4, f->id);
    rbk_bind_int(q, 5, (int64_t)kind);
    if (rbk_stmt_step(q, NULL) != 1)
        return 0;
    int64_t count = rbk_col_int(q, 0);
    rbk_stmt_end(q);
    return count;
}

/* Why a firing that meets a run is dropped; "" when it waits. `recorded`: that run is known to the store. Until it is,
 * the first of those ahead is the one that begins. What makes up for missed times waits under every policy, or it would
 * always be skipped: as many as one outage leaves. */
static void put_reason(struct rbk_store *s, const struct rbk_entry *e, const struct rbk_firing *f, bool recorded,
                       int64_t now_ms, char out[REASON_SIZE])
{
    int64_t ahead = count_waiting(s, f, AHEAD, f->late ? LATE : ON_TIME, now_ms) - (recorded ? 0 : 1);
    int late_most = e->missed == RBK_MISSED_ALL ? e->catch_up : 1;
    out[0] = '\0';
    if (f->late && ahead >= late_most)
        snprintf(out, REASON_SIZE, "missed, and %d that make up for missed ones waited already", late_most);
    else if (f->late)
        return;
    else if (e->overlap == RBK_OVERLAP_SKIP)
        snprintf(out, REASON_SIZE, "the run before it was still going on (overlap: skip)");
    else if (e->overlap == RBK_OVERLAP_ALLOW)
        snprintf(out, REASON_SIZE,
                 "the run before it was still going on, and the runbook's header has no overlap = \"allow\"");
    else if (e->overlap == RBK_OVERLAP_QUEUE && ahead >= e->queue)
        snprintf(out, REASON_SIZE, "the run before it was still going on, and %d waited already (queue: %d)", e->queue,
                 e->queue);
    else if (e->overlap == RBK_OVERLAP_REPLACE && count_waiting(s, f, BEHIND, ON_TIME, now_ms) > 0)
        snprintf(out, REASON_SIZE, "the next one was due before it could begin (overlap: replace)");
}

static int meet_run(struct rbk_store *s, const struct rbk_entry *e, const struct rbk_firing *f, bool recorded,
                    int64_t now_ms, enum rbk_begin *out, struct rbk_error *err)
{
    char reason[REASON_SIZE];
    put_reason(s, e, f, recorded, now_ms, reason);
    if (reason[0]) {
        *out = RBK_BEGIN_DROPPED;
        return rbk_firing_skip(s, f->id, reason, now_ms, err);
    }
    return e->overlap == RBK_OVERLAP_REPLACE && !f->late ? cancel_running(s, f->runbook, err) : 0;
}

int rbk_firing_consider(struct rbk_store *s, const struct rbk_entry *e, const struct rbk_firing *f, bool busy,
                        int64_t now_ms, enum rbk_begin *out, struct rbk_error *err)
{
    struct running r = {.store = s, .runbook = f->runbook};
    *out = RBK_BEGIN_LATER;
    if (e->paused) {
        *out = RBK_BEGIN_DROPPED;
        return rbk_firing_skip(s, f->id, RBK_PAUSED, now_ms, err);
    }
    if (f->start_ms > now_ms)
        return 0;
    int rc = e->overlap == RBK_OVERLAP_ALLOW && !e->allow_refused ? 0 : find_run(&r, err);
    if (rc < 0)
        return rc;
    if (r.found || (busy && (e->overlap != RBK_OVERLAP_ALLOW || e->allow_refused)))
        return meet_run(s, e, f, r.found, now_ms, out, err);
    *out = RBK_BEGIN_NOW;
    return 0;
}

int rbk_firing_waits(struct rbk_store *s, const struct rbk_entry *e, const struct rbk_firing *f, int64_t now_ms,
                     struct rbk_firing_wait *out, struct rbk_error *err)
{
    struct running r = {.store = s, .runbook = f->runbook};
    struct rbk_run_filter filter = {.runbook = f->runbook, .state = "running", .all = true};
    *out = (struct rbk_firing_wait){.what = RBK_WAITS_FOR_START};
    if (f->start_ms > now_ms)
        return 0;
    out->ahead = count_waiting(s, f, AHEAD, ANY, now_ms);
    int rc = e->overlap == RBK_OVERLAP_ALLOW && !e->allow_refused ? 0 : find_run(&r, err);
    if (rc == 0 && r.found && !r.run[0])
        rc = rbk_journal_runs(s, &filter, note_run, &r, err);
    if (rc < 0)
        return rc;
    out->what = r.found ? RBK_WAITS_FOR_RUN : RBK_WAITS_FOR_SCHEDULER;
    memcpy(out->run, r.run, sizeof out->run);
    out->since_ms = r.since_ms;
    return 0;
}
