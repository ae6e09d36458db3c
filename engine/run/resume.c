/* Resume: going on with a recorded run. In this order, and stopping at the first thing that stands against it: nobody
 * else carries it; it can be gone on with; what is left of its dead process is ended; the plan is still the one that
 * was begun; every step in doubt can be decided. Only then anything is run. */
#include <run/machine.h>

#include <unistd.h>

enum { SWEEP_GRACE_MS = 2000 };

static int refuse_ended(const struct rbk_run_row *row, struct rbk_error *err)
{
    rbk_error_set(err, RBK_EINVAL, "run %.12s has ended: %s", row->id, rbk_run_state_name(row->state));
    if (row->state == RBK_RUN_SUCCEEDED)
        return rbk_error_hint(err, "start it anew: runbook %s", row->runbook);
    return rbk_error_hint(err, "to do a step again: runbook retry %.12s STEP", row->id);
}

static int check_state(const struct rbk_run_row *row, const struct rbk_resume_options *r, struct rbk_error *err)
{
    if (row->root) {
        rbk_error_set(err, RBK_EINVAL, "run %.12s was called by another run", row->id);
        return rbk_error_hint(err, "resume that one: runbook resume %.12s", row->root);
    }
    if (row->state == RBK_RUN_WAITING && row->expires_ms > 0 && row->expires_ms < rbk_clock_wall_ms()) {
        rbk_error_set(err, RBK_EINVAL, "run %.12s waited too long for a person and has expired", row->id);
        return rbk_error_hint(err, "start it anew: runbook %s", row->runbook);
    }
    bool open = row->state == RBK_RUN_RUNNING || row->state == RBK_RUN_INTERRUPTED || row->state == RBK_RUN_WAITING;
    return open || r->retry ? 0 : refuse_ended(row, err);
}

struct gate_count {
    struct rbk_store *store;
    int open;
    char question[200], step[200];
};

static int count_gate(void *arg, const struct rbk_gate_row *g)
{
    struct gate_count *c = arg;
    if (!g->decision && c->open++ == 0) {
        snprintf(c->question, sizeof c->question, "%s", g->question ? g->question : "");
        snprintf(c->step, sizeof c->step, "%s", g->step);
    }
    return 0;
}

/* How many steps wait, and how many of them have nothing left to ask. */
static int count_waiting(struct rbk_run *run, struct gate_count *gates, int *ready, struct rbk_error *err)
{
    int rc = rbk_journal_gates(run->session->o.store, run->row.id, count_gate, gates, err);
    for (size_t i = 0; i < run->gate_count; i++)
        *ready += run->gates[i].decision != NULL;
    for (size_t i = 0; i < run->child_count && rc == 0; i++)
        rc = count_waiting(run->children[i], gates, ready, err);
    return rc;
}

/* Decisions of steps that are done do not count: only those that a waiting step will find. */
static void drop_used_decisions(struct rbk_run *run)
{
    for (size_t i = 0; i < run->step_count; i++) {
        const struct rbk_step *step = run->steps[i];
        for (size_t g = 0; g < run->gate_count; g++) {
            if (strcmp(run->gates[g].step, step->row.key) == 0 && rbk_step_is_done(step)) {
                free(run->gates[g].decision);
                run->gates[g].decision = NULL;
            }
        }
    }
    for (size_t i = 0; i < run->child_count; i++)
        drop_used_decisions(run->children[i]);
}

/* A waiting run goes on when somebody has decided something, or is there to be asked. */
static int check_decided(struct rbk_run *run, enum rbk_run_state was, struct rbk_error *err)
{
    struct gate_count gates = {0};
    int ready = 0;
    drop_used_decisions(run);
    if (was != RBK_RUN_WAITING || run->session->o.gates)
        return 0;
    int rc = count_waiting(run, &gates, &ready, err);
    if (rc < 0 || gates.open == 0 || ready > 0)
        return rc;
    rbk_error_set(err, RBK_EWAITING, "run %.12s waits for a person: %s (step %s)", run->row.id, gates.question,
                  gates.step);
    return rbk_error_hint(err, "runbook approve %.12s, or runbook reject %.12s", run->row.id, run->row.id);
}

static int want_again(const struct rbk_param *p, struct rbk_error *err)
{
    char *flag = rbk_strdup(p->name);
    for (char *c = flag; *c; c++)
        *c = *c == '_' ? '-' : *c;
    rbk_error_set(err, RBK_EINVAL, "parameter \"%s\" is secret, so it was not stored", p->name);
    rbk_error_hint(err, "give it again: --%s VALUE", flag);
    free(flag);
    return RBK_EINVAL;
}

static int restore_secret(struct rbk_run *run, const struct rbk_param *p, const rbk_value *given, struct rbk_error *err)
{
    struct rbk_error why = {0};
    rbk_value *v = NULL;
    int rc = rbk_param_from_value(p, given, &v, &why);
    if (rc < 0)
        return rbk_error_set(err, rc, "parameter \"%s\": %s", p->name, why.message);
    rbk_secret_hide(run->session, v);
    rbk_map_set(run->params, p->name, v);
    return 0;
}

