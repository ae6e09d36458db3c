/* Questions are recorded with the run that asks; people see them through the root run, so the calls are followed. */
#include <run/waiting.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    struct rbk_store *store;
    const char *run_id, *prefix; /* "" or "call/" */
    rbk_waiting_fn *fn;
    void *arg;
    struct rbk_error *err;
};

static int walk_run(const struct walk *w);

static const char *id_of(const char *key)
{
    const char *slash = strrchr(key, '/');
    return slash ? slash + 1 : key;
}

static int on_gate(void *arg, const struct rbk_gate_row *g)
{
    const struct walk *w = arg;
    if (g->decision)
        return 0;
    char *path = rbk_asprintf("%s%s", w->prefix, id_of(g->step));
    int rc = w->fn(w->arg, w->run_id, path, g);
    free(path);
    return rc;
}

static int on_step(void *arg, const struct rbk_step_row *row)
{
    const struct walk *w = arg;
    if (!row->child_run || row->state != RBK_STEP_WAITING)
        return 0;
    char *prefix = rbk_asprintf("%s%s/", w->prefix, id_of(row->key));
    struct walk child = {w->store, row->child_run, prefix, w->fn, w->arg, w->err};
    int rc = walk_run(&child);
    free(prefix);
    return rc;
}

static int walk_run(const struct walk *w)
{
    int rc = rbk_journal_gates(w->store, w->run_id, on_gate, (void *)(uintptr_t)w, w->err);
    return rc ? rc : rbk_journal_steps(w->store, w->run_id, on_step, (void *)(uintptr_t)w, w->err);
}

int rbk_waiting_each(struct rbk_store *s, const char *run_id, rbk_waiting_fn *fn, void *arg, struct rbk_error *err)
{
    struct walk root = {s, run_id, "", fn, arg, err};
    return walk_run(&root);
}
