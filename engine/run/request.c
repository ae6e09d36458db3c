/* Requests are rows: recorded with who and why, read by whoever carries the run. */
#include <run/request.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

static char *reason_of(const char *by, const char *why)
{
    return rbk_asprintf("cancelled by %s%s%s", by ? by : "?", why ? ": " : "", why ? why : "");
}

/* The latest request is the one that counts. */
static int keep_reason(void *arg, int64_t at_ms, const char *step, const char *kind, const rbk_value *data)
{
    char **reason = arg;
    (void)at_ms, (void)step;
    if (strcmp(kind, "cancel-requested") == 0) {
        free(*reason);
        *reason = reason_of(rbk_map_get_string(data, "by"), rbk_map_get_string(data, "why"));
    }
    return 0;
}

char *rbk_run_cancel_reason(struct rbk_store *s, const char *run)
{
    char *reason = NULL;
    if (rbk_journal_cancel_requested(s, run))
        rbk_journal_events(s, run, keep_reason, &reason, NULL);
    return reason ? reason : rbk_strdup("cancelled");
}

static int end_cancelled(struct rbk_store *s, struct rbk_run_row *row, const char *by, const char *why,
                         struct rbk_error *err)
{
    free(row->reason);
    row->reason = reason_of(by, why);
    row->state = RBK_RUN_CANCELLED;
    row->exit = rbk_exit_status(RBK_ECANCELLED);
    row->ended_ms = rbk_clock_wall_ms();
    return rbk_journal_run_update(s, row, err);
}

int rbk_run_request_cancel(struct rbk_store *s, struct rbk_run_row *row, const char *by, const char *why,
                           struct rbk_error *err)
{
    bool open = row->state == RBK_RUN_RUNNING || row->state == RBK_RUN_WAITING || row->state == RBK_RUN_INTERRUPTED;
    if (!open) {
        rbk_error_set(err, RBK_EINVAL, "run %.12s has ended: %s", row->id, rbk_run_state_name(row->state));
        return rbk_error_hint(err, "there is nothing left to cancel");
    }
    int rc = rbk_store_begin(s, err);
    if (rc == 0)
        rc = rbk_journal_cancel_request(s, row->id, by, why, err);
    if (rc == 0 && row->state != RBK_RUN_RUNNING)
        rc = end_cancelled(s, row, by, why, err);
    if (rc == 0)
        return rbk_store_commit(s, err);
    rbk_store_rollback(s);
    return rc;
}
