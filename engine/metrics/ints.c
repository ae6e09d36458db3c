/* Integers in few bits, in blocks of 128: each block stores either distances from its smallest number or differences
 * between neighbours, whichever is smaller, in one of two ways. FLAT: a width that fits nearly all; the few that need
 * more are patched from a list behind the block (PFOR: Zukowski et al., "Super-Scalar RAM-CPU Cache Compression", ICDE
 * 2006). VARIED, for numbers of every magnitude such as durations: the length of each number in bits, then its bits
 * below the leading one (Elias, "Universal Codeword Sets", 1975, with lengths of fixed width).
 *
 * A block: one byte width, or VARIED, with the top bit set for differences; one byte count of exceptions, or the
 * shortest length; the smallest number as a varint unless differences. FLAT: the low bits of all; per exception its
 * index and, as a varint, the bits above. VARIED: one byte width of lengths; the lengths above the shortest; the bits.
 */
#include <metrics/chunk.h>

enum { BLOCK = 128, DIFFERENCES = 0x80, VARIED = 0x7F, EXCEPTIONS_MAX = 24 };

struct plan {
    uint64_t u[BLOCK];
    int width;            /* or VARIED */
    int shortest, length; /* VARIED: in bits; width of what lengths are longer */
    size_t bits;          /* what it takes, without its header */
};

static int bit_length(uint64_t u)
{
    return u ? 64 - __builtin_clzll(u) : 0;
}

static size_t exception_bits(int over)
{
    return 8 + 8 * (size_t)((over + 6) / 7);
}

/* The leading one needs no bit. */
static int bits_below(int length)
{
    return length > 1 ? length - 1 : 0;
}

static void consider_varied(struct plan *plan, size_t n, const size_t lengths[65], int longest)
{
    size_t bits = 8;
    plan->shortest = 0;
    while (!lengths[plan->shortest])
        plan->shortest++;
    plan->length = bit_length((uint64_t)(longest - plan->shortest));
    for (int length = 0; length <= longest; length++)
        bits += lengths[length] * (size_t)(plan->length + bits_below(length));
    if (bits + n / 2 < plan->bits) { /* it is slower to read: a little better is not enough */
        plan->bits = bits;
        plan->width = VARIED;
    }
}

static void choose_flat(struct plan *plan, size_t n, const size_t lengths[65], int longest)
{
    size_t exceptions = 0;
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

/* The cheapest way, by how many numbers there are of each length. */
static void choose_width(struct plan *plan, size_t n)
{
    size_t lengths[65] = {0};
    uint16_t counts[2][65] = {{0}}; /* neighbours are often as long: a counter would wait for itself */
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++) {
        all |= plan->u[i];
        counts[i & 1][bit_length(plan->u[i])]++;
    }
    int longest = bit_length(all);
    for (int length = 0; length <= longest; length++)
        lengths[length] = (size_t)counts[0][length] + counts[1][length];
    choose_flat(plan, n, lengths, longest);
    consider_varied(plan, n, lengths, longest);
}

static int64_t smallest(const int64_t *v, size_t n)
{
    int64_t low = v[0];
    for (size_t i = 1; i < n; i++)
        low = v[i] < low ? v[i] : low;
    return low;
}

struct bit_stream {
    uint8_t *p;
    uint64_t pending;
    int held; /* below 64 */
};

static inline void stream_put(struct bit_stream *to, uint64_t bits, int width)
{
    to->pending |= bits << to->held;
    to->held += width;
    if (to->held >= 64) {
        memcpy(to->p, &to->pending, 8);
        to->p += 8;
        to->held -= 64;
        to->pending = to->held ? bits >> (width - to->held) : 0;
    }
}

/* Room for `bits` and for the last word, which is written whole. */
static struct bit_stream stream_open(struct rbk_buf *out, size_t bits)
{
    return (struct bit_stream){.p = (uint8_t *)rbk_buf_reserve(out, bits / 8 + 17)};
}

static void stream_close(struct bit_stream *to, struct rbk_buf *out, size_t bits)
{
    memcpy(to->p, &to->pending, 8);
    out->len += (bits + 7) / 8;
    out->data[out->len] = '\0';
}

