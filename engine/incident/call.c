/* Calling the contact of a level: who it is just now, whether a message goes to them, what the timeline says about it,
 * and when the next one is due. */
#include <incident/rows.h>

#include <base/mem.h>
#include <stdlib.h>

/* A message that waits in the outbox counts as told: from then on it is the delivery's matter. */
static void put_reached(struct rbk_buf *out, bool by_rule, const struct rbk_contact *contact, const char *called)
{
    size_t count = rbk_value_length(contact->channels);
    if (count == 0 && by_rule)
        rbk_buf_printf(out, "%s has no channel: the rules of notify say who is told", called);
    else if (count == 0)
        rbk_buf_printf(out, "nobody was told: %s has no channel, and no rule is about it", called);
    else
        rbk_buf_printf(out, "told %s through ", called);
    for (size_t i = 0; i < count; i++)
        rbk_buf_printf(out, "%s%s", i ? ", " : "", rbk_value_string(rbk_list_at(contact->channels, i)));
}

static char *call_text(const struct incident_call *call, bool by_rule, const struct rbk_contact *contact,
                       const char *called)
{
    struct rbk_buf out = {0};
    if (call->why)
        rbk_buf_printf(&out, "%s: ", call->why);
    put_reached(&out, by_rule, contact, called);
    if (contact->problem)
        rbk_buf_printf(&out, " (who that is just now is not known: %s)", contact->problem);
    return rbk_buf_take(&out);
}

int incident_call_level(struct rbk_store *s, const struct rbk_config *config, struct rbk_incident *i,
                        const struct incident_call *call, struct rbk_error *err)
{
    struct rbk_chain chain;
    struct rbk_contact contact;
    rbk_chain_of(config, i->priority, i->contact, &chain);
    rbk_contact_resolve(config, rbk_chain_at(&chain, i->level), call->now_ms, call->asked, &contact);
    free(i->called);
    i->called = rbk_contact_text(&contact);
    i->due_ms = call->now_ms + rbk_chain_wait(&chain, i->level);
    char *text = call_text(call, incident_is_ruled(config, i, call->event), &contact, i->called);
    struct incident_news news = {.kind = call->kind,
                                 .event = call->event,
                                 .status = "firing",
                                 .by = call->by,
                                 .text = text,
                                 .channels = contact.channels,
                                 .now_ms = call->now_ms};
    int rc = incident_update(s, i, err);
    if (rc == 0)
        rc = incident_tell(s, config, i, &news, err);
    free(text);
    rbk_contact_fini(&contact);
    rbk_chain_fini(&chain);
    return rc;
}

rbk_value *incident_channels(const struct rbk_config *config, const struct rbk_incident *i, int64_t now_ms)
{
    rbk_value *list = rbk_list_new();
    struct rbk_chain chain;
    rbk_chain_of(config, i->priority, i->contact, &chain);
    for (int level = 1; level <= i->level; level++) {
        struct rbk_contact contact;
        rbk_contact_resolve(config, rbk_chain_at(&chain, level), now_ms, NULL, &contact);
        incident_add_channels(list, contact.channels);
        rbk_contact_fini(&contact);
    }
    rbk_chain_fini(&chain);
    if (rbk_value_length(list) > 0)
        return list;
    rbk_value_free(list);
    return NULL;
}
