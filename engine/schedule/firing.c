/* Rows of schedules and firings: reading them, and switching schedules on and off. */
#include <base/mem.h>
#include <schedule/firing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {"planned", "running", "ended", "skipped", "lost"};

const char *rbk_firing_state_name(enum rbk_firing_state s)
{
    return state_names[s];
}

void rbk_firing_fini(struct rbk_firing *f)
{
    free(f->runbook);
    free(f->reason);
    free(f->run);
    *f = (struct rbk_firing){0};
}

/* ---- schedules ---- */

int rbk_schedule_get(struct rbk_store *s, const char *runbook, struct rbk_schedule_state *out, struct rbk_error *err)
{
    static const char sql[] =
        "SELECT enabled, mark_ms, changed_ms, changed_by, expression FROM schedules WHERE runbook = ?1";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    *out = (struct rbk_schedule_state){0};
    rbk_bind_text(q, 1, runbook);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    if (rc == 1) {
        const char *by = rbk_col_text(q, 3);
        out->enabled = rbk_col_int(q, 0) != 0;
        out->mark_ms = rbk_col_int(q, 1);
        out->changed_ms = rbk_col_int(q, 2);
        snprintf(out->by, sizeof out->by, "%s", by ? by : "");
        out->expression = rbk_strdup(rbk_col_text(q, 4));
    }
    rbk_stmt_end(q);
    return 0;
}

static int skip_planned(struct rbk_store *s, const char *runbook, int64_t now_ms, struct rbk_error *err)
{
    static const char sql[] =
        "UPDATE schedule_firings SET state = 'skipped', reason = 'the schedule was disabled before"
        " it began', ended_ms = ?2 WHERE runbook = ?1 AND state = 'planned'";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, runbook);
    rbk_bind_int(q, 2, now_ms);
    return rbk_stmt_run(q, err);
}

static int write_state(struct rbk_store *s, const char *runbook, bool enabled, const char *by, int64_t now_ms,
                       struct rbk_error *err)
{
    static const char sql[] = "INSERT OR REPLACE INTO schedules(runbook, enabled, mark_ms, changed_ms, changed_by)"
                              " VALUES(?1, ?2, ?3, ?3, ?4)";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, runbook);
    rbk_bind_int(q, 2, enabled);
    rbk_bind_int(q, 3, now_ms);
    rbk_bind_text(q, 4, by);
    int rc = rbk_stmt_run(q, err);
    return rc == 0 && !enabled ? skip_planned(s, runbook, now_ms, err) : rc;
}

int rbk_schedule_set(struct rbk_store *s, const char *runbook, bool enabled, const char *by, int64_t now_ms,
                     struct rbk_error *err)
{
    struct rbk_schedule_state state;
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    rc = rbk_schedule_get(s, runbook, &state, err);
    free(state.expression);
    if (rc == 0 && state.enabled != enabled)
        rc = write_state(s, runbook, enabled, by, now_ms, err);
    if (rc == 0)
        return rbk_store_commit(s, err);
    rbk_store_rollback(s);
    return rc;
}

/* ---- firings ---- */

#define COLUMNS                                                                                                      \
    "SELECT id, runbook, due_ms, first_ms, count, state, reason, decided_ms, start_ms, started_ms, ended_ms, late, " \
    "run, exit FROM schedule_firings "

static void read_row(struct rbk_stmt *q, struct rbk_firing *f)
{
    const char *state = rbk_col_text(q, 5);
    *f = (struct rbk_firing){.id = rbk_col_int(q, 0),
                             .runbook = rbk_strdup(rbk_col_text(q, 1)),
                             .due_ms = rbk_col_int(q, 2),
                             .first_ms = rbk_col_int(q, 3),
                             .count = rbk_col_int(q, 4),
                             .reason = rbk_strdup(rbk_col_text(q, 6)),
                             .decided_ms = rbk_col_int(q, 7),
                             .start_ms = rbk_col_int(q, 8),
                             .started_ms = rbk_col_int(q, 9),
                             .ended_ms = rbk_col_int(q, 10),
                             .late = rbk_col_int(q, 11) != 0,
                             .run = rbk_strdup(rbk_col_text(q, 12)),
                             .exit = (int)rbk_col_int(q, 13)};
    for (int i = 0; i <= RBK_FIRING_LOST; i++)
        if (state && strcmp(state, state_names[i]) == 0)
            f->state = (enum rbk_firing_state)i;
}

static int read_rows(struct rbk_stmt *q, rbk_firing_fn *fn, void *arg, struct rbk_error *err)
{
    int rc, stop = 0;
    while (stop == 0 && (rc = rbk_stmt_step(q, err)) == 1) {
        struct rbk_firing f;
        read_row(q, &f);
        stop = fn(arg, &f);
        rbk_firing_fini(&f);
    }
    if (stop == 0 && rc < 0) /* the statement ended itself */
        return rc;
    rbk_stmt_end(q);
    return stop;
}

int rbk_firings_of(struct rbk_store *s, const char *runbook, int limit, rbk_firing_fn *fn, void *arg,
                   struct rbk_error *err)
{
    static const char sql[] = COLUMNS "WHERE runbook = ?1 ORDER BY due_ms DESC, id DESC LIMIT ?2";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, runbook);
    rbk_bind_int(q, 2, limit);
    return read_rows(q, fn, arg, err);
}

int rbk_firings_planned(struct rbk_store *s, rbk_firing_fn *fn, void *arg, struct rbk_error *err)
{
    static const char sql[] = COLUMNS "WHERE state = 'planned' ORDER BY start_ms, id";
    return read_rows(rbk_stmt(s, sql), fn, arg, err);
}

int rbk_firings_untold(struct rbk_store *s, rbk_firing_fn *fn, void *arg, struct rbk_error *err)
{
    static const char sql[] = COLUMNS "WHERE told = 0 ORDER BY id";
    return read_rows(rbk_stmt(s, sql), fn, arg, err);
}

int rbk_firings_to_tell(struct rbk_store *s, struct rbk_error *err)
{
    if (!rbk_store_has(s, &rbk_schedule_schema))
        return 0;
    struct rbk_stmt *q = rbk_stmt(s, "SELECT 1 FROM schedule_firings WHERE told = 0 LIMIT 1");
    int rc = rbk_stmt_step(q, err);
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc;
}

int rbk_firings_told(struct rbk_store *s, struct rbk_error *err)
{
    return rbk_stmt_run(rbk_stmt(s, "UPDATE schedule_firings SET told = 1 WHERE told = 0"), err);
}

int rbk_firings_running(struct rbk_store *s, rbk_firing_fn *fn, void *arg, struct rbk_error *err)
{
    static const char sql[] = COLUMNS "WHERE state = 'running' ORDER BY started_ms, id";
    return read_rows(rbk_stmt(s, sql), fn, arg, err);
}
