/* See schedules.h. */
#include <cli/schedules.h>

#include <base/clock.h>
#include <base/fs.h>
#include <base/mem.h>
#include <fnmatch.h>
#include <run/plan.h>
#include <schedule/civil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct loading {
    struct rbk_cli *cli;
    struct rbk_schedules *out;
    struct rbk_strv seen;
};

static void tell(void *arg, const struct rbk_error *err)
{
    (void)arg;
    char text[2048];
    struct rbk_buf safe = {0};
    rbk_error_format(err, text, sizeof text);
    rbk_escape_terminal(&safe, text, strlen(text));
    fprintf(stderr, "runbook: %s\n", safe.data ? safe.data : "");
    rbk_buf_fini(&safe);
}

static int load_file(void *arg, const char *id, const char *path, const char *shadows)
{
    struct loading *l = arg;
    struct rbk_plan *plan = NULL;
    struct rbk_error err = {0};
    (void)shadows;
    rbk_strv_add(&l->seen, id);
    if (rbk_lua_load(l->cli->lua, id, &plan, &err) < 0)
        tell(NULL, &err);
    const struct rbk_entry_header header = {.runbook = id,
                                            .path = path,
                                            .schedule = plan ? plan->schedule : NULL,
                                            .overlap_allow = plan && plan->overlap_allow};
    if (rbk_entries_add(&l->out->entries, l->cli->config, l->out->zones, &header, &err) < 0)
        tell(NULL, &err);
    const struct rbk_entry *e = plan ? rbk_entries_find(&l->out->entries, id) : NULL;
    if (e && rbk_entry_check_allow(e, l->cli->config, &err) < 0)
        tell(NULL, &err);
    rbk_plan_free(plan);
    return 0;
}

void rbk_schedules_unknown(const struct rbk_config *config, const struct rbk_strv *known, rbk_schedules_problem_fn *fn,
                           void *arg)
{
    const rbk_value *map = rbk_config_get(config, "schedule");
    for (size_t i = 0; i < rbk_value_length(map); i++) {
        const char *id = rbk_map_key_at(map, i);
        struct rbk_error err = {0};
        if (rbk_strv_has(known, id))
            continue;
        rbk_error_set(&err, RBK_EINVAL, "schedule names %s, and there is no such runbook", id);
        rbk_config_place(config, (const char *const[]){"schedule", id, NULL}, &err);
        rbk_error_hint(&err, "`runbook list` shows them all");
        fn(arg, &err);
    }
}

/* A wrong zone of the project is one mistake, not one of each schedule. */
static int check_zone(const struct rbk_config *config, rbk_zones *zones, struct rbk_error *err)
{
    const rbk_zone *zone = NULL;
    const char *name = rbk_value_string(rbk_config_get(config, "timezone"));
    int rc = name ? rbk_zones_get(zones, name, &zone, err) : 0;
    return rc < 0 ? rbk_config_place(config, (const char *const[]){"timezone", NULL}, err) : 0;
}

int rbk_schedules_load(struct rbk_cli *cli, struct rbk_schedules *out, struct rbk_error *err)
{
    struct loading l = {.cli = cli, .out = out};
    *out = (struct rbk_schedules){0};
    int rc = rbk_cli_lua(cli, err);
    if (rc < 0)
        return rc;
    out->zones = rbk_zones_new(NULL);
    rc = check_zone(cli->config, out->zones, err);
    if (rc < 0)
        return rc;
    rc = rbk_runbook_files((const char *const *)cli->runbook_dirs.items, load_file, &l, err);
    rbk_schedules_unknown(cli->config, &l.seen, tell, NULL);
    rbk_strv_fini(&l.seen);
    return rc;
}

int rbk_schedules_of(struct rbk_cli *cli, const struct rbk_plan *plan, struct rbk_schedules *out, struct rbk_error *err)
{
    *out = (struct rbk_schedules){.zones = rbk_zones_new(NULL)};
    const struct rbk_entry_header header = {plan->id, plan->path, plan->schedule, plan->overlap_allow};
    return rbk_entries_add(&out->entries, cli->config, out->zones, &header, err);
}

void rbk_schedules_fini(struct rbk_schedules *s)
{
    rbk_entries_fini(&s->entries);
    rbk_zones_free(s->zones);
    s->zones = NULL;
}

/* The one that is nearly written so; else the first that has what was written in its name. */
static const char *find_near(const struct rbk_entries *entries, const char *runbook)
{
    struct rbk_strv names = {0};
    for (size_t i = 0; i < entries->count; i++)
        rbk_strv_add(&names, entries->items[i].runbook);
    const char *near = rbk_did_you_mean(runbook, (const char *const *)names.items, names.count);
    size_t found = entries->count;
    for (size_t i = entries->count; i-- > 0;)
        if (near ? strcmp(near, names.items[i]) == 0 : strstr(names.items[i], runbook) != NULL)
            found = i;
    rbk_strv_fini(&names);
    return found < entries->count ? entries->items[found].runbook : NULL;
}

int rbk_schedules_find(const struct rbk_schedules *s, const char *runbook, const struct rbk_entry **out,
                       struct rbk_error *err)
{
    *out = rbk_entries_find(&s->entries, runbook);
    if (*out)
        return 0;
    rbk_error_set(err, RBK_ENOENT, "%s has no schedule", runbook);
    const char *near = find_near(&s->entries, runbook);
    if (near)
        return rbk_error_hint(err, "did you mean %s?", near);
    return rbk_error_hint(err,
                          "give it one in runbook.yaml (schedule:) or in its header: schedule = \"weekdays at 8:00\"");
}

