/* See chunk.h. The layout: one byte how the values are coded (0 to SCALE_MAX: integers that are to be divided by that
 * power of ten; BY_XOR), with TIMES_BY_LINE added when the times are (times.c), the count, the times, the values. */
#include <metrics/chunk.h>

#include <math.h>
#include <stdlib.h>

enum { SCALE_MAX = 6, BY_XOR = 15, TIMES_BY_LINE = 16 };

static const double powers[SCALE_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
static const double whole_max = 9007199254740992.0; /* 2^53: every integer below it is a double */

static bool same_bits(double a, double b)
{
    uint64_t x, y;
    memcpy(&x, &a, 8);
    memcpy(&y, &b, 8);
    return x == y;
}

/* Whether all values come back from integers of this scale; fills them. */
static bool scale_by(const double *v, size_t n, double power, int64_t *out)
{
    for (size_t i = 0; i < n; i++) {
        double scaled = v[i] * power;
        if (!(fabs(scaled) < whole_max))
            return false;
        out[i] = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        if (!same_bits((double)out[i] / power, v[i]))
            return false;
    }
    return true;
}

/* The same for scale 0, which most values have: nothing is multiplied or divided. */
static bool are_whole(const double *v, size_t n, int64_t *out)
{
    uint64_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        double value = fabs(v[i]) < whole_max ? v[i] : 0.5;
        uint64_t a, b;
        out[i] = (int64_t)value;
        value = (double)out[i];
        memcpy(&a, &value, 8);
        memcpy(&b, &v[i], 8);
        wrong |= a ^ b;
    }
    return wrong == 0;
}

static int find_scale(const double *v, size_t n, int64_t *out)
{
    if (are_whole(v, n, out))
        return 0;
    for (int scale = 1; scale <= SCALE_MAX; scale++)
        if (scale_by(v, n, powers[scale], out))
            return scale;
    return BY_XOR;
}

static void put_coded(int coding, const double *v, const int64_t *whole, size_t n, struct rbk_buf *out)
{
    if (coding == BY_XOR)
        xor_pack(v, n, out);
    else
        ints_pack(whole, n, out);
}

static bool get_coded(struct bytes *in, int coding, size_t n, double *out)
{
    int64_t whole[CHUNK_MAX];
    if (coding == BY_XOR)
        return xor_unpack(in, n, out);
    if (coding > SCALE_MAX || !ints_unpack(in, n, whole))
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] = (double)whole[i] / powers[coding];
    return true;
}

void values_put(const double *v, size_t n, struct rbk_buf *out)
{
    int64_t whole[CHUNK_MAX];
    int coding = find_scale(v, n, whole);
    rbk_buf_putc(out, (char)coding);
    put_coded(coding, v, whole, n, out);
}

bool values_get(struct bytes *in, size_t n, double *out)
{
    const uint8_t *coding = bytes_take(in, 1);
    return coding && get_coded(in, *coding, n, out);
}

void chunk_encode(const int64_t *at_ms, const double *value, size_t n, struct rbk_buf *out)
{
    int64_t whole[CHUNK_MAX];
    int coding = find_scale(value, n, whole);
    size_t head = out->len;
    rbk_buf_putc(out, (char)coding);
    bytes_put(out, n);
    if (times_put_shorter(at_ms, n, out))
        out->data[head] = (char)(coding | TIMES_BY_LINE);
    put_coded(coding, value, whole, n, out);
}

int chunk_damaged(struct rbk_error *err)
{
    rbk_error_set(err, RBK_EMALFORMED, "a chunk of stored metrics is damaged");
    rbk_error_hint(err, "`runbook doctor` says which; restore the state folder from a backup");
    return RBK_EMALFORMED;
}

struct head {
    int coding;
    bool by_line;
    size_t count;
};

static bool get_head(struct bytes *in, struct head *out)
{
    const uint8_t *coding = bytes_take(in, 1);
    uint64_t n = bytes_get(in);
    if (!coding || n == 0 || n > CHUNK_MAX)
        return false;
    *out = (struct head){*coding & ~TIMES_BY_LINE, *coding & TIMES_BY_LINE, (size_t)n};
    return true;
}

int chunk_decode(const void *data, size_t len, struct samples *out, struct rbk_error *err)
{
    struct bytes in = bytes_of(data, len);
    struct head head;
    if (!get_head(&in, &head))
        return chunk_damaged(err);
    samples_reserve(out, head.count);
    int64_t *at_ms = out->at_ms + out->count;
    bool timed = head.by_line ? line_get(&in, head.count, at_ms) : times_get(&in, head.count, at_ms);
    if (!timed || !get_coded(&in, head.coding, head.count, out->value + out->count) || in.broken)
        return chunk_damaged(err);
    out->count += head.count;
    return 0;
}

int chunk_decode_values(const void *data, size_t len, double *out, struct rbk_error *err)
{
    struct bytes in = bytes_of(data, len);
    struct head head;
    if (!get_head(&in, &head) || !times_skip(&in, head.count, head.by_line) ||
        !get_coded(&in, head.coding, head.count, out) || in.broken)
        return chunk_damaged(err);
    return (int)head.count;
}
