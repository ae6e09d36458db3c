/* The little statistics that trends and change points need. Within this room. */
#ifndef RBK_METRICS_STATS_H
#define RBK_METRICS_STATS_H

#include <stddef.h>

/* P(|T| > |t|) for Student's t with `freedom` degrees. */
double student_p(double t, double freedom);
/* The t with P(|T| > t) = p. */
double student_t(double p, double freedom);

#endif
