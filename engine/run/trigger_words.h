/* The names that a `trigger` may read although no step of its runbook sets them: what is known between runs. One table,
 * which `check` and documentation read; whoever evaluates triggers gives the values. */
#ifndef RBK_RUN_TRIGGER_WORDS_H
#define RBK_RUN_TRIGGER_WORDS_H

#include <stdbool.h>

struct rbk_trigger_word {
    const char *name; /* one that ends in '.' is followed by a name that the team chose */
    const char *unit; /* "ratio", "count", "true or false", "number" */
    const char *help;
};
extern const struct rbk_trigger_word rbk_trigger_words[]; /* ends with a NULL name */
bool rbk_trigger_word_known(const char *name);

#endif
