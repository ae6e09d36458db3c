/* JSON and stored values from any bytes: refused with a place, or read into a value that survives being stored. */
#include <runbook/value.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_survive_the_store(const rbk_value *v)
{
    char *stored = rbk_value_encode(v);
    rbk_value *back = rbk_value_decode(stored, strlen(stored), NULL);
    char *again = back ? rbk_value_encode(back) : NULL;
    if (!again || strcmp(stored, again) != 0)
        abort();
    free(stored);
    free(again);
    rbk_value_free(back);
}

/* What is written for the world is JSON again, whatever the value holds. */
static void must_be_json(const rbk_value *v)
{
    char *text = rbk_value_to_json(v, 2);
    rbk_value *back = rbk_value_from_json(text, strlen(text), NULL);
    if (!back)
        abort();
    rbk_value_free(back);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rbk_error err = {0};
    rbk_value *document = rbk_value_from_json((const char *)data, size, &err);
    if (document) {
        must_survive_the_store(document);
        must_be_json(document);
    } else if (err.code != RBK_EMALFORMED || err.line < 1) {
        abort();
    }
    rbk_value_free(document);
    rbk_value *stored = rbk_value_decode((const char *)data, size, &err);
    if (stored)
        must_survive_the_store(stored);
    rbk_value_free(stored);
    return 0;
}
