/* A step that holds others is in doubt when one of them is. Read from the record alone. */
#include <run/doubt.h>

#include <string.h>

struct below {
    struct rbk_store *store;
    const char *run_id, *key; /* NULL: every step of the run */
};

static bool is_below(const char *key, const char *outer)
{
    size_t len = outer ? strlen(outer) : 0;
    return !outer || (strncmp(key, outer, len) == 0 && (key[len] == '/' || key[len] == '['));
}

static bool any_in_doubt(const struct below *b);

static int look_at(void *arg, const struct rbk_step_row *row)
{
    const struct below *b = arg;
    bool open = row->state == RBK_STEP_RUNNING || row->state == RBK_STEP_IN_DOUBT;
    if (!open || !is_below(row->key, b->key))
        return 0;
    if (!row->idempotent)
        return 1;
    return row->child_run && any_in_doubt(&(struct below){b->store, row->child_run, NULL});
}

static bool any_in_doubt(const struct below *b)
{
    return rbk_journal_steps(b->store, b->run_id, look_at, (void *)(uintptr_t)b, NULL) > 0;
}

bool rbk_doubt_below(struct rbk_store *s, const char *run_id, const struct rbk_step_row *row)
{
    return row->child_run ? any_in_doubt(&(struct below){s, row->child_run, NULL})
                          : any_in_doubt(&(struct below){s, run_id, row->key});
}
