/* An event of notification as the text that is recorded of it: JSON, written member by member, for a run waits while
 * it is made. */
#ifndef RBK_CLI_EVENT_TEXT_H
#define RBK_CLI_EVENT_TEXT_H

#include <base/buf.h>
#include <base/str.h>
#include <runbook/value.h>

void rbk_event_begin(struct rbk_buf *out, const char *name, const char *status, int64_t time_ms);
/* Members; what is NULL or "" is left out. */
void rbk_event_text(struct rbk_buf *out, const char *name, const char *text);
void rbk_event_joined(struct rbk_buf *out, const char *name, const char *const *parts); /* NULL-terminated; one text */
void rbk_event_int(struct rbk_buf *out, const char *name, int64_t number);
void rbk_event_list(struct rbk_buf *out, const char *name, const struct rbk_strv *texts);
/* Members that were written elsewhere, the way rbk_event_... writes them. */
void rbk_event_members(struct rbk_buf *out, const struct rbk_buf *members);
/* A list of checks, [{expr, value, threshold, result}]: those of a step, or one. */
void rbk_event_checks(struct rbk_buf *out, const rbk_value *checks);
void rbk_event_check(struct rbk_buf *out, const char *expr, const char *value, const char *result);
void rbk_event_end(struct rbk_buf *out);

#endif
