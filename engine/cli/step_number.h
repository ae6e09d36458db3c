/* The number of a recorded step, as `show` and a live run print it: "3", "3.1" for the first child of a group, "3[2]"
 * for the second item of an `each`. */
#ifndef RBK_CLI_STEP_NUMBER_H
#define RBK_CLI_STEP_NUMBER_H

#include <runbook/value.h>

/* `plan` is the recorded plan (struct rbk_run_row), `key` a step's key. "?" for a step that the plan does not hold.
 * Heap. */
char *rbk_step_number(const rbk_value *plan, const char *key);
/* How deep a step stands below the top. */
int rbk_step_depth(const char *key);

#endif
