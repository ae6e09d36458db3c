/* Commands whose first argument is a word that says what: `runbook tests run`. The table of words is the command's own.
 */
#ifndef RBK_CLI_WORDS_H
#define RBK_CLI_WORDS_H

#include <cli/commands.h>

struct rbk_word {
    const char *name, *usage; /* the usage begins with the name */
    size_t min, max;          /* positional arguments after the word */
    rbk_command_work *work;
};

/* Does what the first argument says, and asks for one where there is none. `words` ends with a NULL name; `command` is
 * the name of the command that they belong to. RBK_EINVAL: an unknown word, or more or fewer arguments than it takes.
 */
int rbk_word_do(struct rbk_cli *cli, const struct rbk_args *args, const char *command, const struct rbk_word *words,
                struct rbk_error *err);

#endif
