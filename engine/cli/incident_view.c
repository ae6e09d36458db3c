/* An incident as people and programs see it. */
#include <cli/incident_commands.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/stored_run.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

rbk_value *rbk_incident_time_value(int64_t ms)
{
    char text[RBK_TIME_SIZE];
    if (ms == 0)
        return rbk_null_new();
    rbk_time_rfc3339(ms, text);
    return rbk_string_new(text);
}

char *rbk_incident_text(const struct rbk_args *args, size_t from)
{
    struct rbk_buf out = {0};
    for (size_t i = from; i < args->rest.count; i++)
        rbk_buf_printf(&out, "%s%s", i > from ? " " : "", args->rest.items[i]);
    return args->rest.count > from ? rbk_buf_take(&out) : NULL;
}

static void set_row(rbk_value *v, const struct rbk_incident *i)
{
    rbk_map_set_int(v, "id", i->id);
    rbk_map_set_string(v, "key", i->key);
    rbk_map_set_string(v, "title", i->title);
    rbk_map_set_string(v, "priority", i->priority);
    rbk_map_set_string(v, "state", rbk_incident_state_name(i->state));
    rbk_map_set(v, "opened", rbk_incident_time_value(i->opened_ms));
    rbk_map_set_string(v, "acknowledged_by", i->acked_by);
    rbk_map_set_int(v, "level", i->level);
    rbk_map_set_string(v, "called", i->called);
    rbk_map_set(v, "next_call", rbk_incident_time_value(i->due_ms));
}

rbk_value *rbk_incident_row_value(const struct rbk_incident *i)
{
    rbk_value *v = rbk_map_new();
    set_row(v, i);
    return v;
}

static int add_line(void *list, const struct rbk_incident_line *l)
{
    rbk_value *v = rbk_map_new();
    rbk_map_set(v, "at", rbk_incident_time_value(l->at_ms));
    rbk_map_set_string(v, "kind", l->kind);
    rbk_map_set_string(v, "by", l->by);
    rbk_map_set_string(v, "text", l->text);
    rbk_list_append(list, v);
    return 0;
}

static int set_runs(struct rbk_cli *cli, int64_t id, rbk_value *v, struct rbk_error *err)
{
    struct rbk_strv runs = {0};
    rbk_value *list = rbk_list_new();
    int rc = rbk_incident_runs(cli->store, id, &runs, err);
    for (size_t i = 0; i < runs.count; i++)
        rbk_list_append(list, rbk_string_new(runs.items[i]));
    rbk_map_set(v, "runs", list);
    rbk_strv_fini(&runs);
    return rc;
}

int rbk_incident_value(struct rbk_cli *cli, const struct rbk_incident *i, rbk_value **out, struct rbk_error *err)
{
    rbk_value *v = rbk_map_new(), *lines = rbk_list_new();
    rbk_map_set_string(v, "schema", "runbook.incident/1");
    set_row(v, i);
    rbk_map_set_string(v, "runbook", i->runbook);
    rbk_map_set_string(v, "opened_by", i->opened_by);
    rbk_map_set(v, "acknowledged", rbk_incident_time_value(i->acked_ms));
    rbk_map_set(v, "resolved", rbk_incident_time_value(i->resolved_ms));
    rbk_map_set_string(v, "resolved_by", i->resolved_by);
    int rc = rbk_incident_timeline(cli->store, i->id, add_line, lines, err);
    rbk_map_set(v, "timeline", lines);
    if (rc == 0)
        rc = set_runs(cli, i->id, v, err);
    *out = rc == 0 ? v : NULL;
    if (rc < 0)
        rbk_value_free(v);
    return rc;
}

static enum rbk_tint state_tint(enum rbk_incident_state s)
{
    static const enum rbk_tint tints[] = {RBK_RED, RBK_YELLOW, RBK_GREEN};
    return tints[s];
}

