/* Escalation by time. Who is overdue is read without a lock; each one is then looked at again inside its transaction,
 * so that of two processes that saw it the second finds it done. A tick that comes late calls one level, not all that
 * were missed: whoever is called gets the whole response time. */
#include <incident/rows.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdlib.h>

struct overdue {
    int64_t id, due_ms;
};

/* Of one side of now; in the order in which they are due. */
static int read_due(struct rbk_store *s, const char *sql, int64_t now_ms, struct overdue **out, size_t *count,
                    struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, sql);
    size_t cap = 0;
    int rc;
    *out = NULL;
    *count = 0;
    rbk_bind_int(q, 1, now_ms);
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        RBK_GROW(*out, *count, cap);
        (*out)[(*count)++] = (struct overdue){rbk_col_int(q, 0), rbk_col_int(q, 1)};
    }
    if (rc == 0)
        rbk_stmt_end(q);
    return rc;
}

static int set_due(struct rbk_store *s, const struct overdue *seen, int64_t due_ms, struct rbk_error *err)
{
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE incidents SET due_ms = ?3 WHERE id = ?1 AND due_ms = ?2");
    rbk_bind_int(q, 1, seen->id);
    rbk_bind_int(q, 2, seen->due_ms);
    rbk_bind_int(q, 3, due_ms);
    rc = rbk_stmt_run(q, err);
    if (rc == 0)
        return rbk_store_commit(s, err);
    rbk_store_rollback(s);
    return rc;
}

static int mend_one(struct rbk_store *s, const struct rbk_config *config, const struct overdue *seen, int64_t now_ms,
                    struct rbk_error *err)
{
    struct rbk_incident i = {0};
    struct rbk_chain chain;
    int rc = incident_get(s, seen->id, &i, err);
    if (rc < 0)
        return rc;
    rbk_chain_of(config, i.priority, i.contact, &chain);
    int64_t latest_ms = now_ms + chain.repeat_ms; /* the longest wait */
    rbk_chain_fini(&chain);
    rbk_incident_fini(&i);
    return seen->due_ms > latest_ms ? set_due(s, seen, latest_ms, err) : 0;
}

/* What was written under a clock that has been set back since would call nobody until that time comes again. */
static int mend(struct rbk_store *s, const struct rbk_config *config, int64_t now_ms, struct rbk_error *err)
{
    struct overdue *later = NULL;
    size_t count = 0;
    int rc =
        read_due(s, "SELECT id, due_ms FROM incidents WHERE due_ms > 0 AND due_ms > ?1", now_ms, &later, &count, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = mend_one(s, config, &later[i], now_ms, err);
    free(later);
    return rc;
}

int rbk_incident_next(struct rbk_store *s, int64_t *next_ms, struct rbk_error *err)
{
    *next_ms = 0;
    if (!rbk_store_has(s, &rbk_incident_schema))
        return 0;
    struct rbk_stmt *q = rbk_stmt(s, "SELECT MIN(due_ms) FROM incidents WHERE due_ms > 0");
    int rc = rbk_stmt_step(q, err);
    if (rc == 1)
        *next_ms = rbk_col_int(q, 0);
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

/* The contact that is called next may be the answer of a command: it is asked before the store is locked. */
static rbk_value *ask_ahead(const struct rbk_config *config, const struct rbk_incident *i)
{
    rbk_value *asked = rbk_map_new();
    struct rbk_chain chain;
    rbk_chain_of(config, i->priority, i->contact, &chain);
    rbk_oncall_ask(config, rbk_chain_at(&chain, i->level + 1), asked);
    rbk_chain_fini(&chain);
    return asked;
}

static int escalate(struct rbk_store *s, const struct rbk_config *config, struct rbk_incident *i,
                    const rbk_value *asked, int64_t now_ms, struct rbk_error *err)
{
    char time[RBK_TIME_SIZE];
    struct rbk_chain chain;
    rbk_chain_of(config, i->priority, i->contact, &chain);
    rbk_duration_format(now_ms - i->opened_ms, time);
    bool last = (size_t)i->level >= chain.contacts.count;
    char *why = rbk_asprintf("not acknowledged for %s%s", time, last ? ", again" : "");
    if (!last)
        i->level++;
    rbk_chain_fini(&chain);
    struct incident_call call = {
        .kind = "escalated", .event = "incident.escalated", .why = why, .asked = asked, .now_ms = now_ms};
    int rc = incident_call_level(s, config, i, &call, err);
    free(why);
    return rc;
}

/* In its transaction: only if it is as it was seen. */
static int escalate_if_due(struct rbk_store *s, const struct rbk_config *config, const struct overdue *seen,
                           const rbk_value *asked, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_incident i = {0};
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    rc = incident_get(s, seen->id, &i, err);
    bool due = rc == 0 && i.due_ms == seen->due_ms;
    if (due)
        rc = escalate(s, config, &i, asked, now_ms, err);
    rbk_incident_fini(&i);
    if (rc == 0 && due)
        return rbk_store_commit(s, err);
    rbk_store_rollback(s);
    return rc;
}

static int escalate_one(struct rbk_store *s, const struct rbk_config *config, const struct overdue *seen,
                        int64_t now_ms, struct rbk_error *err)
{
    struct rbk_incident i = {0};
    int rc = incident_get(s, seen->id, &i, err);
    if (rc < 0)
        return rc;
    rbk_value *asked = ask_ahead(config, &i);
    rbk_incident_fini(&i);
    rc = escalate_if_due(s, config, seen, asked, now_ms, err);
    rbk_value_free(asked);
    return rc;
}

int rbk_incident_tick(struct rbk_store *s, const struct rbk_config *config, int64_t now_ms, int64_t *next_ms,
                      struct rbk_error *err)
{
    struct overdue *overdue = NULL;
    size_t count = 0;
    int64_t next;
    next_ms = next_ms ? next_ms : &next;
    int rc = rbk_incident_next(s, next_ms, err);
    if (rc < 0 || *next_ms == 0) /* what nearly every command finds */
        return rc;
    rc = mend(s, config, now_ms, err);
    if (rc == 0)
        rc = read_due(s, "SELECT id, due_ms FROM incidents WHERE due_ms > 0 AND due_ms <= ?1 ORDER BY due_ms, id",
                      now_ms, &overdue, &count, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = escalate_one(s, config, &overdue[i], now_ms, err);
    if (rc == 0)
        rc = rbk_incident_next(s, next_ms, err);
    free(overdue);
    return rc;
}
