/* See children.h. */
#include <base/mem.h>
#include <inttypes.h>
#include <loop/detach.h>
#include <schedule/children.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A process that could not take its firing is started again so often, so much later. */
enum { ATTEMPTS_MAX = 3, START_AGAIN_MS = 5000 };

struct child {
    struct rbk_children *all;
    struct rbk_detached *process; /* NULL: it has ended */
    int64_t firing, due_ms;
    char *runbook;
    int attempts;
    int64_t again_ms; /* not to be started again before */
};

struct rbk_children {
    struct rbk_children_options o;
    struct child **items;
    size_t count, cap;
};

struct rbk_children *rbk_children_new(const struct rbk_children_options *o)
{
    struct rbk_children *c = rbk_alloc(sizeof *c);
    c->o = *o;
    return c;
}

static struct child *find(const struct rbk_children *c, int64_t firing)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i]->firing == firing)
            return c->items[i];
    return NULL;
}

/* A clock that was put back must not make it wait longer. */
enum rbk_child rbk_children_of(const struct rbk_children *c, int64_t firing, int64_t now_ms, int64_t *again_ms)
{
    const struct child *one = find(c, firing);
    if (!one)
        return RBK_CHILD_NONE;
    if (one->process)
        return RBK_CHILD_LIVES;
    *again_ms = one->again_ms;
    if (one->again_ms > now_ms && one->again_ms <= now_ms + START_AGAIN_MS)
        return RBK_CHILD_RESTS;
    return one->attempts >= ATTEMPTS_MAX ? RBK_CHILD_GIVEN_UP : RBK_CHILD_NONE;
}

static void child_on_exit(void *arg, int status)
{
    struct child *c = arg;
    c->process = NULL;
    if (status == rbk_exit_status(RBK_EBUSY))
        c->attempts--;
    c->all->o.on_end(c->all->o.arg, c->runbook, c->due_ms, status);
}

static struct child *child_new(struct rbk_children *all, const struct rbk_firing *f)
{
    struct child *c = rbk_alloc(sizeof *c);
    *c = (struct child){.all = all, .firing = f->id, .due_ms = f->due_ms, .runbook = rbk_strdup(f->runbook)};
    RBK_GROW(all->items, all->count, all->cap);
    return all->items[all->count++] = c;
}

static void child_free(struct child *c)
{
    rbk_detached_forget(&c->process);
    free(c->runbook);
    free(c);
}

int rbk_children_start(struct rbk_children *all, const struct rbk_firing *f, int64_t now_ms, struct rbk_error *err)
{
    char number[24];
    size_t count = 0;
    struct child *c = find(all, f->id);
    if (!c)
        c = child_new(all, f);
    snprintf(number, sizeof number, "%" PRId64, c->firing);
    while (all->o.command[count])
        count++;
    char **argv = rbk_alloc((count + 2) * sizeof *argv);
    memcpy(argv, all->o.command, count * sizeof *argv);
    argv[count] = number;
    struct rbk_detach_options o = {.argv = argv, .cwd = all->o.cwd, .on_exit = child_on_exit, .arg = c};
    c->attempts++;
    c->again_ms = now_ms + START_AGAIN_MS;
    int rc = rbk_detach(all->o.loop, &o, &c->process, err);
    free(argv);
    return rc;
}

bool rbk_children_busy(const struct rbk_children *c, const char *runbook)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i]->process && strcmp(c->items[i]->runbook, runbook) == 0)
            return true;
    return false;
}

size_t rbk_children_living(const struct rbk_children *c)
{
    size_t living = 0;
    for (size_t i = 0; i < c->count; i++)
        living += c->items[i]->process != NULL;
    return living;
}

void rbk_children_keep(struct rbk_children *c, const struct rbk_firing *planned, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        struct child *one = c->items[i];
        bool keep = one->process != NULL;
        for (size_t j = 0; j < count; j++)
            keep = keep || planned[j].id == one->firing;
        if (keep)
            c->items[kept++] = one;
        else
            child_free(one);
    }
    c->count = kept;
}

void rbk_children_free(struct rbk_children *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++)
        child_free(c->items[i]);
    free(c->items);
    free(c);
}
