/* What the files of this room share: the store behind its opaque pointer, the files of the state folder, the write
 * lock, and the one place that turns SQLite's result codes into words. Nobody else includes this. */
#ifndef RBK_STORE_INTERNAL_H
#define RBK_STORE_INTERNAL_H

#include <sqlite3.h>
#include <store/store.h>
#include <sys/types.h>

/* How long SQLite itself waits for a lock. Ours serialises all of our writers, so only a foreign program is waited for.
 */
#define RBK_BUSY_MS 2000

struct rbk_late {
    const struct rbk_schema *schema;
    bool there; /* its tables were seen */
};

struct rbk_store {
    sqlite3 *db;
    char *dir;
    int write_lock;  /* descriptor of state.db.lock, -1 when the store is read-only */
    int locks_probe; /* descriptor of DIR/locks used to look at locks, -1 until it is needed */
    mode_t file_mode;
    int64_t lock_wait_ms;
    bool read_only;
    bool in_transaction;
    int wal_pages;         /* pages in the WAL after our last commit; 0 = nothing written yet */
    int schema_version;    /* the sum of the steps that this program knows */
    struct rbk_late *late; /* the late ones among the schemas */
    size_t late_count, late_cap;
    bool made_room; /* in the transaction that is open */
    struct rbk_stmt **stmts;
    size_t stmt_count, stmt_cap;
};

/* ---- open.c */

int rbk_store_open_read_write(struct rbk_store *s, const struct rbk_store_options *o, struct rbk_error *err);
int rbk_store_open_read_only(struct rbk_store *s, const struct rbk_store_options *o, struct rbk_error *err);

/* ---- files.c: the state folder and what lies in it */

/* Makes sure that DIR is there (made when `create`), is no network filesystem and has the modes that were asked for. */
int rbk_store_dir_prepare(const struct rbk_store_options *o, bool create, struct rbk_error *err);
/* Opens DIR/name for reading and writing; makes it with exactly `mode` (whatever the umask) when it is missing. The
 * descriptor, or a negative code. */
int rbk_store_file_open(const char *dir, const char *name, mode_t mode, struct rbk_error *err);
/* Makes an empty DIR/name with exactly `mode` unless it is there. Never opens an existing file: closing any descriptor
 * of the database drops the POSIX locks that SQLite holds on it (fcntl(2)). */
int rbk_store_file_create(const char *dir, const char *name, mode_t mode, struct rbk_error *err);
/* Says why a file of the state folder could not be used (errno), with the mend as hint. Returns RBK_ESTORE. */
int rbk_store_errno(struct rbk_error *err, const char *path, const char *doing);

/* Says that there is no store here. Returns RBK_ENOENT. */
int rbk_store_nothing_yet(const char *dir, struct rbk_error *err);

/* ---- filesystem.c */

/* The filesystem under `path`: its name in `name`, and whether it is a network filesystem. */
int rbk_filesystem_of(const char *path, char *name, size_t size, bool *network);
/* The same decision from what statfs(2) and mountinfo say; `type` may be NULL. */
bool rbk_filesystem_is_network(long magic, const char *type);

/* ---- writelock.c: the one lock around everything that writes */

int rbk_write_lock(struct rbk_store *s, struct rbk_error *err); /* waits up to lock_wait_ms */
bool rbk_write_lock_try(struct rbk_store *s);
void rbk_write_unlock(struct rbk_store *s);

/* ---- sqlerror.c */

/* Fills err from a result code of s->db. Returns RBK_ESTORE. */
int rbk_sql_fail(struct rbk_store *s, int rc, const char *doing, struct rbk_error *err);
/* Runs SQL without results. */
int rbk_sql_exec(struct rbk_store *s, const char *sql, const char *doing, struct rbk_error *err);

/* ---- migrate.c */

/* The sum of all steps that the program knows. */
int rbk_schema_version(const struct rbk_schema *const *schemas);
/* PRAGMA user_version: the sum of all steps that the database has had, or that its late rooms will begin with. */
int rbk_schema_current(struct rbk_store *s, int *version, struct rbk_error *err);
/* Brings the database up to date in one transaction. The caller holds the write lock. */
int rbk_schema_migrate(struct rbk_store *s, const struct rbk_schema *const *schemas, struct rbk_error *err);
/* Makes the tables of a room that has none, in the transaction that is open. */
int rbk_schema_room_make(struct rbk_store *s, const struct rbk_schema *schema, struct rbk_error *err);

/* ---- late.c */

/* The late room whose table the last statement missed; NULL = the statement is wrong for another reason. */
const struct rbk_schema *rbk_late_room(const struct rbk_store *s);
/* Of SQLite's codes: SQLITE_SCHEMA when a newer program has brought the store up to date since it was opened. */
int rbk_late_room_make(struct rbk_store *s, const struct rbk_schema *schema);
/* The transaction that made them was rolled back. */
void rbk_late_rooms_gone(struct rbk_store *s);

/* ---- stmt.c */

void rbk_stmts_free(struct rbk_store *s);
/* Statements that are not in use are prepared again when they are wanted: tables have gone. */
void rbk_stmts_forget(struct rbk_store *s);

/* ---- vfs.c */

/* The VFS to open databases with; NULL = SQLite's own. */
const char *rbk_vfs_name(void);

/* ---- checkpoint.c */

void rbk_checkpoint_watch(struct rbk_store *s);
/* After a commit, under the write lock: moves the WAL into the database when it has grown. Failing is no error: the
 * WAL stays, and the next commit tries again. */
void rbk_checkpoint_if_due(struct rbk_store *s);
/* At the end of a writing process: leaves little enough WAL that the next start has little to recover. */
void rbk_checkpoint_at_close(struct rbk_store *s);

#endif
