/* The table of commands, in the order in which help shows them. Adding one: cmd_<name>.c with rbk_cmd_<name>, and its
 * line here. */
#ifndef RBK_CLI_COMMANDS_H
#define RBK_CLI_COMMANDS_H

#include <cli/args.h>
#include <cli/command.h>

#define RBK_COMMANDS(X) \
    X(init)             \
    X(list)             \
    X(show)             \
    X(check)            \
    X(run)              \
    X(resume)           \
    X(retry)            \
    X(cancel)           \
    X(approve)          \
    X(reject)           \
    X(status)           \
    X(logs)             \
    X(history)          \
    X(tests)            \
    X(metrics)          \
    X(notify)           \
    X(schedule)         \
    X(incident)         \
    X(doctor)           \
    X(completion)       \
    X(version)          \
    X(help)

#define X(name) extern const struct rbk_command_desc rbk_cmd_##name;
RBK_COMMANDS(X)
#undef X

extern const struct rbk_command_desc *const rbk_commands[]; /* ends with NULL */

const struct rbk_command_desc *rbk_command_find(const char *name); /* NULL */
/* Prints the help of one command on stdout. */
void rbk_command_print_help(const struct rbk_command_desc *desc);
/* The last part of it: the command's own options and those that every command has. */
void rbk_command_print_options(const struct rbk_command_desc *desc);

/* Runs a command whose arguments are parsed the usual way: `work` gets them once the usage is right. Prints errors;
 * returns the exit status. `work` returns an exit status, or a negative code with err filled in. */
typedef int rbk_command_work(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_command_do(struct rbk_cli *cli, const struct rbk_command_desc *desc, size_t min, size_t max, int argc,
                   char **argv, rbk_command_work *work);

#endif
