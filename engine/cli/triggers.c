/* See triggers.h. Costs the loading of every runbook, so a run does it only where the configuration asks for it. */
#include <cli/triggers.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/run_incidents.h>
#include <incident/incident.h>
#include <incident/oncall.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walking {
    struct rbk_cli *cli;
    struct rbk_known_facts known;
    rbk_trigger_fn *fn;
    void *arg;
};

static int hold_against(struct walking *w, const struct rbk_plan *plan)
{
    struct rbk_strv names = {0};
    struct rbk_trigger t = {.plan = plan, .names = &names, .known = &w->known};
    struct rbk_error err = {0};
    int rc = 0;
    rbk_expr_names(plan->trigger, &names);
    if (rbk_expr_eval(plan->trigger, rbk_known_fact, &w->known, &t.verdict, &err) == 0)
        rc = w->fn(w->arg, &t);
    rbk_strv_fini(&names);
    return rc;
}

static int load_one(void *arg, const char *id, const char *path, const char *shadows)
{
    struct walking *w = arg;
    struct rbk_plan *plan = NULL;
    int rc = 0;
    (void)path;
    (void)shadows;
    if (rbk_lua_load(w->cli->lua, id, &plan, NULL) == 0 && plan->trigger)
        rc = hold_against(w, plan);
    rbk_plan_free(plan);
    return rc;
}

int rbk_triggers_each(struct rbk_cli *cli, rbk_trigger_fn *fn, void *arg, struct rbk_error *err)
{
    struct walking w = {.cli = cli, .fn = fn, .arg = arg};
    int rc = rbk_cli_lua(cli, err);
    if (rc < 0)
        return rc;
    rbk_known_facts_init(&w.known, cli->store, rbk_clock_wall_ms());
    rc = rbk_runbook_files((const char *const *)cli->runbook_dirs.items, load_one, &w, err);
    if (rc == 0 && w.known.err.code < 0) {
        *err = w.known.err;
        rc = err->code;
    }
    rbk_known_facts_fini(&w.known);
    return rc;
}

int64_t rbk_trigger_measured_ms(const struct rbk_trigger *t)
{
    int64_t newest = 0;
    for (size_t i = 0; i < t->names->count; i++) {
        int64_t at = rbk_known_fact_at(t->known, t->names->items[i]);
        newest = at > newest ? at : newest;
    }
    return newest;
}

/* ---- opening by itself ---- */

struct to_open {
    char *key, *runbook, *title, *priority, *text;
    bool heard;
};

struct opening {
    struct rbk_cli *cli;
    const char *run;
    struct to_open *items;
    size_t count, cap;
    struct rbk_error err;
};

static int note_holding(void *arg, const struct rbk_trigger *t)
{
    struct opening *o = arg;
    int64_t last = 0, measured = rbk_trigger_measured_ms(t);
    if (t->verdict.truth != RBK_TRUE)
        return 0;
    char *key = rbk_incident_key_of(t->plan->id);
    int rc = rbk_incident_last_ms(o->cli->store, key, &last, &o->err);
    if (rc < 0 || (last > 0 && measured <= last)) {
        free(key);
        return rc;
    }
    RBK_GROW(o->items, o->count, o->cap);
    o->items[o->count++] =
        (struct to_open){.key = key,
                         .runbook = rbk_strdup(t->plan->id),
                         .title = rbk_strdup(t->plan->title),
                         .priority = rbk_strdup(t->plan->priority),
                         .text = rbk_asprintf("%s, now %s", rbk_expr_text(t->plan->trigger), t->verdict.measured)};
    return 0;
}

static int open_noted(struct opening *o, struct rbk_error *err)
{
    struct rbk_store *store = o->cli->store;
    int rc = rbk_store_begin(store, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < o->count; i++) {
        const char *priority = o->items[i].priority;
        struct rbk_incident_opening opening = {.key = o->items[i].key,
                                               .title = o->items[i].title,
                                               .priority = rbk_priority_row(o->cli->config, priority) ? priority : NULL,
                                               .text = o->items[i].text,
                                               .by = "trigger",
                                               .run = o->run,
                                               .runbook = o->items[i].runbook,
                                               .now_ms = rbk_clock_wall_ms()};
        struct rbk_incident opened = {0};
        rc = rbk_incident_open(store, o->cli->config, &opening, &opened, err);
        o->items[i].heard = rc < 0 || rbk_incident_is_heard(o->cli->config, &opened, opening.now_ms);
        rbk_incident_fini(&opened);
    }
    o->cli->queued = o->cli->queued || rc == 0;
    if (rc == 0)
        return rbk_store_commit(store, err);
    rbk_store_rollback(store);
    return rc;
}

static void say_opened(const struct to_open *item)
{
    struct rbk_buf safe = {0};
    rbk_escape_terminal(&safe, item->text, strlen(item->text));
    fprintf(stderr, "incident        %s: %s\n", item->key, safe.data ? safe.data : "");
    if (!item->heard)
        rbk_incident_warn_unheard(item->key);
    rbk_buf_fini(&safe);
}

static void opening_fini(struct opening *o)
{
    for (size_t i = 0; i < o->count; i++) {
        free(o->items[i].key);
        free(o->items[i].runbook);
        free(o->items[i].title);
        free(o->items[i].priority);
        free(o->items[i].text);
    }
    free(o->items);
}

void rbk_triggers_open(struct rbk_cli *cli, const char *run)
{
    const char *mode = rbk_value_string(rbk_config_get(cli->config, "incidents.open"));
    struct opening o = {.cli = cli, .run = run};
    struct rbk_error err = {0};
    if (!mode || strcmp(mode, "automatic") != 0)
        return;
    int rc = rbk_triggers_each(cli, note_holding, &o, &err);
    if (rc < 0 && err.code == 0)
        err = o.err;
    if (rc == 0 && o.count > 0)
        rc = open_noted(&o, &err);
    for (size_t i = 0; rc == 0 && i < o.count && !cli->quiet; i++)
        say_opened(&o.items[i]);
    if (rc < 0) {
        char text[1024];
        rbk_error_format(&err, text, sizeof text);
        fprintf(stderr, "runbook: incidents could not be opened: %s\n", text);
    }
    opening_fini(&o);
}
