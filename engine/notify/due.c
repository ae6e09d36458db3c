/* When something is to be sent. What was written under a clock that has been set back since counts for nothing: a
 * message whose due time was set, or a channel that was used, at a time that has not come yet is due now. */
#include <notify/delivery.h>

#include <base/clock.h>
#include <notify/recorded.h>
#include <notify/windows.h>
#include <store/lock.h>
#include <store/row.h>

int notify_run_at(struct rbk_store *s, const char *sql, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, now_ms);
    return rbk_stmt_run(q, err);
}

int notify_claims_hurry(struct rbk_store *s, int64_t now_ms, struct rbk_error *err)
{
    int rc = notify_run_at(s, "UPDATE notify_outbox SET due_ms = ?1 WHERE state = 0 AND due_ms > ?1", now_ms, err);
    return rc ? rc
              : notify_run_at(s, "UPDATE notify_channels SET hold_ms = 0, failures = 0 WHERE hold_ms > ?1", now_ms,
                              err);
}

static int mend_channels(struct rbk_store *s, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "UPDATE notify_channels SET hold_ms = min(hold_ms, ?1), sent_ms = ?1 WHERE sent_ms > ?2");
    rbk_bind_int(q, 1, now_ms);
    rbk_bind_int(q, 2, now_ms + NOTIFY_CLOCK_SLACK_MS);
    return rbk_stmt_run(q, err);
}

/* But none before the one in front of it; and while it is quiet, what waits for this time of some day goes on waiting.
 */
int notify_claims_mend(struct rbk_store *s, const struct rbk_config *config, int64_t now_ms, struct rbk_error *err)
{
    int64_t quiet_ms = 0;
    if (notify_quiet_hours(config, now_ms, &quiet_ms, NULL) <= 0) /* hours nobody understands hide nothing */
        quiet_ms = 0;
    struct rbk_stmt *q =
        rbk_stmt(s, "UPDATE notify_outbox SET set_ms = ?1, due_ms = max(?1,"
                    " CASE WHEN attempts = 0 AND (due_ms - ?3) % 86400000 = 0 THEN ?3 ELSE 0 END,"
                    " coalesce((SELECT max(p.due_ms)"
                    " FROM notify_outbox p WHERE p.channel = notify_outbox.channel AND p.grp = notify_outbox.grp"
                    " AND p.id < notify_outbox.id AND p.state < 2 AND p.set_ms <= ?2), 0))"
                    " WHERE state = 0 AND due_ms > ?1 AND set_ms > ?2");
    rbk_bind_int(q, 1, now_ms);
    rbk_bind_int(q, 2, now_ms + NOTIFY_CLOCK_SLACK_MS);
    rbk_bind_int(q, 3, quiet_ms);
    int rc = rbk_stmt_run(q, err);
    return rc ? rc : mend_channels(s, now_ms, err);
}

int notify_next_channel(struct rbk_store *s, const char *after, char **out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT min(channel) FROM notify_outbox WHERE state = 0 AND channel > ?1");
    *out = NULL;
    rbk_bind_text(q, 1, after);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    *out = rbk_col_dup(q, 0);
    rbk_stmt_end(q);
    return 0;
}

static int one_number(struct rbk_stmt *q, int64_t absent, int64_t *out, struct rbk_error *err)
{
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    *out = rc > 0 && !rbk_col_is_null(q, 0) ? rbk_col_int(q, 0) : absent;
    rbk_stmt_end(q);
    return 0;
}

/* Two probes of the index for each channel, however many messages there are (the last one tells of a clock set back);
 * hardly any work where there are none, which is what nearly every command finds. */
static int next_message(struct rbk_store *s, int64_t *due_ms, struct rbk_error *err)
{
    static const char sql[] =
        "WITH RECURSIVE c(channel) AS (SELECT min(channel) FROM notify_outbox WHERE state = 0 UNION ALL"
        " SELECT (SELECT min(channel) FROM notify_outbox WHERE state = 0 AND channel > c.channel) FROM c"
        " WHERE c.channel IS NOT NULL)"
        " SELECT min(max(CASE WHEN (SELECT set_ms FROM notify_outbox o WHERE o.state = 0 AND o.channel = c.channel"
        " ORDER BY due_ms DESC LIMIT 1) > ?1 THEN 0"
        " ELSE (SELECT min(due_ms) FROM notify_outbox o WHERE o.state = 0 AND o.channel = c.channel) END,"
        " CASE WHEN n.sent_ms > ?1 THEN 0 ELSE coalesce(n.hold_ms, 0) END)) FROM c LEFT JOIN notify_channels n ON "
        "n.channel = c.channel"
        " WHERE c.channel IS NOT NULL AND coalesce(n.local, 0) = 0";
    int64_t queued = 0;
    *due_ms = INT64_MAX;
    int rc = one_number(rbk_stmt(s, "SELECT 1 FROM notify_outbox WHERE state = 0 LIMIT 1"), 0, &queued, err);
    if (rc < 0 || !queued)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, rbk_clock_wall_ms() + NOTIFY_CLOCK_SLACK_MS);
    return one_number(q, INT64_MAX, due_ms, err);
}

int notify_next_due(struct rbk_store *s, int64_t *due_ms, struct rbk_error *err)
{
    int64_t recorded_ms = INT64_MAX;
    int rc = next_message(s, due_ms, err);
    if (rc == 0)
        rc = notify_recorded_first(s, &recorded_ms, err);
    if (rc > 0 && recorded_ms < *due_ms)
        *due_ms = recorded_ms;
    return rc < 0 ? rc : 0;
}

int notify_count_left(struct rbk_store *s, int *left, struct rbk_error *err)
{
    int64_t count = 0;
    int rc = one_number(rbk_stmt(s, "SELECT count(*) FROM notify_outbox WHERE state < 2"), 0, &count, err);
    *left = (int)count;
    return rc;
}

int rbk_delivery_due(struct rbk_store *s, int64_t *due_ms, bool *nobody, struct rbk_error *err)
{
    int64_t sending = 0;
    *nobody = true;
    *due_ms = INT64_MAX;
    if (!rbk_store_has(s, &rbk_notify_schema))
        return 0;
    int rc = notify_next_due(s, due_ms, err);
    if (rc == 0)
        rc = one_number(rbk_stmt(s, "SELECT 1 FROM notify_outbox WHERE state = 1 AND NOT " NOTIFY_IS_LOCAL " LIMIT 1"),
                        0, &sending, err);
    if (rc < 0 || (*due_ms == INT64_MAX && !sending))
        return rc;
    rc = rbk_lock_held(s, RBK_LOCK_DELIVERY, "", NULL, 0, err);
    if (rc == 0 && !sending)
        rc = rbk_lock_held(s, RBK_LOCK_DELIVERY, NOTIFY_LINGERING, NULL, 0, err);
    *nobody = rc == 0;
    if (rc == 0 && sending) /* whoever sent them has died */
        *due_ms = 0;
    return rc < 0 ? rc : 0;
}

int rbk_delivery_hurry(struct rbk_store *s, struct rbk_error *err)
{
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    rc = notify_claims_hurry(s, rbk_clock_wall_ms(), err);
    if (rc == 0)
        return rbk_store_commit(s, err);
    rbk_store_rollback(s);
    return rc;
}
