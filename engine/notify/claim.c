/* The outbox as delivery sees it. A message is marked as being sent, in a commit, before its channel sees it: from then
 * on its text is frozen, and a delivery that dies leaves a mark by which the next one knows what may have arrived. */
#include <notify/delivery.h>

#include <base/buf.h>
#include <base/mem.h>
#include <inttypes.h>
#include <stdlib.h>
#include <store/row.h>

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

#define GIVE_BACK                                                                                               \
    "UPDATE notify_outbox SET state = 0, due_ms = min(due_ms, ?1), last_error = 'the process that was sending " \
    "it ended' WHERE state = 1 AND "

int notify_claims_recover(struct rbk_store *s, bool local, int64_t now_ms, struct rbk_error *err)
{
    return local ? notify_run_at(s, GIVE_BACK NOTIFY_IS_LOCAL " AND abs(?1 - due_ms) > 60000", now_ms, err)
                 : notify_run_at(s, GIVE_BACK "NOT " NOTIFY_IS_LOCAL, now_ms, err);
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

#define AGE    "set_ms, waited_ms"
#define MEMORY "(SELECT memory FROM notify_memory n WHERE n.channel = o.channel AND n.grp = o.grp)"
enum { MEMORY_COLUMN = 14, SET_COLUMN, WAITED_COLUMN };

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
        s,
        "SELECT " NOTIFY_MESSAGE_COLUMNS ", " MEMORY ", " AGE " FROM notify_outbox o WHERE channel = ?1 AND state = 0"
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
        one->set_ms = rbk_col_int(q, SET_COLUMN);
        one->waited_ms = rbk_col_int(q, WAITED_COLUMN);
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
                     int64_t now_ms, int64_t due_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE notify_outbox SET state = ?2, due_ms = ?3, set_ms = ?4, waited_ms = ?5,"
                                     " delivered_ms = 0, last_error = ?6 WHERE id = ?1 AND state = 1");
    rbk_bind_int(q, 1, one->m.id);
    rbk_bind_int(q, 2, state);
    rbk_bind_int(q, 3, due_ms);
    rbk_bind_int(q, 4, now_ms);
    rbk_bind_int(q, 5, one->waited_ms);
    rbk_bind_text(q, 6, one->error);
    return rbk_stmt_run(q, err);
}

/* Those behind it cannot go before it does: they wait as long as it does, see step_max. */
static int delay_followers(struct rbk_store *s, const struct rbk_message *m, int64_t now_ms, int64_t due_ms,
                           int64_t most_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE notify_outbox SET due_ms = max(due_ms, ?3), set_ms = ?4,"
                                     " waited_ms = waited_ms + min(max(?4 - set_ms, 0), ?5)"
                                     " WHERE channel = ?1 AND grp = ?2 AND state < 2 AND state = 0 AND id <> ?6");
    rbk_bind_text(q, 1, m->channel);
    rbk_bind_text(q, 2, m->group);
    rbk_bind_int(q, 3, due_ms);
    rbk_bind_int(q, 4, now_ms);
    rbk_bind_int(q, 5, most_ms);
    rbk_bind_int(q, 6, m->id);
    return rbk_stmt_run(q, err);
}

/* How much of dead_after one wait may count for: a clock that jumps gives up no message at once, nor does a machine
 * that was off. */
static int64_t step_max(const struct notify_patience *p)
{
    return p->dead_after_ms / 3 + 1;
}

static int settle_failure(struct rbk_store *s, struct notify_delivering *one, const struct notify_patience *p,
                          int64_t now_ms, struct rbk_error *err)
{
    int64_t step_ms = now_ms > one->set_ms ? now_ms - one->set_ms : 0;
    one->waited_ms += step_ms < step_max(p) ? step_ms : step_max(p);
    if (one->sent == RBK_SENT_RETRY && one->waited_ms >= p->dead_after_ms)
        one->sent = RBK_SENT_DEAD;
    if (one->sent == RBK_SENT_DEAD)
        return set_state(s, one, RBK_MESSAGE_DEAD, now_ms, now_ms, err);
    int64_t wait_ms = one->retry_after_ms > 0 ? one->retry_after_ms : notify_backoff_ms(p, one->m.attempts + 1);
    int rc = set_state(s, one, RBK_MESSAGE_QUEUED, now_ms, now_ms + wait_ms, err);
    return rc ? rc : delay_followers(s, &one->m, now_ms, now_ms + wait_ms, step_max(p), err);
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
