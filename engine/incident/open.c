/* Opening an incident, and opening one that is open: then it is one line more, unless it is more urgent now. */
#include <incident/rows.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

static int check_priority(const struct rbk_config *config, const char *priority, struct rbk_error *err)
{
    struct rbk_strv names = {0};
    struct rbk_buf known = {0};
    if (rbk_priority_row(config, priority))
        return 0;
    for (size_t i = 0; i < config->escalation_count; i++) {
        rbk_strv_add(&names, config->escalation[i].priority);
        rbk_buf_printf(&known, "%s%s", i ? ", " : "", config->escalation[i].priority);
    }
    const char *near = rbk_did_you_mean(priority, (const char *const *)names.items, names.count);
    rbk_error_set(err, RBK_EINVAL, "there is no priority \"%s\"", priority);
    if (near)
        rbk_error_hint(err, "did you mean %s?", near);
    else
        rbk_error_hint(err, "the escalation matrix has %s", known.data ? known.data : "no rows");
    rbk_buf_fini(&known);
    rbk_strv_fini(&names);
    return RBK_EINVAL;
}

static int check(const struct rbk_config *config, const struct rbk_incident_opening *o, struct rbk_error *err)
{
    if (!rbk_incident_key_ok(o->key)) {
        rbk_error_set(err, RBK_EINVAL, "\"%.80s\" cannot be the key of an incident", o->key);
        return rbk_error_hint(err, "letters, digits and . _ : / @ + -, at most 200, not digits alone: checkout-down");
    }
    return o->priority ? check_priority(config, o->priority, err) : 0;
}

static struct incident_call call_of(const struct rbk_incident_opening *o, const char *kind, const char *event,
                                    const char *why)
{
    return (struct incident_call){
        .kind = kind, .event = event, .by = o->by, .why = why, .asked = o->oncall, .now_ms = o->now_ms};
}

static int open_new(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_opening *o,
                    struct rbk_incident *i, struct rbk_error *err)
{
    *i = (struct rbk_incident){.key = rbk_strdup(o->key),
                               .title = rbk_strdup(o->title ? o->title : o->key),
                               .priority = rbk_strdup(o->priority ? o->priority : "medium"),
                               .contact = rbk_strdup(o->contact),
                               .runbook = rbk_strdup(o->runbook),
                               .level = 1,
                               .opened_ms = o->now_ms,
                               .opened_by = rbk_strdup(o->by)};
    struct incident_call call = call_of(o, "opened", "incident.opened", o->text);
    int rc = incident_insert(s, i, err);
    if (rc == 0 && o->run)
        rc = incident_link(s, i->id, o->run, o->now_ms, err);
    return rc == 0 ? incident_call_level(s, config, i, &call, err) : rc;
}

/* Somebody has it in hand: nobody else is called, those who know of it hear it. */
static int tell_known(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident *i,
                      const struct incident_news *news, struct rbk_error *err)
{
    struct incident_news told = *news;
    rbk_value *channels = incident_channels(config, i, news->now_ms);
    told.channels = channels;
    int rc = incident_update(s, i, err);
    if (rc == 0)
        rc = incident_tell(s, config, i, &told, err);
    rbk_value_free(channels);
    return rc;
}

/* More urgent than it was: the chain of the new priority begins. */
static int raise_to(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_opening *o,
                    struct rbk_incident *i, struct rbk_error *err)
{
    char *why =
        rbk_asprintf("%s%sraised from %s to %s", o->text ? o->text : "", o->text ? ", " : "", i->priority, o->priority);
    struct incident_call call = call_of(o, "raised", "incident.escalated", why);
    struct incident_news news = {"raised", "incident.escalated", "firing", o->by, why, NULL, o->now_ms};
    free(i->priority);
    i->priority = rbk_strdup(o->priority);
    i->level = 1;
    if (o->contact) {
        free(i->contact);
        i->contact = rbk_strdup(o->contact);
    }
    int rc = i->state == RBK_INCIDENT_OPEN ? incident_call_level(s, config, i, &call, err)
                                           : tell_known(s, config, i, &news, err);
    free(why);
    return rc;
}

static int call_next(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_opening *o,
                     struct rbk_incident *i, struct rbk_error *err)
{
    struct rbk_chain chain;
    struct incident_call call = call_of(o, "escalated", "incident.escalated", o->text);
    rbk_chain_of(config, i->priority, i->contact, &chain);
    if ((size_t)i->level < chain.contacts.count)
        i->level++;
    rbk_chain_fini(&chain);
    return incident_call_level(s, config, i, &call, err);
}

static int open_again(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_opening *o,
                      struct rbk_incident *i, struct rbk_error *err)
{
    int rc = o->run ? incident_link(s, i->id, o->run, o->now_ms, err) : 0;
    if (rc < 0)
        return rc;
    if (o->priority && rbk_priority_above(config, o->priority, i->priority))
        return raise_to(s, config, o, i, err);
    if (o->escalate && i->state == RBK_INCIDENT_OPEN)
        return call_next(s, config, o, i, err);
    const char *event = o->escalate ? "incident.escalated" : "incident.noted";
    struct incident_news news = {"again", event, o->escalate ? "firing" : "info", o->by, o->text, NULL, o->now_ms};
    return tell_known(s, config, i, &news, err);
}

int rbk_incident_open(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_opening *o,
                      struct rbk_incident *out, struct rbk_error *err)
{
    struct rbk_incident i = {0};
    int rc = check(config, o, err);
    if (rc == 0)
        rc = rbk_incident_find_open(s, o->key, &i, err);
    if (rc == 0)
        rc = open_new(s, config, o, &i, err);
    else if (rc == 1)
        rc = open_again(s, config, o, &i, err);
    if (rc == 0 && out)
        *out = i;
    else
        rbk_incident_fini(&i);
    return rc;
}