void rbk_incident_put_line(struct rbk_cli *cli, struct rbk_buf *out, const struct rbk_incident *i, int64_t now_ms)
{
    char age[RBK_TIME_SIZE], state[16];
    size_t columns = cli->out.terminal && cli->out.columns > 70 ? (size_t)cli->out.columns : 160;
    rbk_duration_format((i->resolved_ms ? i->resolved_ms : now_ms) - i->opened_ms, age);
    snprintf(state, sizeof state, "%-12s", rbk_incident_state_name(i->state));
    rbk_buf_printf(out, "%4lld  ", (long long)i->id);
    size_t used = rbk_style_fit(out, i->priority, 10);
    rbk_style_pad(out, used, 10);
    rbk_style_put(&cli->out, out, state_tint(i->state), state);
    rbk_buf_printf(out, " %8s  ", age);
    used = 39 + rbk_style_fit(out, i->key, columns - 39);
    if (strcmp(i->title, i->key) != 0 && used + 12 < columns) {
        rbk_buf_puts(out, "  ");
        rbk_style_fit(out, i->title, columns - used - 2);
    }
    rbk_buf_putc(out, '\n');
}

struct printing {
    struct rbk_cli *cli;
    struct rbk_buf out;
};

static int put_line(void *arg, const struct rbk_incident_line *l)
{
    struct printing *p = arg;
    char when[RBK_TIME_SIZE];
    rbk_time_local(l->at_ms, when);
    rbk_buf_printf(&p->out, "  %s  %-12s  ", when, l->kind);
    if (l->by) {
        rbk_style_fit(&p->out, l->by, 40);
        rbk_buf_puts(&p->out, l->text ? ": " : "");
    }
    rbk_style_fit(&p->out, l->text ? l->text : "", 1000);
    rbk_buf_putc(&p->out, '\n');
    return 0;
}

static void put_next(struct printing *p, const struct rbk_incident *i)
{
    char when[RBK_TIME_SIZE];
    if (i->state == RBK_INCIDENT_OPEN && i->due_ms) {
        rbk_time_local(i->due_ms, when);
        rbk_buf_printf(
            &p->out, "\nnobody has acknowledged it: the next call is at %s\nnext            runbook incident ack %s\n",
            when, i->key);
    } else if (i->state == RBK_INCIDENT_ACKNOWLEDGED) {
        rbk_buf_printf(&p->out, "\nnext            runbook incident resolve %s\n", i->key);
    } else if (i->state == RBK_INCIDENT_RESOLVED) {
        rbk_buf_printf(&p->out, "\nnext            runbook incident postmortem %s\n", i->key);
    }
}

static int put_runs(struct printing *p, int64_t id, struct rbk_error *err)
{
    struct rbk_strv runs = {0};
    char brief[RBK_ULID_SIZE];
    int rc = rbk_incident_runs(p->cli->store, id, &runs, err);
    for (size_t i = 0; i < runs.count; i++)
        rbk_buf_printf(&p->out, "%s%s", i ? ", " : "\nruns            ",
                       rbk_stored_run_short(p->cli, runs.items[i], brief));
    if (runs.count)
        rbk_buf_putc(&p->out, '\n');
    rbk_strv_fini(&runs);
    return rc;
}

static int print_text(struct rbk_cli *cli, const struct rbk_incident *i, struct rbk_error *err)
{
    struct printing p = {.cli = cli};
    rbk_incident_put_line(cli, &p.out, i, rbk_clock_wall_ms());
    int rc = rbk_incident_timeline(cli->store, i->id, put_line, &p, err);
    if (rc == 0)
        rc = put_runs(&p, i->id, err);
    if (rc == 0) {
        put_next(&p, i);
        rbk_style_write(&cli->out, &p.out);
    }
    rbk_buf_fini(&p.out);
    return rc;
}

int rbk_incident_print(struct rbk_cli *cli, const struct rbk_incident *i, struct rbk_error *err)
{
    rbk_value *document = NULL;
    if (!cli->json)
        return print_text(cli, i, err);
    int rc = rbk_incident_value(cli, i, &document, err);
    return rc == 0 ? rbk_cli_print_json(document) : rc;
}
