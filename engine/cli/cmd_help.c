/* `help`: the commands, one command's own page, or what a runbook takes. */
#include <cli/commands.h>

#include <stdio.h>
#include <string.h>

static const char *const intro = "runbook: runs a team's procedures, records every step, and can be resumed.\n\n"
                                 "  runbook NAME [--param value ...]   run a runbook, e.g. incident/test-failures\n"
                                 "  runbook COMMAND [...]\n\n";

static int print_help(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    if (args->rest.count == 1 && strchr(args->rest.items[0], '/')) {
        char *runbook[] = {args->rest.items[0], "--help"};
        return rbk_cmd_run.run(cli, 2, runbook);
    }
    if (args->rest.count == 1) {
        const struct rbk_command_desc *desc = rbk_command_find(args->rest.items[0]);
        if (!desc) {
            rbk_error_set(err, RBK_EINVAL, "there is no command \"%s\"", args->rest.items[0]);
            return rbk_error_hint(err, "`runbook help` lists the commands");
        }
        rbk_command_print_help(desc);
        return 0;
    }
    fputs(intro, stdout);
    for (size_t i = 0; rbk_commands[i]; i++)
        printf("  %-11s %s\n", rbk_commands[i]->name, rbk_commands[i]->summary);
    printf("\n`runbook help COMMAND` says more. Exit status: 0 succeeded, 1 failed, 2 usage or\n"
           "runbook error, 3 waiting for a person, 4 in doubt, 5 storage, 75 busy,\n"
           "124 timed out, 130 cancelled, 143 terminated.\n");
    return 0;
}

static int run_help(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_help, 0, 1, argc, argv, print_help);
}

const struct rbk_command_desc rbk_cmd_help = {.name = "help",
                                              .arguments = "[COMMAND|NAME]",
                                              .summary = "Show the commands, one of them, or what a runbook takes.",
                                              .run = run_help};
