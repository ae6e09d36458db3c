/* The store: one SQLite database in WAL mode with synchronous=FULL, and the locks around it. The only room that knows
 * sqlite3.h; the rooms that own tables write their SQL through the statements here.
 *
 * Debian's SQLite 3.40 has the WAL-reset race (https://sqlite.org/wal.html, fixed in 3.51.3): two connections that
 * write and checkpoint at once can lose pages. So every write transaction, checkpoint, recovery and close happens under
 * one OFD lock on a file of its own; automatic checkpoints are off and NO_CKPT_ON_CLOSE is set; network filesystems are
 * refused. */
#ifndef RBK_STORE_STORE_H
#define RBK_STORE_STORE_H

#include <runbook/store.h>
#include <runbook/value.h>
#include <stdint.h>

/* A room's tables: steps[i] brings its schema from version i to i+1. Never edit a step that has shipped. */
struct rbk_schema {
    const char *room;
    const char *const *steps;
    int count;
    bool late; /* its tables are made with the first row for one of them (see rbk_stmt), not with the store */
};

struct rbk_store_options {
    const char *dir;                         /* the state folder (.runbook); made 0700, or 2770 with group */
    const char *group;                       /* NULL = private 0600/0700; else the group that shares it, 2770/0660 */
    const struct rbk_schema *const *schemas; /* NULL-terminated */
    bool read_only;                          /* never creates or migrates; RBK_ENOENT when there is no store */
    int64_t lock_wait_ms;                    /* how long to wait for the write lock; 0 = 30000 */
};

/* Opens or creates DIR/state.db. Errors: RBK_ESTORE (disk, permissions, corruption: with the mend as hint), RBK_EINVAL
 * (a newer database than this program understands; a network filesystem). */
int rbk_store_open(const struct rbk_store_options *options, struct rbk_store **out, struct rbk_error *err);
/* The last thing that a process does with its store: what is open is rolled back. Memory, descriptors and locks go with
 * the process, which costs less than giving back thousands of allocations. */
void rbk_store_leave(struct rbk_store *s);
const char *rbk_store_dir(const struct rbk_store *s);

/* Transactions are in <runbook/store.h>. Checkpoints happen inside commit when the WAL has grown. */

/* Statements are prepared once per `sql` pointer and cached by the store; they are reset by rbk_stmt_end. A binding or
 * step error is remembered and returned by the next rbk_stmt_step/rbk_stmt_run. Columns count from 0, parameters
 * from 1. */
struct rbk_stmt;
/* Where a table of a late room is not there yet, a statement that begins with SELECT or WITH reads no row, not even
 * that of an aggregate; its columns are NULL. Any other makes the tables of that room, in the transaction that is open.
 * So no statement may join such tables with those of another room. */
struct rbk_stmt *rbk_stmt(struct rbk_store *s, const char *sql); /* never NULL; sql must have static lifetime */
/* False = the tables of this late room are not there yet: a cheap answer for who mostly finds nothing. */
bool rbk_store_has(struct rbk_store *s, const struct rbk_schema *room);
void rbk_bind_int(struct rbk_stmt *q, int i, int64_t v);
void rbk_bind_double(struct rbk_stmt *q, int i, double v);
void rbk_bind_text(struct rbk_stmt *q, int i, const char *s); /* NULL binds NULL; copied */
void rbk_bind_text_len(struct rbk_stmt *q, int i, const char *s, size_t len);
void rbk_bind_blob(struct rbk_stmt *q, int i, const void *data, size_t len); /* copied */
void rbk_bind_null(struct rbk_stmt *q, int i);
/* 1 = a row is there, 0 = no more, negative = error. */
int rbk_stmt_step(struct rbk_stmt *q, struct rbk_error *err);
/* Runs a statement that returns no rows, then ends it. */
int rbk_stmt_run(struct rbk_stmt *q, struct rbk_error *err);
void rbk_stmt_end(struct rbk_stmt *q);
int64_t rbk_col_int(struct rbk_stmt *q, int i);
double rbk_col_double(struct rbk_stmt *q, int i);
const char *rbk_col_text(struct rbk_stmt *q, int i); /* borrowed until the next step; NULL for NULL */
const void *rbk_col_blob(struct rbk_stmt *q, int i, size_t *len);
bool rbk_col_is_null(struct rbk_stmt *q, int i);
int64_t rbk_store_last_id(struct rbk_store *s);
int rbk_store_changes(struct rbk_store *s);

/* Facts for `doctor`: library version, database size and WAL size in bytes, result of PRAGMA quick_check. */
struct rbk_store_health {
    char sqlite_version[32];
    int64_t db_bytes, wal_bytes;
    bool wal_reset_race; /* this SQLite has it; the write lock guards against it */
    char integrity[256]; /* "ok" or the first complaint */
    char filesystem[32];
};
int rbk_store_health(struct rbk_store *s, struct rbk_store_health *out, struct rbk_error *err);

#endif
