/* The invocation: what the global options said, and the things that commands need, opened on first use. One struct on
 * main's stack; every command gets a pointer to it. */
#ifndef RBK_CLI_CONTEXT_H
#define RBK_CLI_CONTEXT_H

#include <base/redact.h>
#include <base/str.h>
#include <cli/command.h>
#include <cli/style.h>
#include <config/config.h>
#include <loop/loop.h>
#include <lua/host.h>
#include <store/store.h>

struct rbk_cli {
    const char *project, *state; /* --project, --state; NULL */
    bool json, quiet, no_input;
    int verbose;
    enum rbk_color_mode color;
    struct rbk_style out, err; /* how stdout and stderr may be written to */

    /* opened on first use; borrowed by commands */
    struct rbk_config *config;
    struct rbk_strv runbook_dirs;
    struct rbk_lua *lua;
    struct rbk_store *store;
    bool writes;   /* the store was opened for writing */
    bool queued;   /* this command queued messages: they are also retried soon */
    bool acts;     /* somebody sees to an incident: nobody is called before that is on record */
    bool delivers; /* this command saw to the messages that are due: no process of their own is needed */
    struct rbk_loop *loop;
    struct rbk_redactor *redactor;
};

/* The end of the process: ends what has an effect outside of it. The rest of the memory goes with it. */
void rbk_cli_leave(struct rbk_cli *cli);

int rbk_cli_config(struct rbk_cli *cli, struct rbk_error *err);
int rbk_cli_lua(struct rbk_cli *cli, struct rbk_error *err);
int rbk_cli_loop(struct rbk_cli *cli, struct rbk_error *err);
/* Opens the store for writing, making it when it is not there, and ends waiting runs whose patience is over. */
int rbk_cli_store(struct rbk_cli *cli, struct rbk_error *err);
/* The same for a command about a run that must be recorded: RBK_ENOENT, and no store is made, when nothing ever was. */
int rbk_cli_store_existing(struct rbk_cli *cli, struct rbk_error *err);
/* Opens the store for reading only. RBK_ENOENT when nothing was ever recorded. */
int rbk_cli_store_read(struct rbk_cli *cli, struct rbk_error *err);
/* Where the state is or would be. Heap. */
int rbk_cli_state_dir(struct rbk_cli *cli, char **out, struct rbk_error *err);
/* The folders that may hold runbooks, there or not, the first counts most: the project's, the user's, those that come
 * with the program. */
void rbk_cli_runbook_places(const char *root, struct rbk_strv *out);
/* Where the files that come with the program are (runbooks/, stdlib/). Heap. */
char *rbk_cli_share_dir(void);
/* Who is typing: "name" of the user, through sudo too. Heap. */
char *rbk_cli_user(void);

/* Whether a person can be asked: a terminal on stdin and stderr, and neither --no-input nor --json. */
bool rbk_cli_interactive(const struct rbk_cli *cli);

/* Prints an error as every command does (stderr; with --json also a document on stdout). Returns the exit status. */
int rbk_cli_fail(const struct rbk_cli *cli, const struct rbk_error *err);
/* Only the words on stderr, for a command that has a document of its own to print. */
void rbk_cli_complain(const struct rbk_error *err);
/* Prints a JSON document on stdout and frees it. Returns 0, or 5 when stdout cannot be written,
 * which it has said then. */
int rbk_cli_print_json(rbk_value *document);

#endif
