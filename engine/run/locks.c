/* Named locks and instance locks. Within one process a lock may be held by several steps of the same root run: what
 * the runbook's author put side by side is not locked against itself for an instance, but is for a named lock. */
#include <run/machine.h>

#include <string.h>

enum { LOCK_POLL_MS = 200 };

struct rbk_held {
    struct rbk_held *next;
    enum rbk_lock_kind kind;
    char *key;
    struct rbk_lock *lock;
    int users;
};

static struct rbk_held *find_held(struct rbk_session *s, enum rbk_lock_kind kind, const char *key)
{
    for (struct rbk_held *h = s->held; h; h = h->next)
        if (h->kind == kind && strcmp(h->key, key) == 0)
            return h;
    return NULL;
}

int rbk_locks_take(struct rbk_run *run, enum rbk_lock_kind kind, const char *key, struct rbk_held **out,
                   struct rbk_error *err)
{
    struct rbk_session *s = run->session;
    struct rbk_held *held = find_held(s, kind, key);
    if (held && kind == RBK_LOCK_NAMED)
        return rbk_error_set(err, RBK_EBUSY, "lock \"%s\" is held by another step of this run", key);
    if (held) {
        held->users++;
        *out = held;
        return 0;
    }
    char holder[128];
    snprintf(holder, sizeof holder, "run %.12s %s", s->root ? s->root->row.id : run->row.id, run->plan->id);
    struct rbk_lock *lock = NULL;
    int rc = rbk_lock_try(s->o.store, kind, key, holder, &lock, err);
    if (rc < 0)
        return rc;
    held = rbk_alloc(sizeof *held);
    *held = (struct rbk_held){s->held, kind, rbk_strdup(key), lock, 1};
    s->held = held;
    *out = held;
    return 0;
}

void rbk_locks_drop(struct rbk_session *s, struct rbk_held **slot)
{
    struct rbk_held *held = *slot;
    *slot = NULL;
    if (!held || --held->users > 0)
        return;
    struct rbk_held **at = &s->held;
    while (*at != held)
        at = &(*at)->next;
    *at = held->next;
    rbk_lock_release(held->lock);
    free(held->key);
    free(held);
}

static void try_again(void *arg)
{
    struct rbk_step *step = arg;
    step->delay = NULL;
    rbk_step_go(step);
}

/* While nothing was done yet the run can simply be tried again later: exit 75. */
void rbk_locks_busy(struct rbk_session *s)
{
    if (!s->effects)
        s->root->busy = true;
}

static void give_up(struct rbk_step *step, const struct rbk_error *why)
{
    rbk_locks_busy(step->run->session);
    char *text = rbk_asprintf("lock \"%s\" was not free%s: %s", step->node->lock,
                              step->node->lock_wait_ms > 0 ? " in time" : "", why->message);
    rbk_step_end(step, RBK_STEP_FAILED, text);
    free(text);
}

/* The lock phase: true once it is held. */
bool rbk_locks_step(struct rbk_step *step)
{
    struct rbk_error why = {0};
    if (step->lock)
        return true;
    int rc = rbk_locks_take(step->run, RBK_LOCK_NAMED, step->node->lock, &step->lock, &why);
    if (rc == 0)
        return true;
    int64_t now = rbk_clock_mono_ms();
    if (step->lock_until == 0) {
        step->lock_until = now + step->node->lock_wait_ms;
        if (step->node->lock_wait_ms > 0)
            rbk_step_note(step, "waiting for lock \"%s\"", step->node->lock);
    }
    if (rc != RBK_EBUSY)
        rbk_step_end(step, RBK_STEP_FAILED, why.message);
    else if (now >= step->lock_until)
        give_up(step, &why);
    else
        step->delay = rbk_timer_start(step->run->session->o.loop, LOCK_POLL_MS, 0, try_again, step);
    return false;
}
