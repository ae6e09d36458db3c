/* Reading test reports: bytes in, events out. The reader is streaming, bounded in memory whatever the report holds, and
 * survives what tools really write (raw control bytes, invalid references, any declared encoding); it never takes a
 * truncated or foreign file for "no failures": that is RBK_EMALFORMED with file:line:col. */
#ifndef RUNBOOK_RESULTS_H
#define RUNBOOK_RESULTS_H

#include <runbook/error.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Worst last: of several results in one test case the worst wins. */
enum rbk_outcome { RBK_PASSED, RBK_SKIPPED, RBK_FAILED, RBK_ERROR };

struct rbk_case { /* strings are borrowed for the duration of the callback; never NULL, "" when not given */
    const char
        *suite; /* names of the enclosing suites joined by " > " (a nameless suite adds nothing), or the classname */
    const char *name;
    const char *file;
    const char *classname;
    const char *message; /* first failure's message and the head of its text, bounded (4 KiB) */
    int line;            /* 0 = not given */
    int64_t time_us;     /* -1 = not given */
    enum rbk_outcome outcome;
    bool flaky; /* passed, with flakyFailure/flakyError or rerun marks */
    int reruns; /* failed executions recorded inside the case (rerunFailure, flakyFailure) */
};

/* Returns 0 to go on; anything else stops the reader and is returned by it. */
typedef int rbk_case_fn(void *arg, const struct rbk_case *c);

struct rbk_report_totals {
    int64_t cases, passed, failed, errors, skipped, flaky;
}; /* sums of cases, never of attributes */

/* Reads one JUnit XML report from a file. `totals` may be NULL. */
RBK_API int rbk_junit_read_file(const char *path, rbk_case_fn *on_case, void *arg, struct rbk_report_totals *totals,
                                struct rbk_error *err);
/* The same from memory; `name` stands for the file in errors. */
RBK_API int rbk_junit_read(const char *name, const char *data, size_t len, rbk_case_fn *on_case, void *arg,
                           struct rbk_report_totals *totals, struct rbk_error *err);

RBK_API const char *rbk_outcome_name(enum rbk_outcome o); /* passed skipped failed error */

#ifdef __cplusplus
}
#endif
#endif
