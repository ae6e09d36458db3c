/* A report from any bytes: it is read or refused with a place, its sums are those of its cases, texts stay within their
 * bounds and are UTF-8 that XML allows, and a report that is cut anywhere never counts more cases than the whole. */
#include <runbook/results.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAME_BOUND = 2048 + 32, SUITE_BOUND = 65 * NAME_BOUND, MESSAGE_BOUND = 2 * 4096 + 2 };

static void must(int condition)
{
    if (!condition)
        abort();
}

static void check_text(const char *text, size_t bound)
{
    must(strlen(text) <= bound);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        must(*p >= 0x20 || *p == '\t' || *p == '\n' || *p == '\r');
}

static int check_case(void *arg, const struct rbk_case *c)
{
    int64_t *cases = arg;
    ++*cases;
    check_text(c->suite, SUITE_BOUND);
    check_text(c->name, NAME_BOUND);
    check_text(c->file, NAME_BOUND);
    check_text(c->message, MESSAGE_BOUND);
    must(c->time_us >= -1 && (!c->flaky || c->outcome == RBK_PASSED));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rbk_report_totals totals, cut;
    struct rbk_error err = {0};
    int64_t cases = 0;
    int rc = rbk_junit_read("fuzz.xml", (const char *)data, size, check_case, &cases, &totals, &err);

    if (rc) {
        must(rc == RBK_EMALFORMED && err.message[0] && err.line > 0 && totals.cases == 0);
        return 0;
    }
    must(totals.cases == cases);
    must(totals.cases == totals.passed + totals.failed + totals.errors + totals.skipped);
    must(totals.flaky <= totals.passed);
    if (!rbk_junit_read("cut.xml", (const char *)data, size / 2, NULL, NULL, &cut, &err))
        must(cut.cases <= totals.cases);
    return 0;
}
