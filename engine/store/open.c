/* Opening the database of a state folder. It is the start of every command, so the ordinary case is short: look at the
 * folder, take the write lock (recovery of a crashed process's WAL happens here), compare one number, let go. */
#include <store/internal.h>

#include <base/buf.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static int connect_db(struct rbk_store *s, int flags)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/state.db", s->dir);
    return sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, rbk_vfs_name());
}

/* The file as it is, without locks and WAL. In the URI every byte of the path but letters and digits is escaped. */
static int connect_immutable(struct rbk_store *s)
{
    struct rbk_buf uri = {0};
    rbk_buf_puts(&uri, "file:");
    for (const char *p = s->dir; *p; p++)
        rbk_buf_printf(&uri, isalnum((unsigned char)*p) || *p == '/' ? "%c" : "%%%02x", (unsigned char)*p);
    rbk_buf_puts(&uri, "/state.db?immutable=1");
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
    int rc = sqlite3_open_v2(uri.data, &s->db, flags, NULL);
    rbk_buf_fini(&uri);
    return rc;
}

static void configure(struct rbk_store *s)
{
    sqlite3_busy_timeout(s->db, RBK_BUSY_MS);
    sqlite3_wal_autocheckpoint(s->db, 0);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    rbk_checkpoint_watch(s);
}

static int refuse_newer(struct rbk_store *s, int found, int known, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "the store in %s was made by a newer runbook (schema %d, this program knows %d)",
                  s->dir, found, known);
    return rbk_error_hint(err, "use that version of runbook, or another state folder with --state DIR");
}

static int refuse_older(struct rbk_store *s, int found, int known, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "the store in %s was made by an older runbook (schema %d, this program needs %d)",
                  s->dir, found, known);
    return rbk_error_hint(err, "any command that writes brings it up to date, e.g. a run of a runbook");
}

/* Opens for writing, under the write lock. */
static int open_writable(struct rbk_store *s, const struct rbk_schema *const *schemas, struct rbk_error *err)
{
    int known = rbk_schema_version(schemas), found = 0;
    int sql = connect_db(s, SQLITE_OPEN_READWRITE);
    if (sql == SQLITE_CANTOPEN && sqlite3_system_errno(s->db) == ENOENT) {
        int made = rbk_store_file_create(s->dir, "state.db", s->file_mode, err);
        if (made)
            return made;
        sqlite3_close(s->db);
        sql = connect_db(s, SQLITE_OPEN_READWRITE);
    }
    if (sql == SQLITE_OK && sqlite3_db_readonly(s->db, "main") == 1)
        sql = SQLITE_READONLY; /* the file may not be written, so SQLite has opened it for reading */
    if (sql != SQLITE_OK)
        return rbk_sql_fail(s, sql, "open the store", err);
    configure(s);
    int rc = rbk_schema_current(s, &found, err);
    if (rc)
        return rc;
    if (found > known)
        return refuse_newer(s, found, known, err);
    rc = rbk_sql_exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", "open the store", err);
    if (rc || found == known)
        return rc;
    return rbk_schema_migrate(s, schemas, err);
}

/* A folder that cannot be written has nobody who writes: without a WAL beside it the database may be read as it is. */
static bool nothing_beside(const struct rbk_store *s)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/state.db-wal", s->dir);
    return access(path, F_OK) != 0 && access(s->dir, W_OK) != 0;
}

static int open_readable(struct rbk_store *s, const struct rbk_schema *const *schemas, struct rbk_error *err)
{
    int known = rbk_schema_version(schemas), found = 0, sql;
    sql = nothing_beside(s) ? connect_immutable(s) : connect_db(s, SQLITE_OPEN_READONLY);
    if (sql != SQLITE_OK && sqlite3_system_errno(s->db) == ENOENT)
        return rbk_store_nothing_yet(s->dir, err);
    if (sql != SQLITE_OK)
        return rbk_sql_fail(s, sql, "open the store", err);
    configure(s);
    int rc = rbk_schema_current(s, &found, err);
    if (rc)
        return rc;
    if (found > known)
        return refuse_newer(s, found, known, err);
    if (found == 0) /* its maker was killed before the first table: nothing is in it */
        return rbk_store_nothing_yet(s->dir, err);
    return found < known ? refuse_older(s, found, known, err) : 0;
}

/* A reader takes the lock only when it is free: then nobody writes, and if the WAL of a crashed process is there, this
 * reader recovers it. When somebody holds it, that somebody has recovered, and waiting would gain nothing. */
int rbk_store_open_read_only(struct rbk_store *s, const struct rbk_store_options *o, struct rbk_error *err)
{
    char path[PATH_MAX];
    int rc = rbk_store_dir_prepare(o, false, err);
    if (rc)
        return rc;
    snprintf(path, sizeof path, "%s/state.db.lock", s->dir);
    s->write_lock = open(path, O_RDWR | O_CLOEXEC);
    bool locked = rbk_write_lock_try(s);
    rc = open_readable(s, o->schemas, err);
    if (locked)
        rbk_write_unlock(s);
    return rc;
}

int rbk_store_open_read_write(struct rbk_store *s, const struct rbk_store_options *o, struct rbk_error *err)
{
    int rc = rbk_store_dir_prepare(o, true, err);
    if (rc)
        return rc;
    s->write_lock = rbk_store_file_open(s->dir, "state.db.lock", s->file_mode, err);
    if (s->write_lock < 0)
        return s->write_lock;
    rc = rbk_write_lock(s, err);
    if (rc)
        return rc;
    rc = open_writable(s, o->schemas, err);
    rbk_write_unlock(s);
    return rc;
}
