/* The remediation budget: a restart that helps is a remedy, a restart every five minutes hides what is wrong. Counted
 * across runs, before the step acts; a step whose process dies in between counts as done. */
#include <incident/rows.h>

#include <base/mem.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct budget {
    int64_t max, window_ms, used;
    char text[128];
};

/* Not what was counted under a clock that has been set back since. */
static int count_since(struct rbk_store *s, const struct rbk_remediation *r, int64_t since_ms, int64_t *out,
                       struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT COUNT(*) FROM remediations WHERE key = ?1 AND at_ms > ?2 AND at_ms <= ?3");
    rbk_bind_text(q, 1, r->key);
    rbk_bind_int(q, 2, since_ms);
    rbk_bind_int(q, 3, r->now_ms);
    int rc = rbk_stmt_step(q, err);
    *out = rc == 1 ? rbk_col_int(q, 0) : 0;
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

static int forget_before(struct rbk_store *s, const char *key, int64_t before_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM remediations WHERE key = ?1 AND at_ms <= ?2");
    rbk_bind_text(q, 1, key);
    rbk_bind_int(q, 2, before_ms);
    return rbk_stmt_run(q, err);
}

static int count_one(struct rbk_store *s, const struct rbk_remediation *r, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO remediations(key, at_ms, run, step) VALUES(?1, ?2, ?3, ?4)");
    rbk_bind_text(q, 1, r->key);
    rbk_bind_int(q, 2, r->now_ms);
    rbk_bind_text(q, 3, r->run);
    rbk_bind_text(q, 4, r->step);
    return rbk_stmt_run(q, err);
}

/* The open incident of that key for which a level was called in the window already, or whoever acknowledged it was
 * told; *id 0 = there is none, or it becomes more urgent now. */
static int find_called(struct rbk_store *s, const struct rbk_config *config, const struct rbk_remediation *r,
                       int64_t window_ms, int64_t *id, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(
        s, "SELECT i.id, i.priority FROM incidents i JOIN incident_lines l ON l.incident = i.id WHERE i.key = ?1"
           " AND i.state <> 'resolved' AND l.kind = CASE i.state WHEN 'open' THEN 'escalated' ELSE 'again' END"
           " AND l.at_ms > ?2 AND l.at_ms <= ?3 LIMIT 1");
    rbk_bind_text(q, 1, r->key);
    rbk_bind_int(q, 2, r->now_ms - window_ms);
    rbk_bind_int(q, 3, r->now_ms);
    int rc = rbk_stmt_step(q, err);
    *id = rc == 1 && !rbk_priority_above(config, r->priority, rbk_col_text(q, 1)) ? rbk_col_int(q, 0) : 0;
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

/* A runbook that is due every minute calls one level in a window, not one every minute. */
static int refuse(struct rbk_store *s, const struct rbk_config *config, const struct rbk_remediation *r,
                  const struct budget *b, struct rbk_error *err)
{
    int64_t called = 0;
    int rc = find_called(s, config, r, b->window_ms, &called, err);
    if (rc < 0)
        return rc;
    if (called)
        return r->run ? incident_link(s, called, r->run, r->now_ms, err) : 0;
    char *text = rbk_asprintf("%s refused to remedy it once more: %s", r->step, b->text);
    struct rbk_incident_opening o = {.key = r->key,
                                     .priority = r->priority,
                                     .text = text,
                                     .by = r->by,
                                     .run = r->run,
                                     .runbook = r->runbook,
                                     .escalate = true,
                                     .now_ms = r->now_ms};
    rc = rbk_incident_open(s, config, &o, NULL, err);
    free(text);
    return rc;
}

static int read_budget(struct rbk_store *s, const struct rbk_config *config, const struct rbk_remediation *r,
                       struct budget *b, struct rbk_error *err)
{
    const rbk_value *window = rbk_config_get(config, "incidents.remediation.window");
    char *time = rbk_value_text(window);
    b->max = rbk_value_int(rbk_config_get(config, "incidents.remediation.max"));
    b->window_ms = llround(rbk_value_number(window) * 1000);
    int rc = count_since(s, r, r->now_ms - b->window_ms, &b->used, err);
    snprintf(b->text, sizeof b->text, "%lld of %lld remediations within %.30s are used up", (long long)b->used,
             (long long)b->max, time);
    free(time);
    return rc;
}

static int count_or_refuse(struct rbk_store *s, const struct rbk_config *config, const struct rbk_remediation *r,
                           struct budget *b, struct rbk_error *err)
{
    int rc = read_budget(s, config, r, b, err);
    if (rc < 0)
        return rc;
    if (b->used >= b->max)
        return refuse(s, config, r, b, err);
    rc = forget_before(s, r->key, r->now_ms - b->window_ms, err);
    return rc == 0 ? count_one(s, r, err) : rc;
}

int rbk_incident_remediate(struct rbk_store *s, const struct rbk_config *config, const struct rbk_remediation *r,
                           struct rbk_error *err)
{
    struct budget b = {0};
    if (!rbk_incident_key_ok(r->key)) {
        rbk_error_set(err, RBK_EINVAL, "remediates = \"%.80s\" cannot be the key of an incident", r->key);
        return rbk_error_hint(err, "letters, digits and . _ : / @ + -, not digits alone: checkout-down");
    }
    int rc = rbk_store_begin(s, err);
    if (rc < 0)
        return rc;
    rc = count_or_refuse(s, config, r, &b, err);
    if (rc < 0) {
        rbk_store_rollback(s);
        return rc;
    }
    rc = rbk_store_commit(s, err);
    if (rc < 0 || b.used < b.max)
        return rc;
    rbk_error_set(err, RBK_EBUSY, "not remedied again: for %s %s", r->key, b.text);
    return rbk_error_hint(err, "a person must look: runbook incident show %s", r->key);
}
