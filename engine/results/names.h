/* The names of the cases of one chunk, front-coded: of suite, file and name only what differs from the case before is
 * stored, so a case takes a few bytes more than what makes it different. */
#ifndef RBK_RESULTS_NAMES_H
#define RBK_RESULTS_NAMES_H

#include <results/pack.h>
#include <store/store.h>

enum { NAMES_SUITE, NAMES_FILE, NAMES_NAME, NAMES_PARTS };

/* One case after the other. Zero-initialise; the parts are valid until the next step. */
struct names {
    struct rbk_buf part[NAMES_PARTS]; /* of the case that was read or written last */
    struct rbk_buf blob;
    struct unpack at;
};
void names_fini(struct names *n);
/* The text of a part of the current case, "" when it is empty. */
const char *names_part(const struct names *n, int part);

/* Reading. */
int names_load(struct names *n, struct rbk_store *s, int64_t level, uint32_t chunk, struct rbk_error *err);
bool names_next(struct names *n);
/* Goes to case `index` of its chunk, loading what is needed; cheapest in ascending order. */
struct names_cursor {
    struct names names;
    int64_t level, chunk; /* that is loaded; chunk -1 = none */
    uint32_t next;        /* index of the case that names_next would give */
};
void names_cursor_init(struct names_cursor *c);
void names_cursor_fini(struct names_cursor *c);
int names_seek(struct names_cursor *c, struct rbk_store *s, int64_t level, uint32_t index, struct rbk_error *err);

/* Writing: add to the blob after all of it was read (or to an empty one), then save. */
void names_add(struct names *n, const char *suite, const char *file, const char *name);
int names_save(struct names *n, struct rbk_store *s, int64_t level, uint32_t chunk, struct rbk_error *err);

#endif
