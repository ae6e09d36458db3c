/* Quantities and times from any bytes: what is read is finite and stays within the text, and what is then shown reads
 * back with the same unit. */
#include <base/clock.h>
#include <base/mem.h>
#include <runbook/units.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rbk_quantity q = {0}, back = {0};
    struct rbk_error err;
    size_t taken = rbk_quantity_scan((const char *)data, size, &q);
    if (taken > size || (taken && !isfinite(q.value)))
        abort();
    if (taken) {
        char shown[64];
        int n = rbk_quantity_format(q, shown, sizeof shown);
        if (n < (int)sizeof shown && fabs(q.value) < 1e15 && rbk_quantity_parse(shown, (size_t)n, &back, &err) != 0)
            abort();
        if (n < (int)sizeof shown && fabs(q.value) < 1e15 && back.unit != q.unit)
            abort();
    }
    char *text = rbk_strndup((const char *)data, size);
    int64_t ms = 0;
    if (rbk_time_parse(text, INT64_C(1795335731123), &ms, &err) != RBK_OK && err.hint[0] == '\0')
        abort();
    free(text);
    return 0;
}