/* Secret parameters are not stored: whoever resumes gives them again. */
static int restore_secrets(struct rbk_run *run, const rbk_value *given, struct rbk_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < run->plan->param_count && rc == 0; i++) {
        const struct rbk_param *p = &run->plan->params[i];
        const rbk_value *v = rbk_map_get(given, p->name);
        bool had = rbk_map_get(run->params, p->name) != NULL;
        if (p->secret && had)
            rc = v ? restore_secret(run, p, v, err) : want_again(p, err);
        else if (p->secret && v)
            rc = rbk_error_set(err, RBK_EINVAL, "the run was begun without the parameter \"%s\"", p->name);
    }
    return rc;
}

static int sweep(struct rbk_run *run, struct rbk_error *err)
{
    char *marker = rbk_asprintf("RUNBOOK_MARK=%s/", run->row.id);
    int ended = rbk_proc_sweep(marker, SWEEP_GRACE_MS, err);
    free(marker);
    if (ended > 0) {
        char *text = rbk_asprintf("ended %d process%s that the dead run had left", ended, ended == 1 ? "" : "es");
        rbk_observe_note(run, NULL, text);
        free(text);
    }
    return ended < 0 ? ended : 0;
}

/* The lock is held before anything is read that a live process could still change. */
static int open_recorded(struct rbk_session *s, const struct rbk_plan *plan, const char *run_id,
                         const struct rbk_resume_options *r, struct rbk_run **out, struct rbk_error *err)
{
    struct rbk_run_row row = {0};
    struct rbk_lock *lock = NULL;
    int rc = rbk_journal_run_find(s->o.store, run_id, &row, err);
    if (rc == 0)
        rc = check_state(&row, r, err);
    if (rc == 0)
        rc = rbk_lock_try(s->o.store, RBK_LOCK_RUN, row.id, "resume", &lock, err);
    if (rc == 0) {
        char id[RBK_ULID_SIZE];
        snprintf(id, sizeof id, "%s", row.id);
        rbk_run_row_fini(&row);
        rc = rbk_journal_run_get(s->o.store, id, &row, err);
    }
    if (rc == 0)
        rc = check_state(&row, r, err);
    if (rc == 0) {
        struct rbk_run *run = NULL;
        rc = rbk_restore_run(s, plan, &row, &run, err);
        run->lock = lock;
        *out = run;
    } else {
        rbk_lock_release(lock);
    }
    rbk_run_row_fini(&row);
    return rc;
}

/* What `retry` is to do again stays due, should this process die before it comes to it. */
static void record_reset(struct rbk_run *run)
{
    for (size_t i = 0; i < run->step_count; i++) {
        if (run->steps[i]->dirty) {
            rbk_record_step(run->steps[i], RBK_RECORD_NOW);
            rbk_record_gates_forgotten(run->steps[i]);
        }
    }
}

static void carry_on(struct rbk_run *run, enum rbk_run_state was)
{
    run->row.state = RBK_RUN_RUNNING;
    run->row.exit = -1;
    run->row.pid = getpid();
    run->row.ended_ms = run->row.expires_ms = 0;
    free(run->row.reason);
    run->row.reason = NULL;
    rbk_value *data = rbk_map_new();
    rbk_map_set_string(data, "by", run->session->by);
    rbk_map_set_string(data, "was", rbk_run_state_name(was));
    rbk_record_run(run);
    if (run->row.cancel_requested)
        rbk_record_cancel_forgotten(run);
    rbk_record_event(run, NULL, "resumed", data);
    record_reset(run);
    for (size_t i = 0; i < run->child_count; i++)
        carry_on(run->children[i], was);
}

static int decide_all(struct rbk_run *run, const struct rbk_resume_options *r, const struct rbk_run_options *o,
                      struct rbk_error *err)
{
    const char *from = rbk_map_get_string(run->row.options, "from"),
               *only = rbk_map_get_string(run->row.options, "only");
    int rc = rbk_select_resolve(run, r->retry ? NULL : from, r->retry ? NULL : only, err);
    if (rc == 0)
        rc = rbk_call_check(run->session, run->plan, err);
    if (rc == 0)
        rc = restore_secrets(run, o->params, err);
    if (rc == 0)
        rc = rbk_resume_compare(run, r->accept_changes, err);
    if (rc == 0 && r->retry)
        rc = rbk_retry_prepare(run, r->retry, err);
    if (rc == 0)
        rc = check_decided(run, run->row.state, err);
    return rc == 0 ? rbk_doubt_decide(run, r->assume, err) : rc;
}

static void on_begin(void *arg)
{
    rbk_run_begin(arg);
}

int rbk_run_resume(const struct rbk_plan *plan, const char *run_id, const struct rbk_resume_options *r,
                   const struct rbk_run_options *o, struct rbk_run **out, struct rbk_error *err)
{
    struct rbk_session *s = rbk_session_new(o);
    struct rbk_run *run = NULL;
    int rc = open_recorded(s, plan, run_id, r, &run, err);
    if (rc == 0)
        rc = rbk_run_take_instance(run, err);
    if (rc == 0)
        rc = sweep(run, err);
    if (rc == 0)
        rc = decide_all(run, r, o, err);
    if (rc == 0)
        rc = rbk_proc_become_subreaper(err);
    if (rc != 0) {
        if (run)
            rbk_run_free(run);
        else
            rbk_session_free(s);
        return rc;
    }
    rbk_run_name(run);
    carry_on(run, run->row.state);
    rbk_loop_defer(o->loop, on_begin, run);
    *out = run;
    return 0;
}
