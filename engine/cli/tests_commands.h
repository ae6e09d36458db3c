/* The words behind `runbook tests`: one function each, in tests_<word>.c. */
#ifndef RBK_CLI_TESTS_COMMANDS_H
#define RBK_CLI_TESTS_COMMANDS_H

#include <cli/args.h>

int rbk_tests_run(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_tests_rerun(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_tests_failing(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_tests_show(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_tests_import(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);

#endif
