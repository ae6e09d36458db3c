/* The times of a chunk: as differences of differences (Gorilla, see chunk.h), or, when what beats the time is punctual
 * but each sample is a little late, as the distance of each from a straight line: a lateness counts once then, and not
 * in three differences. A line is of a block of BLOCK times; it begins where the block before it ends, one step later.
 *
 * BY_DIFFERENCES: the first time, the differences of differences. BY_LINE: the first time, for each block how much its
 * step is longer than that of the one before it, then the distances. */
#include <metrics/chunk.h>

enum { BLOCK = 128, BLOCKS = CHUNK_MAX / BLOCK, CHEAP = 4 };

/* Wraps around as differences of any two times may. */
static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t on_line(int64_t begin, int64_t step, size_t i)
{
    return (int64_t)((uint64_t)begin + (uint64_t)step * i);
}

void times_put(const int64_t *at_ms, size_t n, struct rbk_buf *out)
{
    int64_t twice[CHUNK_MAX], before = 0, step = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t difference = i ? minus(at_ms[i], before) : 0;
        twice[i] = minus(difference, step);
        step = difference;
        before = at_ms[i];
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

static int64_t step_of(const int64_t *at_ms, size_t n, int64_t otherwise)
{
    int64_t length = minus(at_ms[n - 1], at_ms[0]), steps = (int64_t)n - 1;
    return steps && length >= 0 ? (length - length % steps) / steps + (length % steps > steps / 2) : otherwise;
}

static void line_put(const int64_t *at_ms, size_t n, struct rbk_buf *out)
{
    int64_t rest[CHUNK_MAX], step = 0;
    bytes_put(out, zigzag(at_ms[0]));
    for (size_t b = 0; b < n; b += BLOCK) {
        size_t count = n - b < BLOCK ? n - b : BLOCK;
        int64_t now = step_of(at_ms + b, count, step), begin = b ? on_line(at_ms[b - 1], now, 1) : at_ms[0];
        bytes_put(out, zigzag(minus(now, step)));
        step = now;
        for (size_t i = 0; i < count; i++)
            rest[b + i] = minus(at_ms[b + i], on_line(begin, step, i));
    }
    ints_pack(rest, n, out);
}

bool line_get(struct bytes *in, size_t n, int64_t *out)
{
    int64_t steps[BLOCKS], first = unzigzag(bytes_get(in)), step = 0;
    for (size_t b = 0; b < n; b += BLOCK)
        steps[b / BLOCK] = step = on_line(step, unzigzag(bytes_get(in)), 1);
    if (in->broken || !ints_unpack(in, n, out))
        return false;
    for (size_t b = 0; b < n; b += BLOCK) {
        size_t count = n - b < BLOCK ? n - b : BLOCK;
        int64_t begin = b ? on_line(out[b - 1], steps[b / BLOCK], 1) : first;
        for (size_t i = 0; i < count; i++)
            out[b + i] = on_line(on_line(begin, steps[b / BLOCK], i), out[b + i], 1);
    }
    return true;
}

/* Differences that take next to nothing are not tried to be bettered. */
bool times_put_shorter(const int64_t *at_ms, size_t n, struct rbk_buf *out)
{
    struct rbk_buf line = {0};
    size_t before = out->len;
    times_put(at_ms, n, out);
    if ((out->len - before) * CHEAP < n)
        return false;
    line_put(at_ms, n, &line);
    bool shorter = line.len < out->len - before;
    if (shorter) {
        out->len = before;
        rbk_buf_append(out, line.data, line.len);
    }
    rbk_buf_fini(&line);
    return shorter;
}

bool times_skip(struct bytes *in, size_t n, bool by_line)
{
    bytes_get(in);
    for (size_t b = 0; b < n && by_line; b += BLOCK)
        bytes_get(in);
    return !in->broken && ints_skip(in, n);
}
