/* The problems found in one file: errors and warnings with their places, in the order of the file. */
#ifndef RBK_CONFIG_PROBLEMS_H
#define RBK_CONFIG_PROBLEMS_H

#include <config/node.h>

#define CONFIG_PROBLEMS_MAX 100 /* the rest is not worth reading before these are mended */

struct config_problem {
    bool warning;
    struct rbk_error error;
};

struct config_problems {
    const char *file; /* borrowed */
    struct config_problem *items;
    size_t count, cap;
    int errors; /* how many of them are no warnings */
};

/* Adds one at a node's place (NULL = the whole file). `hint` may be NULL. */
void config_problem_error(struct config_problems *p, const struct config_node *at, const char *hint, const char *fmt,
                          ...) RBK_PRINTF(4, 5);
void config_problem_warning(struct config_problems *p, const struct config_node *at, const char *hint, const char *fmt,
                            ...) RBK_PRINTF(4, 5);
/* Adds one that was filled in elsewhere. */
void config_problem_take(struct config_problems *p, const struct rbk_error *error);
/* Brings them into the order of the file: rules find theirs after the reader has found its own. */
void config_problems_sort(struct config_problems *p);
/* The first that is no warning, NULL when there is none. */
const struct rbk_error *config_problems_first_error(const struct config_problems *p);
void config_problems_fini(struct config_problems *p);

#endif
