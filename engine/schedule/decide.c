/* Deciding due times: those between the mark and now either fire or are skipped, by the policy for missed ones. */
#include <base/mem.h>
#include <schedule/firing.h>
#include <stdlib.h>
#include <string.h>

/* A due time is on time for so long: a busy machine, or `schedule once` from a cron of minutes. */
enum { ON_TIME_MS = 60 * 1000 };

/* The due times of one schedule that wait for a decision: the newest in a ring, the rest as a range. */
struct pending {
    int64_t *newest; /* ring of `room` */
    size_t room, count;
    int64_t first_skipped, last_skipped, skipped;
};

static void pending_add(struct pending *p, int64_t due)
{
    size_t at = p->count++ % p->room;
    if (p->count > p->room) {
        p->last_skipped = p->newest[at];
        if (p->skipped++ == 0)
            p->first_skipped = p->last_skipped;
    }
    p->newest[at] = due;
}

/* All due times after the mark up to now: the newest one by one, what may be years before them only counted. Returns
 * the next one. */
static int64_t collect(struct pending *p, const struct rbk_entry *e, int64_t mark_ms, int64_t now_ms)
{
    int64_t from = rbk_entry_newest(e, mark_ms, now_ms, p->room + 1);
    p->skipped = rbk_entry_count(e, mark_ms, from);
    if (p->skipped)
        p->first_skipped = rbk_entry_next(e, mark_ms);
    int64_t due = rbk_entry_next(e, from);
    for (; due <= now_ms; due = rbk_entry_next(e, due))
        pending_add(p, due);
    return due;
}

static int insert_firing(struct rbk_store *s, const struct rbk_firing *f, bool to_tell, struct rbk_error *err)
{
    static const char sql[] =
        "INSERT OR IGNORE INTO schedule_firings(runbook, due_ms, first_ms, count, state, reason, decided_ms, start_ms,"
        " late, told) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, f->runbook);
    rbk_bind_int(q, 2, f->due_ms);
    rbk_bind_int(q, 3, f->first_ms);
    rbk_bind_int(q, 4, f->count);
    rbk_bind_text(q, 5, rbk_firing_state_name(f->state));
    rbk_bind_text(q, 6, f->reason);
    rbk_bind_int(q, 7, f->decided_ms);
    rbk_bind_int(q, 8, f->start_ms);
    rbk_bind_int(q, 9, f->late);
    rbk_bind_int(q, 10, !to_tell);
    return rbk_stmt_run(q, err);
}

/* The last of them may be recorded already, as one that fired while the clock was ahead; then it stays out of the
 * range. */
static int skip_range(struct rbk_store *s, const struct rbk_entry *e, const struct pending *p, int64_t now_ms,
                      struct rbk_error *err)
{
    static const char *const reasons[] = {
        [RBK_MISSED_SKIP] = "missed: no scheduler ran then (missed: skip)",
        [RBK_MISSED_ONE] = "missed: no scheduler ran then; the latest one stands for all (missed: one)",
        [RBK_MISSED_ALL] = "missed: no scheduler ran then, and more were missed than are made up for (catch_up)"};
    struct rbk_firing f = {.runbook = e->runbook,
                           .due_ms = p->last_skipped,
                           .first_ms = p->first_skipped,
                           .count = p->skipped,
                           .state = RBK_FIRING_SKIPPED,
                           .reason = (char *)(e->paused ? RBK_PAUSED : reasons[e->missed]),
                           .decided_ms = now_ms};
    int rc = 0;
    for (bool recorded = false; rc == 0 && !recorded && f.count > 0; f.count--) {
        f.start_ms = f.due_ms;
        rc = insert_firing(s, &f, !e->paused, err);
        recorded = rbk_store_changes(s) > 0;
        if (rc == 0 && !recorded && f.count > 1)
            f.due_ms = rbk_entry_before(e, f.first_ms, f.due_ms);
    }
    return rc;
}

static int plan_newest(struct rbk_store *s, const struct rbk_entry *e, const struct pending *p, int64_t now_ms,
                       struct rbk_error *err)
{
    size_t held = p->count < p->room ? p->count : p->room;
    int rc = 0;
    for (size_t i = p->count - held; rc == 0 && i < p->count; i++) {
        int64_t due = p->newest[i % p->room];
        struct rbk_firing f = {.runbook = e->runbook,
                               .due_ms = due,
                               .first_ms = due,
                               .count = 1,
                               .state = RBK_FIRING_PLANNED,
                               .decided_ms = now_ms,
                               .start_ms = rbk_entry_start(e, due),
                               .late = now_ms - due > ON_TIME_MS};
        rc = insert_firing(s, &f, false, err);
    }
    return rc;
}

