/* `show`: what a runbook would do, without doing it. The dry run prints through the same functions. */
#include <cli/plan_view.h>

#include <cli/commands.h>
#include <cli/stored_run.h>

#include <string.h>

/* The id of a run is no name of a runbook: the look at the record costs nothing when the name is found. */
static void hint_run(struct rbk_cli *cli, const char *name, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    struct rbk_error none;
    char id[RBK_ULID_SIZE];
    if (rbk_cli_store_read(cli, &none) < 0 || rbk_stored_run_find_itself(cli, name, &row, &none) < 0)
        return;
    rbk_error_hint(err, "it is a run of %s: `runbook status %s`", row.runbook, rbk_stored_run_short(cli, row.id, id));
    rbk_run_row_fini(&row);
}

static int show_runbook(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_plan *plan = NULL;
    int rc = rbk_cli_lua(cli, err);
    if (rc == 0)
        rc = rbk_lua_load(cli->lua, args->rest.items[0], &plan, err);
    if (rc == RBK_ENOENT && !strchr(args->rest.items[0], '/'))
        hint_run(cli, args->rest.items[0], err);
    if (rc < 0)
        return rc;
    if (cli->json) {
        rc = rbk_cli_print_json(rbk_plan_to_value(plan));
    } else {
        struct rbk_buf out = {0};
        rbk_plan_view(&out, &cli->out, plan, NULL);
        rbk_style_write(&cli->out, &out);
        rbk_buf_fini(&out);
    }
    rbk_plan_free(plan);
    return rc;
}

static int run_show(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_show, 1, 1, argc, argv, show_runbook);
}

const struct rbk_command_desc rbk_cmd_show = {.name = "show",
                                              .arguments = "NAME",
                                              .summary = "Show a runbook's parameters and steps without running it.",
                                              .run = run_show};
