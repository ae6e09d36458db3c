/* What the scheduler's daemon looks after beside schedules: messages that are due and incidents that nobody
 * acknowledged. It looks, and when there is something a short-lived process of its own does it, so that the daemon
 * stays small. While nothing is outstanding it is never woken for this: a command that leaves something outstanding
 * tells it. */
#ifndef RBK_CLI_MESSENGER_H
#define RBK_CLI_MESSENGER_H

#include <cli/context.h>
#include <loop/detach.h>
#include <schedule/changes.h>

struct rbk_messenger { /* loop, store and cwd are borrowed; zero-initialise the rest */
    struct rbk_loop *loop;
    struct rbk_store *store;
    const char *cwd;
    struct rbk_strv command; /* what it starts */
    struct rbk_detached *process;
    struct rbk_changes *told;
    int64_t started_ms; /* when it was started last, by the monotonic clock; 0 = never */
};
/* Calls fn whenever a command has left something outstanding. `group`: the state is shared with a group. */
int rbk_messenger_listen(struct rbk_messenger *m, bool group, rbk_loop_fn *fn, void *arg, struct rbk_error *err);
/* Looks, and starts the process when something is due. Returns when to look again; INT64_MAX = when told. */
int64_t rbk_messenger_look(struct rbk_messenger *m, int64_t now_ms);
void rbk_messenger_fini(struct rbk_messenger *m); /* what it started goes on */

/* At the end of a command that wrote: tells the daemon, if there is one and something is outstanding. Failing is no
 * error: the next command tells. */
void rbk_messenger_tell(struct rbk_cli *cli);

#endif
