/* Locks that the kernel drops when their holder dies: OFD byte-range locks on DIR/locks. A running run, an instance of
 * a runbook and a named lock are each one byte, found by a hash of kind and key, so taking one costs no commit, nothing
 * is left behind by a crash and no pid is ever trusted. Each held lock is an opening of its own: a second try for the
 * same key fails in the same process too. Programs that are executed do not inherit them; a fork without exec does. */
#ifndef RBK_STORE_LOCK_H
#define RBK_STORE_LOCK_H

#include <store/store.h>

enum rbk_lock_kind {
    RBK_LOCK_RUN,      /* key: run id; held as long as a process carries the run */
    RBK_LOCK_INSTANCE, /* key: runbook id; one instance at a time */
    RBK_LOCK_NAMED,    /* key: the `lock` of a step */
    RBK_LOCK_DELIVERY  /* key: ""; the one process that delivers messages */
};

struct rbk_lock; /* one held lock; the kernel drops it with the process */

/* Tries to take it; never waits. 0 and *out, RBK_EBUSY (message says who, where the holder's note is known), or
 * RBK_ESTORE. `holder` is a short note stored beside it ("run 01kd4f7c8m2x pid 4711") for the message that others see.
 */
int rbk_lock_try(struct rbk_store *s, enum rbk_lock_kind kind, const char *key, const char *holder,
                 struct rbk_lock **out, struct rbk_error *err);
void rbk_lock_release(struct rbk_lock *lock); /* NULL is fine */
/* Whether anybody (another process, or this one) holds it: 1, 0 or a negative code. `holder` may be NULL. */
int rbk_lock_held(struct rbk_store *s, enum rbk_lock_kind kind, const char *key, char *holder, size_t size,
                  struct rbk_error *err);

#endif
