/* What the tests of metrics share: a store with their tables under /tmp, removed at the end. */
#ifndef METRICS_FIXTURE_H
#define METRICS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above first
#include <base/mem.h>
#include <cmocka.h>
#include <ftw.h>
#include <metrics/metrics.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct world {
    char dir[64], state[80];
    struct rbk_store *store;
};

static inline int world_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void world_open(struct world *w)
{
    static const struct rbk_schema *const schemas[] = {&rbk_metrics_schema, NULL};
    struct rbk_store_options options = {.dir = w->state, .schemas = schemas};
    struct rbk_error err;
    if (rbk_store_open(&options, &w->store, &err))
        fail_msg("%s", err.message);
}

static inline int world_setup(void **state)
{
    struct world *w = rbk_alloc(sizeof *w);
    strcpy(w->dir, "/tmp/rbk-metrics-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->state, sizeof w->state, "%s/state", w->dir);
    world_open(w);
    *state = w;
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *w = *state;
    rbk_store_close(w->store);
    nftw(w->dir, world_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

static inline void begin(struct world *w)
{
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
}

static inline void commit(struct world *w)
{
    assert_int_equal(rbk_store_commit(w->store, NULL), 0);
}

#endif
