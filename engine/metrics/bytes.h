/* Bytes in and out of chunks: variable-length numbers (LEB128, https://en.wikipedia.org/wiki/LEB128), signed ones by
 * zigzag, and a reader that never leaves its bytes, whatever they hold. */
#ifndef RBK_METRICS_BYTES_H
#define RBK_METRICS_BYTES_H

#include <base/buf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *p, *end;
    bool broken; /* something was read that was not there: what is read is damaged */
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
    const uint8_t *p = data;
    return (struct bytes){.p = p, .end = p ? p + len : p};
}

static inline uint64_t zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t unzigzag(uint64_t z)
{
    return (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
}

static inline void bytes_put(struct rbk_buf *b, uint64_t n)
{
    for (; n > 0x7F; n >>= 7)
        rbk_buf_putc(b, (char)(0x80 | (n & 0x7F)));
    rbk_buf_putc(b, (char)n);
}

static inline uint64_t bytes_get(struct bytes *b)
{
    uint64_t n = 0;
    for (int shift = 0; b->p < b->end && shift < 64; shift += 7) {
        uint8_t byte = *b->p++;
        n |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return n;
    }
    b->broken = true;
    return 0;
}

/* `len` bytes, borrowed; NULL when they are not there. */
static inline const uint8_t *bytes_take(struct bytes *b, size_t len)
{
    const uint8_t *p = b->p;
    if (len > (size_t)(b->end - b->p)) {
        b->broken = true;
        return NULL;
    }
    b->p += len;
    return p;
}

#endif
