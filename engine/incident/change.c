/* What people do with an incident: acknowledge it, note something, resolve it. */
#include <incident/rows.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

static int get_unresolved(struct rbk_store *s, const struct rbk_incident_change *c, struct rbk_incident *i,
                          struct rbk_error *err)
{
    char when[RBK_TIME_SIZE];
    int rc = incident_get(s, c->id, i, err);
    if (rc < 0 || i->state != RBK_INCIDENT_RESOLVED)
        return rc;
    rbk_time_local(i->resolved_ms, when);
    rbk_error_set(err, RBK_EINVAL, "incident %s was resolved by %s at %s", i->key,
                  i->resolved_by ? i->resolved_by : "somebody", when);
    return rbk_error_hint(err, "open it anew when it is back: runbook incident open %s", i->key);
}

static int change(struct rbk_store *s, const struct rbk_config *config, struct rbk_incident *i,
                  const struct rbk_incident_change *c, struct incident_news *news, struct rbk_error *err)
{
    rbk_value *channels = incident_channels(config, i, c->now_ms);
    news->by = c->by;
    news->text = c->text;
    news->channels = channels;
    news->now_ms = c->now_ms;
    int rc = incident_update(s, i, err);
    if (rc == 0)
        rc = incident_tell(s, config, i, news, err);
    rbk_value_free(channels);
    return rc;
}

int rbk_incident_note(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_change *c,
                      struct rbk_error *err)
{
    struct rbk_incident i = {0};
    struct incident_news news = {.kind = "noted", .event = "incident.noted", .status = "info"};
    int rc = incident_get(s, c->id, &i, err); /* what was learnt after it was resolved belongs there too */
    if (rc == 0)
        rc = change(s, config, &i, c, &news, err);
    rbk_incident_fini(&i);
    return rc;
}

int rbk_incident_ack(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_change *c,
                     struct rbk_error *err)
{
    struct rbk_incident i = {0};
    struct incident_news news = {.kind = "acknowledged", .event = "incident.acknowledged", .status = "info"};
    int rc = get_unresolved(s, c, &i, err);
    bool theirs = rc == 0 && i.state == RBK_INCIDENT_ACKNOWLEDGED && strcmp(i.acked_by, c->by) == 0;
    if (theirs) {
        rc = c->text ? rbk_incident_note(s, config, c, err) : 0;
        rc = rc == 0 ? 1 : rc;
    } else if (rc == 0) {
        i.state = RBK_INCIDENT_ACKNOWLEDGED;
        i.due_ms = 0;
        i.acked_ms = c->now_ms;
        free(i.acked_by);
        i.acked_by = rbk_strdup(c->by);
        rc = change(s, config, &i, c, &news, err);
    }
    rbk_incident_fini(&i);
    return rc;
}

int rbk_incident_resolve(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_change *c,
                         struct rbk_error *err)
{
    struct rbk_incident i = {0};
    struct incident_news news = {.kind = "resolved", .event = "incident.resolved", .status = "resolved"};
    int rc = get_unresolved(s, c, &i, err);
    if (rc == 0) {
        i.state = RBK_INCIDENT_RESOLVED;
        i.due_ms = 0;
        i.resolved_ms = c->now_ms;
        i.resolved_by = rbk_strdup(c->by);
        rc = change(s, config, &i, c, &news, err);
    }
    rbk_incident_fini(&i);
    return rc;
}
