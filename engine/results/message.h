/* What an execution said. */
#ifndef RBK_RESULTS_MESSAGE_H
#define RBK_RESULTS_MESSAGE_H

#include <results/executions.h>

/* The message of an execution of a test run; NULL when there is none. Heap. */
int message_get(struct rbk_store *s, int64_t test_run, const struct execution *e, char **out, struct rbk_error *err);
/* The last message of a case in a test run. */
int message_of_case(struct rbk_store *s, int64_t test_run, uint32_t index, char **out, struct rbk_error *err);

#endif
