/* `incident suggest`: the runbooks whose trigger holds now, with the numbers that say so. It only reads. */
#include <cli/incident_commands.h>
#include <cli/triggers.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    struct rbk_cli *cli;
    struct rbk_buf text;
    rbk_value *rows;
    bool all;
    struct rbk_error err;
};

static rbk_value *holds_value(enum rbk_truth truth)
{
    return truth == RBK_TRUE || truth == RBK_FALSE ? rbk_bool_new(truth == RBK_TRUE) : rbk_null_new();
}

static rbk_value *facts_value(const struct rbk_trigger *t)
{
    rbk_value *list = rbk_list_new();
    for (size_t i = 0; i < t->names->count; i++) {
        const char *name = t->names->items[i];
        const rbk_value *v = rbk_known_fact(t->known, name);
        rbk_value *fact = rbk_map_new();
        rbk_map_set_string(fact, "name", name);
        rbk_map_set(fact, "value", v ? rbk_value_dup(v) : rbk_null_new());
        rbk_map_set(fact, "measured", rbk_incident_time_value(rbk_known_fact_at(t->known, name)));
        rbk_map_set_string(fact, "source", rbk_known_fact_source(t->known, name));
        rbk_list_append(list, fact);
    }
    return list;
}

static rbk_value *row_value(const struct rbk_trigger *t, int64_t incident)
{
    rbk_value *row = rbk_map_new();
    rbk_map_set_string(row, "runbook", t->plan->id);
    rbk_map_set_string(row, "title", t->plan->title);
    rbk_map_set_string(row, "priority", t->plan->priority);
    rbk_map_set_string(row, "trigger", rbk_expr_text(t->plan->trigger));
    rbk_map_set(row, "holds", holds_value(t->verdict.truth));
    rbk_map_set_string(row, "explain", t->verdict.explain);
    rbk_map_set(row, "facts", facts_value(t));
    rbk_map_set(row, "incident", incident ? rbk_int_new(incident) : rbk_null_new());
    return row;
}

static void put_fact(struct listing *l, const struct rbk_trigger *t, const char *name)
{
    const rbk_value *v = rbk_known_fact(t->known, name);
    int64_t at = rbk_known_fact_at(t->known, name);
    char when[RBK_TIME_SIZE];
    rbk_buf_printf(&l->text, "    %s ", name);
    char *text = v ? rbk_value_text(v) : rbk_strdup("is not known");
    rbk_style_fit(&l->text, text, 60);
    free(text);
    if (at) {
        rbk_time_local(at, when);
        rbk_buf_printf(&l->text, "  measured %s", when);
    }
    const char *source = rbk_known_fact_source(t->known, name);
    if (source) {
        rbk_buf_puts(&l->text, "  (");
        rbk_style_fit(&l->text, source, 80);
        rbk_buf_putc(&l->text, ')');
    }
    rbk_buf_putc(&l->text, '\n');
}

static void put_row(struct listing *l, const struct rbk_trigger *t, int64_t incident)
{
    static const char *const words[] = {"does not hold", "holds", "not known", "no data"};
    size_t used = rbk_style_fit(&l->text, t->plan->id, 60);
    rbk_style_pad(&l->text, used, 32);
    rbk_style_put(&l->cli->out, &l->text, t->verdict.truth == RBK_TRUE ? RBK_RED : RBK_DIM, words[t->verdict.truth]);
    rbk_buf_printf(&l->text, "  %s", rbk_expr_text(t->plan->trigger));
    if (incident)
        rbk_buf_printf(&l->text, "  incident %lld is open", (long long)incident);
    rbk_buf_putc(&l->text, '\n');
    for (size_t i = 0; i < t->names->count; i++)
        put_fact(l, t, t->names->items[i]);
}

static int find_incident(struct listing *l, const char *runbook, int64_t *id)
{
    struct rbk_incident i = {0};
    char *key = rbk_incident_key_of(runbook);
    *id = 0;
    int rc = l->cli->store ? rbk_incident_find_open(l->cli->store, key, &i, &l->err) : 0;
    free(key);
    if (rc == 1)
        *id = i.id;
    rbk_incident_fini(&i);
    return rc < 0 ? rc : 0;
}

static int list_trigger(void *arg, const struct rbk_trigger *t)
{
    struct listing *l = arg;
    int64_t incident;
    if (!l->all && t->verdict.truth != RBK_TRUE)
        return 0;
    int rc = find_incident(l, t->plan->id, &incident);
    if (rc < 0)
        return rc;
    rbk_list_append(l->rows, row_value(t, incident));
    put_row(l, t, incident);
    return 0;
}

static int print_listing(struct listing *l)
{
    if (l->cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.incident.suggest/1");
        rbk_map_set(document, "suggestions", l->rows);
        l->rows = NULL;
        return rbk_cli_print_json(document);
    }
    if (rbk_value_length(l->rows) == 0)
        rbk_buf_puts(&l->text, l->all ? "no runbook has a trigger\n" : "no trigger holds\n");
    rbk_style_write(&l->cli->out, &l->text);
    return 0;
}

int rbk_incident_word_suggest(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    struct listing l = {.cli = cli, .rows = rbk_list_new(), .all = rbk_args_has(args, "all")};
    int rc = rbk_cli_store_read(cli, err);
    if (rc == 0 || rc == RBK_ENOENT) {
        *err = (struct rbk_error){0};
        rc = rbk_triggers_each(cli, list_trigger, &l, err);
    }
    if (rc < 0 && err->code == 0)
        *err = l.err;
    if (rc == 0)
        rc = print_listing(&l);
    rbk_value_free(l.rows);
    rbk_buf_fini(&l.text);
    return rc;
}
