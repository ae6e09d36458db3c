/* A stream that is cut anywhere gives the same as the whole text at once, and the secret is in neither. The first byte
 * says how long the secret is, the second how long the chunks are; the rest is secret and text. */
#include <base/redact.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void collect(void *arg, const char *bytes, size_t len)
{
    rbk_buf_append(arg, bytes, len);
}

static void compare(const struct rbk_redactor *r, const char *text, size_t len, size_t chunk)
{
    struct rbk_buf whole = {0}, streamed = {0};
    struct rbk_redact_stream s;
    rbk_redact(r, text, len, &whole);
    rbk_redact_stream_init(&s, r);
    for (size_t at = 0; at < len; at += chunk)
        rbk_redact_feed(&s, text + at, chunk < len - at ? chunk : len - at, collect, &streamed);
    rbk_redact_flush(&s, collect, &streamed);
    if (whole.len != streamed.len || (whole.len && memcmp(whole.data, streamed.data, whole.len) != 0))
        abort();
    rbk_redact_stream_fini(&s);
    rbk_buf_fini(&whole);
    rbk_buf_fini(&streamed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    size_t secret_len = data[0] % 64U, chunk = 1 + data[1] % 16U;
    const char *rest = (const char *)data + 2;
    size -= 2;
    if (secret_len > size)
        return 0;
    struct rbk_redactor *r = rbk_redactor_new();
    rbk_redactor_add(r, rest, secret_len);
    compare(r, rest, size, chunk);
    rbk_redactor_free(r);
    return 0;
}
