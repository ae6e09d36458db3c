/* The words behind `runbook schedule`: one function each, in schedule_<word>.c. */
#ifndef RBK_CLI_SCHEDULE_COMMANDS_H
#define RBK_CLI_SCHEDULE_COMMANDS_H

#include <cli/args.h>

int rbk_schedule_cmd_list(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_schedule_cmd_next(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_schedule_cmd_preview(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_schedule_cmd_enable(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_schedule_cmd_disable(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_schedule_cmd_why(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_schedule_cmd_run(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_schedule_cmd_once(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_schedule_cmd_export(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_schedule_cmd_fire(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);

#endif