static uint64_t mask_of(int width)
{
    return width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

static void put_bits(const uint64_t *u, size_t n, int width, struct rbk_buf *out)
{
    struct bit_stream to = stream_open(out, n * (size_t)width);
    for (size_t i = 0; i < n; i++)
        stream_put(&to, u[i] & mask_of(width), width);
    stream_close(&to, out, n * (size_t)width);
}

static void put_varied(const struct plan *plan, size_t n, struct rbk_buf *out)
{
    uint64_t lengths[BLOCK];
    size_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        int length = bit_length(plan->u[i]);
        lengths[i] = (uint64_t)(length - plan->shortest);
        bits += (size_t)bits_below(length);
    }
    rbk_buf_putc(out, (char)plan->length);
    put_bits(lengths, n, plan->length, out);
    struct bit_stream to = stream_open(out, bits);
    for (size_t i = 0; i < n; i++) {
        int below = bits_below(bit_length(plan->u[i]));
        stream_put(&to, plan->u[i] & mask_of(below), below);
    }
    stream_close(&to, out, bits);
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

static bool all_same(const int64_t *v, size_t n)
{
    uint64_t difference = 0;
    for (size_t i = 1; i < n; i++)
        difference |= (uint64_t)v[i] ^ (uint64_t)v[0];
    return difference == 0;
}

/* Nothing but the smallest number: what regular times are made of. */
static void pack_same(int64_t v, struct rbk_buf *out)
{
    rbk_buf_putc(out, 0);
    rbk_buf_putc(out, 0);
    bytes_put(out, zigzag(v));
}

static void pack_block(const int64_t *v, size_t n, int64_t before, struct rbk_buf *out)
{
    struct plan distance, difference;
    if (all_same(v, n)) {
        pack_same(v[0], out);
        return;
    }
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
    rbk_buf_putc(out, (char)(plan->width == VARIED ? (size_t)plan->shortest : exceptions_of(plan, n)));
    if (!differences)
        bytes_put(out, zigzag(low));
    if (plan->width == VARIED) {
        put_varied(plan, n, out);
        return;
    }
    put_bits(plan->u, n, plan->width, out);
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
    uint64_t mask = mask_of(width);
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

/* Like get_bits, each number with its own width; `p` has room as there. */
static void get_varied(const uint8_t *p, size_t n, const uint64_t *lengths, uint64_t *u)
{
    size_t bit = 0;
    for (size_t i = 0; i < n; i++) {
        int below = bits_below((int)lengths[i]);
        uint64_t word;
        memcpy(&word, p + (bit >> 3), 8);
        word >>= bit & 7;
        if ((bit & 7) + (size_t)below > 64)
            word |= (uint64_t)p[(bit >> 3) + 8] << (64 - (bit & 7));
        u[i] = lengths[i] ? (word & mask_of(below)) | UINT64_C(1) << below : 0;
        bit += (size_t)below;
    }
}

static bool read_varied(struct bytes *in, size_t n, int shortest, uint64_t *u)
{
    uint8_t copy[BLOCK * 8 + 16] = {0};
    uint64_t lengths[BLOCK];
    size_t bits = 0;
    const uint8_t *width = bytes_take(in, 1);
    if (!width || *width > 7 || !read_bits(in, n, *width, lengths))
        return false;
    for (size_t i = 0; i < n; i++) {
        lengths[i] += (uint64_t)shortest;
        if (lengths[i] > 64)
            return false;
        bits += (size_t)bits_below((int)lengths[i]);
    }
    const uint8_t *p = bytes_take(in, (bits + 7) / 8);
    if (!p)
        return false;
    if (in->end - in->p < 16) {
        memcpy(copy, p, (bits + 7) / 8);
        p = copy;
    }
    get_varied(p, n, lengths, u);
    return true;
}

static bool unpack_block(struct bytes *in, size_t n, int64_t before, int64_t *out)
{
    uint64_t u[BLOCK];
    const uint8_t *head = bytes_take(in, 2);
    if (!head || ((head[0] & 0x7F) > 64 && (head[0] & 0x7F) != VARIED))
        return false;
    bool differences = head[0] & DIFFERENCES;
    int width = head[0] & 0x7F;
    uint64_t low = differences ? 0 : (uint64_t)unzigzag(bytes_get(in));
    if (width == VARIED ? !read_varied(in, n, head[1], u)
                        : !read_bits(in, n, width, u) || !patch(in, n, width, head[1], u))
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

static bool skip_block(struct bytes *in, size_t n)
{
    uint64_t u[BLOCK];
    const uint8_t *head = bytes_take(in, 2);
    if (!head || ((head[0] & 0x7F) > 64 && (head[0] & 0x7F) != VARIED))
        return false;
    int width = head[0] & 0x7F;
    if (!(head[0] & DIFFERENCES))
        bytes_get(in);
    if (width == VARIED)
        return read_varied(in, n, head[1], u); /* where it ends is known by all lengths alone */
    bytes_take(in, (n * (size_t)width + 7) / 8);
    for (size_t i = 0; i < head[1] && !in->broken; i++) {
        bytes_take(in, 1);
        bytes_get(in);
    }
    return !in->broken;
}

bool ints_skip(struct bytes *in, size_t n)
{
    for (size_t i = 0; i < n; i += BLOCK)
        if (!skip_block(in, n - i < BLOCK ? n - i : BLOCK))
            return false;
    return true;
}
