/* `status`: what runs and what waits, and for what, and which incidents are open; or one run, step by step. */
#include <cli/commands.h>
#include <cli/next_lines.h>
#include <cli/recorded_view.h>
#include <cli/run_table.h>
#include <cli/stored_run.h>
#include <cli/telemetry.h>

#include <base/mem.h>
#include <incident/incident.h>
#include <stdlib.h>
#include <string.h>

static const struct rbk_option options[] = {
    {"format", 0, "NAME", "of one run: otlp (its trace, as collectors take it)"},
    {0},
};

struct open_runs {
    struct rbk_cli *cli;
    struct rbk_buf text;
    rbk_value *runs;
};

enum { INDENT = 14 };

/* What one run does, below its line. */
static void put_below(struct open_runs *o, const char *state, const char *text)
{
    char *line = rbk_asprintf("%s: %s", state, text);
    rbk_buf_printf(&o->text, "%*s", INDENT, "");
    rbk_style_wrap(&o->cli->out, &o->text, line, INDENT);
    rbk_buf_putc(&o->text, '\n');
    free(line);
}

static void put_waiting_for(struct open_runs *o, const rbk_value *waiting)
{
    for (size_t i = 0; i < rbk_value_length(waiting); i++) {
        const rbk_value *w = rbk_list_at(waiting, i);
        const char *question = rbk_map_get_string(w, "question"), *step = rbk_map_get_string(w, "step");
        put_below(o, "waits for a person", question ? question : step ? step : "?");
    }
}

static void put_running_steps(struct open_runs *o, const rbk_value *steps)
{
    for (size_t i = 0; i < rbk_value_length(steps); i++) {
        const rbk_value *step = rbk_list_at(steps, i);
        const char *state = rbk_map_get_string(step, "state"), *title = rbk_map_get_string(step, "title");
        if (state && title && (strcmp(state, "running") == 0 || strcmp(state, "in-doubt") == 0))
            put_below(o, state, title);
    }
}

struct answered {
    bool yes, no;
};

static int take_answer(void *arg, const struct rbk_gate_row *g)
{
    struct answered *a = arg;
    a->yes = a->yes || (g->decision && strcmp(g->decision, "approved") == 0);
    a->no = a->no || (g->decision && strcmp(g->decision, "rejected") == 0);
    return 0;
}

/* Every question is answered: it goes on when somebody says so. An answer to a called run is not looked for. */
static void put_answered(struct open_runs *o, const char *run)
{
    struct answered a = {0};
    char id[RBK_ULID_SIZE];
    rbk_journal_gates(o->cli->store, run, take_answer, &a, NULL);
    const char *how = a.yes == a.no ? "answered" : a.yes ? "approved" : "rejected";
    rbk_buf_printf(&o->text, "%*s%s, not resumed: runbook resume %s\n", INDENT, "", how,
                   rbk_stored_run_short(o->cli, run, id));
}

static int list_open(void *arg, const struct rbk_run_row *stored)
{
    struct open_runs *o = arg;
    struct rbk_run_row row = *stored; /* borrowed strings; only the state is corrected */
    struct rbk_error err;
    rbk_value *report = NULL;
    rbk_report_state(o->cli->store, &row, &err);
    if (row.state != RBK_RUN_RUNNING && row.state != RBK_RUN_WAITING && row.state != RBK_RUN_INTERRUPTED)
        return 0;
    rbk_value *v = rbk_run_table_value(&row);
    rbk_run_table_row(o->cli, &o->text, &row);
    if (rbk_report_value(o->cli->store, row.id, &report, &err) == 0) {
        const rbk_value *waiting = rbk_map_get(report, "waiting_for");
        put_waiting_for(o, waiting);
        if (row.state == RBK_RUN_WAITING && !rbk_value_length(waiting))
            put_answered(o, row.id);
        put_running_steps(o, rbk_map_get(report, "steps"));
        rbk_map_set(v, "waiting_for", waiting ? rbk_value_dup(waiting) : rbk_list_new());
    }
    rbk_value_free(report);
    rbk_list_append(o->runs, v);
    return 0;
}

struct unresolved {
    struct rbk_buf keys; /* of the newest ones */
    size_t count;
};

static int count_incident(void *arg, const struct rbk_incident *i)
{
    enum { SHOWN = 5 };
    struct unresolved *u = arg;
    if (u->count < SHOWN)
        rbk_buf_printf(&u->keys, "%s%s", u->count ? ", " : "", i->key);
    else if (u->count == SHOWN)
        rbk_buf_puts(&u->keys, ", ...");
    u->count++;
    return 0;
}

