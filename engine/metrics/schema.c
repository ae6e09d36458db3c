/* The tables of metrics, made for a hundred million samples:
 *
 *   metric_families  a name with its kind, unit and help
 *   metric_series    a name with labels; `labels` is their text as in OpenMetrics, sorted by name
 *   metric_inbox     what was measured lately, one row a commit, each with its names and labels (inbox.c); it is moved
 *                    into chunks by every INBOX_ROWS-th writer, in that writer's transaction
 *   metric_chunks    up to 4096 samples of a series (chunk.c); the index finds and counts those of a range without
 * reading them; step_ms is 0, or the windows that were rolled up into summaries (summary.h)
 *   metric_damaged   chunks that cannot be read any more, out of everybody's way (damage.c)
 *   metric_tidied    when old samples were last seen to, and by which configuration (tidy.c); one row
 *
 * Ids of chunks of samples only ever grow within a series, so they also say what was written later. */
#include <metrics/metrics.h>

static const char *const steps[] = {
    "CREATE TABLE metric_families(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL,"
    " unit INTEGER NOT NULL, help TEXT);"
    "CREATE TABLE metric_series(id INTEGER PRIMARY KEY, family INTEGER NOT NULL REFERENCES metric_families(id),"
    " labels TEXT NOT NULL, UNIQUE(family, labels));"
    "CREATE TABLE metric_inbox(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    "CREATE TABLE metric_chunks(id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES metric_series(id),"
    " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL);"
    "CREATE INDEX metric_chunks_by_time ON metric_chunks(series, last_ms, first_ms, count);"
    "CREATE INDEX metric_chunks_by_series ON metric_chunks(series);",

    "ALTER TABLE metric_chunks ADD COLUMN step_ms INTEGER NOT NULL DEFAULT 0;"
    "DROP INDEX metric_chunks_by_series;"
    "CREATE INDEX metric_chunks_by_step ON metric_chunks(series, step_ms);"
    "CREATE INDEX metric_chunks_by_age ON metric_chunks(step_ms, first_ms);"
    "CREATE TABLE metric_tidied(id INTEGER PRIMARY KEY CHECK(id = 1), at_ms INTEGER NOT NULL, keep INTEGER NOT NULL);",

    "ALTER TABLE metric_tidied ADD COLUMN reached_ms INTEGER NOT NULL DEFAULT 0;",

    "CREATE TABLE metric_damaged(id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES metric_series(id),"
    " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL, step_ms INTEGER NOT NULL,"
    " data BLOB NOT NULL);",
};

const struct rbk_schema rbk_metrics_schema = {"metrics", steps, sizeof steps / sizeof steps[0], false};
