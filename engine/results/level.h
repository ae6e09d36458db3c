/* Levels as the store knows them. */
#ifndef RBK_RESULTS_LEVEL_H
#define RBK_RESULTS_LEVEL_H

#include <store/store.h>

struct level_row {
    int64_t id;
    char *name;
    int64_t complete_run; /* the latest complete test run: a case whose latest execution is older is gone; 0 = none */
};
struct level_list {
    struct level_row *rows;
    size_t count, cap;
};

/* The levels that have a history, by name: one, or all (NULL, "all"). RBK_ENOENT when there is none. */
int levels_load(struct level_list *out, struct rbk_store *s, const char *name, struct rbk_error *err);
void levels_fini(struct level_list *l);
/* The id of a level, made on first use; inside a transaction. */
int level_ensure(struct rbk_store *s, const char *name, int64_t *id, struct rbk_error *err);

#endif
