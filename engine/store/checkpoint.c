/* Moving the WAL into the database. SQLite's own automatic checkpoints are off (they would run outside the write lock,
 * see store.h), so a commit does it when the WAL has grown. A process that ends leaves a short WAL behind, because the
 * next one, when it is alone, reads all of it to rebuild the shared index; and it truncates, because how far the WAL
 * has been moved is known to the shared index only, so that a mere checkpoint would be forgotten and done again (vfs.c
 * says what truncating is here). */
#include <store/internal.h>

enum {
    DUE_PAGES = 1000,      /* as SQLite's own default */
    TRUNCATE_PAGES = 8000, /* readers held the WAL for long: give the disk back once they are gone */
    CLOSE_PAGES = 64
};

static int remember_wal_pages(void *arg, sqlite3 *db, const char *schema, int pages)
{
    struct rbk_store *s = arg;
    (void)db;
    (void)schema;
    s->wal_pages = pages;
    return SQLITE_OK;
}

void rbk_checkpoint_watch(struct rbk_store *s)
{
    sqlite3_wal_hook(s->db, remember_wal_pages, s);
}

void rbk_checkpoint_if_due(struct rbk_store *s)
{
    if (s->wal_pages < DUE_PAGES)
        return;
    int mode = s->wal_pages >= TRUNCATE_PAGES ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    sqlite3_busy_timeout(s->db, 0);
    sqlite3_wal_checkpoint_v2(s->db, "main", mode, NULL, NULL);
    sqlite3_busy_timeout(s->db, RBK_BUSY_MS);
}

void rbk_checkpoint_at_close(struct rbk_store *s)
{
    if (s->wal_pages < CLOSE_PAGES || !rbk_write_lock_try(s))
        return;
    sqlite3_busy_timeout(s->db, 0);
    sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    rbk_write_unlock(s);
}
