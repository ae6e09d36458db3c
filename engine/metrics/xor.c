/* Doubles that are no decimals: each is XORed with the one before it, and only the bits that differ are kept, as in
 * Gorilla (Pelkonen et al., VLDB 2015, section 4.1.2): 0 = the same; 10 = the differing bits lie within the window of
 * the previous ones; 11 = five bits leading zeros, six bits length, then the bits. The bit stream is padded to bytes
 * and stands behind its length. */
#include <metrics/chunk.h>

enum { LEADING_MAX = 31 };

struct bit_writer {
    struct rbk_buf *out;
    uint8_t byte;
    int used;
};

static void put(struct bit_writer *w, uint64_t bits, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        w->byte = (uint8_t)(w->byte << 1 | (bits >> i & 1));
        if (++w->used == 8) {
            rbk_buf_putc(w->out, (char)w->byte);
            w->used = 0;
        }
    }
}

struct window {
    int leading, length; /* length 0 = none yet */
};

static void put_difference(struct bit_writer *w, struct window *window, uint64_t x)
{
    int leading = __builtin_clzll(x), trailing = __builtin_ctzll(x);
    leading = leading > LEADING_MAX ? LEADING_MAX : leading;
    if (window->length && leading >= window->leading && trailing >= 64 - window->leading - window->length) {
        put(w, 2, 2);
    } else {
        *window = (struct window){leading, 64 - leading - trailing};
        put(w, 3, 2);
        put(w, (uint64_t)leading, 5);
        put(w, (uint64_t)window->length - 1, 6);
    }
    put(w, x >> (64 - window->leading - window->length), window->length);
}

void xor_pack(const double *v, size_t n, struct rbk_buf *out)
{
    struct rbk_buf stream = {0};
    struct bit_writer w = {.out = &stream};
    struct window window = {0};
    uint64_t before = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &v[i], 8);
        if (bits == before)
            put(&w, 0, 1);
        else
            put_difference(&w, &window, bits ^ before);
        before = bits;
    }
    if (w.used)
        put(&w, 0, 8 - w.used);
    bytes_put(out, stream.len);
    rbk_buf_append(out, stream.data, stream.len);
    rbk_buf_fini(&stream);
}

struct bit_reader {
    const uint8_t *p, *end;
    int used; /* bits of *p */
    bool broken;
};

static uint64_t get(struct bit_reader *r, int count)
{
    uint64_t bits = 0;
    while (count > 0) {
        if (r->p >= r->end) {
            r->broken = true;
            return 0;
        }
        int now = 8 - r->used < count ? 8 - r->used : count;
        bits = bits << now | (*r->p >> (8 - r->used - now) & ((1u << now) - 1));
        r->used += now;
        count -= now;
        if (r->used == 8) {
            r->used = 0;
            r->p++;
        }
    }
    return bits;
}

static uint64_t get_difference(struct bit_reader *r, struct window *window)
{
    if (get(r, 1) == 0)
        return 0;
    if (get(r, 1)) {
        window->leading = (int)get(r, 5);
        window->length = (int)get(r, 6) + 1;
    }
    if (!window->length || window->leading + window->length > 64) {
        r->broken = true;
        return 0;
    }
    return get(r, window->length) << (64 - window->leading - window->length);
}

bool xor_unpack(struct bytes *in, size_t n, double *out)
{
    size_t len = bytes_get(in);
    const uint8_t *stream = bytes_take(in, len);
    if (!stream)
        return false;
    struct bit_reader r = {.p = stream, .end = stream + len};
    struct window window = {0};
    uint64_t before = 0;
    for (size_t i = 0; i < n && !r.broken; i++) {
        before ^= get_difference(&r, &window);
        memcpy(&out[i], &before, 8);
    }
    return !r.broken;
}
