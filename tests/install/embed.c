/* A program as somebody else would write it against the installed library: it runs a command and reads a quantity. */
#include <runbook/runbook.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    struct rbk_error err;
    double seconds = 0;
    if (rbk_quantity_parse_as("timeout", "1m30s", RBK_UNIT_SECONDS, &seconds, &err) != RBK_OK)
        return 1;
    char *argv[] = {"echo", "embedded", NULL};
    struct rbk_exec_options options = {.argv = argv, .timeout_ms = (int64_t)seconds * 1000};
    struct rbk_exec_result result;
    if (rbk_exec(&options, &result, &err) != RBK_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    int matches = result.exit_code == 0 && strcmp(result.out, "embedded\n") == 0;
    rbk_exec_result_fini(&result);
    return matches ? 0 : 1;
}
