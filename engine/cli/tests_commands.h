/* The words behind `runbook tests`: one function each, in tests_<word>.c (flaky and slowest: tests_rank.c). */
#ifndef RBK_CLI_TESTS_COMMANDS_H
#define RBK_CLI_TESTS_COMMANDS_H

#include <cli/args.h>
#include <results/history.h>

int rbk_tests_run(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_tests_rerun(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_tests_failing(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_tests_flaky(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_tests_slowest(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_tests_show(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_tests_import(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);

/* {"level","suite","name","file","consecutive_failures","message"} (cli/tests_case.c) */
rbk_value *rbk_tests_case_value(const struct rbk_case_row *c);
/* The first `lines` lines of a message, each behind `prefix`, cut to the width on a terminal. */
void rbk_tests_put_message(struct rbk_buf *out, const struct rbk_style *style, const char *prefix, const char *message,
                           size_t lines);

#endif
