/* The table of commands, and what every command does with its arguments. */
#include <cli/commands.h>

#include <stdio.h>
#include <string.h>

const struct rbk_command_desc *const rbk_commands[] = {
#define X(name) &rbk_cmd_##name,
    RBK_COMMANDS(X)
#undef X
        NULL};

const struct rbk_command_desc *rbk_command_find(const char *name)
{
    for (size_t i = 0; rbk_commands[i]; i++)
        if (strcmp(rbk_commands[i]->name, name) == 0)
            return rbk_commands[i];
    return NULL;
}

static void print_option(const struct rbk_option *o)
{
    char left[64];
    char letter[5] = "    ";
    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->value ? " " : "", o->value ? o->value : "");
    printf("  %-24s %s\n", left, o->help);
}

void rbk_command_print_options(const struct rbk_command_desc *desc)
{
    if (desc->options && desc->options->name)
        printf("\nOptions:\n");
    for (const struct rbk_option *o = desc->options; o && o->name; o++)
        print_option(o);
    printf("\nEverywhere:\n");
    for (const struct rbk_option *o = rbk_global_options; o->name; o++)
        print_option(o);
}

void rbk_command_print_help(const struct rbk_command_desc *desc)
{
    printf("usage: runbook %s%s%s\n\n%s\n", desc->name, desc->arguments[0] ? " " : "", desc->arguments, desc->summary);
    if (desc->help)
        printf("\n%s", desc->help);
    rbk_command_print_options(desc);
}

/* A word behind it is its value, unless that is an option too. */
static int keep_param(void *arg, const char *name, const char *value, const char *next, struct rbk_error *err)
{
    struct rbk_args *args = arg;
    (void)err;
    bool takes_next = !value && next && !rbk_starts_with(next, "--");
    if (!args->params)
        args->params = rbk_map_new();
    if (value || takes_next)
        rbk_map_set_string(args->params, name, value ? value : next);
    else
        rbk_map_set(args->params, name, rbk_bool_new(true));
    return takes_next;
}

/* Too few words may be the fault of an option that nobody knows: it took one. */
static int expect(const struct rbk_args *args, const struct rbk_command_desc *desc, size_t min, size_t max,
                  struct rbk_error *err)
{
    if (args->params && args->rest.count < min)
        return rbk_args_refuse(desc->options, rbk_map_key_at(args->params, 0), err);
    return rbk_args_expect(args, desc, min, max, err);
}

int rbk_command_do(struct rbk_cli *cli, const struct rbk_command_desc *desc, size_t min, size_t max, int argc,
                   char **argv, rbk_command_work *work)
{
    struct rbk_error err = {0};
    struct rbk_args args = {0};
    int rc = rbk_args_parse(cli, desc->options, argc, argv, &args, desc->takes_params ? keep_param : NULL, &args, &err);
    if (rc == 0 && rbk_args_has(&args, "help")) {
        rbk_command_print_help(desc);
        rbk_args_fini(&args);
        return 0;
    }
    if (rc == 0)
        rc = expect(&args, desc, min, max, &err);
    if (rc == 0)
        rc = work(cli, &args, &err);
    rbk_args_fini(&args);
    return rc < 0 ? rbk_cli_fail(cli, &err) : rc;
}
