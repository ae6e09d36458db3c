/* A store from its opening to its end, and the transactions between. */
#include <store/internal.h>

#include <base/mem.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_LOCK_WAIT_MS 30000

static struct rbk_store *store_new(const struct rbk_store_options *o)
{
    struct rbk_store *s = rbk_alloc(sizeof *s);
    s->dir = rbk_strdup(o->dir);
    s->write_lock = s->locks_probe = -1;
    s->file_mode = o->group ? 0660 : 0600;
    s->lock_wait_ms = o->lock_wait_ms > 0 ? o->lock_wait_ms : DEFAULT_LOCK_WAIT_MS;
    s->read_only = o->read_only;
    s->schema_version = rbk_schema_version(o->schemas);
    for (const struct rbk_schema *const *schema = o->schemas; schema && *schema; schema++)
        if ((*schema)->late) {
            RBK_GROW(s->late, s->late_count, s->late_cap);
            s->late[s->late_count++] = (struct rbk_late){*schema, false};
        }
    return s;
}

int rbk_store_open(const struct rbk_store_options *options, struct rbk_store **out, struct rbk_error *err)
{
    struct rbk_store *s = store_new(options);
    int rc =
        options->read_only ? rbk_store_open_read_only(s, options, err) : rbk_store_open_read_write(s, options, err);
    if (rc)
        rbk_store_close(s);
    else
        *out = s;
    return rc;
}

void rbk_store_close(struct rbk_store *s)
{
    if (!s)
        return;
    rbk_store_rollback(s);
    rbk_stmts_free(s);
    if (s->db)
        rbk_checkpoint_at_close(s);
    sqlite3_close(s->db);
    if (s->write_lock >= 0)
        close(s->write_lock);
    if (s->locks_probe >= 0)
        close(s->locks_probe);
    free(s->late);
    free(s->dir);
    free(s);
}

void rbk_store_leave(struct rbk_store *s)
{
    if (!s)
        return;
    rbk_store_rollback(s);
    rbk_checkpoint_at_close(s);
}

const char *rbk_store_dir(const struct rbk_store *s)
{
    return s->dir;
}

int rbk_store_begin(struct rbk_store *s, struct rbk_error *err)
{
    if (s->in_transaction)
        return rbk_error_set(err, RBK_ESTORE, "a transaction is already open in %s", s->dir);
    if (s->read_only)
        return rbk_error_set(err, RBK_ESTORE, "the store in %s was opened for reading only", s->dir);
    int rc = rbk_write_lock(s, err);
    if (rc)
        return rc;
    s->in_transaction = true;
    s->made_room = false;
    rc = rbk_stmt_run(rbk_stmt(s, "BEGIN IMMEDIATE"), err);
    if (rc) {
        s->in_transaction = false;
        rbk_write_unlock(s);
    }
    return rc;
}

int rbk_store_commit(struct rbk_store *s, struct rbk_error *err)
{
    if (!s->in_transaction || sqlite3_get_autocommit(s->db)) {
        rbk_store_rollback(s);
        return rbk_error_set(err, RBK_ESTORE, "nothing to commit in %s: an earlier error has ended the transaction",
                             s->dir);
    }
    int rc = rbk_stmt_run(rbk_stmt(s, "COMMIT"), err);
    if (rc) {
        rbk_store_rollback(s);
        return rc;
    }
    s->in_transaction = false;
    rbk_checkpoint_if_due(s);
    rbk_write_unlock(s);
    return 0;
}

void rbk_store_rollback(struct rbk_store *s)
{
    if (!s->in_transaction)
        return;
    if (!sqlite3_get_autocommit(s->db))
        rbk_stmt_run(rbk_stmt(s, "ROLLBACK"), NULL);
    if (s->made_room)
        rbk_late_rooms_gone(s);
    s->in_transaction = false;
    rbk_write_unlock(s);
}

bool rbk_store_in_transaction(const struct rbk_store *s)
{
    return s->in_transaction;
}
