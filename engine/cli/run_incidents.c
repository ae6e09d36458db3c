/* See run_incidents.h. The incident of a run has the id of its runbook as key: however many runs escalate, it is one.
 */
#include <cli/run_incidents.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/context.h>
#include <incident/oncall.h>
#include <notify/notify.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rbk_run_opening { /* owned */
    char *key, *runbook, *title, *priority, *contact, *text, *by;
    char run[RBK_ULID_SIZE];
};

static void opening_fini(struct rbk_run_opening *o)
{
    free(o->key);
    free(o->runbook);
    free(o->title);
    free(o->priority);
    free(o->contact);
    free(o->text);
    free(o->by);
}

static char *measured_text(const rbk_value *data)
{
    const char *when = rbk_map_get_string(data, "when"), *measured = rbk_map_get_string(data, "measured");
    if (!measured || !*measured)
        return rbk_strdup(when);
    return rbk_asprintf("%s, now %s", when ? when : "escalated", measured);
}

void rbk_run_incidents_event(struct rbk_run_incidents *r, const struct rbk_run_row *run, const char *kind,
                             const rbk_value *data)
{
    if (strcmp(kind, "escalated") != 0)
        return;
    RBK_GROW(r->items, r->count, r->cap);
    struct rbk_run_opening *o = &r->items[r->count++];
    *o = (struct rbk_run_opening){.key = rbk_incident_key_of(run->runbook),
                                  .runbook = rbk_strdup(run->runbook),
                                  .title = rbk_strdup(run->title),
                                  .priority = rbk_strdup(rbk_map_get_string(data, "priority")),
                                  .contact = rbk_strdup(rbk_map_get_string(data, "to")),
                                  .text = measured_text(data),
                                  .by = rbk_strdup(run->by)};
    memcpy(o->run, run->id, sizeof o->run);
}

/* A rule that tells of the escalation of the run tells of enough. */
bool rbk_run_incident_is_heard(const struct rbk_config *config, const struct rbk_incident *i, int64_t now_ms)
{
    const struct rbk_notify_about about = {
        .event = "run.escalated", .status = "info", .priority = i->priority, .runbook = i->runbook ? i->runbook : ""};
    return rbk_incident_is_heard(config, i, now_ms) || rbk_notify_wants(config, &about);
}

static int write_one(struct rbk_run_incidents *r, const struct rbk_config *config, const struct rbk_run_opening *o,
                     struct rbk_store *s, struct rbk_error *err)
{
    /* a priority that is no row of the matrix is not refused here: the run has its own work to record */
    struct rbk_incident_opening opening = {.key = o->key,
                                           .title = o->title,
                                           .priority = o->priority,
                                           .contact = o->contact,
                                           .text = o->text,
                                           .by = o->by,
                                           .run = o->run,
                                           .runbook = o->runbook,
                                           .now_ms = rbk_clock_wall_ms()};
    if (o->priority && !rbk_priority_row(config, o->priority))
        opening.priority = NULL;
    struct rbk_incident i = {0};
    int rc = rbk_incident_open(s, config, &opening, &i, err);
    if (rc == 0 && !r->unheard && !rbk_run_incident_is_heard(config, &i, opening.now_ms))
        r->unheard = rbk_strdup(i.key);
    rbk_incident_fini(&i);
    return rc;
}

static void forget(struct rbk_run_incidents *r)
{
    for (size_t i = 0; i < r->count; i++)
        opening_fini(&r->items[i]);
    r->count = 0;
}

int rbk_run_incidents_write(struct rbk_run_incidents *r, struct rbk_store *s, const struct rbk_config *config,
                            struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->count; i++)
        rc = write_one(r, config, &r->items[i], s, err);
    forget(r);
    return rc;
}

void rbk_run_incidents_fini(struct rbk_run_incidents *r)
{
    forget(r);
    free(r->items);
    free(r->unheard);
}

void rbk_incident_warn_unheard(const char *key)
{
    fprintf(
        stderr,
        "runbook: warning: nobody is told of incident %s: runbook.yaml has no rule about it (notify:) and no channel"
        " of whoever is called (contacts:)\n",
        key);
}

int rbk_run_remediate(void *self, const struct rbk_run_row *run, const char *priority, const struct rbk_step_row *step,
                      const char *key, struct rbk_error *err)
{
    struct rbk_cli *cli = self;
    struct rbk_remediation r = {.key = key,
                                .run = run->id,
                                .runbook = run->runbook,
                                .step = step->title,
                                .by = run->by,
                                .priority = rbk_priority_row(cli->config, priority) ? priority : NULL,
                                .now_ms = rbk_clock_wall_ms()};
    return rbk_incident_remediate(cli->store, cli->config, &r, err);
}
