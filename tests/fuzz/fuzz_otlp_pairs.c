/* Variables of the environment from any bytes: pairs are read whole or not at all, and a traceparent that is one is
 * written back as the same. */
#include <base/mem.h>
#include <base/trace.h>
#include <otlp/pairs.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = rbk_strndup((const char *)data, size);
    struct rbk_error err = {0};
    rbk_value *map = rbk_map_new();
    if (rbk_otlp_pairs_read(text, map, &err) != 0 && (rbk_value_length(map) > 0 || !err.message[0]))
        abort();
    rbk_value_free(map);

    struct rbk_trace_context c, back;
    char written[RBK_TRACEPARENT_SIZE];
    if (rbk_traceparent_parse(text, &c)) {
        rbk_traceparent_format(&c, written);
        if (!rbk_traceparent_parse(written, &back) || strcmp(c.trace_id, back.trace_id) != 0 ||
            strcmp(c.span_id, back.span_id) != 0 || c.sampled != back.sampled)
            abort();
    }
    free(text);
    return 0;
}
