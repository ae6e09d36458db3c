/* The cases of one level in memory: found by hash, each with what is known of it now. 16 bytes a case and a table of 4
 * to 8 bytes beside it, so that a million cases take 25 MB. An import loads the set, updates it and saves it again;
 * reading queries load only the states. */
#ifndef RBK_RESULTS_CASES_H
#define RBK_RESULTS_CASES_H

#include <results/names.h>
#include <runbook/results.h>

enum { CASES_PER_CHUNK = 1024 };

struct case_state {
    uint64_t hash;     /* of suite, file and name; the same in every level */
    uint32_t last_run; /* the test run of its latest execution */
    uint16_t streak;   /* failures in a row, up to the latest execution */
    uint8_t outcome;   /* enum rbk_outcome of the latest execution */
    bool flaky : 1;
    bool was_failing : 1; /* only during an import: before this test run */
};

struct case_set {
    struct rbk_store *store;
    int64_t level;
    struct case_state *states;
    uint32_t count, cap;
    uint32_t saved;  /* how many were there when the set was loaded */
    uint32_t *slots; /* index + 1 of a case; a power of two of them; NULL until the first miss of `expected` */
    uint32_t slot_count;
    uint32_t expected;     /* tests mostly run in the same order: the case after the last one found */
    struct rbk_buf dirty;  /* one byte a chunk */
    struct names names;    /* of the chunk that is being filled */
    struct rbk_buf prefix; /* suite and file of the last case, and the hash of both */
    uint64_t prefix_hash;
};

/* Loads all states of a level. */
int case_set_load(struct case_set *set, struct rbk_store *s, int64_t level, struct rbk_error *err);
void case_set_fini(struct case_set *set);
/* The index of a case, which is added when it is new. */
int case_set_find(struct case_set *set, const char *suite, const char *file, const char *name, uint32_t *index,
                  struct rbk_error *err);
/* The state of a case, to be changed. */
struct case_state *case_set_touch(struct case_set *set, uint32_t index);
/* Writes what is new or changed. */
int case_set_save(struct case_set *set, struct rbk_error *err);

static inline bool outcome_is_failing(int outcome)
{
    return outcome == RBK_FAILED || outcome == RBK_ERROR;
}

#endif
