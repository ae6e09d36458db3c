/* See chunk.h. The layout: one byte how the values are coded (0 to SCALE_MAX: integers that are to be divided by that
 * power of ten; BY_XOR), the count, the times, the values. */
#include <metrics/chunk.h>

#include <math.h>
#include <stdlib.h>

enum { SCALE_MAX = 6, BY_XOR = 15 };

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

static int find_scale(const double *v, size_t n, int64_t *out)
{
    for (int scale = 0; scale <= SCALE_MAX; scale++)
        if (scale_by(v, n, powers[scale], out))
            return scale;
    return BY_XOR;
}

void times_put(const int64_t *at_ms, size_t n, struct rbk_buf *out)
{
    int64_t twice[CHUNK_MAX];
    uint64_t before = 0, step = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t now = (uint64_t)at_ms[i], difference = i ? now - before : 0;
        twice[i] = (int64_t)(difference - step);
        step = difference;
        before = now;
    }
    bytes_put(out, zigzag(at_ms[0]));
    ints_pack(twice, n, out);
}

bool times_get(struct bytes *in, size_t n, int64_t *out)
{
    uint64_t at = (uint64_t)unzigzag(bytes_get(in)), step = 0;
    if (!ints_unpack(in, n, out))
        return false;
    for (size_t i = 0; i < n; i++) {
        step += (uint64_t)out[i];
        at += step;
        out[i] = (int64_t)at;
    }
    return true;
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
    rbk_buf_putc(out, (char)coding);
    bytes_put(out, n);
    times_put(at_ms, n, out);
    put_coded(coding, value, whole, n, out);
}

int chunk_damaged(struct rbk_error *err)
{
    rbk_error_set(err, RBK_EMALFORMED, "a chunk of stored metrics is damaged");
    rbk_error_hint(err, "`runbook doctor` says which; restore the state folder from a backup");
    return RBK_EMALFORMED;
}

int chunk_decode(const void *data, size_t len, struct samples *out, struct rbk_error *err)
{
    struct bytes in = bytes_of(data, len);
    const uint8_t *coding = bytes_take(&in, 1);
    uint64_t n = bytes_get(&in);
    if (coding && n > 0 && n <= CHUNK_MAX) {
        samples_reserve(out, n);
        if (times_get(&in, n, out->at_ms + out->count) && get_coded(&in, *coding, n, out->value + out->count) &&
            !in.broken) {
            out->count += n;
            return 0;
        }
    }
    return chunk_damaged(err);
}

int chunk_decode_values(const void *data, size_t len, double *out, struct rbk_error *err)
{
    struct bytes in = bytes_of(data, len);
    const uint8_t *coding = bytes_take(&in, 1);
    uint64_t n = bytes_get(&in);
    bytes_get(&in); /* the first time */
    if (coding && n > 0 && n <= CHUNK_MAX && ints_skip(&in, n) && get_coded(&in, *coding, n, out) && !in.broken)
        return (int)n;
    return chunk_damaged(err);
}
