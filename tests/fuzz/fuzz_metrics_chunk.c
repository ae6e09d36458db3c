/* Chunks from any bytes: they are decoded or refused, never read beyond; and what any samples become comes back bit by
 * bit. */
#include <metrics/chunk.h>
#include <metrics/summary.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode_any(const uint8_t *data, size_t size)
{
    struct samples samples = {0};
    struct rbk_error err;
    int rc = chunk_decode(data, size, &samples, &err);
    if (rc ? rc != RBK_EMALFORMED || samples.count : samples.count == 0 || samples.count > CHUNK_MAX)
        abort();
    static double values[CHUNK_MAX];
    int n = chunk_decode_values(data, size, values, NULL);
    if (n == 0 || n > CHUNK_MAX ||
        (rc == 0 && (n != (int)samples.count || memcmp(values, samples.value, (size_t)n * 8))))
        abort();
    samples_fini(&samples);
}

static void decode_any_summaries(const uint8_t *data, size_t size)
{
    struct summaries s = {0};
    int rc = summaries_decode(data, size, &s, NULL);
    if (rc ? rc != RBK_EMALFORMED || s.count : s.count == 0 || s.count > SUMMARIES_MAX)
        abort();
    for (size_t i = 0; i < s.count; i++)
        stretch_quantile(&(struct stretch){.rolled = &s.items[i], .rolled_count = 1}, 0.95);
    free(s.items);
}

static void summaries_there_and_back(const uint8_t *data, size_t size)
{
    struct summary v[SUMMARIES_MAX];
    struct rbk_buf chunk = {0};
    struct summaries back = {0};
    size_t n = size / sizeof *v < SUMMARIES_MAX ? size / sizeof *v : SUMMARIES_MAX;
    memcpy(v, data, n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i].field[SUMMARY_COUNT] = 1 + data[i];
    if (n == 0)
        return;
    summaries_encode(v, n, &chunk);
    if (summaries_decode(chunk.data, chunk.len, &back, NULL) || back.count != n ||
        memcmp(back.items, v, n * sizeof *v) != 0)
        abort();
    free(back.items);
    rbk_buf_fini(&chunk);
}

static void there_and_back(const uint8_t *data, size_t size)
{
    int64_t at[CHUNK_MAX];
    double value[CHUNK_MAX];
    struct rbk_buf chunk = {0};
    struct samples back = {0};
    size_t n = size / 16 < CHUNK_MAX ? size / 16 : CHUNK_MAX;
    for (size_t i = 0; i < n; i++) {
        memcpy(&at[i], data + i * 16, 8);
        memcpy(&value[i], data + i * 16 + 8, 8);
        if (isnan(value[i]))
            value[i] = (double)at[i];
    }
    if (n == 0)
        return;
    chunk_encode(at, value, n, &chunk);
    if (chunk_decode(chunk.data, chunk.len, &back, NULL) || back.count != n || memcmp(back.at_ms, at, n * 8) != 0 ||
        memcmp(back.value, value, n * 8) != 0)
        abort();
    samples_fini(&back);
    rbk_buf_fini(&chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decode_any(data, size);
    decode_any_summaries(data, size);
    summaries_there_and_back(data, size);
    there_and_back(data, size);
    return 0;
}
