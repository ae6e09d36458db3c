/* The outbox as delivery sees it. A message is marked as being sent, in a commit, before its channel sees it: from then
 * on its text is frozen, and a delivery that dies leaves a mark by which the next one knows what may have arrived. */
#include <notify/delivery.h>

#include <base/buf.h>
#include <base/mem.h>
#include <inttypes.h>
#include <notify/recorded.h>
#include <stdlib.h>
#include <store/lock.h>
#include <store/row.h>

static int run_with_time(struct rbk_store *s, const char *sql, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, now_ms);
    return rbk_stmt_run(q, err);
}

/* `sql` about the ids of a list: ?1 is now_ms, ?2 the ids. One statement for hundreds of rows: each of its own would
 * open every index anew. */
static int run_with_ids(struct rbk_store *s, const char *sql, const struct rbk_buf *ids, int64_t now_ms,
                        struct rbk_error *err)
{
    if (!ids->len)
        return 0;
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_int(q, 1, now_ms);
    rbk_bind_text_len(q, 2, ids->data, ids->len);
    return rbk_stmt_run(q, err);
}

#define IN_IDS "id IN (SELECT value FROM json_each('[' || ?2 || ']'))"

static void add_id(struct rbk_buf *ids, int64_t id)
{
    rbk_buf_printf(ids, "%s%" PRId64, ids->len ? "," : "", id);
}

#define IS_LOCAL "(SELECT local FROM notify_channels c WHERE c.channel = notify_outbox.channel) IS 1"
#define GIVE_BACK                                                                                               \
    "UPDATE notify_outbox SET state = 0, due_ms = min(due_ms, ?1), last_error = 'the process that was sending " \
    "it ended' WHERE state = 1 AND "

int notify_claims_recover(struct rbk_store *s, bool local, int64_t now_ms, struct rbk_error *err)
{
    return local ? run_with_time(s, GIVE_BACK IS_LOCAL " AND due_ms < ?1", now_ms - 60000, err)
                 : run_with_time(s, GIVE_BACK "NOT " IS_LOCAL, now_ms, err);
}

int notify_claims_hurry(struct rbk_store *s, int64_t now_ms, struct rbk_error *err)
{
    int rc = run_with_time(s, "UPDATE notify_outbox SET due_ms = ?1 WHERE state = 0 AND due_ms > ?1", now_ms, err);
    return rc ? rc
              : run_with_time(s, "UPDATE notify_channels SET hold_ms = 0, failures = 0 WHERE hold_ms > ?1", now_ms,
                              err);
}

void notify_delivering_free(struct notify_delivering *one)
{
    if (!one)
        return;
    notify_message_fini(&one->m);
    rbk_value_free(one->memory);
    free(one->error);
    free(one);
}

#define MEMORY "(SELECT memory FROM notify_memory n WHERE n.channel = o.channel AND n.grp = o.grp)"
enum { MEMORY_COLUMN = 14 };

static int read_one(struct rbk_stmt *q, struct rbk_message *m, struct rbk_error *err)
{
    rbk_value *memory = NULL;
    notify_message_read(q, m);
    int rc = rbk_col_value(q, MEMORY_COLUMN, &memory, err);
    m->memory = memory;
    return rc;
}

/* Reads the rows first: an index must not change under the query that walks it. */
static int read_due(struct rbk_store *s, struct notify_lane *lane, const char *key, int64_t due_ms, int max,
                    struct notify_delivering **out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(
        s, "SELECT " NOTIFY_MESSAGE_COLUMNS ", " MEMORY " FROM notify_outbox o WHERE channel = ?1 AND state = 0"
           " AND due_ms <= ?2"
           " AND (?4 IS NULL OR key = ?4) AND NOT EXISTS(SELECT 1 FROM notify_outbox p WHERE p.channel = o.channel"
           " AND p.grp = o.grp AND p.id < o.id AND p.state < 2) ORDER BY due_ms, id LIMIT ?3");
    struct notify_delivering **end = out;
    int rc, unreadable = 0;
    rbk_bind_text(q, 1, lane->channel);
    rbk_bind_int(q, 2, due_ms);
    rbk_bind_int(q, 3, max);
    rbk_bind_text(q, 4, key);
    while (unreadable == 0 && (rc = rbk_stmt_step(q, err)) > 0) {
        struct notify_delivering *one = rbk_alloc(sizeof *one);
        *end = one;
        end = &one->next;
        one->lane = lane;
        unreadable = read_one(q, &one->m, err);
    }
    if (unreadable == 0 && rc < 0)
        return rc;
    rbk_stmt_end(q);
    return unreadable;
}

