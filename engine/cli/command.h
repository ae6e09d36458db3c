/* One command of the program: a const descriptor in cmd_<name>.c. The table of all commands (cli/commands.c) is what
 * help, completion, the man page and did-you-mean are made from. */
#ifndef RBK_CLI_COMMAND_H
#define RBK_CLI_COMMAND_H

#include <runbook/error.h>
#include <stdbool.h>

struct rbk_option {
    const char *name;  /* long name without dashes */
    char letter;       /* 0 = none */
    const char *value; /* what it takes ("STEP"), NULL = a switch */
    const char *help;
};

struct rbk_cli; /* the invocation: global options, project, lazily opened config, store, host (cli/context.h) */

struct rbk_command_desc {
    const char *name;
    const char *arguments;            /* "RUN [STEP]" */
    const char *summary;              /* one line */
    const char *help;                 /* paragraphs and examples, or NULL */
    const struct rbk_option *options; /* ends with a NULL name */
    bool takes_params; /* further options are kept for the plan of a recorded run, which the work looks for */
    int (*run)(struct rbk_cli *cli, int argc, char **argv); /* returns the exit status */
};

#endif
