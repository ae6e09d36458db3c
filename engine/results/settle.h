/* Reports that are still being written. */
#ifndef RBK_RESULTS_SETTLE_H
#define RBK_RESULTS_SETTLE_H

#include <stdbool.h>

/* Waits until a file that was changed a moment ago has not changed for a second, half a minute at most. False, at once,
 * when it is older than that or cannot be looked at: then waiting would change nothing. */
bool report_settle(const char *path);

#endif
