/* What `approve` and `reject` share: find the run, record the decision with who, when and why. */
#ifndef RBK_CLI_DECIDE_H
#define RBK_CLI_DECIDE_H

#include <cli/args.h>

int rbk_cli_decide(struct rbk_cli *cli, const struct rbk_args *args, bool approve, struct rbk_error *err);

#endif
