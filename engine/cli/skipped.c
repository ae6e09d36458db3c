/* See skipped.h. The daemon only records what it skipped: it sleeps without the configuration, and whoever opens the
 * store next tells. */
#include <cli/skipped.h>

#include <base/clock.h>
#include <base/mem.h>
#include <inttypes.h>
#include <notify/notify.h>
#include <schedule/firing.h>
#include <stdio.h>
#include <stdlib.h>

struct skips {
    struct rbk_cli *cli;
    struct rbk_error *err;
};

static char *title_of(const struct rbk_firing *f)
{
    char due[RBK_TIME_SIZE], first[RBK_TIME_SIZE];
    rbk_time_local(f->due_ms, due);
    rbk_time_local(f->first_ms, first);
    if (f->count == 1)
        return rbk_asprintf("%s was due at %s and was not begun", f->runbook, due);
    return rbk_asprintf("%s was due %" PRId64 " times from %s to %s and was not begun", f->runbook, f->count, first,
                        due);
}

static rbk_value *event_of(const struct rbk_firing *f)
{
    rbk_value *event = rbk_map_new(), *next = rbk_list_new();
    char id[48], *title = title_of(f), *key = rbk_asprintf("schedule:%s", f->runbook);
    char *why = rbk_asprintf("runbook schedule why %s", f->runbook), *run = rbk_asprintf("runbook %s", f->runbook);
    snprintf(id, sizeof id, "skipped:%" PRId64, f->id);
    rbk_map_set_string(event, "id", id);
    rbk_map_set_string(event, "event", "schedule.skipped");
    rbk_map_set_string(event, "status", "info");
    rbk_map_set_string(event, "key", key);
    rbk_map_set_string(event, "title", title);
    rbk_map_set_string(event, "text", f->reason);
    rbk_map_set_string(event, "runbook", f->runbook);
    rbk_list_append(next, rbk_string_new(why));
    rbk_list_append(next, rbk_string_new(run));
    rbk_map_set(event, "next", next);
    free(run);
    free(why);
    free(key);
    free(title);
    return event;
}

static int tell_one(void *arg, const struct rbk_firing *f)
{
    struct skips *skips = arg;
    rbk_value *event = event_of(f);
    int rc = rbk_notify_publish(skips->cli->store, skips->cli->config, event, rbk_clock_wall_ms(), NULL, skips->err);
    rbk_value_free(event);
    return rc == RBK_ESTORE ? rc : 0; /* a mistake in the rules keeps no command from its work */
}

static int tell_all(struct rbk_cli *cli, struct rbk_error *err)
{
    struct skips skips = {cli, err};
    int rc = rbk_notify_wanted(cli->config) ? rbk_firings_untold(cli->store, tell_one, &skips, err) : 0;
    return rc < 0 ? rc : rbk_firings_told(cli->store, err);
}

int rbk_skipped_tell(struct rbk_cli *cli, struct rbk_error *err)
{
    int rc = rbk_firings_to_tell(cli->store, err);
    if (rc <= 0)
        return rc;
    rc = rbk_store_begin(cli->store, err);
    if (rc < 0)
        return rc;
    rc = tell_all(cli, err);
    if (rc == 0)
        return rbk_store_commit(cli->store, err);
    rbk_store_rollback(cli->store);
    return rc;
}
