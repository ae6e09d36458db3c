/* See told.h. */
#include <notify/told.h>

#include <notify/notify.h>

int notify_told_get(struct rbk_store *s, const char *rule, const char *key, const char *event, struct notify_told *out,
                    struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "SELECT failures, firing, told_ms FROM notify_told WHERE rule = ?1 AND key = ?2 AND event = ?3");
    rbk_bind_text(q, 1, rule);
    rbk_bind_text(q, 2, key);
    rbk_bind_text(q, 3, event);
    *out = (struct notify_told){0};
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    if (rc > 0)
        *out = (struct notify_told){
            .failures = rbk_col_int(q, 0), .firing = rbk_col_int(q, 1) != 0, .told_ms = rbk_col_int(q, 2)};
    rbk_stmt_end(q);
    return 0;
}

int rbk_notify_is_open(struct rbk_store *s, const char *key, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT 1 FROM notify_told WHERE event = '' AND key = ?1 LIMIT 1");
    rbk_bind_text(q, 1, key);
    int rc = rbk_stmt_step(q, err);
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc == 0 ? rbk_notify_unsettled(s, err) : rc;
}

static int told_drop(struct rbk_store *s, const char *rule, const char *key, const char *event, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM notify_told WHERE rule = ?1 AND key = ?2 AND event = ?3");
    rbk_bind_text(q, 1, rule);
    rbk_bind_text(q, 2, key);
    rbk_bind_text(q, 3, event);
    return rbk_stmt_run(q, err);
}

int notify_told_put(struct rbk_store *s, const char *rule, const char *key, const char *event,
                    const struct notify_told *told, struct rbk_error *err)
{
    if (!told->failures && !told->firing && !told->told_ms)
        return told_drop(s, rule, key, event, err);
    struct rbk_stmt *q = rbk_stmt(s, "INSERT OR REPLACE INTO notify_told(rule, key, event, failures, firing, told_ms)"
                                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    rbk_bind_text(q, 1, rule);
    rbk_bind_text(q, 2, key);
    rbk_bind_text(q, 3, event);
    rbk_bind_int(q, 4, told->failures);
    rbk_bind_int(q, 5, told->firing);
    rbk_bind_int(q, 6, told->told_ms);
    return rbk_stmt_run(q, err);
}

int notify_told_forget(struct rbk_store *s, const char *key, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM notify_told WHERE event = '' AND key = ?1");
    rbk_bind_text(q, 1, key);
    return rbk_stmt_run(q, err);
}

int notify_seen_add(struct rbk_store *s, const char *id, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT OR IGNORE INTO notify_seen(id, seen_ms) VALUES(?1, ?2)");
    rbk_bind_text(q, 1, id);
    rbk_bind_int(q, 2, now_ms);
    int rc = rbk_stmt_run(q, err);
    return rc < 0 ? rc : rbk_store_changes(s) == 0;
}

int notify_told_prune(struct rbk_store *s, int64_t before_ms, struct rbk_error *err)
{
    static const char *const deletes[] = {
        "DELETE FROM notify_told WHERE firing = 0 AND failures = 0 AND told_ms < ?1",
        "DELETE FROM notify_seen WHERE seen_ms < ?1",
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof deletes / sizeof deletes[0]; i++) {
        struct rbk_stmt *q = rbk_stmt(s, deletes[i]);
        rbk_bind_int(q, 1, before_ms);
        rc = rbk_stmt_run(q, err);
    }
    return rc;
}
