/* This program as a command for another process, on the same project and state. */
#ifndef RBK_CLI_SELF_H
#define RBK_CLI_SELF_H

#include <cli/context.h>

/* Adds the program, --project and --state; the store is open. The words of a command go behind it. */
int rbk_cli_self(struct rbk_cli *cli, struct rbk_strv *command, struct rbk_error *err);

#endif
