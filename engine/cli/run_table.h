/* Runs as rows of a table, for `status` and `history`. */
#ifndef RBK_CLI_RUN_TABLE_H
#define RBK_CLI_RUN_TABLE_H

#include <cli/context.h>
#include <run/run.h>

/* Appends id, state, when, how long and the runbook: one line, or two on a narrow terminal. */
void rbk_run_table_row(struct rbk_cli *cli, struct rbk_buf *out, const struct rbk_run_row *row);
/* {"run","runbook","state","exit","started","duration_ms"} */
rbk_value *rbk_run_table_value(const struct rbk_run_row *row);

#endif
