/* The store: what a project keeps in its state folder, runs and metrics and all. Metrics, rate limits and the like are
 * recorded into it and asked of it; it may be open in any number of processes at once.
 *
 * A store belongs to one thread. Writing happens inside a transaction, which takes the write lock of the folder. */
#ifndef RUNBOOK_STORE_H
#define RUNBOOK_STORE_H

#include <runbook/error.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rbk_store;

/* Opens the store of a state folder, such as PROJECT/.runbook; it is made (0700) when it is not there, and brought up
 * to date when an older version made it. Errors: RBK_ESTORE (disk, permissions, damage: with the mend as hint),
 * RBK_EINVAL (a newer store than this library understands; a network filesystem). */
RBK_API int rbk_state_open(const char *dir, struct rbk_store **out, struct rbk_error *err);
RBK_API void rbk_store_close(struct rbk_store *s); /* NULL is fine; an open transaction is rolled back */

/* Write transactions: take the write lock and begin; commit (synced) and release. They do not nest; `begin` in an open
 * one is RBK_ESTORE. Reads need no transaction. */
RBK_API int rbk_store_begin(struct rbk_store *s, struct rbk_error *err);
RBK_API int rbk_store_commit(struct rbk_store *s, struct rbk_error *err);
RBK_API void rbk_store_rollback(struct rbk_store *s);
RBK_API bool rbk_store_in_transaction(const struct rbk_store *s);

#ifdef __cplusplus
}
#endif
#endif
