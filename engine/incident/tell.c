/* One change said twice: as a line of the timeline, for whoever looks, and as an event, for whoever is told. The event
 * carries the line's number, so that it is published once. */
#include <incident/rows.h>

#include <base/clock.h>
#include <base/host.h>
#include <base/mem.h>
#include <notify/notify.h>
#include <stdio.h>
#include <stdlib.h>

static int add_line(struct rbk_store *s, int64_t incident, const struct incident_news *news, struct rbk_error *err)
{
    struct rbk_stmt *q =
        rbk_stmt(s, "INSERT INTO incident_lines(incident, at_ms, kind, by, text) VALUES(?1, ?2, ?3, ?4, ?5)");
    rbk_bind_int(q, 1, incident);
    rbk_bind_int(q, 2, news->now_ms);
    rbk_bind_text(q, 3, news->kind);
    rbk_bind_text(q, 4, news->by);
    rbk_bind_text(q, 5, news->text);
    return rbk_stmt_run(q, err);
}

static void set_if(rbk_value *map, const char *key, const char *text)
{
    if (text)
        rbk_map_set_string(map, key, text);
}

static rbk_value *incident_value(const struct rbk_incident *i)
{
    rbk_value *v = rbk_map_new();
    rbk_map_set_int(v, "id", i->id);
    rbk_map_set_string(v, "key", i->key);
    rbk_map_set_string(v, "priority", i->priority);
    rbk_map_set_string(v, "state", rbk_incident_state_name(i->state));
    rbk_map_set_int(v, "level", i->level);
    return v;
}

/* What a person types next. */
static rbk_value *next_commands(const struct rbk_incident *i)
{
    static const char *const by_state[][2] = {{"ack", "show"}, {"resolve", "show"}, {"postmortem", "show"}};
    rbk_value *list = rbk_list_new();
    for (int n = 0; n < 2; n++) {
        char *line = rbk_asprintf("runbook incident %s %s", by_state[i->state][n], i->key);
        rbk_list_append(list, rbk_string_new(line));
        free(line);
    }
    return list;
}

static void put_run(struct rbk_store *s, const struct rbk_incident *i, rbk_value *event)
{
    struct rbk_strv runs = {0};
    if (rbk_incident_runs(s, i->id, &runs, NULL) == 0 && runs.count > 0) {
        const char *run = runs.items[runs.count - 1];
        char brief[13];
        snprintf(brief, sizeof brief, "%s", run);
        rbk_map_set_string(event, "run", run);
        rbk_map_set_string(event, "run_short", brief);
    }
    rbk_strv_fini(&runs);
}

static rbk_value *event_value(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident *i,
                              const struct incident_news *news)
{
    rbk_value *e = rbk_map_new();
    char *key = rbk_asprintf("incident:%s", i->key);
    char *id = rbk_asprintf("incident/%lld/%lld", (long long)i->id, (long long)rbk_store_last_id(s));
    char host[RBK_HOST_SIZE];
    rbk_map_set_string(e, "id", id);
    rbk_map_set_string(e, "event", news->event);
    rbk_map_set_string(e, "key", key);
    rbk_map_set_string(e, "status", news->status);
    rbk_map_set_string(e, "priority", i->priority);
    rbk_map_set_string(e, "title", i->title);
    set_if(e, "text", news->text);
    rbk_map_set_int(e, "time", news->now_ms);
    set_if(e, "project", config->project);
    rbk_map_set_string(e, "host", rbk_host_name(host));
    set_if(e, "runbook", i->runbook);
    set_if(e, "to", i->called);
    if (news->channels)
        rbk_map_set(e, "channels", rbk_value_dup(news->channels));
    rbk_map_set(e, "incident", incident_value(i));
    rbk_map_set(e, "next", next_commands(i));
    put_run(s, i, e);
    free(id);
    free(key);
    return e;
}

bool incident_is_ruled(const struct rbk_config *config, const struct rbk_incident *i, const char *event)
{
    const struct rbk_notify_about about = {
        .event = event, .status = "firing", .priority = i->priority, .runbook = i->runbook ? i->runbook : ""};
    return rbk_notify_wants(config, &about);
}

bool rbk_incident_is_heard(const struct rbk_config *config, const struct rbk_incident *i, int64_t now_ms)
{
    rbk_value *channels = incident_channels(config, i, now_ms);
    rbk_value_free(channels);
    return channels || incident_is_ruled(config, i, "incident.opened");
}

int incident_tell(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident *i,
                  const struct incident_news *news, struct rbk_error *err)
{
    int rc = add_line(s, i->id, news, err);
    if (rc < 0 || (!news->channels && !rbk_notify_wanted(config)))
        return rc;
    rbk_value *event = event_value(s, config, i, news);
    rc = rbk_notify_publish(s, config, event, news->now_ms, NULL, err);
    rbk_value_free(event);
    return rc;
}
