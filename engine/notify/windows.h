/* Times of the configuration: quiet hours, in which messages wait, and maintenance windows, in which failures are not
 * told of. */
#ifndef RBK_NOTIFY_WINDOWS_H
#define RBK_NOTIFY_WINDOWS_H

#include <base/buf.h>
#include <notify/notify.h>

/* 1 = now is within the quiet hours, and *until_ms is the end of them; 0; negative (a zone that there is not). */
int notify_quiet_hours(const struct rbk_config *config, int64_t now_ms, int64_t *until_ms, struct rbk_error *err);
/* 1 = it is quiet for this priority, and *until_ms is the end of it; 0; negative. */
int notify_quiet(const struct rbk_config *config, const char *priority, int64_t now_ms, int64_t *until_ms,
                 struct rbk_error *err);
/* 1 = a window is open that the event belongs to, and `why` says which; 0; negative. */
int notify_maintained(const struct rbk_config *config, const rbk_value *event, int64_t now_ms, struct rbk_buf *why,
                      struct rbk_error *err);

#endif
