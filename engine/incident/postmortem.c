/* A post-mortem as Markdown: what the store knows is filled in, what only people know has a heading. */
#include <incident/rows.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdlib.h>
#include <store/journal.h>
#include <string.h>

struct writing {
    struct rbk_store *store;
    struct rbk_buf out;
};

/* Text inside a line or a table cell: nothing in it is markup, and it stays on its line. */
static void put_text(struct rbk_buf *out, const char *s)
{
    for (; s && *s; s++) {
        if (*s == '\n' || *s == '\r')
            rbk_buf_puts(out, " ");
        else if (*s == '<')
            rbk_buf_puts(out, "&lt;");
        else if (strchr("\\`*_[]|#", *s))
            rbk_buf_printf(out, "\\%c", *s);
        else if ((unsigned char)*s >= 0x20 && *s != 0x7f)
            rbk_buf_putc(out, *s);
    }
}

static void put_time(struct rbk_buf *out, int64_t ms)
{
    char text[RBK_TIME_SIZE];
    rbk_time_rfc3339(ms, text);
    rbk_buf_printf(out, "%.10s %.8s", text, text + 11);
}

static void put_cell(struct rbk_buf *out, const char *s)
{
    rbk_buf_putc(out, ' ');
    put_text(out, s ? s : "");
    rbk_buf_puts(out, " |");
}

static void put_fact(struct rbk_buf *out, const char *name, const char *text)
{
    rbk_buf_printf(out, "| %s |", name);
    put_cell(out, text);
    rbk_buf_puts(out, "\n");
}

static void put_moment(struct rbk_buf *out, const char *name, int64_t at_ms, int64_t opened_ms, const char *by)
{
    char after[RBK_TIME_SIZE];
    if (at_ms == 0) {
        put_fact(out, name, "not yet");
        return;
    }
    rbk_buf_printf(out, "| %s | ", name);
    put_time(out, at_ms);
    if (at_ms > opened_ms) {
        rbk_duration_format(at_ms - opened_ms, after);
        rbk_buf_printf(out, " (after %s)", after);
    }
    if (by) {
        rbk_buf_puts(out, ", by ");
        put_text(out, by);
    }
    rbk_buf_puts(out, " |\n");
}

static void put_head(struct writing *w, const struct rbk_config *config, const struct rbk_incident *i)
{
    struct rbk_buf *out = &w->out;
    rbk_buf_puts(out, "# Post-mortem: ");
    put_text(out, i->title);
    rbk_buf_puts(out, "\n\nTimes are UTC.\n\n| | |\n|---|---|\n");
    put_fact(out, "Project", config->project);
    put_fact(out, "Incident", i->key);
    put_fact(out, "Priority", i->priority);
    put_fact(out, "State", rbk_incident_state_name(i->state));
    put_moment(out, "Opened", i->opened_ms, i->opened_ms, i->opened_by);
    put_moment(out, "Acknowledged", i->acked_ms, i->opened_ms, i->acked_by);
    put_moment(out, "Resolved", i->resolved_ms, i->opened_ms, i->resolved_by);
    rbk_buf_printf(out, "| Escalated | to level %d |\n", i->level);
}

static int put_line(void *arg, const struct rbk_incident_line *l)
{
    struct writing *w = arg;
    rbk_buf_puts(&w->out, "| ");
    put_time(&w->out, l->at_ms);
    rbk_buf_printf(&w->out, " | %s |", l->kind);
    put_cell(&w->out, l->by);
    put_cell(&w->out, l->text);
    rbk_buf_puts(&w->out, "\n");
    return 0;
}

static int put_step(void *arg, const struct rbk_step_row *step)
{
    struct writing *w = arg;
    char time[RBK_TIME_SIZE] = "";
    if (step->duration_ms > 0)
        rbk_duration_format(step->duration_ms, time);
    rbk_buf_puts(&w->out, "|");
    put_cell(&w->out, step->title);
    rbk_buf_printf(&w->out, " %s | %s |", rbk_step_state_name(step->state), time);
    put_cell(&w->out, step->error ? step->error : step->detail);
    rbk_buf_puts(&w->out, "\n");
    return 0;
}

static int put_run(struct writing *w, const char *id, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    struct rbk_buf *out = &w->out;
    char time[RBK_TIME_SIZE];
    int rc = rbk_journal_run_get(w->store, id, &row, err);
    if (rc == RBK_ENOENT) {
        rbk_buf_printf(out, "\n### Run %.12s\n\nIt is not on record any more.\n", id);
        return 0;
    }
    if (rc < 0)
        return rc;
    rbk_duration_format(row.duration_ms, time);
    rbk_buf_puts(out, "\n### ");
    put_text(out, row.runbook);
    rbk_buf_printf(out, "\n\nRun `%.12s`, begun ", row.id);
    put_time(out, row.started_ms);
    rbk_buf_puts(out, " by ");
    put_text(out, row.by ? row.by : "somebody");
    rbk_buf_printf(out, ", %s after %s.\n\n| step | state | took | |\n|---|---|---|---|\n",
                   rbk_run_state_name(row.state), time);
    rbk_run_row_fini(&row);
    return rbk_journal_steps(w->store, id, put_step, w, err);
}

static int put_runs(struct writing *w, const struct rbk_incident *i, struct rbk_error *err)
{
    struct rbk_strv runs = {0};
    int rc = rbk_incident_runs(w->store, i->id, &runs, err);
    rbk_buf_puts(&w->out, "\n## Runs\n");
    if (runs.count == 0)
        rbk_buf_puts(&w->out, "\nNone.\n");
    for (size_t n = 0; rc == 0 && n < runs.count; n++)
        rc = put_run(w, runs.items[n], err);
    rbk_strv_fini(&runs);
    return rc;
}

static const char for_people[] = "\n## Impact\n\nWho was affected, how, and for how long.\n"
                                 "\n## Root cause\n\nWhy it happened, and why it was not noticed earlier.\n"
                                 "\n## What went well, what did not\n\n-\n"
                                 "\n## Actions\n\n| action | owner | due |\n|---|---|---|\n| | | |\n";

int rbk_postmortem_text(struct rbk_store *s, const struct rbk_config *config, const struct rbk_incident *i, char **out,
                        struct rbk_error *err)
{
    struct writing w = {.store = s};
    *out = NULL;
    put_head(&w, config, i);
    rbk_buf_puts(&w.out, "\n## Timeline\n\n| time | what | who | |\n|---|---|---|---|\n");
    int rc = rbk_incident_timeline(s, i->id, put_line, &w, err);
    if (rc == 0)
        rc = put_runs(&w, i, err);
    if (rc == 0) {
        rbk_buf_puts(&w.out, for_people);
        *out = rbk_buf_take(&w.out);
    }
    rbk_buf_fini(&w.out);
    return rc;
}
