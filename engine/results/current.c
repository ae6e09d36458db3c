/* See current.h. */
#include <results/current.h>

#include <base/mem.h>
#include <stdlib.h>

static int level_cases(struct rbk_store *s, const struct level_row *level, current_fn *fn, void *arg,
                       struct rbk_error *err)
{
    struct case_set set;
    int rc = case_set_load(&set, s, level->id, err);
    for (uint32_t i = 0; i < set.count && !rc; i++) {
        struct current_case c = {level, i, set.states[i]};
        if (c.state.last_run && c.state.last_run >= level->complete_run)
            rc = fn(arg, &c);
    }
    case_set_fini(&set);
    return rc;
}

int current_cases(struct rbk_store *s, const struct level_list *levels, current_fn *fn, void *arg,
                  struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < levels->count && !rc; i++)
        rc = level_cases(s, &levels->rows[i], fn, arg, err);
    return rc;
}

struct case_list {
    struct current_case *items;
    size_t count, cap;
};

static int collect(void *arg, const struct current_case *c)
{
    struct case_list *l = arg;
    RBK_GROW(l->items, l->count, l->cap);
    l->items[l->count++] = *c;
    return 0;
}

static int by_hash_latest_first(const void *a, const void *b)
{
    const struct current_case *x = a, *y = b;
    if (x->state.hash != y->state.hash)
        return x->state.hash < y->state.hash ? -1 : 1;
    return (x->state.last_run < y->state.last_run) - (x->state.last_run > y->state.last_run);
}

static int by_level_and_index(const void *a, const void *b)
{
    const struct current_case *x = a, *y = b;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static void keep_latest(struct case_list *l)
{
    size_t kept = 0;
    if (l->count)
        qsort(l->items, l->count, sizeof *l->items, by_hash_latest_first);
    for (size_t i = 0; i < l->count; i++)
        if (!kept || l->items[i].state.hash != l->items[kept - 1].state.hash)
            l->items[kept++] = l->items[i];
    l->count = kept;
    if (kept)
        qsort(l->items, kept, sizeof *l->items, by_level_and_index);
}

int current_cases_once(struct rbk_store *s, const struct level_list *levels, current_fn *fn, void *arg,
                       struct rbk_error *err)
{
    struct case_list list = {0};
    if (levels->count == 1)
        return current_cases(s, levels, fn, arg, err);
    int rc = current_cases(s, levels, collect, &list, err);
    keep_latest(&list);
    for (size_t i = 0; i < list.count && !rc; i++)
        rc = fn(arg, &list.items[i]);
    free(list.items);
    return rc;
}
