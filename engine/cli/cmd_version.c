/* `version`: what this is, one line, or JSON with the versions of what it is made of. */
#include <cli/commands.h>

#include <stdio.h>

static int print_version(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    (void)args, (void)err;
    if (!cli->json) {
        printf("runbook %s\n", RUNBOOK_VERSION);
        return 0;
    }
    rbk_value *v = rbk_map_new();
    rbk_map_set_string(v, "schema", "runbook.version/1");
    rbk_map_set_string(v, "version", RUNBOOK_VERSION);
    return rbk_cli_print_json(v);
}

static int run_version(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_version, 0, 0, argc, argv, print_version);
}

const struct rbk_command_desc rbk_cmd_version = {
    .name = "version", .arguments = "", .summary = "Show the version.", .run = run_version};
