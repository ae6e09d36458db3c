/* A recorded run as a document: schema runbook.run/1; as a value, or as text that is written a step at a time. */
#include <run/run.h>

#include <base/str.h>
#include <run/report_steps.h>
#include <run/waiting.h>
#include <string.h>

static int collect_waiting(void *arg, const char *run_id, const char *path, const struct rbk_gate_row *g)
{
    rbk_value *entry = rbk_map_new();
    (void)run_id;
    rbk_map_set_string(entry, "step", path);
    rbk_map_set_string(entry, "kind", g->kind);
    rbk_map_set_string(entry, "question", g->question);
    rbk_map_set(entry, "answers", g->spec ? rbk_value_dup(g->spec) : rbk_map_new());
    rbk_list_append(arg, entry);
    return 0;
}

int rbk_report_waiting(struct rbk_store *s, const char *run_id, rbk_value **out, struct rbk_error *err)
{
    rbk_value *waiting = rbk_list_new();
    int rc = rbk_waiting_each(s, run_id, collect_waiting, waiting, err);
    if (rc == 0)
        *out = waiting;
    else
        rbk_value_free(waiting);
    return rc;
}

static void set_run_fields(rbk_value *doc, const struct rbk_run_row *run)
{
    char started[RBK_TIME_SIZE];
    rbk_time_rfc3339(run->started_ms, started);
    rbk_map_set_string(doc, "schema", "runbook.run/1");
    rbk_map_set_string(doc, "run", run->id);
    rbk_map_set_string(doc, "runbook", run->runbook);
    rbk_map_set_string(doc, "title", run->title);
    rbk_map_set_string(doc, "state", rbk_run_state_name(run->state));
    report_set_measured(doc, "exit", run->exit);
    rbk_map_set_string(doc, "started", started);
    rbk_map_set_int(doc, "duration_ms", run->duration_ms);
    rbk_map_set_string(doc, "reason", run->reason);
    rbk_map_set_string(doc, "by", run->by);
    rbk_map_set_string(doc, "parent", run->parent);
    rbk_map_set(doc, "params", run->params ? rbk_value_dup(run->params) : rbk_map_new());
}

/* All but the steps, which come last. */
static int describe(struct rbk_store *s, const char *run_id, struct rbk_run_row *run, rbk_value *doc,
                    struct rbk_error *err)
{
    rbk_value *facts = NULL, *waiting = NULL;
    int rc = rbk_journal_run_get(s, run_id, run, err);
    if (rc == 0)
        rc = rbk_report_state(s, run, err);
    if (rc < 0)
        return rc;
    set_run_fields(doc, run);
    rc = rbk_journal_facts(s, run->id, &facts, err);
    rbk_map_set(doc, "facts", facts ? facts : rbk_map_new());
    if (rc == 0 && run->state == RBK_RUN_WAITING)
        rc = rbk_report_waiting(s, run->id, &waiting, err);
    rbk_map_set(doc, "waiting_for", waiting ? waiting : rbk_list_new());
    return rc;
}

static int append_step(void *arg, rbk_value *step)
{
    rbk_list_append(arg, step);
    return 0;
}

int rbk_report_value(struct rbk_store *s, const char *run_id, rbk_value **out, struct rbk_error *err)
{
    struct rbk_run_row run = {0};
    rbk_value *doc = rbk_map_new(), *steps = rbk_list_new();
    int rc = describe(s, run_id, &run, doc, err);
    if (rc == 0)
        rc = rbk_report_steps(s, &run, append_step, steps, err);
    rbk_map_set(doc, "steps", steps);
    rbk_run_row_fini(&run);
    if (rc == 0)
        *out = doc;
    else
        rbk_value_free(doc);
    return rc;
}

/* ---- as text ----------------------------------------------------------------------------------------------------- */

struct writing {
    struct rbk_buf text;
    rbk_report_sink_fn *sink;
    void *arg;
    size_t count;
};

static int write_step(void *arg, rbk_value *step)
{
    enum { INDENT = 2, DEPTH = 2, PORTION = 65536 };
    struct writing *w = arg;
    rbk_buf_puts(&w->text, w->count++ ? ",\n    " : "\n    ");
    rbk_json_append(&w->text, step, INDENT, DEPTH);
    rbk_value_free(step);
    if (w->text.len < PORTION)
        return 0;
    int rc = w->sink(w->arg, w->text.data, w->text.len);
    rbk_buf_clear(&w->text);
    return rc;
}

int rbk_report_write(struct rbk_store *s, const char *run_id, rbk_report_sink_fn *sink, void *arg,
                     struct rbk_error *err)
{
    struct rbk_run_row run = {0};
    struct writing w = {.sink = sink, .arg = arg};
    rbk_value *doc = rbk_map_new();
    int rc = describe(s, run_id, &run, doc, err);
    if (rc == 0) {
        rbk_json_append(&w.text, doc, 2, 0);
        w.text.len -= strlen("\n}"); /* it goes on */
        rbk_buf_puts(&w.text, ",\n  \"steps\": [");
        rc = rbk_report_steps(s, &run, write_step, &w, err);
    }
    if (rc == 0) {
        rbk_buf_puts(&w.text, w.count ? "\n  ]\n}\n" : "]\n}\n");
        rc = sink(arg, w.text.data, w.text.len);
    }
    rbk_buf_fini(&w.text);
    rbk_value_free(doc);
    rbk_run_row_fini(&run);
    return rc;
}
