/* approve and reject: a person's decision is written beside the question. Whoever resumes the run finds it there. */
#include <run/machine.h>
#include <run/waiting.h>

struct open_gate {
    char run_id[RBK_ULID_SIZE];
    char *path, *step, *kind, *question;
    rbk_value *spec;
};

struct open_gates {
    struct open_gate *items;
    size_t count, cap;
};

static int collect(void *arg, const char *run_id, const char *path, const struct rbk_gate_row *g)
{
    struct open_gates *gates = arg;
    RBK_GROW(gates->items, gates->count, gates->cap);
    struct open_gate *to = &gates->items[gates->count++];
    *to = (struct open_gate){.path = rbk_strdup(path),
                             .step = rbk_strdup(g->step),
                             .kind = rbk_strdup(g->kind),
                             .question = rbk_strdup(g->question),
                             .spec = g->spec ? rbk_value_dup(g->spec) : NULL};
    snprintf(to->run_id, sizeof to->run_id, "%s", run_id);
    return 0;
}

static void open_gates_fini(struct open_gates *gates)
{
    for (size_t i = 0; i < gates->count; i++) {
        free(gates->items[i].path);
        free(gates->items[i].step);
        free(gates->items[i].kind);
        free(gates->items[i].question);
        rbk_value_free(gates->items[i].spec);
    }
    free(gates->items);
}

/* A step is named as waiting_for names it, by its key, or by its id alone. */
static bool is_named(const struct open_gate *g, const char *step)
{
    const char *last = strrchr(g->path, '/');
    return strcmp(g->path, step) == 0 || strcmp(g->step, step) == 0 || (last && strcmp(last + 1, step) == 0);
}

static int list_them(const struct open_gates *gates, int code, const char *what, struct rbk_error *err)
{
    struct rbk_buf names = {0};
    for (size_t i = 0; i < gates->count; i++)
        rbk_buf_printf(&names, "%s%s", i ? ", " : "", gates->items[i].path);
    rbk_error_set(err, code, "%s", what);
    rbk_error_hint(err, "steps that ask: %.400s", names.data ? names.data : "none");
    rbk_buf_fini(&names);
    return code;
}

static int decide_one(struct rbk_store *s, const struct open_gate *g, const struct rbk_decision_given *d,
                      struct rbk_error *err)
{
    rbk_value *answers = NULL;
    int rc = d->approve ? rbk_gate_spec_parse(g->spec, d->answers, &answers, err) : 0;
    if (rc == 0) {
        struct rbk_gate_row row = {.step = g->step,
                                   .kind = g->kind,
                                   .question = g->question,
                                   .decision = d->approve ? "approved" : "rejected",
                                   .answers = answers,
                                   .by = (char *)(uintptr_t)d->by,
                                   .why = (char *)(uintptr_t)d->why,
                                   .answered_ms = rbk_clock_wall_ms()};
        rc = rbk_journal_gate_answer(s, g->run_id, &row, err);
    }
    rbk_value_free(answers);
    return rc;
}

static int decide_named(struct rbk_store *s, const struct open_gates *gates, const struct rbk_decision_given *d,
                        struct rbk_error *err)
{
    bool several = gates->count > 1 && strcmp(gates->items[0].path, gates->items[gates->count - 1].path) != 0;
    if (!d->step && d->approve && several)
        return list_them(gates, RBK_EINVAL, "several steps ask: say which one is approved", err);
    int rc = 0;
    size_t decided = 0;
    for (size_t i = 0; i < gates->count && rc == 0; i++) {
        if (!d->step || is_named(&gates->items[i], d->step)) {
            rc = decide_one(s, &gates->items[i], d, err);
            decided++;
        }
    }
    if (rc == 0 && decided == 0)
        return list_them(gates, RBK_ENOENT, "no step of that name asks anything", err);
    return rc;
}

static int check_waiting(struct rbk_store *s, const char *run_id, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    int rc = rbk_journal_run_get(s, run_id, &row, err);
    if (rc == 0)
        rc = rbk_report_state(s, &row, err);
    if (rc == 0 && row.state != RBK_RUN_WAITING) {
        rbk_error_set(err, RBK_EINVAL, "run %.12s waits for nobody: it is %s", run_id, rbk_run_state_name(row.state));
        rc = rbk_error_hint(err, "runbook status shows what waits");
    }
    rbk_run_row_fini(&row);
    return rc;
}

int rbk_gate_decide(struct rbk_store *s, const char *run_id, const struct rbk_decision_given *d, struct rbk_error *err)
{
    struct open_gates gates = {0};
    int rc = check_waiting(s, run_id, err);
    if (rc == 0)
        rc = rbk_waiting_each(s, run_id, collect, &gates, err);
    if (rc == 0 && gates.count == 0) {
        rbk_error_set(err, RBK_EINVAL, "every question of run %.12s is answered", run_id);
        rc = rbk_error_hint(err, "go on with it: runbook resume %.12s", run_id);
    }
    if (rc == 0)
        rc = rbk_store_begin(s, err);
    if (rc == 0) {
        rc = decide_named(s, &gates, d, err);
        rc = rc < 0 ? rc : rbk_store_commit(s, err);
        if (rc < 0)
            rbk_store_rollback(s);
    }
    open_gates_fini(&gates);
    return rc;
}
