/* A chunk of summaries: CHUNK_OF_SUMMARIES, how many, their times, then field by field the values of all. A field that
 * is the same as the first one everywhere, as all are of windows of one sample, is one byte. */
#include <metrics/summary.h>

#include <metrics/chunk.h>

#include <string.h>

enum { OWN = 0, AS_FIRST = 1 };
static const double count_max = 9007199254740992.0; /* 2^53 */

void summaries_encode(const struct summary *v, size_t n, struct rbk_buf *out)
{
    int64_t at[SUMMARIES_MAX];
    double first[SUMMARIES_MAX], column[SUMMARIES_MAX];
    rbk_buf_putc(out, CHUNK_OF_SUMMARIES);
    bytes_put(out, n);
    for (size_t i = 0; i < n; i++) {
        at[i] = v[i].at_ms;
        first[i] = v[i].field[0];
    }
    times_put(at, n, out);
    values_put(first, n, out);
    for (int f = 1; f < SUMMARY_FIELDS; f++) {
        for (size_t i = 0; i < n; i++)
            column[i] = v[i].field[f];
        bool same = memcmp(first, column, n * sizeof *column) == 0;
        rbk_buf_putc(out, same ? AS_FIRST : OWN);
        if (!same)
            values_put(column, n, out);
    }
}

bool summaries_encoded(const void *data, size_t len)
{
    return len && *(const uint8_t *)data == CHUNK_OF_SUMMARIES;
}

static bool get_columns(struct bytes *in, size_t n, struct summary *out)
{
    double first[SUMMARIES_MAX], column[SUMMARIES_MAX];
    if (!values_get(in, n, first))
        return false;
    for (int f = 0; f < SUMMARY_FIELDS; f++) {
        const uint8_t *how = f ? bytes_take(in, 1) : NULL;
        bool own = how && *how == OWN;
        if (f && (!how || *how > AS_FIRST || (own && !values_get(in, n, column))))
            return false;
        for (size_t i = 0; i < n; i++)
            out[i].field[f] = own ? column[i] : first[i];
    }
    return !in->broken;
}

int summaries_decode(const void *data, size_t len, struct summaries *out, struct rbk_error *err)
{
    struct bytes in = bytes_of(data, len);
    struct summary read[SUMMARIES_MAX];
    int64_t at[SUMMARIES_MAX];
    const uint8_t *mark = bytes_take(&in, 1);
    uint64_t n = bytes_get(&in);
    if (!mark || *mark != CHUNK_OF_SUMMARIES || n == 0 || n > SUMMARIES_MAX || !times_get(&in, n, at) ||
        !get_columns(&in, n, read))
        return chunk_damaged(err);
    for (size_t i = 0; i < n; i++) {
        read[i].at_ms = at[i];
        if (!(read[i].field[SUMMARY_COUNT] >= 1 && read[i].field[SUMMARY_COUNT] <= count_max))
            return chunk_damaged(err);
    }
    for (size_t i = 0; i < n; i++)
        summaries_add(out, &read[i]);
    return 0;
}