/* With missed: skip, the newest one fires when it is on time and is skipped like the others when not; while the
 * schedule is paused it is skipped in any case. */
static void skip_newest(struct pending *p, bool paused, int64_t now_ms)
{
    if (p->count && (paused || now_ms - p->newest[0] > ON_TIME_MS)) {
        p->last_skipped = p->newest[0];
        if (p->skipped++ == 0)
            p->first_skipped = p->last_skipped;
        p->count = 0;
    }
}

/* The clock stands before what was decided: it was ahead, and was put back. What was skipped under it is taken back;
 * what was fired stays fired, and its due time will not fire again. A range that was skipped may begin before now: from
 * there on it is decided again. */
#define TAKEN_BACK "WHERE runbook = ?1 AND state = 'skipped' AND decided_ms > ?2 AND due_ms > ?2"

static int find_taken_back(struct rbk_store *s, const struct rbk_entry *e, int64_t now_ms, int64_t *mark_ms,
                           struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT min(first_ms) FROM schedule_firings " TAKEN_BACK " AND first_ms <= ?2");
    rbk_bind_text(q, 1, e->runbook);
    rbk_bind_int(q, 2, now_ms);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    int64_t first = rc == 1 ? rbk_col_int(q, 0) : 0; /* without such a row it is NULL, which reads as 0 */
    *mark_ms = first ? first - 1 : now_ms;
    rbk_stmt_end(q);
    return 0;
}

static int take_back(struct rbk_store *s, const struct rbk_entry *e, int64_t now_ms, int64_t *mark_ms,
                     struct rbk_error *err)
{
    int rc = find_taken_back(s, e, now_ms, mark_ms, err);
    if (rc < 0)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM schedule_firings " TAKEN_BACK);
    rbk_bind_text(q, 1, e->runbook);
    rbk_bind_int(q, 2, now_ms);
    return rbk_stmt_run(q, err);
}

static int move_mark(struct rbk_store *s, const struct rbk_entry *e, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE schedules SET mark_ms = ?2, expression = ?3 WHERE runbook = ?1");
    rbk_bind_text(q, 1, e->runbook);
    rbk_bind_int(q, 2, now_ms);
    rbk_bind_text(q, 3, e->text);
    return rbk_stmt_run(q, err);
}

/* Where to look for due times from. A schedule that was edited is as new: the times that its new text had in the past
 * were never due. */
static int find_mark(struct rbk_store *s, const struct rbk_entry *e, int64_t now_ms, struct rbk_schedule_state *state,
                     struct rbk_error *err)
{
    int rc = rbk_schedule_get(s, e->runbook, state, err);
    bool edited = state->expression && strcmp(state->expression, e->text) != 0;
    bool unknown = !state->expression;
    free(state->expression);
    state->expression = NULL;
    if (rc < 0 || !state->enabled)
        return rc;
    bool ahead = state->mark_ms > now_ms;
    if (ahead)
        rc = take_back(s, e, now_ms, &state->mark_ms, err);
    if (edited)
        state->mark_ms = now_ms;
    return rc == 0 && (ahead || edited || unknown) ? move_mark(s, e, state->mark_ms, err) : rc;
}

static int record(struct rbk_store *s, const struct rbk_entry *e, struct pending *p, int64_t now_ms,
                  struct rbk_error *err)
{
    if (e->paused || e->missed == RBK_MISSED_SKIP)
        skip_newest(p, e->paused, now_ms);
    int rc = skip_range(s, e, p, now_ms, err);
    return rc == 0 ? plan_newest(s, e, p, now_ms, err) : rc;
}

int rbk_schedule_decide(struct rbk_store *s, const struct rbk_entry *e, int64_t now_ms, int64_t *next_ms,
                        struct rbk_error *err)
{
    struct rbk_schedule_state state;
    struct pending p = {.room = e->missed == RBK_MISSED_ALL && !e->paused ? (size_t)e->catch_up : 1};
    *next_ms = INT64_MAX;
    int rc = find_mark(s, e, now_ms, &state, err);
    if (rc < 0 || !state.enabled)
        return rc;
    p.newest = rbk_realloc(NULL, p.room, sizeof *p.newest);
    *next_ms = collect(&p, e, state.mark_ms, now_ms);
    if (p.count) {
        rc = record(s, e, &p, now_ms, err);
        if (rc == 0)
            rc = move_mark(s, e, now_ms, err);
    }
    free(p.newest);
    return rc;
}
