/* Schemas. Each room numbers its own steps; the table schema_versions knows how far each room has come, and
 * PRAGMA user_version is the sum of them, so that an ordinary start compares one number and looks no further. All that
 * is missing is applied in one transaction: a crash leaves the old schema or the new one. A late room that has no
 * tables yet counts in the sum as if it had them: it will begin with all its steps. */
#include <store/internal.h>

#include <stdio.h>

int rbk_schema_version(const struct rbk_schema *const *schemas)
{
    int sum = 0;
    for (; schemas && *schemas; schemas++)
        sum += (*schemas)->count;
    return sum;
}

int rbk_schema_current(struct rbk_store *s, int *version, struct rbk_error *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *version = sqlite3_column_int(st, 0);
    int ended = sqlite3_finalize(st);
    return rc == SQLITE_ROW ? 0 : rbk_sql_fail(s, ended ? ended : rc, "open the store", err);
}

static int room_version(struct rbk_store *s, const char *room, int *version, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT version FROM schema_versions WHERE room = ?1");
    rbk_bind_text(q, 1, room);
    int rc = rbk_stmt_step(q, err);
    *version = rc == 1 ? (int)rbk_col_int(q, 0) : 0;
    if (rc >= 0)
        rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

static int set_room_version(struct rbk_store *s, const char *room, int version, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "INSERT OR REPLACE INTO schema_versions(room, version) VALUES(?1, ?2)");
    rbk_bind_text(q, 1, room);
    rbk_bind_int(q, 2, version);
    return rbk_stmt_run(q, err);
}

static int room_advance(struct rbk_store *s, const struct rbk_schema *schema, int version, struct rbk_error *err)
{
    int rc = 0;
    for (int i = version; !rc && i < schema->count; i++)
        rc = rbk_sql_exec(s, schema->steps[i], "bring the tables up to date", err);
    return rc ? rc : set_room_version(s, schema->room, schema->count, err);
}

int rbk_schema_room_make(struct rbk_store *s, const struct rbk_schema *schema, struct rbk_error *err)
{
    return room_advance(s, schema, 0, err);
}

static int migrate_room(struct rbk_store *s, const struct rbk_schema *schema, struct rbk_error *err)
{
    int version = 0;
    int rc = room_version(s, schema->room, &version, err);
    if (rc || (schema->late && version == 0))
        return rc;
    return room_advance(s, schema, version, err);
}

static int migrate_all(struct rbk_store *s, const struct rbk_schema *const *schemas, struct rbk_error *err)
{
    char pragma[64];
    int rc = rbk_sql_exec(
        s, "CREATE TABLE IF NOT EXISTS schema_versions(room TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
        "make tables", err);
    for (const struct rbk_schema *const *schema = schemas; !rc && schema && *schema; schema++)
        rc = migrate_room(s, *schema, err);
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", rbk_schema_version(schemas));
    return rc ? rc : rbk_sql_exec(s, pragma, "make tables", err);
}

int rbk_schema_migrate(struct rbk_store *s, const struct rbk_schema *const *schemas, struct rbk_error *err)
{
    int rc = rbk_sql_exec(s, "BEGIN IMMEDIATE", "bring the tables up to date", err);
    if (rc)
        return rc;
    s->in_transaction = true;
    rc = migrate_all(s, schemas, err);
    if (!rc)
        rc = rbk_sql_exec(s, "COMMIT", "bring the tables up to date", err);
    s->in_transaction = false;
    if (rc && !sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}
