/* Statements: prepared once per SQL text and kept. A problem met while preparing or binding is remembered and told by
 * the next step, so that callers check one result instead of ten. A statement that is still in use (a callback reading
 * the same query again) gets a twin of its own. */
#include <store/internal.h>

#include <base/mem.h>
#include <base/str.h>
#include <stdlib.h>
#include <string.h>

struct rbk_stmt {
    struct rbk_store *store;
    const char *sql;
    sqlite3_stmt *st;
    int rc; /* the first problem since rbk_stmt, SQLITE_OK when none */
    bool in_use, writes;
    bool empty; /* reads tables that are not there yet */
};

static int prepare_now(struct rbk_stmt *q)
{
    return sqlite3_prepare_v3(q->store->db, q->sql, -1, SQLITE_PREPARE_PERSISTENT, &q->st, NULL);
}

static bool only_reads(const char *sql)
{
    return rbk_starts_with(sql, "SELECT") || rbk_starts_with(sql, "WITH");
}

static void prepare(struct rbk_stmt *q)
{
    q->rc = prepare_now(q);
    const struct rbk_schema *room = q->rc == SQLITE_ERROR ? rbk_late_room(q->store) : NULL;
    q->empty = room && only_reads(q->sql);
    if (q->empty)
        q->rc = SQLITE_OK;
    else if (room && q->store->in_transaction) {
        q->rc = rbk_late_room_make(q->store, room);
        q->rc = q->rc == SQLITE_OK ? prepare_now(q) : q->rc;
    }
    q->writes = q->st && !sqlite3_stmt_readonly(q->st);
}

static struct rbk_stmt *idle_stmt(struct rbk_store *s, const char *sql)
{
    for (size_t i = 0; i < s->stmt_count; i++)
        if (s->stmts[i]->sql == sql && !s->stmts[i]->in_use)
            return s->stmts[i];
    struct rbk_stmt *q = rbk_alloc(sizeof *q);
    q->store = s;
    q->sql = sql;
    RBK_GROW(s->stmts, s->stmt_count, s->stmt_cap);
    return s->stmts[s->stmt_count++] = q;
}

struct rbk_stmt *rbk_stmt(struct rbk_store *s, const char *sql)
{
    struct rbk_stmt *q = idle_stmt(s, sql);
    q->in_use = true;
    q->rc = SQLITE_OK;
    if (!q->st)
        prepare(q);
    return q;
}

void rbk_stmts_free(struct rbk_store *s)
{
    for (size_t i = 0; i < s->stmt_count; i++) {
        sqlite3_finalize(s->stmts[i]->st);
        free(s->stmts[i]);
    }
    free(s->stmts);
    s->stmts = NULL;
    s->stmt_count = s->stmt_cap = 0;
}

void rbk_stmts_forget(struct rbk_store *s)
{
    for (size_t i = 0; i < s->stmt_count; i++)
        if (!s->stmts[i]->in_use) {
            sqlite3_finalize(s->stmts[i]->st);
            s->stmts[i]->st = NULL;
        }
}

static void remember(struct rbk_stmt *q, int rc)
{
    if (q->rc == SQLITE_OK)
        q->rc = rc;
}

void rbk_bind_int(struct rbk_stmt *q, int i, int64_t v)
{
    if (q->st)
        remember(q, sqlite3_bind_int64(q->st, i, v));
}

void rbk_bind_double(struct rbk_stmt *q, int i, double v)
{
    if (q->st)
        remember(q, sqlite3_bind_double(q->st, i, v));
}

void rbk_bind_text(struct rbk_stmt *q, int i, const char *s)
{
    rbk_bind_text_len(q, i, s, s ? strlen(s) : 0);
}

void rbk_bind_text_len(struct rbk_stmt *q, int i, const char *s, size_t len)
{
    if (q->st)
        remember(q, sqlite3_bind_text64(q->st, i, s, len, SQLITE_TRANSIENT, SQLITE_UTF8));
}

void rbk_bind_blob(struct rbk_stmt *q, int i, const void *data, size_t len)
{
    if (q->st)
        remember(q, sqlite3_bind_blob64(q->st, i, data, len, SQLITE_TRANSIENT));
}

void rbk_bind_null(struct rbk_stmt *q, int i)
{
    if (q->st)
        remember(q, sqlite3_bind_null(q->st, i));
}

static int stmt_fail(struct rbk_stmt *q, int rc, struct rbk_error *err)
{
    rbk_sql_fail(q->store, rc, q->writes || q->store->in_transaction ? "record" : "read", err);
    rbk_stmt_end(q);
    return RBK_ESTORE;
}

int rbk_stmt_step(struct rbk_stmt *q, struct rbk_error *err)
{
    if (q->rc != SQLITE_OK)
        return stmt_fail(q, q->rc, err);
    if (q->writes && !q->store->in_transaction) {
        rbk_stmt_end(q);
        return rbk_error_set(err, RBK_ESTORE, "a write outside a transaction: %.60s", q->sql);
    }
    if (q->empty)
        return 0;
    int rc = sqlite3_step(q->st);
    if (rc == SQLITE_ROW)
        return 1;
    return rc == SQLITE_DONE ? 0 : stmt_fail(q, rc, err);
}

int rbk_stmt_run(struct rbk_stmt *q, struct rbk_error *err)
{
    int rc = rbk_stmt_step(q, err);
    rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

void rbk_stmt_end(struct rbk_stmt *q)
{
    if (q->st) {
        sqlite3_reset(q->st);
        sqlite3_clear_bindings(q->st);
    }
    q->in_use = false;
}

int64_t rbk_col_int(struct rbk_stmt *q, int i)
{
    return sqlite3_column_int64(q->st, i);
}

double rbk_col_double(struct rbk_stmt *q, int i)
{
    return sqlite3_column_double(q->st, i);
}

const char *rbk_col_text(struct rbk_stmt *q, int i)
{
    return (const char *)sqlite3_column_text(q->st, i);
}

const void *rbk_col_blob(struct rbk_stmt *q, int i, size_t *len)
{
    const void *data = sqlite3_column_blob(q->st, i);
    *len = (size_t)sqlite3_column_bytes(q->st, i);
    return data;
}

bool rbk_col_is_null(struct rbk_stmt *q, int i)
{
    return sqlite3_column_type(q->st, i) == SQLITE_NULL;
}

int64_t rbk_store_last_id(struct rbk_store *s)
{
    return sqlite3_last_insert_rowid(s->db);
}

int rbk_store_changes(struct rbk_store *s)
{
    return sqlite3_changes(s->db);
}