int notify_claim(struct rbk_store *s, struct notify_lane *lane, const char *key, int64_t due_ms, int64_t now_ms,
                 int max, struct rbk_error *err)
{
    struct notify_delivering *list = NULL;
    struct rbk_buf ids = {0};
    int rc = read_due(s, lane, key, due_ms, max, &list, err);
    for (const struct notify_delivering *one = list; one; one = one->next)
        add_id(&ids, one->m.id);
    if (rc == 0)
        rc = run_with_ids(s, "UPDATE notify_outbox SET state = 1, attempts = attempts + 1, due_ms = ?1 WHERE " IN_IDS,
                          &ids, now_ms, err);
    while (list) {
        struct notify_delivering *one = list;
        list = one->next;
        one->next = NULL;
        one->m.state = RBK_MESSAGE_SENDING;
        if (rc == 0)
            notify_lane_push(lane, one);
        else
            notify_delivering_free(one);
    }
    rbk_buf_fini(&ids);
    return rc;
}

int notify_claim_undo(struct rbk_store *s, const struct rbk_message *m, struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "UPDATE notify_outbox SET state = 0, attempts = attempts - 1 WHERE id = ?1 AND state = 1");
    rbk_bind_int(q, 1, m->id);
    return rbk_stmt_run(q, err);
}

/* ---- results --------------------------------------------------------------------------------------------------- */

static int remember(struct rbk_store *s, const struct notify_delivering *one, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "INSERT OR REPLACE INTO notify_memory(channel, grp, memory, changed_ms) VALUES(?1, ?2, ?3, ?4)");
    rbk_bind_text(q, 1, one->m.channel);
    rbk_bind_text(q, 2, one->m.group);
    rbk_bind_value(q, 3, one->memory);
    rbk_bind_int(q, 4, now_ms);
    return rbk_stmt_run(q, err);
}

static int set_state(struct rbk_store *s, const struct notify_delivering *one, enum rbk_message_state state,
                     int64_t due_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE notify_outbox SET state = ?2, due_ms = ?3, delivered_ms = 0,"
                                     " last_error = ?4 WHERE id = ?1 AND state = 1");
    rbk_bind_int(q, 1, one->m.id);
    rbk_bind_int(q, 2, state);
    rbk_bind_int(q, 3, due_ms);
    rbk_bind_text(q, 4, one->error);
    return rbk_stmt_run(q, err);
}

/* Those behind it cannot go before it does. */
static int delay_followers(struct rbk_store *s, const struct rbk_message *m, int64_t due_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE notify_outbox SET due_ms = max(due_ms, ?3) WHERE channel = ?1"
                                     " AND grp = ?2 AND state < 2 AND state = 0");
    rbk_bind_text(q, 1, m->channel);
    rbk_bind_text(q, 2, m->group);
    rbk_bind_int(q, 3, due_ms);
    return rbk_stmt_run(q, err);
}

static int settle_failure(struct rbk_store *s, struct notify_delivering *one, const struct notify_patience *p,
                          int64_t now_ms, struct rbk_error *err)
{
    if (one->sent == RBK_SENT_RETRY && now_ms - one->m.created_ms >= p->dead_after_ms)
        one->sent = RBK_SENT_DEAD;
    if (one->sent == RBK_SENT_DEAD)
        return set_state(s, one, RBK_MESSAGE_DEAD, now_ms, err);
    int64_t wait_ms = one->retry_after_ms > 0 ? one->retry_after_ms : notify_backoff_ms(p, one->m.attempts + 1);
    int rc = set_state(s, one, RBK_MESSAGE_QUEUED, now_ms + wait_ms, err);
    return rc ? rc : delay_followers(s, &one->m, now_ms + wait_ms, err);
}

