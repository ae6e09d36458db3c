/* Looking after a state folder: removing logs that nobody needs any more, and copies that prove that the database can
 * be saved and read back. */
#ifndef RBK_STORE_UPKEEP_H
#define RBK_STORE_UPKEEP_H

#include <store/store.h>

struct rbk_prune_logs {
    int64_t runs, bytes; /* whose logs went, or would go */
};
/* Removes DIR/logs/<run> of every run that ended before `before_ms` and cannot be resumed: waiting and interrupted ones
 * keep theirs. The journal keeps its rows. Without `really` it only counts. */
int rbk_store_prune_logs(struct rbk_store *s, int64_t before_ms, bool really, struct rbk_prune_logs *out,
                         struct rbk_error *err);

struct rbk_store_copy {
    int64_t bytes, runs; /* of the copy */
};
/* Copies the database as it is now into a new file, 0600, and reads the copy back: RBK_ESTORE when it cannot be made or
 * SQLite's integrity check finds something. Others may go on writing. */
int rbk_store_copy(struct rbk_store *s, const char *path, struct rbk_store_copy *out, struct rbk_error *err);

#endif
