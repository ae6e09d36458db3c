/* A configuration from any bytes: it is read or refused, never both, and `check` and `parse` agree on which. What was
 * read can be looked at as a whole. */
#include <config/config.h>

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *arg, const char *severity, const struct rbk_error *e)
{
    char text[2048];
    (void)arg;
    if (rbk_error_format(e, text, sizeof text) <= 0 || !severity[0] || !e->message[0])
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rbk_config *config = NULL;
    struct rbk_error err = {0};
    int errors = rbk_config_check("fuzz.yaml", (const char *)data, size, look, NULL);
    int rc = rbk_config_parse("fuzz.yaml", (const char *)data, size, &config, &err);

    if ((rc == 0) != (errors == 0) || (rc == 0) != (config != NULL))
        abort();
    if (config)
        free(rbk_value_to_json(config->tree, 0));
    rbk_config_free(config);
    return 0;
}
