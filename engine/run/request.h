/* What another process may ask of a run: to be cancelled. */
#ifndef RBK_RUN_REQUEST_H
#define RBK_RUN_REQUEST_H

#include <store/journal.h>

/* Asks for the end of a run. A run that a process carries is asked through the journal and stops within about a second;
 * one that waits or was interrupted is ended here and now (`cancelled`, exit 130). RBK_EINVAL when it has ended
 * already. `row` is as rbk_report_state corrected it; its state is updated. */
int rbk_run_request_cancel(struct rbk_store *s, struct rbk_run_row *row, const char *by, const char *why,
                           struct rbk_error *err);

/* Why a run is being cancelled: who asked and what for, or just "cancelled" when nobody asked through the journal.
 * Heap.
 */
char *rbk_run_cancel_reason(struct rbk_store *s, const char *run);

#endif
