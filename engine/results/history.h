/* The history of test runs: which cases ran, when, with what outcome; and the verdicts drawn from it. Owns the tables
 * test_* (schema.c says what is where). A case is known by level, suite, name and file; the same four are executions of
 * one case. "Later" means imported later, whatever the clock says. */
#ifndef RBK_RESULTS_HISTORY_H
#define RBK_RESULTS_HISTORY_H

#include <base/str.h>
#include <runbook/results.h>
#include <runbook/value.h>
#include <store/store.h>

extern const struct rbk_schema rbk_results_schema;

struct rbk_import {
    const char *level;        /* NULL = "imported" */
    const char *run;          /* run id it belongs to, or NULL */
    const char *variant;      /* or NULL */
    bool complete;            /* the level's whole suite was meant to run: cases that are absent are dropped from it */
    int64_t started_ms;       /* wall; 0 = now */
    int64_t duration_ms;      /* of the whole run; -1 = unknown */
    const char *const *files; /* reports; several executions of one case may be spread over them */
    size_t file_count;
    /* For reports that do not say which file their cases are from (node's): the file of each report, or NULL where the
     * report knows. NULL when all know. */
    const char *const *sources;
};

/* What became of one file. `error` is set when malformed (or unreadable). In `totals` a case that failed and was run
 * again in the same report counts once, by its last execution, and as flaky when that passed. */
struct rbk_import_file {
    char *path;
    const char *format;
    struct rbk_report_totals totals;
    bool malformed;
    struct rbk_error error;
};

/* Imports all files in one transaction of its own, each malformed one left out entirely. Returns 0, RBK_EMALFORMED when
 * any file was (the others are in; the error is the first one's), or RBK_ESTORE (nothing is in). `files` (may be NULL)
 * has room for file_count entries whose paths the caller frees. *test_run is the id of the new row, 0 when no file was
 * good. A test run that lacks a file or holds no case is never complete. A malformed file that was
 * written to a moment ago is waited for, half a minute at most, and looked at again: reports may still be growing. */
int rbk_results_import(struct rbk_store *s, const struct rbk_import *import, struct rbk_import_file *files,
                       int64_t *test_run, struct rbk_error *err);

/* The facts of one test run: map with passed failed errors skipped total pass_rate failure_rate failing (list of ids)
 * failing_count fixed_count flaky_count duration. Each case counts once, by its last execution. Rates over nothing are
 * `no data`; `failing` names at most 10,000 cases, failing_count counts all. fixed_count: failing before, passing now.
 */
int rbk_results_facts(struct rbk_store *s, int64_t test_run, rbk_value **out, struct rbk_error *err);
/* The same facts as the level stands now: each case by its latest execution (reruns included), cases absent from the
 * latest complete run dropped. level NULL or "all" = every level, each case once. Without any history: RBK_ENOENT. */
int rbk_results_state(struct rbk_store *s, const char *level, rbk_value **out, struct rbk_error *err);

struct rbk_case_row {
    const char *level, *suite, *name, *file, *message;
    int consecutive_failures;
    int64_t last_ms;
    enum rbk_outcome outcome;
};
typedef int rbk_case_row_fn(void *arg, const struct rbk_case_row *c);
/* Every case whose latest execution failed or erred, once per level, ordered by level, file, suite, name. */
int rbk_results_failing(struct rbk_store *s, const char *level, rbk_case_row_fn *fn, void *arg, struct rbk_error *err);

struct rbk_execution_row {
    int64_t at_ms, time_us;
    enum rbk_outcome outcome;
    bool flaky;
    const char *message, *run, *variant;
};
typedef int rbk_execution_row_fn(void *arg, const struct rbk_case_row *c, const struct rbk_execution_row *e);
/* The history of the cases that `id` names (the displayed id, "suite > name", or the bare name), newest first. */
int rbk_results_case(struct rbk_store *s, const char *id, int limit, rbk_execution_row_fn *fn, void *arg,
                     struct rbk_error *err);

/* ---- case_stats.c: the cases that stand out over a time. A case is flaky when it failed and passed within one test
 * run, or changed from one to the other three times or more: broken and mended once is two. A case of several levels
 * comes once. */
enum rbk_rank { RBK_RANK_FLAKY, RBK_RANK_SLOWEST }; /* by failed / executed; by the mean of their times */
struct rbk_rank_query {
    const char *level; /* NULL or "all" = every level */
    int64_t since_ms;  /* test runs that began then or later */
    enum rbk_rank rank;
    int limit; /* tells so many at most */
};
struct rbk_case_stats {
    int64_t executed, failed;    /* executions; one that passed only after retries counts as failed, too */
    int64_t changes;             /* from failing to passing or back */
    int64_t mean_us, longest_us; /* -1 = no time is known */
};
struct rbk_rank_totals {
    int64_t cases, flaky; /* that were executed, and of them */
};
/* The row has the message of the latest failure. Non-zero stops and is returned. */
typedef int rbk_case_stats_fn(void *arg, const struct rbk_case_row *c, const struct rbk_case_stats *stats);
/* Worst first. RBK_ENOENT without any history. */
int rbk_results_rank(struct rbk_store *s, const struct rbk_rank_query *q, rbk_case_stats_fn *fn, void *arg,
                     struct rbk_rank_totals *totals, struct rbk_error *err);

/* How a case is named to people and on the command line: "file::name" for pytest, otherwise file, suite and name, as
 * far as they are known, joined by " > ". Heap. */
char *rbk_case_id(const char *suite, const char *name, const char *file);

#endif
