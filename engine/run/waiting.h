/* The open questions of a recorded run and of the runs that it called. */
#ifndef RBK_RUN_WAITING_H
#define RBK_RUN_WAITING_H

#include <store/journal.h>

/* `path` names the step from the root run: the ids of the calls and of the step, joined by '/'. */
typedef int rbk_waiting_fn(void *arg, const char *run_id, const char *path, const struct rbk_gate_row *gate);
/* Calls fn for every question that nobody has answered. Non-zero stops and is returned. */
int rbk_waiting_each(struct rbk_store *s, const char *run_id, rbk_waiting_fn *fn, void *arg, struct rbk_error *err);

#endif
