/* `show`: what a runbook would do, without doing it. The dry run prints through the same functions. */
#include <cli/plan_view.h>

#include <cli/commands.h>

static int show_runbook(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct rbk_plan *plan = NULL;
    int rc = rbk_cli_lua(cli, err);
    if (rc == 0)
        rc = rbk_lua_load(cli->lua, args->rest.items[0], &plan, err);
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
