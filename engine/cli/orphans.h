/* Runs whose process was killed: recorded as interrupted, and told, by the next command that writes. */
#ifndef RBK_CLI_ORPHANS_H
#define RBK_CLI_ORPHANS_H

#include <cli/context.h>

/* With the store open to write. What fails is left to the next command. */
void rbk_orphans_tell(struct rbk_cli *cli);

#endif
