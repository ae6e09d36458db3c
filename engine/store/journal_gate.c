/* Gates: what a person was asked and what they answered. A gate is known by run, step and kind; asking again (a retry)
 * opens it again. An answer is given once: the second person to answer is told who was first. */
#include <store/journal.h>

#include <store/row.h>

#include <stdlib.h>
#include <string.h>

void rbk_gate_row_fini(struct rbk_gate_row *r)
{
    char *strings[] = {r->step, r->kind, r->question, r->decision, r->by, r->why};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        free(strings[i]);
    rbk_value_free(r->spec);
    rbk_value_free(r->answers);
    memset(r, 0, sizeof *r);
}

int rbk_journal_gate_ask(struct rbk_store *s, const char *run, const struct rbk_gate_row *g, struct rbk_error *err)
{
    static const char sql[] =
        "INSERT INTO gates(run, step, kind, question, spec, asked_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT(run, step, kind) DO UPDATE SET question = ?4, spec = ?5, asked_ms = ?6, decision = NULL,"
        " answers = NULL, by = NULL, why = NULL, answered_ms = 0";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, run);
    rbk_bind_text(q, 2, g->step);
    rbk_bind_text(q, 3, g->kind);
    rbk_bind_text(q, 4, g->question);
    rbk_bind_value(q, 5, g->spec);
    rbk_bind_int(q, 6, g->asked_ms);
    return rbk_stmt_run(q, err);
}

static int say_why_unanswered(struct rbk_store *s, const char *run, const struct rbk_gate_row *g, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "SELECT decision, by FROM gates WHERE run = ?1 AND step = ?2 AND kind = ?3");
    rbk_bind_text(q, 1, run);
    rbk_bind_text(q, 2, g->step);
    rbk_bind_text(q, 3, g->kind);
    int rc = rbk_stmt_step(q, err);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        rc = rbk_error_set(err, RBK_ENOENT, "step %s of run %s does not ask anybody (%s)", g->step, run, g->kind);
    } else {
        const char *by = rbk_col_text(q, 1);
        rc = rbk_error_set(err, RBK_EINVAL, "step %s of run %s was already %s by %s", g->step, run, rbk_col_text(q, 0),
                           by ? by : "somebody");
    }
    rbk_stmt_end(q);
    return rc;
}

int rbk_journal_gate_answer(struct rbk_store *s, const char *run, const struct rbk_gate_row *g, struct rbk_error *err)
{
    static const char sql[] = "UPDATE gates SET decision = ?4, answers = ?5, by = ?6, why = ?7, answered_ms = ?8"
                              " WHERE run = ?1 AND step = ?2 AND kind = ?3 AND decision IS NULL";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, run);
    rbk_bind_text(q, 2, g->step);
    rbk_bind_text(q, 3, g->kind);
    rbk_bind_text(q, 4, g->decision);
    rbk_bind_value(q, 5, g->answers);
    rbk_bind_text(q, 6, g->by);
    rbk_bind_text(q, 7, g->why);
    rbk_bind_int(q, 8, g->answered_ms);
    int rc = rbk_stmt_run(q, err);
    return rc || rbk_store_changes(s) > 0 ? rc : say_why_unanswered(s, run, g, err);
}

int rbk_journal_gates_forget(struct rbk_store *s, const char *run, const char *step, struct rbk_error *err)
{
    struct rbk_stmt *q = rbk_stmt(s, "DELETE FROM gates WHERE run = ?1 AND step = ?2");
    rbk_bind_text(q, 1, run);
    rbk_bind_text(q, 2, step);
    return rbk_stmt_run(q, err);
}

static int read_gate(struct rbk_stmt *q, struct rbk_gate_row *g, struct rbk_error *err)
{
    g->step = rbk_col_dup(q, 0);
    g->kind = rbk_col_dup(q, 1);
    g->question = rbk_col_dup(q, 2);
    g->decision = rbk_col_dup(q, 4);
    g->by = rbk_col_dup(q, 6);
    g->why = rbk_col_dup(q, 7);
    g->asked_ms = rbk_col_int(q, 8);
    g->answered_ms = rbk_col_int(q, 9);
    int rc = rbk_col_value(q, 3, &g->spec, err);
    return rc ? rc : rbk_col_value(q, 5, &g->answers, err);
}

int rbk_journal_gates(struct rbk_store *s, const char *run, rbk_gate_row_fn *fn, void *arg, struct rbk_error *err)
{
    static const char sql[] = "SELECT step, kind, question, spec, decision, answers, by, why, asked_ms, answered_ms"
                              " FROM gates WHERE run = ?1 ORDER BY n";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, run);
    int rc;
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        struct rbk_gate_row row = {0};
        rc = read_gate(q, &row, err);
        if (!rc)
            rc = fn(arg, &row);
        rbk_gate_row_fini(&row);
        if (rc)
            break;
    }
    rbk_stmt_end(q);
    return rc;
}
