/* The cases as they stand now: those whose latest execution is not older than their level's latest complete test run.
 */
#ifndef RBK_RESULTS_CURRENT_H
#define RBK_RESULTS_CURRENT_H

#include <results/cases.h>
#include <results/level.h>

struct current_case {
    const struct level_row *level;
    uint32_t index;
    struct case_state state;
};
typedef int current_fn(void *arg, const struct current_case *c);

/* Every current case of every level, in order of level and index; non-zero from fn stops and is returned. */
int current_cases(struct rbk_store *s, const struct level_list *levels, current_fn *fn, void *arg,
                  struct rbk_error *err);
/* The same, but a case that is in several levels comes once, as its latest execution left it. */
int current_cases_once(struct rbk_store *s, const struct level_list *levels, current_fn *fn, void *arg,
                       struct rbk_error *err);

#endif
