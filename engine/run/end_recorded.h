/* Ending a run that no process carries: one that waited for a person, or was interrupted. */
#ifndef RBK_RUN_END_RECORDED_H
#define RBK_RUN_END_RECORDED_H

#include <store/journal.h>
#include <store/lock.h>

/* Takes the run's lock, so that nobody goes on with it meanwhile, and reads what is on record now: a resume that came
 * first may have changed it. RBK_EBUSY: somebody carries it. *row and *lock are the caller's. */
int rbk_end_recorded_open(struct rbk_store *s, const char *id, const char *holder, struct rbk_run_row *row,
                          struct rbk_lock **lock, struct rbk_error *err);
/* `cancelled`, and so are the runs that it called and that have not ended. Due inside a transaction, under the lock. */
int rbk_end_recorded(struct rbk_store *s, struct rbk_run_row *row, const char *reason, int64_t ended_ms,
                     struct rbk_error *err);

#endif
