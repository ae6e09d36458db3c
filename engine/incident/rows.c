/* Reading and writing the rows of incidents. */
#include <incident/rows.h>

#include <base/mem.h>
#include <base/str.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {"open", "acknowledged", "resolved"};

const char *rbk_incident_state_name(enum rbk_incident_state s)
{
    return state_names[s];
}

void rbk_incident_fini(struct rbk_incident *i)
{
    free(i->key);
    free(i->title);
    free(i->priority);
    free(i->contact);
    free(i->runbook);
    free(i->called);
    free(i->opened_by);
    free(i->acked_by);
    free(i->resolved_by);
    *i = (struct rbk_incident){0};
}

bool rbk_incident_key_ok(const char *key)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t len = strlen(key), digits = strspn(key, "0123456789");
    return len > 0 && len <= 200 && digits < len && (digits > 0 || strchr(letters, key[0])) &&
           key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/@+-")] == '\0';
}

char *rbk_incident_key_of(const char *runbook)
{
    return rbk_incident_key_ok(runbook) ? rbk_strdup(runbook) : rbk_asprintf("runbook/%.190s", runbook);
}

#define COLUMNS                                                                                                  \
    "SELECT id, key, title, priority, contact, runbook, state, level, called, opened_ms, acked_ms, resolved_ms," \
    " due_ms, opened_by, acked_by, resolved_by FROM incidents "

static char *column(struct rbk_stmt *q, int i)
{
    return rbk_strdup(rbk_col_text(q, i));
}

static void read_row(struct rbk_stmt *q, struct rbk_incident *i)
{
    const char *state = rbk_col_text(q, 6);
    *i = (struct rbk_incident){.id = rbk_col_int(q, 0),
                               .key = column(q, 1),
                               .title = column(q, 2),
                               .priority = column(q, 3),
                               .contact = column(q, 4),
                               .runbook = column(q, 5),
                               .level = (int)rbk_col_int(q, 7),
                               .called = column(q, 8),
                               .opened_ms = rbk_col_int(q, 9),
                               .acked_ms = rbk_col_int(q, 10),
                               .resolved_ms = rbk_col_int(q, 11),
                               .due_ms = rbk_col_int(q, 12),
                               .opened_by = column(q, 13),
                               .acked_by = column(q, 14),
                               .resolved_by = column(q, 15)};
    for (int n = 0; n <= RBK_INCIDENT_RESOLVED; n++)
        if (state && strcmp(state, state_names[n]) == 0)
            i->state = (enum rbk_incident_state)n;
}

/* The first row of a bound statement: 1, 0 when there is none. */
static int read_first(struct rbk_stmt *q, struct rbk_incident *out, struct rbk_error *err)
{
    *out = (struct rbk_incident){0};
    int rc = rbk_stmt_step(q, err);
    if (rc == 1)
        read_row(q, out);
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc;
}

int incident_get(struct rbk_store *s, int64_t id, struct rbk_incident *out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, COLUMNS "WHERE id = ?1");
    rbk_bind_int(q, 1, id);
    int rc = read_first(q, out, err);
    if (rc == 0)
        return rbk_error_set(err, RBK_ENOENT, "there is no incident %lld", (long long)id);
    return rc < 0 ? rc : 0;
}

int rbk_incident_find_open(struct rbk_store *s, const char *key, struct rbk_incident *out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, COLUMNS "WHERE key = ?1 AND state <> 'resolved'");
    rbk_bind_text(q, 1, key);
    return read_first(q, out, err);
}

static int find_by_key(struct rbk_store *s, const char *key, struct rbk_incident *out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, COLUMNS "WHERE key = ?1 ORDER BY id DESC LIMIT 1");
    rbk_bind_text(q, 1, key);
    return read_first(q, out, err);
}

/* A key that is near one of the last. */
static void hint_key(struct rbk_store *s, const char *key, struct rbk_error *err)
{
    struct rbk_strv keys = {0};
    struct rbk_stmt *q = rbk_stmt(s, "SELECT key FROM incidents ORDER BY id DESC LIMIT 200");
    while (rbk_stmt_step(q, NULL) == 1)
        rbk_strv_add(&keys, rbk_col_text(q, 0));
    rbk_stmt_end(q);
    const char *near = rbk_did_you_mean(key, (const char *const *)keys.items, keys.count);
    if (near)
        rbk_error_hint(err, "did you mean %s?", near);
    else
        rbk_error_hint(err, "`runbook incident list --all` shows them all");
    rbk_strv_fini(&keys);
}

int rbk_incident_find(struct rbk_store *s, const char *key_or_id, struct rbk_incident *out, struct rbk_error *err)
{
    bool is_id = *key_or_id && strlen(key_or_id) < 19 && key_or_id[strspn(key_or_id, "0123456789")] == '\0';
    int rc = is_id ? incident_get(s, strtoll(key_or_id, NULL, 10), out, err) : find_by_key(s, key_or_id, out, err);
    if (!is_id && rc == 0)
        rc = rbk_error_set(err, RBK_ENOENT, "there is no incident %s", key_or_id);
    if (rc == RBK_ENOENT)
        hint_key(s, key_or_id, err);
    return rc < 0 ? rc : 0;
}

