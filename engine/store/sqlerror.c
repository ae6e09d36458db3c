/* From SQLite's result codes to something that helps: what happened to the store, and what to do. */
#include <store/internal.h>

#include <errno.h>
#include <string.h>

struct sql_advice {
    int code;
    const char *what, *hint;
};

static const char disk_full[] = "the disk is full";
static const char disk_full_hint[] = "free some space and try again; what was recorded before is safe";

static const struct sql_advice advices[] = {
    {SQLITE_FULL, disk_full, disk_full_hint},
    {SQLITE_IOERR, "the disk reported an error", "look at dmesg, and copy the state folder before anything else"},
    {SQLITE_CORRUPT, "the database is damaged",
     "keep a copy of the folder, then try: sqlite3 state.db .recover | sqlite3 mended.db; or move state.db* away to "
     "start afresh"},
    {SQLITE_NOTADB, "state.db is not a database of runbook",
     "something else wrote to it: restore it from a backup, or move state.db* away to start afresh"},
    {SQLITE_READONLY, "the database cannot be written",
     "check who owns the folder and its files (ls -la), and that the filesystem is mounted writable"},
    {SQLITE_CANTOPEN, "the database cannot be opened",
     "check who owns the folder and its files (ls -la), and that the disk is not full"},
    {SQLITE_PERM, "the database cannot be opened", "check who owns the folder and its files (ls -la)"},
    {SQLITE_BUSY, "another program holds the database", "close it (a sqlite3 shell?) and try again"},
    {SQLITE_LOCKED, "another program holds the database", "close it (a sqlite3 shell?) and try again"},
    {SQLITE_SCHEMA, "a newer runbook has brought the store up to date meanwhile",
     "start this command again (a scheduler, too) with that version"},
    {SQLITE_NOMEM, "there is not enough memory", "free some memory, then: runbook resume"},
};

static const struct sql_advice *advice_for(struct rbk_store *s, int rc)
{
    static const struct sql_advice full = {SQLITE_FULL, disk_full, disk_full_hint};
    int e = s->db ? sqlite3_system_errno(s->db) : 0;
    if ((rc & 0xff) == SQLITE_IOERR && (e == ENOSPC || e == EDQUOT || e == EFBIG))
        return &full;
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (advices[i].code == (rc & 0xff))
            return &advices[i];
    return NULL;
}

int rbk_sql_fail(struct rbk_store *s, int rc, const char *doing, struct rbk_error *err)
{
    const struct sql_advice *a = advice_for(s, rc);
    const char *said = s->db && sqlite3_extended_errcode(s->db) == rc ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
    if (!a)
        return rbk_error_set(err, RBK_ESTORE, "cannot %s in %s: %s", doing, s->dir, said);
    rbk_error_set(err, RBK_ESTORE, "cannot %s in %s: %s (%s)", doing, s->dir, a->what, said);
    return rbk_error_hint(err, "%s", a->hint);
}

int rbk_sql_exec(struct rbk_store *s, const char *sql, const char *doing, struct rbk_error *err)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : rbk_sql_fail(s, rc, doing, err);
}