static int put_incidents(struct open_runs *o, struct rbk_error *err)
{
    struct unresolved u = {0};
    if (!rbk_store_has(o->cli->store, &rbk_incident_schema))
        return 0;
    int rc = rbk_incident_list(o->cli->store, false, count_incident, &u, err);
    if (u.count) {
        char *line = rbk_asprintf("%zu incident%s open: %s", u.count, u.count == 1 ? "" : "s", u.keys.data);
        rbk_style_wrap(&o->cli->out, &o->text, line, 0);
        rbk_buf_putc(&o->text, '\n');
        rbk_next_label(&o->text, "next", "runbook incident list");
        free(line);
    }
    rbk_buf_fini(&u.keys);
    return rc;
}

static int print_open(struct open_runs *o, bool has_store, struct rbk_error *err)
{
    int rc = 0;
    if (o->cli->json) {
        rbk_value *document = rbk_map_new();
        rbk_map_set_string(document, "schema", "runbook.status/1");
        rbk_map_set(document, "runs", o->runs);
        o->runs = NULL;
        return rbk_cli_print_json(document);
    }
    if (rbk_value_length(o->runs) == 0)
        rbk_buf_puts(&o->text, "nothing runs, nothing waits\n");
    if (has_store)
        rc = put_incidents(o, err);
    rbk_style_write(&o->cli->out, &o->text);
    return rc;
}

static int show_open_runs(struct rbk_cli *cli, struct rbk_error *err)
{
    static const char *const states[] = {"running", "waiting", "interrupted"};
    struct open_runs o = {.cli = cli, .runs = rbk_list_new()};
    int rc = rbk_cli_store_read(cli, err);
    for (size_t i = 0; rc == 0 && i < 3; i++) {
        struct rbk_run_filter filter = {.state = states[i]};
        rc = rbk_journal_runs(cli->store, &filter, list_open, &o, err);
    }
    if (rc == 0 || rc == RBK_ENOENT)
        rc = print_open(&o, rc == 0, err);
    rbk_value_free(o.runs);
    rbk_buf_fini(&o.text);
    return rc;
}

static int show_run(struct rbk_cli *cli, const char *prefix, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    rbk_value *report = NULL;
    int rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_cli_config(cli, err);
    if (rc == 0)
        rc = rbk_stored_run_find_itself(cli, prefix, &row, err);
    if (rc < 0)
        return rc;
    rc = cli->json ? rbk_stored_run_print(cli, row.id, err) : rbk_report_value(cli->store, row.id, &report, err);
    if (rc == 0 && !cli->json) {
        struct rbk_buf out = {0};
        rbk_recorded_view(&out, cli, &row, report);
        rbk_style_write(&cli->out, &out);
        rbk_buf_fini(&out);
        rbk_value_free(report);
    }
    rbk_run_row_fini(&row);
    return rc;
}

static int show_trace(struct rbk_cli *cli, const char *prefix, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    rbk_value *trace = NULL;
    int rc = rbk_cli_store_read(cli, err);
    if (rc == 0)
        rc = rbk_stored_run_find_itself(cli, prefix, &row, err);
    if (rc == 0)
        rc = rbk_telemetry_trace(cli, row.id, &trace, err);
    rbk_run_row_fini(&row);
    return rc == 0 ? rbk_cli_print_json(trace) : rc;
}

static int refuse_format(const char *format, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "--format: there is no format \"%.40s\" of a run", format);
    return rbk_error_hint(err, "otlp, with the id of a run; --json is this program's own");
}

static int show_status(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err)
{
    const char *format = rbk_args_get(args, "format");
    if (format && (strcmp(format, "otlp") != 0 || !args->rest.count))
        return refuse_format(format, err);
    if (format)
        return show_trace(cli, args->rest.items[0], err);
    return args->rest.count ? show_run(cli, args->rest.items[0], err) : show_open_runs(cli, err);
}

static int run_status(struct rbk_cli *cli, int argc, char **argv)
{
    return rbk_command_do(cli, &rbk_cmd_status, 0, 1, argc, argv, show_status);
}

const struct rbk_command_desc rbk_cmd_status = {
    .name = "status",
    .arguments = "[RUN]",
    .summary = "Show what runs and what waits, or one run's steps.",
    .help = "RUN is any unique prefix of a run's id. A run whose process is gone is shown as\n"
            "interrupted, the step that was in flight as in doubt. Exits 0.\n",
    .options = options,
    .run = run_status};
