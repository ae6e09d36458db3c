/* See pack.h. */
#include <results/pack.h>

void pack_put(struct rbk_buf *b, uint64_t n)
{
    for (; n > 0x7F; n >>= 7)
        rbk_buf_putc(b, (char)(0x80 | (n & 0x7F)));
    rbk_buf_putc(b, (char)n);
}

struct unpack unpack_start(const void *blob, size_t len)
{
    const unsigned char *p = blob;
    return (struct unpack){.p = p, .end = p ? p + len : p};
}

uint64_t unpack_get(struct unpack *u)
{
    uint64_t n = 0;
    for (int shift = 0; u->p < u->end && shift < 64; shift += 7) {
        unsigned char byte = *u->p++;
        n |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return n;
    }
    u->broken = true;
    return 0;
}

const char *unpack_bytes(struct unpack *u, size_t len)
{
    const char *bytes = (const char *)u->p;
    if (len > (size_t)(u->end - u->p)) {
        u->broken = true;
        return NULL;
    }
    u->p += len;
    return bytes;
}

bool unpack_more(const struct unpack *u)
{
    return !u->broken && u->p < u->end;
}
