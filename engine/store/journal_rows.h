/* How the journal's files read whole rows: the columns, in the order in which the readers expect them. */
#ifndef RBK_STORE_JOURNAL_ROWS_H
#define RBK_STORE_JOURNAL_ROWS_H

#include <store/journal.h>

#define RBK_RUN_COLUMNS                                                                        \
    "id, runbook, title, path, state, exit, started_ms, ended_ms, duration_ms, by, host, pid," \
    " root, parent, parent_step, params, options, plan, plan_hash, expires_ms, cancel_requested, reason"

/* What the index runs_open says of its rows: a question that says it too is answered from there. */
#define RBK_RUN_IS_OPEN "(state = 'running' OR state = 'waiting' OR state = 'interrupted')"

/* Reads the row that `q` stands on. On failure *out is empty. */
int rbk_run_row_read(struct rbk_stmt *q, struct rbk_run_row *out, struct rbk_error *err);

#endif
