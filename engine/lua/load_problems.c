/* What is wrong with one file. A table that was read wrongly does not keep the next one from being read: `check` names
 * them all in one go. */
#include <lua/load.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

static bool is_known(const struct rbk_load_problems *p, const struct rbk_error *e)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->items[i].line == e->line && strcmp(p->items[i].message, e->message) == 0 &&
            strcmp(p->items[i].file, e->file) == 0)
            return true;
    return false;
}

/* An error comes up through several hands, each of which notes it. */
bool rbk_load_note(struct rbk_load *load, const struct rbk_error *e)
{
    enum { PROBLEMS_MAX = 100 };
    struct rbk_load_problems *p = load->problems;
    if (!p || p->count >= PROBLEMS_MAX)
        return false;
    if (is_known(p, e))
        return true;
    RBK_GROW(p->items, p->count, p->cap);
    p->items[p->count++] = *e;
    return true;
}

static int compare_places(const void *a, const void *b)
{
    const struct rbk_error *x = a, *y = b;
    int files = strcmp(x->file, y->file), lines = (x->line > y->line) - (x->line < y->line);
    return files ? files : lines ? lines : strcmp(x->message, y->message);
}

void rbk_load_problems_tell(struct rbk_load_problems *p, rbk_problem_fn *fn, void *arg)
{
    if (p->count)
        qsort(p->items, p->count, sizeof *p->items, compare_places);
    for (size_t i = 0; i < p->count; i++)
        fn(arg, "error", &p->items[i]);
    free(p->items);
    *p = (struct rbk_load_problems){0};
}
