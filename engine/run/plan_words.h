/* The words of a plan's functions: a fact that a function sets, or a parameter that it reads, is only known as a word
 * in its source. */
#ifndef RBK_RUN_PLAN_WORDS_H
#define RBK_RUN_PLAN_WORDS_H

#include <run/plan.h>

struct plan_words {
    struct rbk_buf source; /* of all functions */
};

void plan_words_init(struct plan_words *w, const struct rbk_plan *p);
void plan_words_fini(struct plan_words *w);
/* Does the name stand in a function as a word? True for every name when a function performs actions of its own. */
bool plan_words_have(const struct plan_words *w, const char *name);
/* Does a shell text set the variable itself (name=.., for name in, read name)? */
bool plan_assigned_in(const char *shell, const char *name);

#endif
