/* The processes that carry out firings: one for each, which goes on when the daemon ends. */
#ifndef RBK_SCHEDULE_CHILDREN_H
#define RBK_SCHEDULE_CHILDREN_H

#include <loop/loop.h>
#include <schedule/firing.h>

struct rbk_children;

struct rbk_children_options {
    struct rbk_loop *loop;
    char *const *command; /* the number of the firing is put behind it. NULL-terminated */
    const char *cwd;
    /* One has ended. RBK_EBUSY's exit status: it did nothing, for another process has the firing, or its run met
     * another one and was given back. */
    void (*on_end)(void *arg, const char *runbook, int64_t due_ms, int status);
    void *arg;
};
/* `o` is copied; what it points to is borrowed. */
struct rbk_children *rbk_children_new(const struct rbk_children_options *o);
/* What is known of a firing: nothing, its process lives, it was started lately and is not to be started again before
 * *again_ms, or it was started too often. */
enum rbk_child { RBK_CHILD_NONE, RBK_CHILD_LIVES, RBK_CHILD_RESTS, RBK_CHILD_GIVEN_UP };
enum rbk_child rbk_children_of(const struct rbk_children *c, int64_t firing, int64_t now_ms, int64_t *again_ms);
int rbk_children_start(struct rbk_children *c, const struct rbk_firing *f, int64_t now_ms, struct rbk_error *err);
/* Whether one lives that carries out this runbook; how many live. */
bool rbk_children_busy(const struct rbk_children *c, const char *runbook);
size_t rbk_children_living(const struct rbk_children *c);
/* Those that have ended, and whose firing is none of these, have done their part and are forgotten. */
void rbk_children_keep(struct rbk_children *c, const struct rbk_firing *planned, size_t count);
void rbk_children_free(struct rbk_children *c); /* the processes go on; NULL is fine */

#endif
