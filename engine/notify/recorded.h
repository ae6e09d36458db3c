/* Recorded events as delivery sees them; see recorded.c. */
#ifndef RBK_NOTIFY_RECORDED_H
#define RBK_NOTIFY_RECORDED_H

#include <notify/notify.h>

/* 1 and the time of the first event that is recorded; 0 and INT64_MAX = there is none; negative. */
int notify_recorded_first(struct rbk_store *s, int64_t *at_ms, struct rbk_error *err);
/* Inside a transaction: asks the rules about what is recorded, a few hundred events at most; adds to *out. */
int notify_recorded_settle(struct rbk_store *s, const struct rbk_config *config, struct rbk_notify_settled *out,
                           struct rbk_error *err);

#endif
