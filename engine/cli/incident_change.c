/* `incident open`, `ack`, `note` and `resolve`: each is one transaction, and prints the incident as it is now. */
#include <cli/incident_commands.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/run_incidents.h>
#include <cli/stored_run.h>
#include <incident/oncall.h>
#include <run/plan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- open ---- */

struct opening {
    struct rbk_cli *cli;
    struct rbk_incident_opening o;
    struct rbk_plan *plan; /* of the runbook that has the key's name, or NULL */
    char *by, *text, *run;
    rbk_value *oncall;
};

/* Where the key is the id of a runbook, its header says the rest. */
static void take_from_runbook(struct opening *w)
{
    if (!rbk_runbook_id_ok(w->o.key))
        return;
    if (rbk_cli_lua(w->cli, NULL) < 0 || rbk_lua_load(w->cli->lua, w->o.key, &w->plan, NULL) < 0)
        return;
    w->o.runbook = w->plan->id;
    if (!w->o.title)
        w->o.title = w->plan->title;
    if (!w->o.priority)
        w->o.priority = w->plan->priority;
}

static int find_run(struct opening *w, const char *prefix, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    if (!prefix)
        return 0;
    int rc = rbk_stored_run_find(w->cli, prefix, &row, err);
    if (rc < 0)
        return rc;
    w->run = rbk_strdup(row.id);
    w->o.run = w->run;
    rbk_run_row_fini(&row);
    return 0;
}

static void ask_who(struct opening *w)
{
    const struct rbk_config *config = w->cli->config;
    struct rbk_chain chain;
    rbk_chain_of(config, w->o.priority ? w->o.priority : "medium", w->o.contact, &chain);
    w->oncall = rbk_map_new();
    rbk_oncall_ask(config, rbk_chain_at(&chain, 1), w->oncall);
    w->o.oncall = w->oncall;
    rbk_chain_fini(&chain);
}

static int write_opening(struct opening *w, struct rbk_incident *out, struct rbk_error *err)
{
    struct rbk_store *store = w->cli->store;
    int rc = rbk_store_begin(store, err);
    if (rc < 0)
        return rc;
    rc = rbk_incident_open(store, w->cli->config, &w->o, out, err);
    w->cli->queued = rc == 0;
    if (rc == 0)
        return rbk_store_commit(store, err);
    rbk_store_rollback(store);
    return rc;
}

int rbk_incident_word_open(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct opening w = {.cli = cli, .by = rbk_cli_user(), .text = rbk_incident_text(args, 2)};
    struct rbk_incident i = {0};
    w.o = (struct rbk_incident_opening){.key = args->rest.items[1],
                                        .title = rbk_args_get(args, "title"),
                                        .priority = rbk_args_get(args, "priority"),
                                        .contact = rbk_args_get(args, "contact"),
                                        .text = w.text,
                                        .by = w.by,
                                        .now_ms = rbk_clock_wall_ms()};
    int rc = rbk_cli_store(cli, err);
    if (rc == 0)
        rc = find_run(&w, rbk_args_get(args, "run"), err);
    if (rc == 0) {
        take_from_runbook(&w);
        ask_who(&w);
        rc = write_opening(&w, &i, err);
    }
    if (rc == 0 && !rbk_incident_is_heard(cli->config, &i, w.o.now_ms))
        rbk_incident_warn_unheard(i.key);
    if (rc == 0)
        rc = rbk_incident_print(cli, &i, err);
    rbk_incident_fini(&i);
    rbk_plan_free(w.plan);
    rbk_value_free(w.oncall);
    free(w.run);
    free(w.text);
    free(w.by);
    return rc;
}

/* ---- ack, note, resolve ---- */

typedef int change_fn(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident_change *c,
                      struct rbk_error *err);

static int write_change(struct rbk_cli *cli, const char *key, struct rbk_incident_change *c, change_fn *fn,
                        struct rbk_incident *i, struct rbk_error *err)
{
    int rc = rbk_store_begin(cli->store, err);
    if (rc < 0)
        return rc;
    rc = rbk_incident_find(cli->store, key, i, err);
    c->id = i->id;
    if (rc == 0)
        rc = fn(cli->store, cli->config, c, err);
    cli->queued = rc >= 0;
    int committed = rc >= 0 ? rbk_store_commit(cli->store, err) : rc;
    if (rc < 0)
        rbk_store_rollback(cli->store);
    return committed < 0 ? committed : rc;
}

static void tell_theirs(const struct rbk_cli *cli, const struct rbk_incident *i, const char *text)
{
    char when[RBK_TIME_SIZE];
    rbk_time_local(i->acked_ms, when);
    if (!cli->quiet)
        fprintf(stderr, "runbook: %s has it already, since %s: %s\n", i->acked_by, when,
                text ? "the text is noted" : "nobody is told again");
}

/* The incident as it is now. */
static int print_changed(struct rbk_cli *cli, int64_t id, struct rbk_error *err)
{
    struct rbk_incident i = {0};
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)id);
    int rc = rbk_incident_find(cli->store, number, &i, err);
    if (rc == 0)
        rc = rbk_incident_print(cli, &i, err);
    rbk_incident_fini(&i);
    return rc;
}

static int change(struct rbk_cli *cli, const struct rbk_args *args, change_fn *fn, struct rbk_error *err)
{
    struct rbk_incident i = {0};
    char *by = rbk_cli_user(), *text = rbk_incident_text(args, 2);
    struct rbk_incident_change c = {.by = by, .text = text, .now_ms = rbk_clock_wall_ms()};
    cli->acts = true;
    int rc = rbk_cli_store_existing(cli, err);
    if (rc == RBK_ENOENT) {
        rbk_error_set(err, RBK_ENOENT, "there is no incident %s", args->rest.items[1]);
        rbk_error_hint(err, "open one with `runbook incident open %s`", args->rest.items[1]);
    }
    if (rc == 0)
        rc = write_change(cli, args->rest.items[1], &c, fn, &i, err);
    if (rc > 0)
        tell_theirs(cli, &i, text);
    if (rc >= 0)
        rc = print_changed(cli, i.id, err);
    rbk_incident_fini(&i);
    free(text);
    free(by);
    return rc;
}

int rbk_incident_word_ack(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return change(cli, args, rbk_incident_ack, err);
}

int rbk_incident_word_note(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return change(cli, args, rbk_incident_note, err);
}

int rbk_incident_word_resolve(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    return change(cli, args, rbk_incident_resolve, err);
}
