/* Integers in few bits, in blocks of 128: each block stores either distances from its smallest number or differences
 * between neighbours, whichever is smaller, with a width that fits nearly all; the few that need more are patched from
 * a list behind the block (PFOR: Zukowski et al., "Super-Scalar RAM-CPU Cache Compression", ICDE 2006).
 *
 * A block: one byte width, with the top bit set for differences; one byte count of exceptions; the smallest number as a
 * varint unless differences; the low bits of all; per exception its index and, as a varint, the bits above. */
#include <metrics/chunk.h>

enum { BLOCK = 128, DIFFERENCES = 0x80, EXCEPTIONS_MAX = 24 };

struct plan {
    uint64_t u[BLOCK];
    int width;
    size_t bits; /* what it takes, without its header */
};

static int bit_length(uint64_t u)
{
    return u ? 64 - __builtin_clzll(u) : 0;
}

static size_t exception_bits(int over)
{
    return 8 + 8 * (size_t)((over + 6) / 7);
}

/* The cheapest width, by how many numbers there are of each length. */
static void choose_width(struct plan *plan, size_t n)
{
    size_t lengths[65] = {0}, exceptions = 0;
    int longest = 0;
    for (size_t i = 0; i < n; i++) {
        int length = bit_length(plan->u[i]);
        lengths[length]++;
        longest = length > longest ? length : longest;
    }
    plan->width = longest;
    plan->bits = n * (size_t)longest;
    for (int width = longest - 1; width >= 0; width--) {
        exceptions += lengths[width + 1];
        if (exceptions > EXCEPTIONS_MAX)
            return;
        size_t bits = n * (size_t)width;
        for (int length = width + 1; length <= longest; length++)
            bits += lengths[length] * exception_bits(length - width);
        if (bits < plan->bits) {
            plan->bits = bits;
            plan->width = width;
        }
    }
}

static int64_t smallest(const int64_t *v, size_t n)
{
    int64_t low = v[0];
    for (size_t i = 1; i < n; i++)
        low = v[i] < low ? v[i] : low;
    return low;
}

static void put_bits(const struct plan *plan, size_t n, struct rbk_buf *out)
{
    uint64_t mask = plan->width == 64 ? UINT64_MAX : (UINT64_C(1) << plan->width) - 1;
    size_t len = (n * (size_t)plan->width + 7) / 8;
    uint8_t *p = (uint8_t *)rbk_buf_reserve(out, len + 16), *start = p;
    unsigned __int128 pending = 0;
    int held = 0;
    for (size_t i = 0; i < n; i++) {
        pending |= (unsigned __int128)(plan->u[i] & mask) << held;
        held += plan->width;
        if (held >= 64) {
            uint64_t word = (uint64_t)pending;
            memcpy(p, &word, 8);
            p += 8;
            pending >>= 64;
            held -= 64;
        }
    }
    uint64_t word = (uint64_t)pending;
    memcpy(p, &word, 8);
    out->len += len;
    start[len] = '\0';
}

static void put_exceptions(const struct plan *plan, size_t n, struct rbk_buf *out)
{
    for (size_t i = 0; plan->width < 64 && i < n; i++) {
        if (plan->u[i] >> plan->width) {
            rbk_buf_putc(out, (char)i);
            bytes_put(out, plan->u[i] >> plan->width);
        }
    }
}

static size_t exceptions_of(const struct plan *plan, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; plan->width < 64 && i < n; i++)
        count += plan->u[i] >> plan->width != 0;
    return count;
}

static void pack_block(const int64_t *v, size_t n, int64_t before, struct rbk_buf *out)
{
    struct plan distance, difference;
    int64_t low = smallest(v, n);
    for (size_t i = 0; i < n; i++) {
        distance.u[i] = (uint64_t)v[i] - (uint64_t)low;
        difference.u[i] = zigzag((int64_t)((uint64_t)v[i] - (uint64_t)before));
        before = v[i];
    }
    choose_width(&distance, n);
    choose_width(&difference, n);
    bool differences = difference.bits < distance.bits + (size_t)bit_length(zigzag(low));
    const struct plan *plan = differences ? &difference : &distance;
    rbk_buf_putc(out, (char)(plan->width | (differences ? DIFFERENCES : 0)));
    rbk_buf_putc(out, (char)exceptions_of(plan, n));
    if (!differences)
        bytes_put(out, zigzag(low));
    put_bits(plan, n, out);
    put_exceptions(plan, n, out);
}

void ints_pack(const int64_t *v, size_t n, struct rbk_buf *out)
{
    for (size_t i = 0; i < n; i += BLOCK)
        pack_block(v + i, n - i < BLOCK ? n - i : BLOCK, i ? v[i - 1] : 0, out);
}

/* `p` has eight readable bytes beyond the last one that is used. */
static void get_bits(const uint8_t *p, size_t n, int width, uint64_t *u)
{
    uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    for (size_t i = 0, bit = 0; i < n; i++, bit += (size_t)width) {
        uint64_t word;
        memcpy(&word, p + (bit >> 3), 8);
        word >>= bit & 7;
        if ((bit & 7) + (size_t)width > 64)
            word |= (uint64_t)p[(bit >> 3) + 8] << (64 - (bit & 7));
        u[i] = word & mask;
    }
}

static bool read_bits(struct bytes *in, size_t n, int width, uint64_t *u)
{
    uint8_t copy[BLOCK * 8 + 16] = {0};
    size_t len = (n * (size_t)width + 7) / 8;
    const uint8_t *p = bytes_take(in, len);
    if (!p)
        return false;
    if (in->end - in->p < 16) {
        memcpy(copy, p, len);
        p = copy;
    }
    get_bits(p, n, width, u);
    return true;
}

static bool patch(struct bytes *in, size_t n, int width, size_t exceptions, uint64_t *u)
{
    if (exceptions && width >= 64)
        return false;
    for (size_t i = 0; i < exceptions; i++) {
        const uint8_t *index = bytes_take(in, 1);
        uint64_t above = bytes_get(in);
        if (!index || *index >= n)
            return false;
        u[*index] |= above << width;
    }
    return !in->broken;
}

static bool unpack_block(struct bytes *in, size_t n, int64_t before, int64_t *out)
{
    uint64_t u[BLOCK];
    const uint8_t *head = bytes_take(in, 2);
    if (!head || (head[0] & 0x7F) > 64)
        return false;
    bool differences = head[0] & DIFFERENCES;
    int width = head[0] & 0x7F;
    uint64_t low = differences ? 0 : (uint64_t)unzigzag(bytes_get(in));
    if (!read_bits(in, n, width, u) || !patch(in, n, width, head[1], u))
        return false;
    if (!differences) {
        for (size_t i = 0; i < n; i++)
            out[i] = (int64_t)(u[i] + low);
        return true;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = before = (int64_t)((uint64_t)before + (uint64_t)unzigzag(u[i]));
    return true;
}

bool ints_unpack(struct bytes *in, size_t n, int64_t *out)
{
    for (size_t i = 0; i < n; i += BLOCK)
        if (!unpack_block(in, n - i < BLOCK ? n - i : BLOCK, i ? out[i - 1] : 0, out + i))
            return false;
    return true;
}
