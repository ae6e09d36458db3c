/* The state of a recorded run as it really is. A row says `running` until somebody writes otherwise; whether a process
 * carries the run is known by its lock. */
#include <run/run.h>

#include <store/lock.h>

int rbk_report_state(struct rbk_store *s, struct rbk_run_row *row, struct rbk_error *err)
{
    if (row->state == RBK_RUN_RUNNING) {
        int held = rbk_lock_held(s, RBK_LOCK_RUN, row->root ? row->root : row->id, NULL, 0, err);
        if (held < 0)
            return held;
        int64_t elapsed = rbk_clock_wall_ms() - row->started_ms;
        if (!held)
            row->state = RBK_RUN_INTERRUPTED;
        else if (elapsed > row->duration_ms) /* the row learns its duration when the run comes to rest */
            row->duration_ms = elapsed;
    } else if (row->state == RBK_RUN_WAITING && row->expires_ms > 0 && row->expires_ms < rbk_clock_wall_ms()) {
        row->state = RBK_RUN_CANCELLED;
        row->exit = rbk_exit_status(RBK_ECANCELLED);
    }
    return 0;
}
