/* Chunks from any bytes: they are decoded or refused, never read beyond; and what any samples become comes back bit by
 * bit. */
#include <metrics/chunk.h>

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
    if (rc ? rc != RBK_ESTORE || samples.count : samples.count == 0 || samples.count > CHUNK_MAX)
        abort();
    samples_fini(&samples);
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
    there_and_back(data, size);
    return 0;
}
