/* Packed records: little unsigned numbers in as few bytes as they need (LEB128,
 * https://en.wikipedia.org/wiki/LEB128), and a reader that never leaves its blob, whatever the blob holds. */
#ifndef RBK_RESULTS_PACK_H
#define RBK_RESULTS_PACK_H

#include <base/buf.h>
#include <stdbool.h>
#include <stdint.h>

void pack_put(struct rbk_buf *b, uint64_t n);

struct unpack {
    const unsigned char *p, *end;
    bool broken; /* something was read that was not there: the blob is damaged */
};
struct unpack unpack_start(const void *blob, size_t len);
uint64_t unpack_get(struct unpack *u);
/* `len` bytes, borrowed from the blob; NULL when they are not there. */
const char *unpack_bytes(struct unpack *u, size_t len);
bool unpack_more(const struct unpack *u);

#endif
