/* A recorded run as text: the same shape as a live one, made from its JSON report, so both always say the same. */
#ifndef RBK_CLI_RECORDED_VIEW_H
#define RBK_CLI_RECORDED_VIEW_H

#include <cli/context.h>
#include <run/run.h>

void rbk_recorded_view(struct rbk_buf *out, struct rbk_cli *cli, const struct rbk_run_row *row,
                       const rbk_value *report);

#endif
