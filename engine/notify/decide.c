/* See decide.h. The order in which a rule asks: does the event fit at all; is it muted; did it fail often enough; was
 * it told already. Where the rule says yes, the last question is when. Failures are counted whatever the answers are,
 * so that a silence changes nothing but what is heard. */
#include <notify/decide.h>

#include <base/clock.h>
#include <notify/silence.h>
#include <notify/told.h>
#include <notify/windows.h>
#include <stdlib.h>
#include <string.h>

/* A time that cannot be understood hides nothing, and never keeps the cause of the event from being recorded:
 * rbk_notify_check finds it. */
int notify_circumstances_of(struct rbk_store *s, const struct rbk_config *config, const rbk_value *event,
                            int64_t now_ms, struct notify_circumstances *out, struct rbk_error *err)
{
    *out = (struct notify_circumstances){.config = config, .now_ms = now_ms};
    int rc = notify_silenced(s, event, now_ms, &out->muted_by, err);
    if (rc < 0)
        return rc;
    out->muted = rc > 0 || notify_maintained(config, event, now_ms, &out->muted_by, NULL) > 0;
    if (notify_quiet(config, notify_event_text(event, "priority"), now_ms, &out->quiet_until_ms, NULL) <= 0)
        out->quiet_until_ms = 0;
    return 0;
}

void notify_circumstances_fini(struct notify_circumstances *c)
{
    rbk_buf_fini(&c->muted_by);
}

struct question {
    struct rbk_store *store;
    const struct notify_rule *rule;
    const rbk_value *event;
    const struct notify_circumstances *c;
    const char *key, *name;
    struct notify_told matter, same_event;
    struct rbk_buf *why;
};

static void say_ago(struct rbk_buf *why, const char *what, int64_t ago_ms, const char *key, int64_t window_ms)
{
    char ago[RBK_TIME_SIZE], window[RBK_TIME_SIZE];
    rbk_duration_format(ago_ms, ago);
    rbk_duration_format(window_ms, window);
    rbk_buf_printf(why, "%s: %s %s ago, %s is sent once in %s", key, what, ago, key[0] == 'r' ? "it" : "this event",
                   window);
}

/* Whether the rule's window since `told_ms` is still open. */
static bool is_recent(const struct question *q, int64_t told_ms, int64_t window_ms)
{
    return window_ms > 0 && told_ms > 0 && q->c->now_ms - told_ms < window_ms && q->c->now_ms >= told_ms;
}

/* That somebody else is called is news, however often the matter itself is repeated. */
static bool is_escalation(const struct question *q)
{
    return strcmp(q->name, "incident.escalated") == 0;
}

static bool is_repetition(const struct question *q)
{
    if (q->matter.firing && !is_escalation(q) && is_recent(q, q->matter.told_ms, q->rule->repeat_ms)) {
        say_ago(q->why, "told", q->c->now_ms - q->matter.told_ms, "repeat", q->rule->repeat_ms);
        return true;
    }
    if (is_recent(q, q->same_event.told_ms, q->rule->dedupe_ms)) {
        say_ago(q->why, "sent", q->c->now_ms - q->same_event.told_ms, "dedupe", q->rule->dedupe_ms);
        return true;
    }
    return false;
}

static bool is_muted(const struct question *q)
{
    if (q->c->muted)
        rbk_buf_append(q->why, q->c->muted_by.data, q->c->muted_by.len);
    return q->c->muted;
}

/* Something is wrong. */
static bool tells_failure(struct question *q)
{
    q->matter.failures++;
    if (is_muted(q))
        return false;
    if (q->matter.failures < q->rule->after) {
        rbk_buf_printf(q->why, "after: failure %lld of %lld in a row", (long long)q->matter.failures,
                       (long long)q->rule->after);
        return false;
    }
    if (is_repetition(q))
        return false;
    q->matter.firing = true;
    q->matter.told_ms = q->c->now_ms;
    return true;
}

/* It is over: said where the failure was. */
static bool tells_recovery(struct question *q)
{
    bool told = q->matter.firing;
    q->matter = (struct notify_told){0};
    if (!told)
        rbk_buf_puts(q->why, "recovery: its failure was not told by this rule");
    return told;
}

static bool tells(struct question *q)
{
    if (notify_event_is(q->event, "resolved"))
        return tells_recovery(q);
    if (notify_event_is(q->event, "firing"))
        return tells_failure(q);
    return !is_muted(q) && !is_repetition(q);
}

static int remember(struct question *q, bool sent, struct rbk_error *err)
{
    int rc = 0;
    if (!notify_event_is(q->event, "info"))
        rc = notify_told_put(q->store, q->rule->id, q->key, "", &q->matter, err);
    if (rc == 0 && sent && q->rule->dedupe_ms) {
        const struct notify_told now = {.told_ms = q->c->now_ms};
        rc = notify_told_put(q->store, q->rule->id, q->key, q->name, &now, err);
    }
    return rc;
}

static void say_when(const struct question *q, struct notify_verdict *out)
{
    char until[RBK_TIME_SIZE];
    out->due_ms = q->c->now_ms + q->rule->group_ms;
    if (q->rule->group_ms) {
        rbk_duration_format(q->rule->group_ms, until);
        rbk_buf_printf(q->why, "waits %s for others (group)", until);
    }
    if (q->rule->quiet && q->c->quiet_until_ms > out->due_ms) {
        out->due_ms = q->c->quiet_until_ms;
        rbk_time_local(out->due_ms, until);
        rbk_buf_printf(q->why, "%squiet until %s", q->why->len ? ", " : "", until);
    }
    if (!q->why->len)
        rbk_buf_puts(q->why, "at once");
}

int notify_decide(struct rbk_store *s, const struct notify_rule *rule, const rbk_value *event,
                  const struct notify_circumstances *c, bool keep, struct notify_verdict *out, struct rbk_error *err)
{
    struct question q = {.store = s,
                         .rule = rule,
                         .event = event,
                         .c = c,
                         .key = notify_event_text(event, "key"),
                         .name = notify_event_text(event, "event"),
                         .why = &out->why};
    const struct rbk_notify_about about = notify_about_of(event);
    *out = (struct notify_verdict){0};
    if (!notify_rule_fits(rule, &about, &out->why))
        return 0;
    int rc = notify_told_get(s, rule->id, q.key, "", &q.matter, err);
    if (rc == 0 && rule->dedupe_ms)
        rc = notify_told_get(s, rule->id, q.key, q.name, &q.same_event, err);
    if (rc < 0)
        return rc;
    out->sent = tells(&q);
    if (out->sent)
        say_when(&q, out);
    return keep ? remember(&q, out->sent, err) : 0;
}
