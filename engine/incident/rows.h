/* The rows of incidents, inside this room. Everything here that writes is inside a transaction. */
#ifndef RBK_INCIDENT_ROWS_H
#define RBK_INCIDENT_ROWS_H

#include <incident/incident.h>
#include <incident/oncall.h>

int incident_get(struct rbk_store *s, int64_t id, struct rbk_incident *out, struct rbk_error *err); /* RBK_ENOENT */
int incident_insert(struct rbk_store *s, struct rbk_incident *i, struct rbk_error *err);            /* sets its id */
int incident_update(struct rbk_store *s, const struct rbk_incident *i, struct rbk_error *err);
int incident_link(struct rbk_store *s, int64_t id, const char *run, int64_t now_ms, struct rbk_error *err);

/* What happened: one line of the timeline and its event. */
struct incident_news {
    const char *kind;   /* of the line */
    const char *event;  /* "incident.opened" */
    const char *status; /* firing resolved info */
    const char *by, *text;
    const rbk_value *channels; /* that must hear it, or NULL */
    int64_t now_ms;
};
/* Whether a rule is about such an event, "firing", of the incident. */
bool incident_is_ruled(const struct rbk_config *config, const struct rbk_incident *i, const char *event);
int incident_tell(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident *i,
                  const struct incident_news *news, struct rbk_error *err);

/* Calls the contact of the incident's level: sets `called` and `due_ms`, writes the row, and tells. */
struct incident_call {
    const char *kind, *event, *by;
    const char *why;        /* the line begins with it */
    const rbk_value *asked; /* what commands of rotas said */
    int64_t now_ms;
};
int incident_call_level(struct rbk_store *s, const struct rbk_config *config, struct rbk_incident *i,
                        const struct incident_call *call, struct rbk_error *err);
/* Adds the names that are not in the list yet (contact.c). */
void incident_add_channels(rbk_value *list, const rbk_value *more);
/* The channels of every contact that was called so far, as a new list; NULL when they have none. */
rbk_value *incident_channels(const struct rbk_config *config, const struct rbk_incident *i, int64_t now_ms);

#endif
