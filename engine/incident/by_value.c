/* Incidents for script hosts: what is asked comes as a map, the incident goes back as one. Each is a transaction of its
 * own, with the run that asked linked to the incident. */
#include <incident/rows.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <store/journal.h>
#include <string.h>

struct asking {
    struct rbk_store *store;
    const struct rbk_config *config;
    const rbk_value *asked;
    struct rbk_run_row run;
    struct rbk_incident incident;
    const char *key;
};

static int open_asked(struct asking *a, struct rbk_error *err)
{
    const struct rbk_incident_opening o = {.key = a->key,
                                           .title = rbk_map_get_string(a->asked, "title"),
                                           .priority = rbk_map_get_string(a->asked, "priority"),
                                           .contact = rbk_map_get_string(a->asked, "contact"),
                                           .text = rbk_map_get_string(a->asked, "text"),
                                           .by = a->run.by,
                                           .run = a->run.id[0] ? a->run.id : NULL,
                                           .runbook = a->run.runbook,
                                           .now_ms = rbk_clock_wall_ms()};
    return rbk_incident_open(a->store, a->config, &o, &a->incident, err);
}

/* Resolving what is not open, as a run that is repeated does, is done already. */
static int change_asked(struct asking *a, bool resolve, struct rbk_error *err)
{
    int rc = rbk_incident_find(a->store, a->key, &a->incident, err);
    if (rc < 0 && !(resolve && rc == RBK_ENOENT))
        return rc;
    if (rc < 0 || (resolve && a->incident.state == RBK_INCIDENT_RESOLVED))
        return 0;
    struct rbk_incident_change c = {.id = a->incident.id,
                                    .by = a->run.by,
                                    .text = rbk_map_get_string(a->asked, "text"),
                                    .now_ms = rbk_clock_wall_ms()};
    rc = a->run.id[0] ? incident_link(a->store, c.id, a->run.id, c.now_ms, err) : 0;
    if (rc == 0)
        rc = resolve ? rbk_incident_resolve(a->store, a->config, &c, err)
                     : rbk_incident_note(a->store, a->config, &c, err);
    rbk_incident_fini(&a->incident);
    return rc == 0 ? incident_get(a->store, c.id, &a->incident, err) : rc;
}

static int do_asked(struct asking *a, const char *what, struct rbk_error *err)
{
    if (strcmp(what, "open") == 0)
        return open_asked(a, err);
    if (strcmp(what, "note") == 0 && !rbk_map_get_string(a->asked, "text"))
        return rbk_error_set(err, RBK_EINVAL, "a note on %s needs a text", a->key);
    return change_asked(a, strcmp(what, "resolve") == 0, err);
}

static rbk_value *answer(const struct rbk_incident *i)
{
    rbk_value *v = rbk_map_new();
    if (!i->key)
        return v;
    rbk_map_set_int(v, "id", i->id);
    rbk_map_set_string(v, "key", i->key);
    rbk_map_set_string(v, "priority", i->priority);
    rbk_map_set_string(v, "state", rbk_incident_state_name(i->state));
    rbk_map_set_int(v, "level", i->level);
    rbk_map_set_string(v, "called", i->called);
    return v;
}

static int in_transaction(struct asking *a, const char *what, struct rbk_error *err)
{
    int rc = rbk_store_begin(a->store, err);
    if (rc < 0)
        return rc;
    rc = do_asked(a, what, err);
    if (rc == 0)
        return rbk_store_commit(a->store, err);
    rbk_store_rollback(a->store);
    return rc;
}

int rbk_incident_do_value(struct rbk_store *s, const struct rbk_config *config, const char *run, const char *what,
                          const rbk_value *asked, rbk_value **out, struct rbk_error *err)
{
    struct asking a = {.store = s, .config = config, .asked = asked, .key = rbk_map_get_string(asked, "key")};
    *out = NULL;
    if (!a.key)
        return rbk_error_set(err, RBK_EINVAL, "an incident needs a key");
    int rc = run ? rbk_journal_run_get(s, run, &a.run, err) : 0;
    if (rc == RBK_ENOENT) /* not recorded yet: then there is nothing to link */
        rc = 0;
    if (rc == 0)
        rc = in_transaction(&a, what, err);
    if (rc == 0)
        *out = answer(&a.incident);
    rbk_incident_fini(&a.incident);
    rbk_run_row_fini(&a.run);
    return rc;
}