bool rbk_schedules_named(const struct rbk_args *args, size_t first, const char *runbook)
{
    for (size_t i = first; i < args->rest.count; i++)
        if (fnmatch(args->rest.items[i], runbook, FNM_PATHNAME) == 0)
            return true;
    return false;
}

int rbk_schedules_check_names(const struct rbk_schedules *s, const struct rbk_args *args, size_t first,
                              struct rbk_error *err)
{
    for (size_t i = first; i < args->rest.count; i++) {
        const char *name = args->rest.items[i];
        const struct rbk_entry *e = NULL;
        for (size_t n = 0; !e && n < s->entries.count; n++)
            if (fnmatch(name, s->entries.items[n].runbook, FNM_PATHNAME) == 0)
                e = &s->entries.items[n];
        if (!e && strpbrk(name, "*?[")) {
            rbk_error_set(err, RBK_ENOENT, "no schedule is called like %s", name);
            return rbk_error_hint(err, "`runbook schedule list` shows them");
        }
        int rc = e ? 0 : rbk_schedules_find(s, name, &e, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int rbk_schedules_state(struct rbk_cli *cli, const char *runbook, struct rbk_schedule_state *out, struct rbk_error *err)
{
    *out = (struct rbk_schedule_state){0};
    int rc = rbk_cli_store_read(cli, err);
    if (rc == RBK_ENOENT)
        return 0;
    return rc == 0 ? rbk_schedule_get(cli->store, runbook, out, err) : rc;
}

char *rbk_schedules_mark_dir(struct rbk_cli *cli)
{
    char *dir = rbk_path_join(rbk_store_dir(cli->store), "schedule");
    rbk_mkdirs(dir, cli->config && cli->config->state_group ? 02770 : 0700, NULL);
    return dir;
}

static const char *weekday_name(const struct rbk_civil *c)
{
    static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    return names[rbk_day_weekday(rbk_day_of(c->year, c->month, c->day))];
}

void rbk_schedules_time(const rbk_zone *zone, int64_t at_ms, char out[RBK_ZONED_SIZE])
{
    char text[RBK_ZONED_SIZE];
    struct rbk_civil c;
    rbk_zone_civil(zone, at_ms / 1000, &c);
    rbk_zone_format(zone, at_ms / 1000, text);
    snprintf(out, RBK_ZONED_SIZE, "%s %.10s %02d:%02d %s", weekday_name(&c), text, c.hour, c.minute,
             strlen(text) > 19 ? text + strlen(text) - 6 : "");
}

static int64_t zone_instant(const void *zone, const struct tm *t)
{
    struct rbk_civil c = {t->tm_year + 1900, t->tm_mon + 1, t->tm_mday, t->tm_hour, t->tm_min, t->tm_sec};
    int64_t first, second;
    rbk_zone_instants(zone, &c, &first, &second);
    return first;
}

static void zone_civil(const void *zone, int64_t seconds, struct tm *out)
{
    struct rbk_civil c;
    rbk_zone_civil(zone, seconds, &c);
    *out = (struct tm){.tm_year = c.year - 1900,
                       .tm_mon = c.month - 1,
                       .tm_mday = c.day,
                       .tm_hour = c.hour,
                       .tm_min = c.minute,
                       .tm_sec = c.second};
}

int rbk_schedules_time_parse(const char *text, const rbk_zone *zone, int64_t now_ms, int64_t *out_ms,
                             struct rbk_error *err)
{
    const struct rbk_time_zone there = {zone_instant, zone_civil, zone};
    return rbk_time_parse_in(text, now_ms, &there, out_ms, err);
}

rbk_value *rbk_schedules_time_value(const rbk_zone *zone, int64_t at_ms)
{
    char text[RBK_ZONED_SIZE];
    if (at_ms == 0 || at_ms == INT64_MAX)
        return rbk_null_new();
    rbk_zone_format(zone, at_ms / 1000, text);
    return rbk_string_new(text);
}

rbk_value *rbk_schedules_row(const struct rbk_entry *e, const struct rbk_schedule_state *state, int64_t now_ms)
{
    rbk_value *row = rbk_map_new();
    char *normal = rbk_calendar_text(e->calendar);
    rbk_map_set_string(row, "runbook", e->runbook);
    rbk_map_set_bool(row, "enabled", state->enabled);
    rbk_map_set_string(row, "written", e->text);
    rbk_map_set_string(row, "expression", normal);
    rbk_map_set_bool(row, "paused", e->paused);
    rbk_map_set_string(row, "zone", rbk_zone_name(e->zone));
    rbk_map_set(row, "next", rbk_schedules_time_value(e->zone, rbk_entry_next(e, now_ms)));
    rbk_map_set_string(row, "missed", rbk_missed_name(e->missed));
    rbk_map_set_string(row, "overlap", rbk_overlap_name(e->overlap));
    rbk_map_set_string(row, "source", e->source);
    free(normal);
    return row;
}

int rbk_schedules_bind(const struct rbk_entry *entry, const struct rbk_plan *plan, rbk_value **out,
                       struct rbk_error *err)
{
    rbk_value *given = rbk_map_new();
    for (size_t i = 0; i < rbk_value_length(entry->params); i++) {
        char *text = rbk_value_text(rbk_map_value_at(entry->params, i));
        rbk_map_set_string(given, rbk_map_key_at(entry->params, i), text);
        free(text);
    }
    int rc = rbk_params_bind(plan->params, plan->param_count, given, out, err);
    rbk_value_free(given);
    return rc;
}
