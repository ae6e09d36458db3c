/* Within report*.c: the steps of the document of a run. */
#ifndef RBK_RUN_REPORT_STEPS_H
#define RBK_RUN_REPORT_STEPS_H

#include <run/run.h>

/* Takes a step. Not 0 stops, and is returned. */
typedef int rbk_report_step_fn(void *arg, rbk_value *step);
/* In the order of the plan, nested ones after their parent, those that have not begun among them. */
int rbk_report_steps(struct rbk_store *s, const struct rbk_run_row *run, rbk_report_step_fn *fn, void *arg,
                     struct rbk_error *err);
/* A number, or null where nothing was measured (negative). */
void report_set_measured(rbk_value *doc, const char *name, int64_t v);

#endif
