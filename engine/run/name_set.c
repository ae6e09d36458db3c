/* Open addressing with linear probing, at most half full, so that a free slot is always near. */
#include <base/mem.h>
#include <run/name_set.h>
#include <stdlib.h>
#include <string.h>

/* The slot that holds the name, or the free one where it belongs. */
static size_t slot_of(const struct name_set *set, const char *name)
{
    size_t at = (size_t)rbk_hash(RBK_HASH_INIT, name, strlen(name)) & (set->cap - 1);
    while (set->slots[at] && strcmp(set->slots[at], name) != 0)
        at = (at + 1) & (set->cap - 1);
    return at;
}

static void name_set_grow(struct name_set *set)
{
    struct name_set larger = {.count = set->count, .cap = set->cap ? set->cap * 2 : 32};
    larger.slots = rbk_alloc(larger.cap * sizeof *larger.slots);
    for (size_t i = 0; i < set->cap; i++)
        if (set->slots[i])
            larger.slots[slot_of(&larger, set->slots[i])] = set->slots[i];
    free(set->slots);
    *set = larger;
}

bool name_set_add(struct name_set *set, const char *name)
{
    if (name_set_has(set, name))
        return false;
    if ((set->count + 1) * 2 > set->cap)
        name_set_grow(set);
    set->slots[slot_of(set, name)] = rbk_strdup(name);
    set->count++;
    return true;
}

bool name_set_has(const struct name_set *set, const char *name)
{
    return set->cap && set->slots[slot_of(set, name)];
}

void name_set_fini(struct name_set *set)
{
    for (size_t i = 0; i < set->cap; i++)
        free(set->slots[i]);
    free(set->slots);
    *set = (struct name_set){0};
}
