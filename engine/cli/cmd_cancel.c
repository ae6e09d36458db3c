/* `cancel`: asks the process that carries a run to stop it, or ends a waiting run. */
#include <cli/commands.h>
#include <cli/stored_run.h>
#include <cli/telemetry.h>
#include <run/request.h>

#include <stdio.h>
#include <stdlib.h>

static const struct rbk_option options[] = {
    {"why", 0, "TEXT", "recorded with the request"},
    {0},
};

static int request(struct rbk_cli *cli, struct rbk_run_row *row, const char *why, struct rbk_error *err)
{
    char *by = rbk_cli_user();
    int rc = rbk_run_request_cancel(cli->store, row, by, why, err);
    free(by);
    return rc == 0 ? rbk_telemetry_ended(cli, row->id, err) : rc;
}

static int cancel_run(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    char name[RBK_ULID_SIZE];
    int rc = rbk_cli_store_existing(cli, err);
    if (rc == 0)
        rc = rbk_stored_run_find(cli, args->rest.items[0], &row, err);
    if (rc < 0)
        return rc;
    rc = request(cli, &row, rbk_args_get(args, "why"), err);
    if (rc == 0 && cli->json) {
        rc = rbk_stored_run_print(cli, row.id, err);
    } else if (rc == 0) {
        printf("%s %s\n",
               row.state == RBK_RUN_RUNNING ? "asked to stop:" : "cancelled:", rbk_stored_run_short(cli, row.id, name));
    }
    rbk_run_row_fini(&row);
    return rc;
}

static int run_cancel(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_cancel, 1, 1, argc, argv, cancel_run);
}

const struct rbk_command_desc rbk_cmd_cancel = {.name = "cancel",
                                                .arguments = "RUN",
                                                .summary = "Stop a running run, or end one that waits.",
                                                .options = options,
                                                .run = run_cancel};
