/* A set of names, for plans with thousands of steps. Zero-initialise. */
#ifndef RBK_RUN_NAME_SET_H
#define RBK_RUN_NAME_SET_H

#include <base/str.h>

struct name_set {
    char **slots; /* open addressing; NULL = free */
    size_t count, cap;
};

/* False when it was there already. */
bool name_set_add(struct name_set *set, const char *name);
bool name_set_has(const struct name_set *set, const char *name);
void name_set_fini(struct name_set *set);

#endif
