/* Times as report writers print them. */
#ifndef RBK_FORMATS_JUNIT_TIME_H
#define RBK_FORMATS_JUNIT_TIME_H

#include <stdint.h>

/* Seconds as microseconds: "0.042", "1,234.5" (thousands), "0,042" (decimal comma), "1e-05". -1 when the text is no
 * time (negative, NaN, words): a case without a time is not a case that took none. */
int64_t junit_time_us(const char *text);

#endif
