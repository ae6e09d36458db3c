/* A copy of the database, made and read back: VACUUM INTO (https://sqlite.org/lang_vacuum.html) writes what one reader
 * sees, while others go on. */
#include <store/upkeep.h>

#include <errno.h>
#include <fcntl.h>
#include <store/internal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* SQLite fills an empty file and keeps its mode. */
static int make_empty(const char *path, struct rbk_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return rbk_error_errno(err, RBK_ESTORE, "cannot make %s", path);
    close(fd);
    return 0;
}

/* Not one of the store's statements: those write only inside a transaction, and VACUUM only outside. */
static int write_copy(struct rbk_store *s, const char *path, struct rbk_error *err)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(s->db, "VACUUM INTO ?", -1, &q, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(q);
    if (rc != SQLITE_DONE)
        rc = rbk_sql_fail(s, rc, "copy the store", err);
    else
        rc = 0;
    sqlite3_finalize(q);
    return rc;
}

static int copy_fail(sqlite3 *db, const char *path, struct rbk_error *err)
{
    return rbk_error_set(err, RBK_ESTORE, "the copy %s cannot be read back: %s", path,
                         db ? sqlite3_errmsg(db) : "no memory");
}

/* The first column of the first row of a statement, as a number or as "ok". */
static int ask(sqlite3 *db, const char *path, const char *sql, int64_t *number, struct rbk_error *err)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        return copy_fail(db, path, err);
    int rc = 0;
    if (sqlite3_step(q) != SQLITE_ROW)
        rc = copy_fail(db, path, err);
    else if (number)
        *number = sqlite3_column_int64(q, 0);
    else if (strcmp((const char *)sqlite3_column_text(q, 0), "ok") != 0)
        rc = rbk_error_set(err, RBK_ESTORE, "the copy %s is damaged: %s", path, sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    return rc;
}

static int read_back(const char *path, struct rbk_store_copy *out, struct rbk_error *err)
{
    sqlite3 *db = NULL;
    struct stat st;
    int rc = 0;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        rc = copy_fail(db, path, err);
    if (rc == 0)
        rc = ask(db, path, "PRAGMA integrity_check(1)", NULL, err);
    if (rc == 0)
        rc = ask(db, path, "SELECT count(*) FROM runs", &out->runs, err);
    sqlite3_close(db);
    if (rc == 0 && stat(path, &st) != 0)
        rc = rbk_error_errno(err, RBK_ESTORE, "cannot look at %s", path);
    out->bytes = rc == 0 ? (int64_t)st.st_size : 0;
    return rc;
}

int rbk_store_copy(struct rbk_store *s, const char *path, struct rbk_store_copy *out, struct rbk_error *err)
{
    *out = (struct rbk_store_copy){0};
    int rc = make_empty(path, err);
    if (rc == 0)
        rc = write_copy(s, path, err);
    return rc == 0 ? read_back(path, out, err) : rc;
}
