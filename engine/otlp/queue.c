/* What is queued when a run ends: one message for its trace, and one for samples, which joins one that still waits. */
#include <otlp/push.h>

#include <base/mem.h>
#include <stdlib.h>

static int queue(struct rbk_store *s, const char *group, char *title /*taken*/, rbk_value *event /*taken*/,
                 int64_t now_ms, struct rbk_error *err)
{
    rbk_map_set_string(event, "event", "telemetry");
    rbk_map_set_string(event, "priority", "low");
    rbk_map_set_string(event, "title", title);
    int rc = rbk_notify_queue(s, RBK_OTLP_CHANNEL, group, event, now_ms, err);
    rbk_value_free(event);
    free(title);
    return rc;
}

static int queue_trace(struct rbk_store *s, const struct rbk_run_row *run, int64_t now_ms, struct rbk_error *err)
{
    rbk_value *event = rbk_map_new();
    rbk_map_set_string(event, "run", run->id);
    char *group = rbk_asprintf("trace:%s", run->id);
    int rc = queue(s, group, rbk_asprintf("trace of %s", run->runbook), event, now_ms, err);
    free(group);
    return rc;
}

static int queue_metrics(struct rbk_store *s, const struct rbk_run_row *run, int64_t now_ms, struct rbk_error *err)
{
    rbk_value *event = rbk_map_new();
    rbk_map_set_int(event, "since", run->started_ms);
    return queue(s, "metrics", rbk_strdup("metrics"), event, now_ms, err);
}

int rbk_otlp_queue(struct rbk_store *s, const struct rbk_config *config, const struct rbk_run_row *run, int64_t now_ms,
                   struct rbk_error *err)
{
    int rc = rbk_otlp_traces_wanted(config) ? queue_trace(s, run, now_ms, err) : 0;
    return rc == 0 && rbk_otlp_metrics_wanted(config) ? queue_metrics(s, run, now_ms, err) : rc;
}
