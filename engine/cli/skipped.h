/* Runs that were due and not begun, told as events of notification. */
#ifndef RBK_CLI_SKIPPED_H
#define RBK_CLI_SKIPPED_H

#include <cli/context.h>

/* Publishes schedule.skipped for each that nobody was told of. Without a rule that listens they count as told, so that
 * a rule that is written later does not hear of the past. The store is open for writing. */
int rbk_skipped_tell(struct rbk_cli *cli, struct rbk_error *err);

#endif