int notify_claims_settle(struct rbk_store *s, struct notify_delivering *results, const struct notify_patience *patience,
                         int64_t now_ms, struct rbk_error *err)
{
    struct rbk_buf accepted = {0};
    int rc = 0;
    for (struct notify_delivering *one = results; one && rc == 0; one = one->next) {
        if (one->sent == RBK_SENT_ACCEPTED)
            add_id(&accepted, one->m.id);
        else
            rc = settle_failure(s, one, patience, now_ms, err);
        if (rc == 0 && one->memory)
            rc = remember(s, one, now_ms, err);
    }
    if (rc == 0)
        rc = run_with_ids(s,
                          "UPDATE notify_outbox SET state = 2, due_ms = ?1, delivered_ms = ?1, last_error = NULL"
                          " WHERE state = 1 AND " IN_IDS,
                          &accepted, now_ms, err);
    rbk_buf_fini(&accepted);
    return rc;
}

/* ---- channels -------------------------------------------------------------------------------------------------- */

int notify_lane_load(struct rbk_store *s, struct notify_lane *lane, struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "SELECT hold_ms, failures, sent_ms, local FROM notify_channels WHERE channel = ?1");
    rbk_bind_text(q, 1, lane->channel);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    bool was_local = false;
    if (rc > 0) {
        lane->hold_ms = rbk_col_int(q, 0);
        lane->failures = (int)rbk_col_int(q, 1);
        lane->sent_ms = rbk_col_int(q, 2);
        was_local = rbk_col_int(q, 3) != 0;
    }
    rbk_stmt_end(q);
    lane->dirty = lane->local != was_local;
    return 0;
}

int notify_lane_save(struct rbk_store *s, struct notify_lane *lane, struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "INSERT OR REPLACE INTO notify_channels(channel, hold_ms, failures, sent_ms, local)"
                    " VALUES(?1, ?2, ?3, ?4, ?5)");
    rbk_bind_text(q, 1, lane->channel);
    rbk_bind_int(q, 2, lane->hold_ms);
    rbk_bind_int(q, 3, lane->failures);
    rbk_bind_int(q, 4, lane->sent_ms);
    rbk_bind_int(q, 5, lane->local);
    lane->dirty = false;
    return rbk_stmt_run(q, err);
}

/* ---- looking --------------------------------------------------------------------------------------------------- */

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

static int one_number(struct rbk_store *s, const char *sql, int64_t absent, int64_t *out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, sql);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    *out = rc > 0 && !rbk_col_is_null(q, 0) ? rbk_col_int(q, 0) : absent;
    rbk_stmt_end(q);
    return 0;
}

/* One probe of the index for each channel, however many messages there are; hardly any work where there are none, which
 * is what nearly every command finds. */
static int next_message(struct rbk_store *s, int64_t *due_ms, struct rbk_error *err)
{
    static const char sql[] =
        "WITH RECURSIVE c(channel) AS (SELECT min(channel) FROM notify_outbox WHERE state = 0 UNION ALL"
        " SELECT (SELECT min(channel) FROM notify_outbox WHERE state = 0 AND channel > c.channel) FROM c"
        " WHERE c.channel IS NOT NULL)"
        " SELECT min(max((SELECT min(due_ms) FROM notify_outbox o WHERE o.state = 0 AND o.channel = c.channel),"
        " coalesce(n.hold_ms, 0))) FROM c LEFT JOIN notify_channels n ON n.channel = c.channel"
        " WHERE c.channel IS NOT NULL AND coalesce(n.local, 0) = 0";
    int64_t queued = 0;
    *due_ms = INT64_MAX;
    int rc = one_number(s, "SELECT 1 FROM notify_outbox WHERE state = 0 LIMIT 1", 0, &queued, err);
    return rc == 0 && queued ? one_number(s, sql, INT64_MAX, due_ms, err) : rc;
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
    int rc = one_number(s, "SELECT count(*) FROM notify_outbox WHERE state < 2", 0, &count, err);
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
        rc =
            one_number(s, "SELECT 1 FROM notify_outbox WHERE state = 1 AND NOT " IS_LOCAL " LIMIT 1", 0, &sending, err);
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
