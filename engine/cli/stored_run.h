/* Recorded runs from the command line: a run named by a prefix of its id, and the plan that belongs to it. */
#ifndef RBK_CLI_STORED_RUN_H
#define RBK_CLI_STORED_RUN_H

#include <cli/args.h>
#include <cli/execute.h>
#include <run/run.h>

/* Finds the root run that `prefix` names, with its state as it really is (interrupted when nobody carries it). The
 * store must be open. The caller ends *out with rbk_run_row_fini. */
int rbk_stored_run_find(struct rbk_cli *cli, const char *prefix, struct rbk_run_row *out, struct rbk_error *err);
/* The same, but a called run is shown as itself: for looking only. */
int rbk_stored_run_find_itself(struct rbk_cli *cli, const char *prefix, struct rbk_run_row *out, struct rbk_error *err);
/* The shortest prefix that names it, in a buffer of RBK_ULID_SIZE. */
const char *rbk_stored_run_short(struct rbk_cli *cli, const char *id, char out[RBK_ULID_SIZE]);

/* Prints the run's JSON report. A step at a time. Returns as rbk_cli_print_json, or a negative code. */
int rbk_stored_run_print(struct rbk_cli *cli, const char *id, struct rbk_error *err);
/* Goes on with the run that the first argument of `desc` names; `e` says how, its plan, run and parameters are filled
 * in here. Returns as rbk_execute. */
int rbk_stored_run_execute(struct rbk_cli *cli, const struct rbk_command_desc *desc, const struct rbk_args *args,
                           struct rbk_execution *e, struct rbk_error *err);

#endif
