/* Whether a step of a dead run that holds other steps has one in doubt among them. */
#ifndef RBK_RUN_DOUBT_H
#define RBK_RUN_DOUBT_H

#include <store/journal.h>

/* `row` is a parallel, an each or a call; its children and the run that it called are looked at. */
bool rbk_doubt_below(struct rbk_store *s, const char *run_id, const struct rbk_step_row *row);

#endif
