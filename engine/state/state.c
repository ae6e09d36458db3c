/* See state.h. */
#include <state/state.h>

#include <incident/incident.h>
#include <metrics/metrics.h>
#include <notify/notify.h>
#include <results/history.h>
#include <schedule/firing.h>
#include <store/journal.h>
#include <store/timing.h>

int rbk_state_open_with(struct rbk_store_options options, struct rbk_store **out, struct rbk_error *err)
{
    static const struct rbk_schema *const schemas[] = {
        &rbk_journal_schema, &rbk_results_schema, &rbk_metrics_schema,  &rbk_schedule_schema,
        &rbk_timing_schema,  &rbk_notify_schema,  &rbk_incident_schema, NULL};
    options.schemas = schemas;
    return rbk_store_open(&options, out, err);
}

int rbk_state_open(const char *dir, struct rbk_store **out, struct rbk_error *err)
{
    return rbk_state_open_with((struct rbk_store_options){.dir = dir}, out, err);
}
