/* See trigger_words.h. */
#include <run/trigger_words.h>

#include <stddef.h>
#include <string.h>

const struct rbk_trigger_word rbk_trigger_words[] = {
    {"failure_rate", "ratio", "failing tests of all, each test by its latest execution"},
    {"pass_rate", "ratio", "passing tests of all, likewise"},
    {"failing_count", "count", "failing tests, likewise"},
    {"flaky_rate", "ratio", "tests that failed and passed in one test run, of all (sla_flaky_rate)"},
    {"coverage", "ratio", "lines that the tests reach (sla_coverage)"},
    {"execution_time", "ratio", "duration of the levels as a share of their target time (sla_execution_time)"},
    {"uptime", "ratio", "of the test infrastructure (sla_uptime)"},
    {"slowdown", "number", "how many times as long as usual the slowest level took: its last run against the median"},
    {"slowdown.", "number", "the same of one level: slowdown.unit"},
    {"services_down_count", "count", "services that were down when they were last looked at"},
    {"service_up.", "number", "1 or 0, of one service: service_up.postgres"},
    {"metric.", "number", "the last value of any metric: metric.queue_size; of several series the largest"},
    {NULL, NULL, NULL},
};

bool rbk_trigger_word_known(const char *name)
{
    for (const struct rbk_trigger_word *w = rbk_trigger_words; w->name; w++) {
        size_t len = strlen(w->name);
        if (w->name[len - 1] == '.' ? strncmp(name, w->name, len) == 0 && name[len] : strcmp(name, w->name) == 0)
            return true;
    }
    return false;
}