int rbk_incident_last_ms(struct rbk_store *s, const char *key, int64_t *out, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(
        s, "SELECT MAX(l.at_ms) FROM incident_lines l WHERE l.kind IN ('opened', 'again', 'raised', 'resolved')"
           " AND l.incident = (SELECT MAX(id) FROM incidents WHERE key = ?1)");
    rbk_bind_text(q, 1, key);
    int rc = rbk_stmt_step(q, err);
    *out = rc == 1 ? rbk_col_int(q, 0) : 0;
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

int rbk_incident_list(struct rbk_store *s, bool with_resolved, rbk_incident_fn *fn, void *arg, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, COLUMNS "WHERE ?1 OR state <> 'resolved' ORDER BY id DESC");
    int rc, stop = 0;
    rbk_bind_int(q, 1, with_resolved);
    while (stop == 0 && (rc = rbk_stmt_step(q, err)) == 1) {
        struct rbk_incident i;
        read_row(q, &i);
        stop = fn(arg, &i);
        rbk_incident_fini(&i);
    }
    if (stop != 0 || rc == 0)
        rbk_stmt_end(q);
    return stop != 0 ? stop : rc;
}

static void bind_row(struct rbk_stmt *q, const struct rbk_incident *i)
{
    rbk_bind_text(q, 1, i->key);
    rbk_bind_text(q, 2, i->title);
    rbk_bind_text(q, 3, i->priority);
    rbk_bind_text(q, 4, i->contact);
    rbk_bind_text(q, 5, i->runbook);
    rbk_bind_text(q, 6, state_names[i->state]);
    rbk_bind_int(q, 7, i->level);
    rbk_bind_text(q, 8, i->called);
    rbk_bind_int(q, 9, i->opened_ms);
    rbk_bind_int(q, 10, i->acked_ms);
    rbk_bind_int(q, 11, i->resolved_ms);
    rbk_bind_int(q, 12, i->due_ms);
    rbk_bind_text(q, 13, i->opened_by);
    rbk_bind_text(q, 14, i->acked_by);
    rbk_bind_text(q, 15, i->resolved_by);
}

int incident_insert(struct rbk_store *s, struct rbk_incident *i, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT INTO incidents(key, title, priority, contact, runbook, state, level,"
                                     " called, opened_ms, acked_ms, resolved_ms, due_ms, opened_by, acked_by,"
                                     " resolved_by) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
                                     " ?14, ?15)");
    bind_row(q, i);
    int rc = rbk_stmt_run(q, err);
    i->id = rbk_store_last_id(s);
    return rc;
}

int incident_update(struct rbk_store *s, const struct rbk_incident *i, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "UPDATE incidents SET key = ?1, title = ?2, priority = ?3, contact = ?4,"
                                     " runbook = ?5, state = ?6, level = ?7, called = ?8, opened_ms = ?9,"
                                     " acked_ms = ?10, resolved_ms = ?11, due_ms = ?12, opened_by = ?13,"
                                     " acked_by = ?14, resolved_by = ?15 WHERE id = ?16");
    bind_row(q, i);
    rbk_bind_int(q, 16, i->id);
    return rbk_stmt_run(q, err);
}

int incident_link(struct rbk_store *s, int64_t id, const char *run, int64_t now_ms, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT OR IGNORE INTO incident_runs(incident, run, at_ms) VALUES(?1, ?2, ?3)");
    rbk_bind_int(q, 1, id);
    rbk_bind_text(q, 2, run);
    rbk_bind_int(q, 3, now_ms);
    return rbk_stmt_run(q, err);
}

int rbk_incident_runs(struct rbk_store *s, int64_t id, struct rbk_strv *runs, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT run FROM incident_runs WHERE incident = ?1 ORDER BY at_ms, run");
    int rc;
    rbk_bind_int(q, 1, id);
    while ((rc = rbk_stmt_step(q, err)) == 1)
        rbk_strv_add(runs, rbk_col_text(q, 0));
    if (rc == 0)
        rbk_stmt_end(q);
    return rc;
}

int rbk_incident_timeline(struct rbk_store *s, int64_t id, rbk_incident_line_fn *fn, void *arg, struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "SELECT id, at_ms, kind, by, text FROM incident_lines WHERE incident = ?1 ORDER BY id");
    int rc, stop = 0;
    rbk_bind_int(q, 1, id);
    while (stop == 0 && (rc = rbk_stmt_step(q, err)) == 1) {
        struct rbk_incident_line l = {rbk_col_int(q, 0), rbk_col_int(q, 1), rbk_col_text(q, 2), rbk_col_text(q, 3),
                                      rbk_col_text(q, 4)};
        stop = fn(arg, &l);
    }
    if (stop != 0 || rc == 0)
        rbk_stmt_end(q);
    return stop != 0 ? stop : rc;
}
