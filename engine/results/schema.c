/* The tables of test history, made for millions of executions:
 *
 *   test_levels      one row a level; `complete_run` is its latest complete test run
 *   test_runs        one row an import, with its counts
 *   test_cases       the names of a level's cases, 1024 a row, front-coded (names.h). A case is its level and its index
 *   test_states      beside them what is known of each case now, 16 bytes a case (cases.h)
 *   test_executions  what happened in a test run, a few bytes an execution, grouped by the same 1024 (executions.h)
 *   test_messages    what failed executions said
 *
 * Nothing here is keyed by text: an import finds its cases by hash in memory and writes thousands of rows for a million
 * cases. Ids of test runs only ever grow, so they also say what came later. */
#include <results/history.h>

static const char *const steps[] = {
    "CREATE TABLE test_levels(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " complete_run INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE test_runs(id INTEGER PRIMARY KEY AUTOINCREMENT, level INTEGER NOT NULL REFERENCES test_levels(id),"
    " run TEXT, variant TEXT, complete INTEGER NOT NULL DEFAULT 0, started_ms INTEGER NOT NULL,"
    " duration_ms INTEGER NOT NULL, passed INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,"
    " errors INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0, flaky INTEGER NOT NULL DEFAULT 0,"
    " fixed INTEGER NOT NULL DEFAULT 0, first_message INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX test_runs_by_level ON test_runs(level, id);"
    "CREATE TABLE test_cases(level INTEGER NOT NULL, chunk INTEGER NOT NULL, names BLOB NOT NULL,"
    " PRIMARY KEY(level, chunk));"
    "CREATE TABLE test_states(level INTEGER NOT NULL, chunk INTEGER NOT NULL, states BLOB NOT NULL,"
    " PRIMARY KEY(level, chunk));"
    "CREATE TABLE test_executions(test_run INTEGER NOT NULL, chunk INTEGER NOT NULL, part INTEGER NOT NULL,"
    " executions BLOB NOT NULL, PRIMARY KEY(test_run, chunk, part)) WITHOUT ROWID;"
    "CREATE TABLE test_messages(id INTEGER PRIMARY KEY, message TEXT NOT NULL);",
};

const struct rbk_schema rbk_results_schema = {"results", steps, sizeof steps / sizeof steps[0], true};
