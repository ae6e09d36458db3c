/* What runs do to incidents: an escalation opens one, a remedy counts against its budget. `run` knows nothing of
 * either; it calls what execute.c hands it. */
#ifndef RBK_CLI_RUN_INCIDENTS_H
#define RBK_CLI_RUN_INCIDENTS_H

#include <incident/incident.h>
#include <run/run.h>

/* Escalations heard of in the open transaction. Zero-initialise. */
struct rbk_run_incidents {
    struct rbk_run_opening *items;
    size_t count, cap;
    char *unheard; /* the key of an incident that was opened and of which nobody is told; NULL = none */
};
/* An event of a run: keeps it when it is an escalation. */
void rbk_run_incidents_event(struct rbk_run_incidents *r, const struct rbk_run_row *run, const char *kind,
                             const rbk_value *data);
/* Opens what was kept, in the transaction of the caller. */
int rbk_run_incidents_write(struct rbk_run_incidents *r, struct rbk_store *s, const struct rbk_config *config,
                            struct rbk_error *err);
/* Whether anybody is told of it, of the incident or of the escalation of the run that opened it. */
bool rbk_run_incident_is_heard(const struct rbk_config *config, const struct rbk_incident *i, int64_t now_ms);
/* Says on stderr that the incident is open and nobody is told of it. */
void rbk_incident_warn_unheard(const char *key);
void rbk_run_incidents_fini(struct rbk_run_incidents *r);

/* For struct rbk_run_options; self is the struct rbk_cli. */
rbk_run_remediate_fn rbk_run_remediate;

#endif
