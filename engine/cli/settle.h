/* What other commands, or this one, recorded for notification becomes messages. */
#ifndef RBK_CLI_SETTLE_H
#define RBK_CLI_SETTLE_H

#include <cli/context.h>

/* Asks the rules about every event that is recorded; one look where there is none. It fails no command: what cannot be
 * settled now is left to the next one. Does nothing where the store is not open for writing. */
void rbk_cli_settle(struct rbk_cli *cli);
/* Opens the store as a command that only reads does, and sees to it that what is recorded shows. */
int rbk_cli_store_settled(struct rbk_cli *cli, struct rbk_error *err);

#endif
