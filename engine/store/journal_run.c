/* Rows of runs: recording, changing, finding one. */
#include <store/journal.h>

#include <store/journal_rows.h>
#include <store/row.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST_PREFIX 4
#define SHORT_ID        12

void rbk_run_row_fini(struct rbk_run_row *r)
{
    char *strings[] = {r->runbook, r->title,  r->path,        r->by,        r->host,
                       r->root,    r->parent, r->parent_step, r->plan_hash, r->reason};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        free(strings[i]);
    rbk_value_free(r->params);
    rbk_value_free(r->options);
    rbk_value_free(r->plan);
    memset(r, 0, sizeof *r);
}

int rbk_journal_run_add(struct rbk_store *s, const struct rbk_run_row *r, struct rbk_error *err)
{
    static const char sql[] =
        "INSERT INTO runs(id, runbook, title, path, state, exit, started_ms, ended_ms, duration_ms, by, host, pid,"
        " root, parent, parent_step, params, options, plan, plan_hash, expires_ms, cancel_requested, reason)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22)";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, r->id);
    rbk_bind_text(q, 2, r->runbook);
    rbk_bind_text(q, 3, r->title);
    rbk_bind_text(q, 4, r->path);
    rbk_bind_text(q, 5, rbk_run_state_name(r->state));
    rbk_bind_int(q, 6, r->exit);
    rbk_bind_int(q, 7, r->started_ms);
    rbk_bind_int(q, 8, r->ended_ms);
    rbk_bind_int(q, 9, r->duration_ms);
    rbk_bind_text(q, 10, r->by);
    rbk_bind_text(q, 11, r->host);
    rbk_bind_int(q, 12, r->pid);
    rbk_bind_text(q, 13, r->root);
    rbk_bind_text(q, 14, r->parent);
    rbk_bind_text(q, 15, r->parent_step);
    rbk_bind_value(q, 16, r->params);
    rbk_bind_value(q, 17, r->options);
    rbk_bind_value(q, 18, r->plan);
    rbk_bind_text(q, 19, r->plan_hash);
    rbk_bind_int(q, 20, r->expires_ms);
    rbk_bind_int(q, 21, r->cancel_requested);
    rbk_bind_text(q, 22, r->reason);
    return rbk_stmt_run(q, err);
}

static int changed_one(struct rbk_store *s, int rc, const char *run, struct rbk_error *err)
{
    if (rc || rbk_store_changes(s) > 0)
        return rc;
    return rbk_error_set(err, RBK_ENOENT, "no run %s is recorded in %s", run, rbk_store_dir(s));
}

int rbk_journal_run_update(struct rbk_store *s, const struct rbk_run_row *r, struct rbk_error *err)
{
    static const char sql[] =
        "UPDATE runs SET state = ?2, exit = ?3, ended_ms = ?4, duration_ms = ?5, pid = ?6, plan = coalesce(?7, plan),"
        " plan_hash = coalesce(?8, plan_hash), expires_ms = ?9, reason = ?10 WHERE id = ?1";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, r->id);
    rbk_bind_text(q, 2, rbk_run_state_name(r->state));
    rbk_bind_int(q, 3, r->exit);
    rbk_bind_int(q, 4, r->ended_ms);
    rbk_bind_int(q, 5, r->duration_ms);
    rbk_bind_int(q, 6, r->pid);
    rbk_bind_value(q, 7, r->plan);
    rbk_bind_text(q, 8, r->plan_hash);
    rbk_bind_int(q, 9, r->expires_ms);
    rbk_bind_text(q, 10, r->reason);
    return changed_one(s, rbk_stmt_run(q, err), r->id, err);
}

int rbk_journal_cancel_request(struct rbk_store *s, const char *run, const char *by, const char *why,
                               struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE runs SET cancel_requested = 1 WHERE id = ?1");
    rbk_bind_text(q, 1, run);
    int rc = changed_one(s, rbk_stmt_run(q, err), run, err);
    if (rc)
        return rc;
    rbk_value *data = rbk_map_new();
    rbk_map_set_string(data, "by", by);
    rbk_map_set_string(data, "why", why);
    rc = rbk_journal_event_add(s, run, NULL, "cancel-requested", data, err);
    rbk_value_free(data);
    return rc;
}

int rbk_journal_cancel_clear(struct rbk_store *s, const char *run, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE runs SET cancel_requested = 0 WHERE id = ?1");
    rbk_bind_text(q, 1, run);
    return changed_one(s, rbk_stmt_run(q, err), run, err);
}

bool rbk_journal_cancel_requested(struct rbk_store *s, const char *run)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT cancel_requested FROM runs WHERE id = ?1");
    rbk_bind_text(q, 1, run);
    int rc = rbk_stmt_step(q, NULL);
    bool asked = rc == 1 && rbk_col_int(q, 0);
    if (rc >= 0)
        rbk_stmt_end(q);
    return asked;
}

static int no_such_run(struct rbk_store *s, const char *id, struct rbk_error *err)
{
    rbk_error_set(err, RBK_ENOENT, "no run %s is recorded in %s", id, rbk_store_dir(s));
    return rbk_error_hint(err, "see which there are: runbook history");
}

