/* Requests are rows: recorded with who and why, read by whoever carries the run. */
#include <run/request.h>

#include <base/mem.h>
#include <run/end_recorded.h>
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

static int refuse_ended(const struct rbk_run_row *row, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "run %.12s has ended: %s", row->id, rbk_run_state_name(row->state));
    return rbk_error_hint(err, "there is nothing left to cancel");
}

static bool has_ended(const struct rbk_run_row *row)
{
    return row->state != RBK_RUN_RUNNING && row->state != RBK_RUN_WAITING && row->state != RBK_RUN_INTERRUPTED;
}

/* Records the request; without a process that would read it, the run ends here. */
static int record_request(struct rbk_store *s, struct rbk_run_row *row, bool carried, const char *by, const char *why,
                          struct rbk_error *err)
{
    char *reason = reason_of(by, why);
    int rc = rbk_store_begin(s, err);
    if (rc == 0)
        rc = rbk_journal_cancel_request(s, row->id, by, why, err);
    if (rc == 0 && !carried)
        rc = rbk_end_recorded(s, row, reason, rbk_clock_wall_ms(), err);
    if (rc == 0)
        rc = rbk_store_commit(s, err);
    else
        rbk_store_rollback(s);
    free(reason);
    return rc;
}

int rbk_run_request_cancel(struct rbk_store *s, struct rbk_run_row *row, const char *by, const char *why,
                           struct rbk_error *err)
{
    struct rbk_run_row now = {0};
    struct rbk_lock *lock = NULL;
    if (has_ended(row))
        return refuse_ended(row, err);
    int rc = rbk_end_recorded_open(s, row->id, "cancel", &now, &lock, err);
    if (rc == RBK_EBUSY) {
        rc = record_request(s, row, true, by, why, err);
        row->state = RBK_RUN_RUNNING;
    } else if (rc == 0 && has_ended(&now)) {
        rc = refuse_ended(&now, err);
    } else if (rc == 0) {
        rc = record_request(s, &now, false, by, why, err);
        row->state = now.state;
    }
    rbk_run_row_fini(&now);
    rbk_lock_release(lock);
    return rc;
}
