/* A run as a person watches it: the observer that prints steps as they come to rest, keeps the live lines, and closes
 * with what happened and what to do next. */
#ifndef RBK_CLI_RUN_VIEW_H
#define RBK_CLI_RUN_VIEW_H

#include <cli/context.h>
#include <run/run.h>

struct rbk_run_view;
/* A silent view prints nothing; it still knows when the run has ended. */
struct rbk_run_view *rbk_run_view_new(struct rbk_cli *cli, bool silent);
void rbk_run_view_free(struct rbk_run_view *view);
/* Whether the root run has come to its end; the loop is stopped then. */
bool rbk_run_view_ended(const struct rbk_run_view *view);
extern const struct rbk_run_observer rbk_run_view_observer; /* self: the rbk_run_view */

/* For questions: takes the live lines away, and brings them back. */
void rbk_run_view_pause(struct rbk_run_view *view);
void rbk_run_view_continue(struct rbk_run_view *view);

/* What the steps of a run came to. */
struct rbk_run_tally {
    int met, unmet;           /* checks */
    const char *failed_step;  /* id of the first step of the root run that failed, NULL; borrowed from the plan */
    const char *stopped_step; /* the same of the first that was cancelled */
    const rbk_value *waiting; /* what a waiting run waits for, as in its report, or NULL */
};
/* Appends the closing lines of a run: the verdict, what still fails, and what to do next. (cli/run_summary.c) */
void rbk_run_summary(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_run *run,
                     const struct rbk_run_tally *tally);

#endif
