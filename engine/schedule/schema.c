/* The tables of schedules: which are enabled and how far they are decided, and what became of each due time. `told` is
 * 0 for what was skipped though nobody wanted it so, until somebody was told. */
#include <schedule/firing.h>

static const char *const steps[] = {
    "CREATE TABLE schedules(runbook TEXT PRIMARY KEY, enabled INTEGER NOT NULL, mark_ms INTEGER NOT NULL,"
    " changed_ms INTEGER NOT NULL, changed_by TEXT, expression TEXT) WITHOUT ROWID;"
    "CREATE TABLE schedule_firings(id INTEGER PRIMARY KEY AUTOINCREMENT, runbook TEXT NOT NULL, due_ms INTEGER NOT "
    "NULL,"
    " first_ms INTEGER NOT NULL, count INTEGER NOT NULL DEFAULT 1, state TEXT NOT NULL, reason TEXT,"
    " decided_ms INTEGER NOT NULL, start_ms INTEGER NOT NULL, started_ms INTEGER NOT NULL DEFAULT 0,"
    " ended_ms INTEGER NOT NULL DEFAULT 0, late INTEGER NOT NULL DEFAULT 0, run TEXT, exit INTEGER NOT NULL DEFAULT -1,"
    " UNIQUE(runbook, due_ms));"
    "CREATE INDEX schedule_firings_open ON schedule_firings(state, start_ms) WHERE state IN ('planned', 'running');",
    "ALTER TABLE schedule_firings ADD COLUMN told INTEGER NOT NULL DEFAULT 1;"
    "CREATE INDEX schedule_firings_untold ON schedule_firings(id) WHERE told = 0;",
};

const struct rbk_schema rbk_schedule_schema = {"schedule", steps, sizeof steps / sizeof steps[0], true};
