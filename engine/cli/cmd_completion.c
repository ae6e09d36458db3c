/* `completion`: scripts for the shells. They hold the commands and their options; for the rest they ask the program:
 * `runbook completion names` prints the ids of runbooks, `runbook completion params NAME` the parameters of one. */
#include <cli/commands.h>

#include <stdio.h>
#include <string.h>

static void print_words(const char *separator)
{
    for (size_t i = 0; rbk_commands[i]; i++)
        printf("%s%s", i ? separator : "", rbk_commands[i]->name);
}

static void print_options(const struct rbk_option *o, const char *separator)
{
    for (; o && o->name; o++)
        printf("%s--%s", separator, o->name);
}

/* In single quotes; `quote` is how the shell writes one inside of them. */
static void print_quoted(const char *text, const char *quote)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            fputs(quote, stdout);
        else
            putchar(*text);
    }
    putchar('\'');
}

static void print_bash(void)
{
    printf("# bash completion for runbook\n"
           "_runbook() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=\n"
           "    case $command in\n");
    for (size_t i = 0; rbk_commands[i]; i++) {
        printf("    %s) words='", rbk_commands[i]->name);
        print_options(rbk_commands[i]->options, " ");
        printf("' ;;\n");
    }
    printf("    esac\n"
           "    words+='");
    print_options(rbk_global_options, " ");
    printf("'\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        words=\"");
    print_words(" ");
    printf(" $(runbook completion names 2>/dev/null)\"\n"
           "    else\n"
           "        case $command in\n"
           "        show | run | history | check) words+=\" $(runbook completion names 2>/dev/null)\" ;;\n"
           "        */*) words+=\" $(runbook completion params \"$command\" 2>/dev/null)");
    print_options(rbk_cmd_run.options, " ");
    printf("\" ;;\n"
           "        tests) words+=' run failing rerun show import' ;;\n"
           "        notify) words+=' list send test retry drop flush preview explain silence unsilence silences' ;;\n"
           "        completion) words+=' bash zsh fish' ;;\n"
           "        help) words='");
    print_words(" ");
    printf("' ;;\n"
           "        esac\n"
           "    fi\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
           "}\n"
           "complete -F _runbook runbook\n");
}

static void print_zsh(void)
{
    printf("#compdef runbook\n"
           "# zsh completion for runbook\n"
           "_runbook() {\n"
           "  local -a commands names\n"
           "  commands=(\n");
    for (size_t i = 0; rbk_commands[i]; i++) {
        printf("    %s:", rbk_commands[i]->name);
        print_quoted(rbk_commands[i]->summary, "'\\''");
        printf("\n");
    }
    printf("  )\n"
           "  names=(${(f)\"$(runbook completion names 2>/dev/null)\"})\n"
           "  if (( CURRENT == 2 )); then\n"
           "    _describe command commands\n"
           "    compadd -a names\n"
           "    return\n"
           "  fi\n"
           "  case $words[2] in\n"
           "  show|run|history|check) compadd -a names ;;\n"
           "  tests) compadd run failing rerun show import ;;\n"
           "  completion) compadd bash zsh fish ;;\n"
           "  */*)\n"
           "    names=(${(f)\"$(runbook completion params $words[2] 2>/dev/null)\"})\n"
           "    compadd -a names\n"
           "    compadd --");
    print_options(rbk_cmd_run.options, " ");
    printf(" ;;\n");
    printf("  esac\n"
           "  case $words[2] in\n");
    for (size_t i = 0; rbk_commands[i]; i++) {
        if (!rbk_commands[i]->options)
            continue;
        printf("  %s) compadd --", rbk_commands[i]->name);
        print_options(rbk_commands[i]->options, " ");
        printf(" ;;\n");
    }
    printf("  esac\n"
           "  compadd --");
    print_options(rbk_global_options, " ");
    printf("\n}\n_runbook \"$@\"\n");
}

static void print_fish_option(const char *command, const struct rbk_option *o)
{
    if (command)
        printf("complete -c runbook -n '__fish_seen_subcommand_from %s'", command);
    else
        printf("complete -c runbook");
    if (o->letter)
        printf(" -s %c", o->letter);
    printf(" -l %s%s -d ", o->name, o->value ? " -r" : "");
    print_quoted(o->help, "\\'");
    putchar('\n');
}

static void print_fish(void)
{
    printf("# fish completion for runbook\n"
           "complete -c runbook -f\n"
           "complete -c runbook -n __fish_use_subcommand -a '(runbook completion names 2>/dev/null)'\n"
           "complete -c runbook -n '__fish_seen_subcommand_from show run history check' "
           "-a '(runbook completion names 2>/dev/null)'\n");
    for (size_t i = 0; rbk_commands[i]; i++) {
        printf("complete -c runbook -n __fish_use_subcommand -a %s -d ", rbk_commands[i]->name);
        print_quoted(rbk_commands[i]->summary, "\\'");
        putchar('\n');
        for (const struct rbk_option *o = rbk_commands[i]->options; o && o->name; o++)
            print_fish_option(rbk_commands[i]->name, o);
    }
    for (const struct rbk_option *o = rbk_global_options; o->name; o++)
        print_fish_option(NULL, o);
}

static int print_name(void *arg, const char *id, const char *path, const char *shadows)
{
    (void)arg, (void)path, (void)shadows;
    puts(id);
    return 0;
}

static int print_names(struct rbk_cli *cli, struct rbk_error *err)
{
    int rc = rbk_cli_lua(cli, err);
    return rc < 0 ? rc : rbk_runbook_files((const char *const *)cli->runbook_dirs.items, print_name, NULL, err);
}

static int print_params(struct rbk_cli *cli, const char *id, struct rbk_error *err)
{
    struct rbk_plan *plan = NULL;
    int rc = rbk_cli_lua(cli, err);
    if (rc == 0)
        rc = rbk_lua_load(cli->lua, id, &plan, err);
    for (size_t i = 0; rc == 0 && i < plan->param_count; i++)
        printf("--%s\n", plan->params[i].name);
    rbk_plan_free(plan);
    return rc;
}

static int print_completion(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    const char *shell = args->rest.items[0], *id = args->rest.count > 1 ? args->rest.items[1] : NULL;
    if (id && strcmp(shell, "params") == 0)
        return print_params(cli, id, err);
    if (id)
        return rbk_error_set(err, RBK_EINVAL, "`completion` does not take \"%s\"", id);
    if (strcmp(shell, "names") == 0)
        return print_names(cli, err);
    if (strcmp(shell, "bash") == 0)
        print_bash();
    else if (strcmp(shell, "zsh") == 0)
        print_zsh();
    else if (strcmp(shell, "fish") == 0)
        print_fish();
    else
        return rbk_error_set(err, RBK_EINVAL, "completion knows bash, zsh and fish, not \"%s\"", shell);
    return 0;
}

static int run_completion(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_completion, 1, 2, argc, argv, print_completion);
}

const struct rbk_command_desc rbk_cmd_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .summary = "Print the completion script of a shell.",
    .help = "  bash   runbook completion bash > /etc/bash_completion.d/runbook\n"
            "  zsh    runbook completion zsh > /usr/share/zsh/vendor-completions/_runbook\n"
            "  fish   runbook completion fish > ~/.config/fish/completions/runbook.fish\n",
    .run = run_completion};
