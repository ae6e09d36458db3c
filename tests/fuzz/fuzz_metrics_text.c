/* OpenMetrics text from any bytes: it is read or refused with a place, and every sample has a name, labels and a finite
 * value as the store wants them. */
#include <metrics/metrics.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check_line(void *arg, const struct rbk_metrics_line *line)
{
    (void)arg;
    if (rbk_metric_check(&line->metric, NULL) || !isfinite(line->sample.value))
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rbk_error err = {0};
    int rc = rbk_metrics_text_read("fuzz", (const char *)data, size, 1700000000000, check_line, NULL, &err);
    if (rc && (rc != RBK_EMALFORMED || err.line < 1 || err.column < 1 || !err.message[0]))
        abort();
    return 0;
}
