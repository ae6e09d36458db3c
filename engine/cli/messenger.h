/* What the scheduler's daemon looks after beside schedules: messages that are due and incidents that nobody
 * acknowledged. It looks, and when there is something a short-lived process of its own does it, so that the daemon
 * stays small. */
#ifndef RBK_CLI_MESSENGER_H
#define RBK_CLI_MESSENGER_H

#include <base/str.h>
#include <loop/detach.h>
#include <store/store.h>

struct rbk_messenger { /* loop, store and cwd are borrowed; zero-initialise the rest */
    struct rbk_loop *loop;
    struct rbk_store *store;
    const char *cwd;
    struct rbk_strv command; /* what it starts */
    struct rbk_detached *process;
};
/* Looks, and starts the process when something is due. Returns when to look again. */
int64_t rbk_messenger_look(struct rbk_messenger *m, int64_t now_ms);
/* The folder that a daemon makes and watches for marks. Heap. */
char *rbk_messenger_mark_dir(struct rbk_store *store);
/* For other processes: wakes a daemon when something is left to be done. */
void rbk_messenger_mark(struct rbk_store *store);
void rbk_messenger_fini(struct rbk_messenger *m); /* what it started goes on */

#endif