int rbk_journal_run_get(struct rbk_store *s, const char *id, struct rbk_run_row *out, struct rbk_error *err)
{
    memset(out, 0, sizeof *out);
    struct rbk_stmt *q = rbk_stmt(s, "SELECT " RBK_RUN_COLUMNS " FROM runs WHERE id = ?1");
    rbk_bind_text(q, 1, id);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    rc = rc ? rbk_run_row_read(q, out, err) : no_such_run(s, id, err);
    rbk_stmt_end(q);
    return rc;
}

/* Lower case, as ids are recorded; false when it cannot be the start of an id. */
static bool normalise_prefix(const char *prefix, char out[RBK_ULID_SIZE])
{
    size_t len = strlen(prefix);
    if (len < SHORTEST_PREFIX || len >= RBK_ULID_SIZE)
        return false;
    for (size_t i = 0; i <= len; i++)
        out[i] = prefix[i] >= 'A' && prefix[i] <= 'Z' ? (char)(prefix[i] - 'A' + 'a') : prefix[i];
    return strspn(out, "0123456789abcdefghijklmnopqrstuvwxyz") == len;
}

static int ambiguous(const char *prefix, const char *a, const char *b, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "more than one run begins with %s: %s, %s", prefix, a, b);
    return rbk_error_hint(err, "give more characters of the id");
}

/* The id that begins with `prefix`, or "" when none does. */
static int find_id(struct rbk_store *s, const char *sql, const char *prefix, char out[RBK_ULID_SIZE],
                   struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, sql);
    out[0] = '\0';
    rbk_bind_text(q, 1, prefix);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    if (rc == 1) {
        snprintf(out, RBK_ULID_SIZE, "%s", rbk_col_text(q, 0));
        rc = rbk_stmt_step(q, err);
        if (rc < 0)
            return rc;
    }
    if (rc == 1)
        rc = ambiguous(prefix, out, rbk_col_text(q, 0), err);
    rbk_stmt_end(q);
    return rc;
}

/* A run goes before those that it called: they may have been made in the same millisecond, and people mean the one that
 * they started. */
int rbk_journal_run_find(struct rbk_store *s, const char *prefix, struct rbk_run_row *out, struct rbk_error *err)
{
    static const char roots[] =
        "SELECT id FROM runs WHERE id >= ?1 AND id < ?1 || '{' AND parent IS NULL ORDER BY id LIMIT 2";
    static const char all[] = "SELECT id FROM runs WHERE id >= ?1 AND id < ?1 || '{' ORDER BY id LIMIT 2";
    char from[RBK_ULID_SIZE], found[RBK_ULID_SIZE];
    memset(out, 0, sizeof *out);
    if (!normalise_prefix(prefix, from)) {
        rbk_error_set(err, RBK_EINVAL, "\"%.40s\" is not the id of a run", prefix);
        return rbk_error_hint(err, "give at least %d characters of an id as shown by: runbook history",
                              SHORTEST_PREFIX);
    }
    int rc = find_id(s, roots, from, found, err);
    if (rc == 0 && !*found)
        rc = find_id(s, all, from, found, err);
    if (rc == 0 && !*found)
        rc = no_such_run(s, from, err);
    return rc ? rc : rbk_journal_run_get(s, found, out, err);
}

static size_t common_prefix(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

/* Hardly ever: made in the same millisecond, and begun alike beyond that. A small question, because every run asks. */
static int has_like(struct rbk_store *s, const char *id, const char *brief, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT 1 FROM runs WHERE id >= ?1 AND id < ?1 || '{' AND id <> ?2");
    rbk_bind_text(q, 1, brief);
    rbk_bind_text(q, 2, id);
    int rc = rbk_stmt_step(q, err);
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc;
}

int rbk_journal_run_short(struct rbk_store *s, const char *id, char out[RBK_ULID_SIZE], struct rbk_error *err)
{
    /* A called run must be told from every other, one that was started only from its like (see find). */
#define COMPETES "(parent IS NULL OR EXISTS(SELECT 1 FROM runs AS own WHERE own.id = ?1 AND own.parent IS NOT NULL))"
    static const char sql[] = "SELECT (SELECT id FROM runs WHERE id < ?1 AND " COMPETES " ORDER BY id DESC LIMIT 1),"
                              " (SELECT id FROM runs WHERE id > ?1 AND " COMPETES " ORDER BY id LIMIT 1)";
#undef COMPETES
    size_t length = SHORT_ID;
    snprintf(out, RBK_ULID_SIZE, "%.*s", SHORT_ID, id);
    int rc = has_like(s, id, out, err);
    if (rc <= 0)
        return rc;
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, id);
    rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    for (int i = 0; rc == 1 && i < 2; i++) {
        const char *neighbour = rbk_col_text(q, i);
        if (neighbour && common_prefix(id, neighbour) >= length)
            length = common_prefix(id, neighbour) + 1;
    }
    rbk_stmt_end(q);
    snprintf(out, RBK_ULID_SIZE, "%.*s", (int)length, id);
    return 0;
}
