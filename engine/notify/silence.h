/* The silences of the store, as the rules ask for them. */
#ifndef RBK_NOTIFY_SILENCE_H
#define RBK_NOTIFY_SILENCE_H

#include <base/buf.h>
#include <base/clock.h>
#include <notify/notify.h>

/* 1 = the event is silenced, and `why` says by what; 0; negative. */
int notify_silenced(struct rbk_store *s, const rbk_value *event, int64_t now_ms, struct rbk_buf *why,
                    struct rbk_error *err);
int notify_silences_prune(struct rbk_store *s, int64_t before_ms, struct rbk_error *err);

#endif
