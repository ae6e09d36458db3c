/* What happened in a test run: an execution takes two to eight bytes, in rows that each belong to one chunk of cases,
 * so that the history of a case is one small row a test run. The order within a row is the order of execution. */
#ifndef RBK_RESULTS_EXECUTIONS_H
#define RBK_RESULTS_EXECUTIONS_H

#include <results/pack.h>
#include <runbook/results.h>
#include <store/store.h>

struct execution {
    uint32_t index; /* of the case */
    enum rbk_outcome outcome;
    bool flaky;
    int64_t time_us;  /* -1 = not known */
    uint64_t message; /* 0 = none, else the id of its message minus the run's first_message, plus one */
};

/* Writing. Rows are written whenever a megabyte has come together. */
struct execution_writer {
    struct rbk_store *store;
    int64_t test_run;
    struct execution_chunk *chunks;
    uint32_t chunk_count;
    size_t bytes; /* in all chunks */
    int part;
};
void execution_writer_init(struct execution_writer *w, struct rbk_store *s, int64_t test_run);
int execution_write(struct execution_writer *w, const struct execution *e, struct rbk_error *err);
int execution_flush(struct execution_writer *w, struct rbk_error *err);
void execution_writer_fini(struct execution_writer *w);

/* Reading the executions of a test run: those of one chunk, or of all (chunk < 0), in order within each chunk. The
 * callback may not read executions itself; non-zero stops and is returned. */
typedef int execution_fn(void *arg, const struct execution *e);
int executions_read(struct rbk_store *s, int64_t test_run, int64_t chunk, execution_fn *fn, void *arg,
                    struct rbk_error *err);

#endif
