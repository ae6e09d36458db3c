/* The tables of the journal and the names of its states. Child tables hang on their run and go with it, and keep the
 * order in which they were first recorded (n). Facts are never overwritten: the latest of a name counts. Tables that
 * only grow are clustered by run: one page to write for a row, and one range to read for a run. */
#include <store/journal.h>

#include <string.h>

static const char step_1[] =
    "CREATE TABLE runs("
    " id TEXT PRIMARY KEY, runbook TEXT NOT NULL, state TEXT NOT NULL, exit INTEGER NOT NULL DEFAULT -1,"
    " started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL DEFAULT 0, duration_ms INTEGER NOT NULL DEFAULT 0,"
    " pid INTEGER NOT NULL DEFAULT 0, parent TEXT, parent_step TEXT, expires_ms INTEGER NOT NULL DEFAULT 0,"
    " cancel_requested INTEGER NOT NULL DEFAULT 0, reason TEXT, title TEXT, path TEXT, by TEXT, host TEXT, root TEXT,"
    " params TEXT, options TEXT, plan_hash TEXT, plan TEXT) WITHOUT ROWID;"
    /* Ids are ULIDs, so the key is also the order in time; these serve `history NAME`, children, and what is open. */
    "CREATE INDEX runs_by_runbook ON runs(runbook, id);"
    "CREATE INDEX runs_by_parent ON runs(parent, id) WHERE parent IS NOT NULL;"
    "CREATE INDEX runs_open ON runs(state, id) WHERE state IN ('running', 'waiting', 'interrupted');"

    "CREATE TABLE steps("
    " n INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, key TEXT NOT NULL,"
    " id TEXT NOT NULL, title TEXT, kind TEXT, parent TEXT, item TEXT, child_run TEXT, state TEXT NOT NULL,"
    " attempts INTEGER, exit_code INTEGER, signal INTEGER, started_ms INTEGER, ended_ms INTEGER, duration_ms INTEGER,"
    " cpu_ms INTEGER, max_rss_kb INTEGER, session INTEGER, hash TEXT, idempotent INTEGER, undo_done INTEGER,"
    " checks TEXT, approved TEXT, error TEXT, log TEXT, detail TEXT,"
    " UNIQUE(run, id, key));" /* the key says the id already; in this order the index also serves usual_ms */

    "CREATE TABLE commands("
    " run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, n INTEGER NOT NULL, step TEXT NOT NULL,"
    " argv TEXT, exit_code INTEGER, signal INTEGER, started_ms INTEGER, duration_ms INTEGER, cpu_ms INTEGER,"
    " max_rss_kb INTEGER, leftovers INTEGER, how TEXT, PRIMARY KEY(run, n)) WITHOUT ROWID;"

    "CREATE TABLE facts("
    " run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, n INTEGER NOT NULL, step TEXT, name TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY(run, n)) WITHOUT ROWID;"

    "CREATE TABLE gates("
    " n INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, step TEXT NOT NULL,"
    " kind TEXT NOT NULL, question TEXT, spec TEXT, decision TEXT, answers TEXT, by TEXT, why TEXT,"
    " asked_ms INTEGER, answered_ms INTEGER NOT NULL DEFAULT 0, UNIQUE(run, step, kind));"

    "CREATE TABLE events("
    " run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, n INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " step TEXT, kind TEXT NOT NULL, data TEXT, PRIMARY KEY(run, n)) WITHOUT ROWID;";

/* The condition is RBK_RUN_IS_OPEN. For each IN of three names SQLite fills a temporary table: twice an update of a
 * run, once an insertion. */
static const char step_2[] =
    "DROP INDEX runs_open;"
    "CREATE INDEX runs_open ON runs(state, id) WHERE state = 'running' OR state = 'waiting' OR state = 'interrupted';";

static const char *const steps[] = {step_1, step_2};
const struct rbk_schema rbk_journal_schema = {"journal", steps, sizeof steps / sizeof *steps, false};

static const char *const run_state_names[] = {
#define X(name, text) [RBK_RUN_##name] = text,
    RBK_RUN_STATES(X)
#undef X
};
static const char *const step_state_names[] = {
#define X(name, text) [RBK_STEP_##name] = text,
    RBK_STEP_STATES(X)
#undef X
};

static int parse_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++)
        if (!strcmp(names[i], name))
            return (int)i;
    return RBK_EINVAL;
}

const char *rbk_run_state_name(enum rbk_run_state s)
{
    return run_state_names[s];
}

const char *rbk_step_state_name(enum rbk_step_state s)
{
    return step_state_names[s];
}

int rbk_run_state_parse(const char *name, enum rbk_run_state *out)
{
    int i = parse_name(run_state_names, sizeof run_state_names / sizeof *run_state_names, name);
    if (i >= 0)
        *out = (enum rbk_run_state)i;
    return i < 0 ? i : 0;
}

int rbk_step_state_parse(const char *name, enum rbk_step_state *out)
{
    int i = parse_name(step_state_names, sizeof step_state_names / sizeof *step_state_names, name);
    if (i >= 0)
        *out = (enum rbk_step_state)i;
    return i < 0 ? i : 0;
}
