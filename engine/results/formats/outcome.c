/* The names of outcomes, the same in JSON, on the screen and in the store. */
#include <runbook/results.h>

const char *rbk_outcome_name(enum rbk_outcome o)
{
    static const char *const names[] = {"passed", "skipped", "failed", "error"};
    return names[o];
}
